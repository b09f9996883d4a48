"""Read a boundary file into a plan: what importing areas and importing grids share.

A dry run does all of it and is rolled back by its caller, so its report is what applying would give.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gis.errors import CoordinateSystemError, InputError
from gis.files.columns import ColumnMap, guess_columns, map_columns
from gis.files.layers import open_layer
from gis.files.parts import merge_parts
from gis.files.sources import Problems, ReadLimits
from gis.gridding.crs import geometries_to_stored, parse_system
from gis.gridding.nest import assign_parents
from gis.gridding.suspect import suspect_outlines
from gis.nouns import STORED_CRS, RowProblem, Severity
from gis.store.frames import plain_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame

    from gis.files.sources import Layer
    from gis.settings import Settings

# So many outlines of a file are held against the known ones to tell its coordinate system.
OUTLINES_COMPARED = 2_000


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to read and how.

    Attributes:
        path: The file; its format is told by its content.
        crs: Its coordinate system; None: the one the file declares.
        columns: Name in the file by our name, for those that cannot be guessed.
        layer: Which layer, where there are several.
        encoding: Encoding of the text, where it cannot be told.
        plan_id: The plan to put it in; None: the open one, or a new one.
    """

    path: Path
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    layer: str | None = None
    encoding: str | None = None
    plan_id: int | None = None

    def options(self) -> dict[str, Any]:
        """Return what a record of the import says of the file."""
        return {"file": self.path.name, "layer": self.layer, "crs": self.crs}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What importing a file did, or would do; a file of bad rows lists its first thousand problems."""

    path: Path
    format: str
    layer: str
    encoding: str
    encoding_evidence: str
    crs: str
    declared_crs: str | None
    columns: ColumnMap
    rows: int
    saved: int
    retired: int
    plan_id: int
    errors: int
    problems: list[RowProblem]


@dataclass(slots=True)
class Intake:
    """Rows on their way from one file into a plan.

    Attributes:
        request: What to read and how.
        wanted: Our column names; the rest of the file's columns become attributes.
        parents: Areas one level up (code, geometry); empty: there are none yet.
        parent_column: Our name of the column that holds a parent's code.
        save: Puts a batch into the plan.
        add_parts: Adds further parts to rows saved before, by code.
        on_progress: Told the number of rows done.
    """

    request: ImportRequest
    wanted: tuple[str, ...]
    parents: GeoDataFrame
    parent_column: str
    save: Callable[[GeoDataFrame], int]
    add_parts: Callable[[GeoDataFrame], None]
    on_progress: Callable[[int], None]
    rows: int = 0
    saved: int = 0
    columns: ColumnMap = field(default_factory=lambda: ColumnMap({}))
    problems: Problems = field(default_factory=Problems)
    seen: dict[str, int] = field(default_factory=dict)


def take_in(intake: Intake, settings: Settings, plan_id: int) -> ImportReport:
    """Read the whole file, batch by batch, and report.

    1. The coordinate system is the stated one, else the declared one; one of them must be there.
    2. It is held against the known outlines before anything is saved; a contradiction is an error.
    3. Rows of one code with the same attributes are parts of one area; with others, an error.
    4. Without a parent column, the parent is the area one level up that holds most of the shape.

    Raises:
        CoordinateSystemError: Rule 1 or 2.
        InputError: A required column is missing, or the file holds no rows. Bad rows are reported, not
            raised: `require_clean` is for the caller that keeps the result.
        FileFormatError: The file is damaged, hostile or over the limits.
        EncodingError: The text cannot be told apart; the message shows the candidates.
    """
    request = intake.request
    limits = ReadLimits.of(settings)
    with open_layer(request.path, limits=limits, layer=request.layer, encoding=request.encoding) as layer:
        system = stated_system(request.crs, layer)
        intake.columns = guess_columns(layer.fields, intake.wanted, request.columns)
        for number, batch in enumerate(layer.batches()):
            if number == 0:
                require_plausible(batch, intake.parents, system, stated=request.crs is not None)
            take_batch(intake, batch, system)
        unread = layer.problems
        errors = sum(problem.severity is Severity.ERROR for problem in unread) + intake.problems.errors
        report = ImportReport(
            path=request.path,
            format=layer.format,
            layer=layer.name,
            encoding=layer.encoding,
            encoding_evidence=layer.encoding_evidence,
            crs=system,
            declared_crs=layer.declared_crs,
            columns=intake.columns,
            rows=intake.rows,
            saved=intake.saved,
            retired=0,
            plan_id=plan_id,
            errors=errors,
            problems=[*unread, *intake.problems.listed()],
        )
    if not intake.rows:
        raise InputError(
            f"{request.path.name} holds no rows; is it the right layer ({', '.join(layer.layers)})?"
        )
    return report


def require_clean(report: ImportReport, *, skip_bad_rows: bool) -> None:
    """Raise InputError if rows have errors and nobody said to leave them out."""
    if report.errors and not skip_bad_rows:
        first = next(problem for problem in report.problems if problem.severity is Severity.ERROR)
        raise InputError(
            f"{report.errors} rows have errors and nothing was imported; mend them, or leave them out with "
            f"--skip-bad-rows. The first: {first.message}",
            field=first.field,
            row=first.row,
        )


def stated_system(stated: str | None, layer: Layer) -> str:
    """Return the coordinate system to read the file in."""
    if stated:
        return parse_system(stated)
    if layer.declared_crs:
        return layer.declared_crs
    raise CoordinateSystemError(
        f"{layer.path.name} does not say which coordinate system it is in; state it with --crs "
        "(wgs84, cgcs2000, gcj02, bd09, or EPSG:4549 and the like)",
        field="crs",
    )


def require_plausible(batch: GeoDataFrame, parents: GeoDataFrame, system: str, *, stated: bool) -> None:
    """Raise CoordinateSystemError if the shapes do not lie where their system says."""
    shapes = np.array([shape for shape in batch.geometry if shape is not None][:OUTLINES_COMPARED])
    if not len(shapes):
        return
    outlines = None if parents.empty else list(parents.geometry)
    suspicion = suspect_outlines(geometries_to_stored(shapes, system), outlines, claimed=system)
    if suspicion is not None:
        origin = "stated" if stated else "declared by the file"
        raise CoordinateSystemError(
            f"{suspicion.message} (coordinate system {origin}: {system})", field="crs"
        )


def take_batch(intake: Intake, batch: GeoDataFrame, system: str) -> None:
    """Map, place and save one batch of rows."""
    intake.rows += len(batch)
    frame, problems = map_columns(batch, intake.columns, required=("code",))
    intake.problems.extend(problems)
    frame = frame[frame.geometry.notna() & frame["code"].notna()]
    if len(frame):
        frame = frame.set_geometry(geometries_to_stored(frame.geometry.to_numpy(), system), crs=STORED_CRS)
        frame, problems = merge_parts(frame)
        intake.problems.extend(problems)
        frame = without_contradictions(frame)
        frame = hold_against_seen(intake, frame.copy())
        add_parents(intake, frame)
        attributes = further_attributes(batch.loc[frame.index], intake.columns)
        frame = frame.assign(attributes=pd.Series(attributes, index=frame.index, dtype=object))
        intake.saved += intake.save(frame)
    intake.on_progress(len(batch))


def without_contradictions(frame: GeoDataFrame) -> GeoDataFrame:
    """Leave out rows whose code stands twice with other attributes; `merge_parts` has reported them."""
    return frame[~frame["code"].duplicated(keep=False)]


def further_attributes(batch: GeoDataFrame, columns: ColumnMap) -> list[dict[str, Any]]:
    """Return the columns that are no field of ours, as values JSON can hold."""
    ours = {*columns.sources.values(), "geometry"}
    table = pd.DataFrame(batch[[name for name in batch.columns if name not in ours]])
    return [
        {
            name: value if isinstance(value, str | int | float | bool | list | dict) else str(value)
            for name, value in row.items()
            if value is not None
        }
        for row in plain_rows(table)
    ]


def add_parents(intake: Intake, frame: GeoDataFrame) -> None:
    """Give rows without a parent's code the area one level up that holds most of the shape."""
    column = intake.parent_column
    if column not in frame:
        frame[column] = None
    missing = frame[column].isna().to_numpy()
    if missing.any() and len(intake.parents):
        nested = assign_parents(frame[missing], intake.parents)
        frame.loc[missing, column] = nested.codes.to_numpy()


def hold_against_seen(intake: Intake, frame: GeoDataFrame) -> GeoDataFrame:
    """Return the rows whose code no earlier batch had; the others are further parts, or errors."""
    rows = plain_rows(pd.DataFrame(frame.drop(columns="geometry")))
    marks = np.array([hash(tuple(row.values())) for row in rows], dtype=object)
    codes = frame["code"].to_numpy()
    before = np.array([intake.seen.get(code) for code in codes], dtype=object)
    is_new = np.array([mark is None for mark in before], dtype=bool)
    is_part = ~is_new & (before == marks)
    for row, code in zip(frame.index[~is_new & ~is_part], codes[~is_new & ~is_part], strict=True):
        intake.problems.add(
            RowProblem(
                row=int(row),
                field="code",
                severity=Severity.ERROR,
                message=f"code {code} stands in an earlier row with other attributes; give each its own code",
            )
        )
    intake.seen.update(zip(codes[is_new], marks[is_new], strict=True))
    if is_part.any():
        intake.add_parts(frame[is_part])
    return frame[is_new]


def with_columns(frame: GeoDataFrame, columns: Sequence[str]) -> GeoDataFrame:
    """Return the frame with every column of the table, and the code for a name where there is none."""
    for name in columns:
        if name not in frame:
            frame[name] = None
    frame["name"] = frame["name"].where(frame["name"].notna(), frame["code"])
    return frame
