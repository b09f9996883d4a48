"""Locate the points of a CSV file in the grids of a release: any number of rows in constant memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from gis.errors import CoordinateSystemError, InputError
from gis.files.columns import ColumnMap, guess_columns, map_columns
from gis.files.sources import Problems, ReadLimits
from gis.files.spreadsheet import BOM, csv_lines, harmless
from gis.files.tables import iter_csv, unpacked
from gis.gridding.crs import parse_system, points_to_stored
from gis.gridding.located import NONE
from gis.nouns import RowProblem, Severity
from gis.workflows.locate_point import FURTHEST_M
from gis.workflows.report_events import USUAL_ACCURACY_M

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    import pandas as pd
    from numpy.typing import NDArray

    from gis.files.tables import Table
    from gis.gridding.locate import GridIndex
    from gis.gridding.located import LocatedArrays
    from gis.settings import Settings
    from gis.workflows.locate_point import ReleaseIndex

    Floats = NDArray[np.float64]

POINT_FIELDS = ("x", "y", "crs", "accuracy_m")
SINGLE = ("natural", "dedicated", "community", "street", "district")
ADDED = (
    "natural_code",
    "dedicated_code",
    "answers_code",
    "special_codes",
    "community_code",
    "street_code",
    "district_code",
    "on_boundary",
    "near_boundary",
    "release",
)
MOST_LISTED = 1_000
# Most different answers held, a kilobyte each; where special grids overlap there is no end to them.
ANSWERS_KNOWN = 30_000
PLAIN_FIGURES = frozenset("0123456789.-")
_COUNTED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PointRows:
    """Points out of rows of text.

    Attributes:
        lon: Longitudes, EPSG:4490, shape (n,); NaN where a row has no usable place.
        lat: Latitudes, shape (n,).
        accuracy_m: As the rows say, NaN where they do not, shape (n,).
        problems: Errors: what cannot be read. Warnings: coordinates that cannot be in their system.
    """

    lon: Floats
    lat: Floats
    accuracy_m: Floats
    problems: list[RowProblem]


@dataclass(frozen=True, slots=True)
class LocateFileRequest:
    """What to read and how.

    Attributes:
        path: A CSV file, plain or gzipped.
        crs: System of every row whose column `crs` does not say; None: the column must.
        columns: Name in the file by our name (`POINT_FIELDS`), for those that cannot be guessed.
        encoding: Encoding of the text, where it cannot be told.
        accuracy_m: How far off a point may be whose row does not say.
    """

    path: Path
    crs: str | None
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    accuracy_m: float = USUAL_ACCURACY_M


@dataclass(slots=True)
class LocateFileReport:
    """How many rows landed where.

    Attributes:
        columns: Which column was taken for what.
        counts: Rows read, located, in_no_grid, without_point, near_boundary.
        problems: What is wrong in which row, the first thousand.
        left_out: Rows with too many or too few cells, which are not in the result.
    """

    columns: ColumnMap
    counts: Counter[str] = field(default_factory=Counter)
    problems: Problems = field(default_factory=lambda: Problems(MOST_LISTED))
    left_out: list[RowProblem] = field(default_factory=list)


def locate_file(
    index: ReleaseIndex,
    request: LocateFileRequest,
    settings: Settings,
    out: BinaryIO,
    on_progress: Callable[[int], None] = lambda _: None,
) -> LocateFileReport:
    """Write every row of a CSV file as it is, in order, with where it belongs.

    1. A row whose place cannot be read or used is kept, with empty answers, and is a problem of the report.
    2. Cells that a spreadsheet would run as formulas get an apostrophe, as in every CSV written here.
    3. One batch of rows is in memory at a time.

    Args:
        index: The release that answers.
        request: What to read and how.
        settings: Give the limits of reading.
        out: Takes the CSV.
        on_progress: Told the number of rows done.

    Returns:
        How many rows landed where, with what is wrong by row.

    Raises:
        InputError: The file cannot be read, has no coordinates, or has columns named like those added.
        CoordinateSystemError: Nothing says in which system the points are.
    """
    table = iter_csv(request.path, encoding=request.encoding, limits=ReadLimits.of(settings))
    columns = point_columns(table, request)
    report = LocateFileReport(columns)
    cells = AnswerCells(index)
    out.write(BOM.encode() + csv_lines([[*map(harmless, table.fields), *ADDED]]))
    for frame in table:
        points = read_points(frame, columns, request.crs)
        accuracy = np.where(np.isnan(points.accuracy_m), request.accuracy_m, points.accuracy_m)
        found = index.index.locate_many(points.lon, points.lat)
        near = index.index.near_boundary_many(points.lon, points.lat, accuracy)
        rows = zip(*(frame[name].tolist() for name in table.fields), strict=True)
        answers = answer_rows(found, near, slice(0, len(frame)))
        out.write(
            csv_lines(
                (*map(harmless, row), *cells.of(answer)) for row, answer in zip(rows, answers, strict=True)
            )
        )
        count(report, points, found, near)
        on_progress(len(frame))
    report.left_out = [one for one in table.problems if one.severity is Severity.ERROR]
    return report


def point_columns(table: Table, request: LocateFileRequest) -> ColumnMap:
    """Return which column is which, of a file that can be located."""
    columns = guess_columns(table.fields, POINT_FIELDS, request.columns)
    taken = [name for name in ADDED if name in table.fields]
    if taken:
        raise InputError(
            f"the file has a column {taken[0]!r} already, and the result gets one; rename or drop it",
            field=taken[0],
        )
    require_point_columns(columns, request.crs, request.path.name)
    return columns


def require_point_columns(columns: ColumnMap, crs: str | None, name: str) -> None:
    """Raise InputError unless coordinates and their system are told."""
    for wanted in ("x", "y"):
        if wanted not in columns.sources:
            raise InputError(
                f"no column is taken for {wanted}; call them lon and lat, or x and y", field=wanted
            )
    if crs is None and "crs" not in columns.sources:
        raise CoordinateSystemError(
            f"{name} does not say which coordinate system its points are in; state it with crs (wgs84, "
            "cgcs2000, gcj02, bd09, or EPSG:4549 and the like), or add a column crs",
            field="crs",
        )


def read_points(frame: pd.DataFrame, columns: ColumnMap, crs: str | None) -> PointRows:
    """Return the points of rows of text.

    Args:
        frame: Cells as text; the index holds row numbers.
        columns: Which column is which of `POINT_FIELDS`.
        crs: System of rows that do not name one.
    """
    problems: list[RowProblem] = []
    x, y = (read_numbers(frame, name, columns, problems) for name in ("x", "y"))
    known = {problem.row for problem in problems}
    for name, here, other in (("x", x, y), ("y", y, x)):
        for row in frame.index[np.isnan(here) & ~np.isnan(other)]:
            if int(row) not in known:
                message = f"{columns.sources[name]} is empty and the other coordinate is not; give both"
                problems.append(RowProblem(int(row), name, Severity.ERROR, message))
    accuracy = read_accuracy(frame, columns, problems)
    lon, lat = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    for system, members in systems_in(frame, columns, crs, problems):
        lon[members], lat[members] = points_to_stored(x[members], y[members], system)
    for row in frame.index[np.isnan(lon) & ~np.isnan(x) & ~np.isnan(y)]:
        if int(row) not in {problem.row for problem in problems if problem.field == "crs"}:
            message = (
                "the coordinates cannot be in their system; east comes before north, in degrees or metres"
            )
            problems.append(RowProblem(int(row), "x", Severity.WARNING, message))
    problems.sort(key=lambda problem: problem.row or 0)
    return PointRows(lon, lat, accuracy, problems)


def read_accuracy(frame: pd.DataFrame, columns: ColumnMap, problems: list[RowProblem]) -> Floats:
    """Return how far off each point may be, NaN where the row does not say or what it says is a problem."""
    if "accuracy_m" not in columns.sources:
        return np.full(len(frame), np.nan)
    accuracy = read_numbers(frame, "accuracy_m", columns, problems)
    beyond = (accuracy < 0) | (accuracy > FURTHEST_M)
    message = f"{columns.sources['accuracy_m']} must be from 0 to {FURTHEST_M} metres"
    problems += [RowProblem(int(row), "accuracy_m", Severity.ERROR, message) for row in frame.index[beyond]]
    return np.where(beyond, np.nan, accuracy)


def read_numbers(frame: pd.DataFrame, name: str, columns: ColumnMap, problems: list[RowProblem]) -> Floats:
    """Return a column of numbers, NaN where a cell is empty or a problem."""
    source = columns.sources[name]
    cells = frame[source].tolist()
    if PLAIN_FIGURES.issuperset("".join(cells)):
        try:
            return np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
        except ValueError:  # an empty cell, or one with figures in the wrong order
            pass
    mapped, found = map_columns(frame, ColumnMap({name: source}))
    problems += found
    return np.asarray(mapped[name], dtype=np.float64)


def systems_in(
    frame: pd.DataFrame, columns: ColumnMap, crs: str | None, problems: list[RowProblem]
) -> Iterator[tuple[str, NDArray[np.bool_] | slice]]:
    """Yield each system with the rows in it; a row without one that exists is a problem."""
    if "crs" not in columns.sources:
        yield parse_system(crs or ""), slice(None)
        return
    cells = frame[columns.sources["crs"]].str.strip().replace("", crs or "")
    for spelling in cells.unique():
        members = (cells == spelling).to_numpy()
        try:
            system = parse_system(spelling)
        except InputError as error:
            message = str(error) if spelling else "crs is empty; name the system of the row, as wgs84"
            problems += [RowProblem(int(row), "crs", Severity.ERROR, message) for row in frame.index[members]]
        else:
            yield system, members


def answer_rows(found: LocatedArrays, near: NDArray[np.bool_], part: slice) -> Iterator[tuple[Any, ...]]:
    """Yield for each point its ids as in `SINGLE`, its special grids, if on and if near a boundary."""
    offsets = found.special_offsets[part.start : part.stop + 1]
    special = found.special[offsets[0] : offsets[-1]].tolist()
    return zip(
        *(getattr(found, name)[part].tolist() for name in SINGLE),
        [tuple(special[start:end]) for start, end in pairwise((offsets - offsets[0]).tolist())],
        found.on_boundary[part].tolist(),
        near[part].tolist(),
        strict=True,
    )


class AnswerCells:
    """The cells `ADDED` of an answer, harmless in a spreadsheet; points with the same answer share them.

    Attributes:
        of: Gives the cells of one of `answer_rows`.
    """

    def __init__(self, index: ReleaseIndex) -> None:
        self._index: GridIndex = index.index
        self._release = str(index.release.number)
        self.of = lru_cache(ANSWERS_KNOWN)(self._made)

    def _made(self, row: tuple[Any, ...]) -> tuple[str, ...]:
        """Return the cells of one of `answer_rows`."""
        natural, dedicated, community, street, district, special, on_boundary, near = row
        answers = natural if dedicated == NONE else dedicated
        return (
            *(self._grids((one,)) for one in (natural, dedicated, answers)),
            self._grids(special),
            *(self._area(one) for one in (community, street, district)),
            str(on_boundary).lower(),
            str(near).lower(),
            self._release,
        )

    def _grids(self, ids: Iterable[int]) -> str:
        labels = self._index.grid_labels
        return harmless(";".join(labels.code(labels.position(one)) for one in ids if one != NONE))

    def _area(self, area: int) -> str:
        labels = self._index.area_labels
        return "" if area == NONE else harmless(labels.code(labels.position(area)))


def count(report: LocateFileReport, points: PointRows, found: LocatedArrays, near: NDArray[np.bool_]) -> None:
    """Count a batch."""
    is_located = found.answers != NONE
    has_point = ~np.isnan(points.lon)
    report.counts.update(
        rows=len(found),
        located=int(is_located.sum()),
        in_no_grid=int((has_point & ~is_located).sum()),
        without_point=int((~has_point).sum()),
        near_boundary=int(near.sum()),
    )
    report.problems.extend(points.problems)


def count_lines(path: Path) -> int:
    """Return how many lines follow the header of a file, plain or gzipped: its rows, or a few more.

    Raises:
        FileFormatError: It holds damaged gzip data.
    """
    with path.open("rb") as packed, unpacked(packed, path.name) as lines:
        total = sum(piece.count(b"\n") for piece in iter(lambda: lines.read(_COUNTED_BYTES), b""))
    return max(total - 1, 0)
