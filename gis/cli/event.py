"""`wangge event`: import and list reported events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table, progress_bar
from gis.cli.importing import PROBLEMS_SHOWN, column_map
from gis.errors import InputError
from gis.settings import Settings
from gis.store.events import EventFilter, list_events
from gis.workflows.import_events import EventImportReport, EventImportRequest, import_events
from gis.workflows.locate_point import ReleaseIndexes

app = typer.Typer(help="Reported events.", no_args_is_help=True)


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="CSV file, plain or .gz.")],
    crs: Annotated[
        str | None, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n; else a column `crs`.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Source of every row; else a column, or the file.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="OURS=THEIRS", help="Column mapping, as time=Month.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the text, as gb18030.")] = None,
    skip_bad_rows: Annotated[bool, typer.Option(help="Leave rows with errors out.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Save; without it, only report.")] = False,
) -> None:
    """Import events; a row imported before is not imported again."""
    settings = Settings()
    request = EventImportRequest(path, crs, source, column_map(column or ()), encoding)
    with command_transaction(settings) as session, progress_bar(path.name) as advance:
        indexes = ReleaseIndexes(settings)
        report = import_events(session, indexes, request, settings, acting_user(), advance)
        if not apply:
            session.rollback()
        elif report.errors and not skip_bad_rows:
            print_report(report, applied=False)
            raise InputError(
                f"{report.errors} rows have errors and nothing was imported; mend them, or leave them out "
                "with --skip-bad-rows"
            )
    print_report(report, applied=apply)


def print_report(report: EventImportReport, *, applied: bool) -> None:
    """Print how many rows landed where, problems last."""
    out.print("columns: " + ", ".join(report.columns.described()), markup=False)
    print_table(
        ("rows", "events"),
        [
            ("read", report.rows),
            ("new", report.new),
            ("reported before", report.repeated),
            ("with errors", report.errors),
            *((f"in a {where} grid", number) for where, number in kinds(report, ("natural", "dedicated"))),
            *((f"unlocated: {why}", number) for why, number in kinds(report, UNLOCATED)),
            ("near a boundary", report.near_boundary),
        ],
    )
    if report.problems:
        print_table(
            ("row", "field", "severity", "problem"),
            ((p.row, p.field, p.severity.value, p.message) for p in report.problems[:PROBLEMS_SHOWN]),
        )
    out.print("Saved." if applied else "Dry run: nothing was changed; add --apply.")


UNLOCATED = ("no_grid", "no_release", "no_point")


def kinds(report: EventImportReport, names: tuple[str, ...]) -> list[tuple[str, int]]:
    """Return the counts of these places, those that occur."""
    return [(name, report.landed[name]) for name in names if report.landed[name]]


@app.command("list")
def list_(
    unlocated: Annotated[bool, typer.Option(help="Only the queue of events in no grid.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, newest first.")] = 20,
) -> None:
    """List the newest events."""
    wanted = EventFilter(is_unlocated=True if unlocated else None)
    with command_transaction(Settings()) as session:
        events = list_events(session, wanted, limit)
    if not events:
        out.print("No events." if not unlocated else "The unlocated queue is empty.")
        return
    print_table(
        ("event", "reported (UTC)", "source", "category", "grid", "unlocated", "nearest grid", "metres"),
        (
            (
                str(event.id),
                f"{event.reported_at:%Y-%m-%d %H:%M}",
                event.source,
                event.category,
                str(event.chain.answers or ""),
                event.unlocated,
                str(event.nearest_grid or ""),
                event.nearest_m,
            )
            for event in events
        ),
    )
