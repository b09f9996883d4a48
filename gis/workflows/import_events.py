"""Import a file of reported events."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gis.errors import CoordinateSystemError, InputError
from gis.files.columns import ColumnMap, guess_columns, map_columns
from gis.files.sources import ReadLimits
from gis.files.tables import iter_csv
from gis.files.times import parse_times
from gis.gridding.crs import parse_system, to_stored
from gis.gridding.suspect import suspect_system
from gis.identity.actions import Action
from gis.nouns import AreaLevel, Grade, RowProblem, Severity
from gis.store.areas import list_areas
from gis.store.audit.record import record
from gis.store.frames import plain_rows
from gis.store.releases import list_releases
from gis.workflows.report_events import EventReport, Reported, report_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy.orm import Session

    from gis.nouns import Actor
    from gis.settings import Settings
    from gis.workflows.locate_point import ReleaseIndexes

WANTED = ("x", "y", "reported_at", "category", "grade", "text", "source", "source_id", "accuracy_m", "crs")
BATCH_ROWS = 5_000
MOST_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class EventImportRequest:
    """What to read and how.

    Attributes:
        path: A CSV file, plain or gzipped.
        crs: Coordinate system of every row; None: the file has a column for it.
        source: Source of every row; None: the file has a column for it.
        columns: Name in the file by our name, for those that cannot be guessed.
        encoding: Encoding of the text, where it cannot be told.
    """

    path: Path
    crs: str | None
    source: str | None
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None


@dataclass(slots=True)
class EventImportReport:
    """How many rows landed where."""

    rows: int = 0
    new: int = 0
    repeated: int = 0
    near_boundary: int = 0
    columns: ColumnMap = field(default_factory=lambda: ColumnMap({}))
    landed: Counter[str] = field(default_factory=Counter)
    problems: list[RowProblem] = field(default_factory=list)
    bad_rows: set[int | None] = field(default_factory=set)

    @property
    def errors(self) -> int:
        """The number of rows left out."""
        return len(self.bad_rows)

    def add(self, problems: Iterable[RowProblem]) -> None:
        """Take problems; the first thousand are listed, all count."""
        for problem in problems:
            if problem.severity is Severity.ERROR:
                self.bad_rows.add(problem.row)
            if len(self.problems) < MOST_LISTED:
                self.problems.append(problem)


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
    limits = ReadLimits.of(settings)
    table = iter_csv(request.path, encoding=request.encoding, batch=BATCH_ROWS, limits=limits)
    report.columns = guess_columns(table.fields, WANTED, request.columns)
    require_placed(report.columns)
    for number, batch in enumerate(table):
        frame, problems = map_columns(batch, report.columns)
        report.add(problems)
        report.rows += len(batch)
        wrong = [problem.row for problem in problems if problem.severity is Severity.ERROR]
        frame = frame[~frame.index.isin(wrong)]
        columns = read_columns(frame, request, settings, report)
        if number == 0:
            require_in_district(columns, outlines)
        reports = to_reports(columns, batch, report.columns, seen)
        reported = report_events(session, indexes, reports, settings, actor)
        report.add(contradictions(columns, reported))
        count_landed(report, reported)
        on_progress(len(batch))
    report.add(table.problems)
    record(session, actor, Action.EVENTS_IMPORT, detail={"rows": report.rows, "file": request.path.name})
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


def require_placed(columns: ColumnMap) -> None:
    """Raise InputError unless the file says where and when."""
    for name in ("x", "y", "reported_at"):
        if name not in columns.sources:
            raise InputError(
                f"no column is mapped to {name}; state it with --column {name}=THEIRS", field=name
            )


def read_columns(
    frame: pd.DataFrame, request: EventImportRequest, settings: Settings, report: EventImportReport
) -> pd.DataFrame:
    """Return the rows that can be events, every column of its right type; report the others."""
    columns = pd.DataFrame({"x": frame["x"], "y": frame["y"]})
    columns["accuracy_m"] = frame.get("accuracy_m", np.nan)
    columns["reported_at"], problems = parse_times(frame["reported_at"], settings.time_zone)
    said = any(problem.severity is Severity.INFO for problem in report.problems)  # once a file is enough
    report.add(p for p in problems if not (said and p.severity is Severity.INFO))
    columns["grade"] = text_column(frame, "grade", Grade.ORDINARY.value)
    columns["category"] = text_column(frame, "category", "other")
    columns["text"] = text_column(frame, "text", "")
    columns["source"] = text_column(frame, "source", request.source or request.path.name.split(".")[0])
    columns["source_id"] = text_column(frame, "source_id", "")
    columns["crs"] = systems(frame, request)
    unknown = ~columns["grade"].isin({grade.value for grade in Grade})
    for row, grade in columns.loc[unknown, "grade"].items():
        message = f"{grade!r} is none of {', '.join(Grade)}"
        report.add([RowProblem(int(str(row)), "grade", Severity.ERROR, message)])
    return columns[~unknown & columns["reported_at"].notna()]


def text_column(frame: pd.DataFrame, name: str, default: str) -> pd.Series[str]:
    """Return a column as text, empty cells filled with the default."""
    if name not in frame:
        return pd.Series(default, index=frame.index)
    cells = frame[name]
    return cells.where(cells.notna(), default)


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


def require_in_district(columns: pd.DataFrame, outlines: list[BaseGeometry]) -> None:
    """Raise CoordinateSystemError if the points of any system do not lie where it says."""
    for system, rows in columns.groupby("crs"):
        lon, lat = to_stored(rows["x"].to_numpy(), rows["y"].to_numpy(), str(system))
        suspicion = suspect_system(lon, lat, outlines or None, claimed=str(system))
        if suspicion is not None:
            raise CoordinateSystemError(suspicion.message, field="crs")


def to_reports(
    columns: pd.DataFrame, batch: pd.DataFrame, mapped: ColumnMap, seen: Counter[str]
) -> list[EventReport]:
    """Return rows as reports; the file's columns that are none of ours become attributes."""
    raw = batch.loc[columns.index]
    others = [name for name in raw.columns if name not in mapped.sources.values()]
    attributes = plain_rows(raw[others])
    ids = [
        row_id or content_id(content, seen)
        for row_id, content in zip(columns["source_id"], raw.itertuples(index=False), strict=True)
    ]
    return [
        EventReport(
            source=row["source"],
            source_id=source_id,
            x=row["x"],
            y=row["y"],
            crs=row["crs"],
            reported_at=row["reported_at"].to_pydatetime(),
            category=row["category"],
            grade=Grade(row["grade"]),
            text=row["text"],
            accuracy_m=row["accuracy_m"],
            attributes={name: value for name, value in further.items() if value not in (None, "")},
        )
        for row, source_id, further in zip(plain_rows(columns), ids, attributes, strict=True)
    ]


def content_id(content: Iterable[object], seen: Counter[str]) -> str:
    """Return an id made from a row's content and how often the same content came before."""
    words = "\x1f".join("" if cell is None else str(cell) for cell in content)
    mark = hashlib.sha256(words.encode()).hexdigest()[:24]
    seen[mark] += 1
    return f"row:{mark}:{seen[mark]}"


def contradictions(columns: pd.DataFrame, reported: Sequence[Reported]) -> Iterator[RowProblem]:
    """Yield a problem for each row whose number stands for an event that says something else."""
    for row, event in zip(columns.index, reported, strict=True):
        if event.differs:
            yield RowProblem(int(str(row)), "source_id", Severity.ERROR, event.contradiction())


def count_landed(report: EventImportReport, reported: Sequence[Reported]) -> None:
    """Count new and repeated events, and the new ones by where they landed."""
    for event in reported:
        report.new += event.is_new
        report.repeated += not event.is_new and not event.differs
        if event.is_new:
            placed = event.placed
            report.landed[placed["unlocated"] or ("dedicated" if placed["dedicated_id"] else "natural")] += 1
            report.near_boundary += placed["near_boundary"]
