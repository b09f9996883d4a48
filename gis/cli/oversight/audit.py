"""`wangge audit`: who did what; the seal of the log and its proof."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table, progress_bar
from gis.errors import InputError
from gis.files.guarded.heads import heads_file, read_exported
from gis.identity.actions import Action
from gis.settings import Settings
from gis.store.audit.entries import AuditFilter, list_entries
from gis.store.audit.verify import count_links
from gis.store.session import hold_still, make_engine, transaction
from gis.workflows.auditing.seal_log import seal_log
from gis.workflows.auditing.verify_log import sentence_of, verify_log
from gis.workflows.auditing.write_entries import write_entries

app = typer.Typer(help="The audit log: who did what, sealed in a chain.", no_args_is_help=True)

FAULTS_SHOWN = 20
FOUND_FAULTS = 4

Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="At or after, in the district's time."),
]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Before, in the district's time."),
]
By = Annotated[str | None, typer.Option("--actor", help="Log-in name of who did it.")]
What = Annotated[Action | None, typer.Option("--action", help="What was done.")]
To = Annotated[
    str | None, typer.Option("--subject", metavar="KIND[:ID]", help="What it was done to, as event:17.")
]
Heads = Annotated[
    Path | None, typer.Option(help="File of exported heads; else the one of this installation.")
]


@app.command()
def seal() -> None:
    """Seal what waits, and export the heads; the service does so by itself every second."""
    settings = Settings()
    engine = make_engine(settings)
    try:
        head = seal_log(partial(transaction, engine), heads_file(settings.home, engine.url.database or ""))
    finally:
        engine.dispose()
    if head is None:
        out.print("Nothing waited to be sealed.")
    else:
        out.print(f"Sealed up to number {head.last:,}; head {head.head.hex()}")


@app.command()
def verify(heads: Heads = None) -> None:
    """Compare every entry with the chain, and the chain with the exported heads. Exit code 4: one differs."""
    settings = Settings()
    with command_transaction(settings) as session:
        path = heads or heads_file(settings.home, session.get_bind().engine.url.database or "")
        # read first: a head that is exported while the chain is read is no fault
        exported = read_exported(path)
        hold_still(session)
        with progress_bar("entries", count_links(session)) as advance:
            verdict = verify_log(session, exported, advance)
    waiting = f"; {verdict.waiting:,} wait to be sealed" if verdict.waiting else ""
    said = f"{verdict.sealed:,} entries in the chain, {verdict.heads:,} heads in {path}{waiting}."
    if not verdict.faults:
        out.print(f"The log is as it was sealed: {said}", markup=False)
        return
    out.print(f"THE LOG IS NOT AS IT WAS SEALED: {said}", markup=False)
    for fault in verdict.faults[:FAULTS_SHOWN]:
        out.print(f"  {sentence_of(fault)}", markup=False)
    if len(verdict.faults) > FAULTS_SHOWN:
        out.print(f"  ... and {len(verdict.faults) - FAULTS_SHOWN:,} more")
    raise typer.Exit(FOUND_FAULTS)


@app.command("list")
def list_(
    since: Since = None,
    until: Until = None,
    by: By = None,
    what: What = None,
    to: To = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, newest first.")] = 20,
) -> None:
    """List the newest entries."""
    settings = Settings()
    with command_transaction(settings) as session:
        entries = list_entries(session, audit_filter(settings, since, until, by, what, to), limit)
    if not entries:
        out.print("No entries.")
        return
    zone = ZoneInfo(settings.time_zone)
    print_table(
        ("number", "at", "by", "from", "action", "to", "detail"),
        (
            (
                "waits" if entry.number is None else str(entry.number),
                f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
                entry.actor,
                entry.address,
                entry.action,
                entry.subject_kind and f"{entry.subject_kind}:{entry.subject_id}",
                orjson.dumps(entry.detail).decode() if entry.detail else None,
            )
            for entry in entries
        ),
    )


@app.command()
def export(
    output: Annotated[Path, typer.Option("--out", help="File to write, ending in .ndjson or .csv.")],
    since: Since = None,
    until: Until = None,
    by: By = None,
    what: What = None,
    to: To = None,
) -> None:
    """Write entries into a file, oldest first; that is recorded too."""
    settings = Settings()
    wanted = audit_filter(settings, since, until, by, what, to)
    with command_transaction(settings) as session, progress_bar(output.name) as advance:
        count = write_entries(session, wanted, output, acting_user(), advance)
    out.print(f"{count:,} entries in {output}.", markup=False)


def audit_filter(
    settings: Settings,
    since: datetime | None,
    until: datetime | None,
    by: str | None,
    what: Action | None,
    to: str | None,
) -> AuditFilter:
    """Return the filter the options ask for; their times are the district's."""
    zone = ZoneInfo(settings.time_zone)
    kind, colon, key = (to or "").partition(":")
    if to is not None and (not kind or (colon and not key)):
        raise InputError(f"write it as event:17, or event for all of them, not {to!r}", field="--subject")
    return AuditFilter(
        since=since and since.replace(tzinfo=zone),
        until=until and until.replace(tzinfo=zone),
        actor=by,
        action=what and what.value,
        subject_kind=kind or None,
        subject_id=key or None,
    )
