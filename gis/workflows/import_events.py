"""Import a file of reported events."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gis.errors import CoordinateSystemError
from gis.files.columns import map_columns
from gis.files.tables import iter_csv, parse_times
from gis.gridding.crs import parse_system, to_stored
from gis.gridding.suspect import suspect_system
from gis.nouns import AreaLevel, Grade, RowProblem, Severity
from gis.store.areas import list_areas
from gis.store.frames import plain_rows
from gis.store.releases import list_releases
from gis.workflows.report_events import EventReport, Reported, report_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy.orm import Session

    from gis.nouns import Actor
    from gis.settings import Settings
    from gis.workflows.locate_point import ReleaseIndexes

WANTED = ("x", "y", "time", "category", "grade", "text", "source", "source_id", "accuracy_m", "crs")
BATCH_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class EventImportRequest:
    """What to read and how.

    Attributes:
        path: A CSV file, plain or gzipped.
        crs: Coordinate system of every row; None: the file has a column for it.
        source: Source of every row; None: the file has a column for it.
        columns: Name in the file by our name, for those that cannot be guessed.
        encoding: Encoding of the text, where it cannot be told.
        skip_bad_rows: Leave rows with errors out instead of refusing the file.
    """

    path: Path
    crs: str | None
    source: str | None
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    skip_bad_rows: bool = False


@dataclass(slots=True)
class EventImportReport:
    """How many rows landed where."""

    rows: int = 0
    new: int = 0
    repeated: int = 0
    near_boundary: int = 0
    columns: dict[str, str] = field(default_factory=dict)
    landed: Counter[str] = field(default_factory=Counter)
    problems: list[RowProblem] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """The number of rows left out."""
        return len({problem.row for problem in self.problems if problem.severity is Severity.ERROR})


def import_events(
    session: Session,
    indexes: ReleaseIndexes,
    request: EventImportRequest,
    settings: Settings,
    actor: Actor,
    on_progress: Callable[[int], None] = lambda _: None,
) -> EventImportReport:
    """Import every row of a CSV file as an event; a row imported before is not imported again.

    1. A row without an id of its own gets one made from its content, so that importing the file again
       changes nothing; equal rows are told apart by their number of occurrence.
    2. Coordinates are held against the district before anything is saved.
    3. Columns that are none of ours are kept with the event.

    Args:
        session: The open transaction; roll it back for a dry run.
        indexes: Where the releases' indexes are kept.
        request: What to read and how.
        settings: Give the time zone.
        actor: Who imports.
        on_progress: Told the number of rows done.

    Returns:
        How many rows landed where, with every problem by row.

    Raises:
        InputError: A required column is missing.
        CoordinateSystemError: No system is stated, or the points do not lie where it says.
    """
    report = EventImportReport()
    seen: Counter[str] = Counter()
    outlines = district_outlines(session)
    for number, batch in enumerate(
        iter_csv(request.path, encoding=request.encoding, batch=BATCH_ROWS, problems=report.problems)
    ):
        frame, report.columns, problems = map_columns(
            batch, request.columns, wanted=WANTED, required=("x", "y", "time")
        )
        report.problems += problems
        report.rows += len(batch)
        columns = read_columns(frame, request, settings, report)
        if number == 0:
            require_in_district(columns, outlines)
        reports = to_reports(columns, frame, seen)
        count_landed(report, report_events(session, indexes, reports, settings, actor))
        on_progress(len(batch))
    return report


def district_outlines(session: Session) -> list[BaseGeometry]:
    """Return the outlines the points should lie in: the widest areas of the newest release."""
    releases = list_releases(session)
    if not releases:
        return []
    areas = list_areas(session, releases[0].number)
    for level in AreaLevel:
        if len(of_level := areas[areas["level"] == level.value]):
            return list(of_level.geometry)
    return []


def read_columns(
    frame: pd.DataFrame, request: EventImportRequest, settings: Settings, report: EventImportReport
) -> pd.DataFrame:
    """Return the rows that can be events, every column of its right type; report the others."""
    columns = pd.DataFrame(index=frame.index)
    bad = pd.Series(data=False, index=frame.index)
    for name in ("x", "y", "accuracy_m"):
        columns[name], wrong = to_numbers(frame, name)
        bad |= report_rows(report, wrong, frame, name, "is no number; leave it empty if it is unknown")
    times, problems = parse_times(frame["time"], settings.time_zone)
    report.problems += problems
    columns["reported_at"] = times
    bad |= times.isna()
    grades = text_column(frame, "grade", Grade.ORDINARY.value)
    wrong = ~grades.isin({grade.value for grade in Grade})
    bad |= report_rows(report, wrong, frame, "grade", f"is none of {', '.join(Grade)}")
    columns["grade"] = grades
    columns["category"] = text_column(frame, "category", "other")
    columns["text"] = text_column(frame, "text", "")
    columns["source"] = text_column(frame, "source", request.source or request.path.name.split(".")[0])
    columns["source_id"] = text_column(frame, "source_id", "")
    columns["crs"] = systems(frame, request)
    return columns[~bad]


def to_numbers(frame: pd.DataFrame, name: str) -> tuple[pd.Series[float], pd.Series[bool]]:
    """Return a column as numbers (NaN where empty), and which cells are neither number nor empty."""
    if name not in frame:
        return pd.Series(np.nan, index=frame.index), pd.Series(data=False, index=frame.index)
    cells = frame[name].fillna("").astype(str).str.strip()
    numbers = pd.to_numeric(cells, errors="coerce")
    return numbers, numbers.isna() & (cells != "")


def text_column(frame: pd.DataFrame, name: str, default: str) -> pd.Series[str]:
    """Return a column as text, empty cells filled with the default."""
    if name not in frame:
        return pd.Series(default, index=frame.index)
    cells = frame[name].fillna("").astype(str).str.strip()
    return cells.where(cells != "", default)


def systems(frame: pd.DataFrame, request: EventImportRequest) -> pd.Series[str]:
    """Return the coordinate system of each row, in its one spelling."""
    if request.crs is None and "crs" not in frame:
        raise CoordinateSystemError(
            f"{request.path.name} does not say which coordinate system its points are in; state it with "
            "--crs (wgs84, cgcs2000, gcj02, bd09, or EPSG:4549 and the like)",
            field="crs",
        )
    named = text_column(frame, "crs", request.crs or "")
    spellings = {name: parse_system(name) for name in named.unique()}
    return named.map(spellings)


def report_rows(
    report: EventImportReport, wrong: pd.Series[bool], frame: pd.DataFrame, name: str, what: str
) -> pd.Series[bool]:
    """Add one problem for each wrong cell, and return which they are."""
    for row in frame.index[wrong]:
        message = f"{frame.loc[row, name]!r} {what}"
        report.problems.append(RowProblem(int(row), name, Severity.ERROR, message))
    return wrong


def require_in_district(columns: pd.DataFrame, outlines: list[BaseGeometry]) -> None:
    """Raise CoordinateSystemError if the points of any system do not lie where it says."""
    for system, rows in columns.groupby("crs"):
        lon, lat = to_stored(rows["x"].to_numpy(), rows["y"].to_numpy(), str(system))
        suspicion = suspect_system(lon, lat, outlines or None, claimed=str(system))
        if suspicion is not None:
            raise CoordinateSystemError(suspicion.message, field="crs")


def to_reports(columns: pd.DataFrame, frame: pd.DataFrame, seen: Counter[str]) -> list[EventReport]:
    """Return rows as reports; the columns that are none of ours become attributes."""
    others = frame.loc[columns.index, [name for name in frame.columns if name not in WANTED]]
    attributes = plain_rows(others)
    ids = [
        row_id or content_id(content, seen)
        for row_id, content in zip(
            columns["source_id"], frame.loc[columns.index].itertuples(index=False), strict=True
        )
    ]
    return [
        EventReport(
            source=row.source,
            source_id=source_id,
            x=None if np.isnan(row.x) else row.x,
            y=None if np.isnan(row.y) else row.y,
            crs=row.crs,
            reported_at=row.reported_at.to_pydatetime(),
            category=row.category,
            grade=Grade(row.grade),
            text=row.text,
            accuracy_m=None if np.isnan(row.accuracy_m) else row.accuracy_m,
            attributes={name: value for name, value in further.items() if value not in (None, "")},
        )
        for row, source_id, further in zip(columns.itertuples(), ids, attributes, strict=True)
    ]


def content_id(content: Iterable[object], seen: Counter[str]) -> str:
    """Return an id made from a row's content and how often the same content came before."""
    words = "\x1f".join("" if cell is None else str(cell) for cell in content)
    mark = hashlib.sha256(words.encode()).hexdigest()[:24]
    seen[mark] += 1
    return f"row:{mark}:{seen[mark]}"


def count_landed(report: EventImportReport, reported: Sequence[Reported]) -> None:
    """Count new and repeated events, and the new ones by where they landed."""
    for event in reported:
        report.new += event.is_new
        report.repeated += not event.is_new
        if event.is_new:
            placed = event.placed
            report.landed[placed["unlocated"] or ("dedicated" if placed["dedicated_id"] else "natural")] += 1
            report.near_boundary += placed["near_boundary"]
