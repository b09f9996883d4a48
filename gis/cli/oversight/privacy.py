"""`wangge privacy`: forget in time, tell a person what is held about them, erase it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table
from gis.errors import InputError
from gis.files.atomic import replaced
from gis.files.guarded.heads import heads_file
from gis.settings import Settings
from gis.workflows.privacy.retain import retain
from gis.workflows.privacy.subject import KEPT, erase_person, export_person

app = typer.Typer(help="Personal data: periods, export and erasure.", no_args_is_help=True)

NumberFile = Annotated[
    Path | None,
    typer.Option(
        "--phone-file",
        help="File with the person's phone or identity number; else it is read from standard input. "
        "Never an argument: those are seen by other users and kept in histories.",
    ),
]


@app.command("retain")
def retain_(
    apply: Annotated[bool, typer.Option("--apply", help="Delete; without it, only say what.")] = False,
) -> None:
    """Forget reporters and audit entries whose period is over; the service does so by itself."""
    settings = Settings()
    with command_transaction(settings) as session:
        path = heads_file(settings.home, session.get_bind().engine.url.database or "")
        done = retain(session, settings, acting_user(), datetime.now(UTC), path if apply else None)
        if not apply:
            session.rollback()
    print_table(
        ("what", "period in days", "before (UTC)", "number"),
        [
            (
                "reporters of events",
                settings.reporter_days,
                f"{done.reporters_before:%Y-%m-%d %H:%M}",
                done.reporters,
            ),
            (
                "entries of the audit log",
                settings.audit_days,
                f"{done.entries_before:%Y-%m-%d %H:%M}",
                done.entries,
            ),
        ],
    )
    out.print("Deleted." if apply else "Dry run: nothing was changed; add --apply.")


@app.command()
def export(
    output: Annotated[Path, typer.Option("--out", help="JSON file to write, readable by you alone.")],
    number: NumberFile = None,
) -> None:
    """Write all that is held about a person as JSON, to be given to them; that is recorded."""
    settings = Settings()
    with command_transaction(settings) as session:
        held = export_person(session, settings, acting_user(), read_number(number))
        with replaced(output) as draft:
            draft.touch(mode=0o600)
            draft.write_bytes(orjson.dumps(held, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z))
    counts = ", ".join(f"{len(rows)} {name.replace('_', ' ')}" for name, rows in held.items())
    out.print(f"{counts} in {output}.", markup=False)


@app.command()
def erase(
    number: NumberFile = None,
    apply: Annotated[bool, typer.Option("--apply", help="Erase; without it, only say what.")] = False,
) -> None:
    """Erase a person: who reported, a worker's numbers, the number in texts. It cannot be undone."""
    settings = Settings()
    with command_transaction(settings) as session:
        held = erase_person(session, settings, acting_user(), read_number(number))
        if not apply:
            session.rollback()
    print_table(
        ("what", "number"),
        [
            ("events they reported: name and phone are deleted", len(held.reported)),
            ("workers: phone and identity number are deleted", len(held.workers)),
            ("events whose text holds the number: it is masked there", len(held.mentioned)),
        ],
    )
    if held.mentioned:
        ids = ", ".join(str(event_id) for event_id in held.mentioned[:20])
        out.print(f"Read these texts for a name, which no rule finds: events {ids}.")
    out.print("What stays:")
    for sentence in KEPT:
        out.print(f"  {sentence}")
    out.print("Erased." if apply else "Dry run: nothing was changed; add --apply.")


def read_number(path: Path | None) -> str:
    """Return the number a file or standard input holds."""
    try:
        text = sys.stdin.read() if path is None else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "cannot be read as text; give a file with one number", field="--phone-file"
        ) from error
    return text.strip()
