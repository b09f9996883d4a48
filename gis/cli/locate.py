"""`wangge locate`: which grid a point belongs to and who answers there, or the same for a file of points."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gis.cli.edge import command_transaction, err, out, print_table, progress_bar
from gis.cli.importing import PROBLEMS_SHOWN, column_map
from gis.errors import InputError
from gis.files.atomic import replaced
from gis.gridding.crs import parse_system
from gis.settings import Settings
from gis.store.people import list_duties
from gis.workflows.locate_point import (
    FURTHEST_M,
    ReleaseIndexes,
    locate_point,
    require_release,
    stored_point,
)
from gis.workflows.locating.locate_file import LocateFileRequest, count_lines, locate_file
from gis.workflows.locating.locate_plan import PlanIndexes
from gis.workflows.report_events import USUAL_ACCURACY_M

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from typing import BinaryIO

    from gis.gridding.locate import GridIndex
    from gis.gridding.located import Located
    from gis.workflows.locating.locate_file import LocateFileReport

X_AND_Y = 2
ROWS_FAILED = 4
STANDARD_OUTPUT = Path("-")


def locate(
    place: Annotated[
        list[str],
        typer.Argument(
            metavar="X Y | FILE",
            help="Longitude and latitude (or easting and northing), or a CSV file, plain or .gz. "
            "Before a negative number write --, as in: --crs wgs84 -- -2.9 53.4",
        ),
    ],
    crs: Annotated[
        str | None,
        typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n; a file may say it in a column `crs`."),
    ] = None,
    accuracy: Annotated[
        float, typer.Option(help=f"How far the point may be off, 0 to {FURTHEST_M} metres.")
    ] = USUAL_ACCURACY_M,
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="On which day; else today.")
    ] = None,
    release: Annotated[int | None, typer.Option(help="In this release, whatever the day.")] = None,
    plan: Annotated[
        int | None, typer.Option(help="As if this plan were published; for one point.", show_default=False)
    ] = None,
    result: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where a file's rows go with their answers; else, and for -, to standard output."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=THEIRS", help="Column mapping of a file, as x=Easting."),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of a file's text, as gb18030.")] = None,
) -> None:
    """Say which grids and areas a point belongs to and who answers; or add that to each row of a file."""
    settings = Settings()
    require_one_state(at, release, plan)
    if not 0 <= accuracy <= FURTHEST_M:
        raise InputError(f"give the accuracy in metres, from 0 to {FURTHEST_M}", field="accuracy")
    day = (at or datetime.now(ZoneInfo(settings.time_zone))).date()
    if len(place) == X_AND_Y:
        require_none_given(out=result, column=column, encoding=encoding)
        if crs is None:
            raise InputError("name the system of the point, as --crs wgs84", field="crs")
        x, y = (number(text) for text in place)
        lon, lat = stored_point(x, y, parse_system(crs))
        if plan is None:
            print_point(settings, (lon, lat), accuracy, release, day)
        else:
            print_planned(settings, (lon, lat), accuracy, plan)
    elif plan is not None:
        raise InputError("a plan is asked for one point; give two numbers", field="plan")
    elif len(place) == 1:
        system = None if crs is None else parse_system(crs)
        request = LocateFileRequest(Path(place[0]), system, column_map(column or ()), encoding, accuracy)
        goal = result or STANDARD_OUTPUT
        report = write_located(settings, request, goal, release, day)
        print_report(report, goal)
        if report.problems.errors or report.left_out:
            raise typer.Exit(ROWS_FAILED)
    else:
        raise InputError("give two numbers, or one file", field="place")


def require_one_state(at: datetime | None, release: int | None, plan: int | None) -> None:
    """Refuse to be asked for several states of the grids at once."""
    if at is not None and release is not None:
        raise InputError("give either --at or --release, not both", field="at")
    if plan is not None and (at is not None or release is not None):
        raise InputError("give either --plan, or --at or --release", field="plan")


def require_none_given(**options: object) -> None:
    """Refuse options of a file beside a point."""
    for name, value in options.items():
        if value:
            raise InputError(f"--{name} goes with a file; leave it out for one point", field=name)


def number(text: str) -> float:
    """Return a number, or say what is wanted."""
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text!r} is no number; give two numbers, or one file", field="place") from None


def print_point(
    settings: Settings, point: tuple[float, float], accuracy: float, release: int | None, day: date
) -> None:
    """Print where a point belongs and who is on duty."""
    with command_transaction(settings) as session:
        indexes = ReleaseIndexes(settings)
        chosen = require_release(session, number=release, day=day)
        located = locate_point(session, indexes, point, chosen, accuracy)
        answers = located.chain.answers
        duties = None if answers is None else list_duties(session, answers, day)
        print_chain(located, indexes.of(session, chosen).index)
    lon, lat = point
    out.print(f"Release {chosen.number}, in force from {chosen.effective_from}; point {lon:.7f} {lat:.7f}.")
    if duties is not None and len(duties):
        out.print(
            "On duty: " + ", ".join(f"{row.worker} ({row.role}, {row.unit})" for row in duties.itertuples())
        )


def print_planned(settings: Settings, point: tuple[float, float], accuracy: float, plan: int) -> None:
    """Print where a point would belong if a plan were published."""
    with command_transaction(settings) as session:
        found = PlanIndexes(ReleaseIndexes(settings)).locate(session, plan, point, accuracy)
        print_chain(found.located, found.index)
    over = "no release" if found.base is None else f"release {found.base.number}"
    lon, lat = point
    out.print(
        f"Plan {plan} ({found.plan.title}), change {found.plan.change_number}, over {over}; "
        f"point {lon:.7f} {lat:.7f}.",
        markup=False,
    )


def print_chain(located: Located, index: GridIndex) -> None:
    """Print the chain, or the nearest grid of a point outside."""
    chain = located.chain
    grids = [
        ("natural", chain.natural),
        ("dedicated", chain.dedicated),
        *(("special", i) for i in chain.special),
    ]
    areas = [("community", chain.community), ("street", chain.street), ("district", chain.district)]
    rows = [
        (level, labels.code(position), labels.name(position))
        for members, labels in ((grids, index.grid_labels), (areas, index.area_labels))
        for level, lasting_id in members
        if lasting_id is not None
        for position in (labels.position(lasting_id),)
    ]
    print_table(("level", "code", "name"), rows)
    if located.nearest is not None:
        nearest = located.nearest
        direction = "" if located.direction is None else f", {located.direction:.0f}° clockwise from north"
        out.print(
            f"In no grid. The nearest is {nearest.code} ({nearest.name}), "
            f"{nearest.distance_m:,.1f} m away{direction}."
        )
    if located.near_boundary:
        out.print("Near a boundary; these grids are within the accuracy:")
        print_table(("code", "name", "metres"), ((c.code, c.name, c.distance_m) for c in located.candidates))


def write_located(
    settings: Settings, request: LocateFileRequest, result: Path, release: int | None, day: date
) -> LocateFileReport:
    """Write the rows of a file with their answers."""
    require_file(request.path)
    if result.exists() and result.samefile(request.path):
        raise InputError("that is the file itself; name another one for its answers", field="out")
    with command_transaction(settings) as session:
        chosen = require_release(session, number=release, day=day)
        index = ReleaseIndexes(settings).of(session, chosen)
    # a long file keeps no transaction open: a release never changes
    with progress_bar(request.path.name, count_lines(request.path)) as advance, opened(result) as rows:
        return locate_file(index, request, settings, rows, advance)


def require_file(path: Path) -> None:
    """Refuse what is no file."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; give two numbers, or one file", field="place")
    if not path.is_file():
        raise InputError(f"there is no file {path}; give two numbers, or one file", field="place")


@contextmanager
def opened(result: Path) -> Iterator[BinaryIO]:
    """Open standard output, or a file that is there only when it is whole."""
    if result == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with replaced(result) as draft, draft.open("wb") as rows:
        yield rows


def print_report(report: LocateFileReport, result: Path) -> None:
    """Print how many rows landed where on standard error, problems last."""
    err.print("columns: " + ", ".join(report.columns.described()), markup=False)
    for what, name in COUNTED:
        err.print(f"{report.counts[name]:>12,} {what}")
    for problem in (*report.problems.listed()[:PROBLEMS_SHOWN], *report.left_out[:PROBLEMS_SHOWN]):
        row = "" if problem.row is None else f"row {problem.row}: "
        field = "" if problem.field is None else f"{problem.field}: "
        err.print(f"{row}{field}{problem.message}", markup=False)
    if report.left_out:
        err.print("Rows with too many or too few cells are not in the result.")
    if result != STANDARD_OUTPUT:
        err.print(f"Written to {result}.", markup=False)


COUNTED = (
    ("rows", "rows"),
    ("located", "located"),
    ("in no grid", "in_no_grid"),
    ("without usable coordinates", "without_point"),
    ("near a boundary", "near_boundary"),
)
