"""`wangge event`: import, list and relocate reported events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.text import Text

from gis.cli.edge import acting_user, command_transaction, err, out, print_table, progress_bar
from gis.cli.importing import PROBLEMS_SHOWN, column_map
from gis.errors import InputError
from gis.files.spreadsheet import write_csv
from gis.settings import Settings
from gis.store.events import EventFilter, list_events
from gis.store.places import find_grid_codes
from gis.store.session import make_engine, transaction
from gis.workflows.import_events import EventImportReport, EventImportRequest, import_events
from gis.workflows.locate_point import ReleaseIndexes
from gis.workflows.privacy.texts import shown_event
from gis.workflows.relocate_events import (
    BATCH_EVENTS,
    RelocationReport,
    RelocationRequest,
    relocate_events,
)

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
        events = [shown_event(event) for event in list_events(session, wanted, limit)]
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


MOVES_SHOWN = 20
COUNTED = {
    "events": "events looked at",
    "unchanged": "unchanged",
    "moved": "moved to another grid",
    "other_community": "  of these to another community",
    "other_street": "  of these to another street",
    "located": "newly located",
    "lost": "newly in no grid",
    "otherwise": "same grid, other areas or special grids",
    "without_point": "without a point",
}


@app.command()
def relocate(
    release: Annotated[int, typer.Option(min=1, help="The release to find the events' places in.")],
    batch: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Events a transaction; memory grows with it.")
    ] = BATCH_EVENTS,
    dask: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, or local:2 for two processes here.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--out", help="Also write all moves from grid to grid into this CSV file.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Begin at the first event, replacing an earlier relocation.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Store the places; without it, only count.")] = False,
) -> None:
    """Find where every stored event lies in another release, and say what that changes.

    The grids an event was given when it arrived stay as they are. A run that is killed goes on where it was.
    """
    settings = Settings()
    engine = make_engine(settings)
    request = RelocationRequest(release, apply=apply, again=again, batch_events=batch, dask=dask)
    try:
        # this command's edge opens one transaction a batch, so that a killed run keeps what it has done
        open_transaction = partial(transaction, engine)
        with relocation_bar(f"release {release}") as advance:
            report = relocate_events(open_transaction, request, settings, acting_user(), advance)
        with open_transaction() as session:
            codes = find_grid_codes(session, {grid for move in report.changes.moves for grid in move})
    finally:
        engine.dispose()
    moves = moves_table(report, codes)
    if output is not None:
        write_csv(moves, output)
    print_relocation(report, moves, applied=apply)


class RateColumn(ProgressColumn):
    """How many events are done in a second."""

    def render(self, task: Task) -> Text:
        """Return the rate over the last half minute."""
        return Text(f"{task.speed or 0:,.0f} events/s")


@contextmanager
def relocation_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show done, total, rate and time left; the yielded function takes events done and events in all."""
    columns = (BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    with Progress(title, *columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, of: progress.update(task, advance=done, total=of)


def moves_table(report: RelocationReport, codes: dict[int, str]) -> pd.DataFrame:
    """Return moves from grid to grid, largest first; columns old_id, old_code, new_id, new_code, events."""
    moves = sorted(report.changes.moves.items(), key=lambda move: (-move[1], move[0]))
    rows = [(old, codes[old], new, codes[new], events) for (old, new), events in moves]
    return pd.DataFrame(rows, columns=["old_id", "old_code", "new_id", "new_code", "events"])


def print_relocation(report: RelocationReport, moves: pd.DataFrame, *, applied: bool) -> None:
    """Print what a release changes for the events, and which grids gave most to which."""
    before, number = report.before, report.release.number
    if before is not None and before.finished_at is not None:
        since = f"{report.done:,} events came since" if report.done else "no event came since"
        out.print(f"Release {number} was relocated before, on {before.finished_at:%Y-%m-%d %H:%M}; {since}.")
    elif before is not None:
        begun = f"{before.started_at:%Y-%m-%d %H:%M}"
        out.print(f"Went on behind event {before.last_event_id:,} with what was begun on {begun}.")
    counts = report.changes.counts
    print_table(("events", "number"), [(words, counts[name]) for name, words in COUNTED.items()])
    if len(moves):
        shown = moves.head(MOVES_SHOWN)[["old_code", "new_code", "events"]]
        print_table(("from grid", "to grid", "events"), shown.itertuples(index=False))
        if len(moves) > MOVES_SHOWN:
            out.print(f"... and {len(moves) - MOVES_SHOWN:,} smaller moves; --out FILE writes them all.")
    out.print("Saved." if applied else "Dry run: nothing was changed; add --apply.")
