"""Read the grids of a file to compare them, whatever its format and coordinate system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd
from geopandas import GeoDataFrame

from gis.errors import InputError
from gis.files.columns import guess_columns, map_columns
from gis.files.layers import open_layer
from gis.files.parts import merge_parts
from gis.files.sources import ReadLimits
from gis.gridding.crs import geometries_to_stored
from gis.nouns import STORED_CRS, GridKind, RowProblem, Severity
from gis.workflows.comparing.compare_states import ComparedStates, compare_frames
from gis.workflows.import_layer import require_plausible, stated_system

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gis.gridding.checks.tolerance import Tolerance
    from gis.settings import Settings

_WANTED = ("code", "name", "kind", "task", "community_code")


@dataclass(frozen=True, slots=True)
class StateFile:
    """One state of the grids as a file.

    Attributes:
        path: The file; its format is told by its content.
        crs: Its coordinate system; None: the one the file declares.
        undeclared_crs: Its coordinate system if it declares none.
        columns: Name in the file by our name, for those that cannot be guessed.
        layer: Which layer, where there are several.
        encoding: Encoding of the text, where it cannot be told.
    """

    path: Path
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    layer: str | None = None
    encoding: str | None = None
    undeclared_crs: str | None = None


def compare_files(
    files: tuple[StateFile, StateFile],
    settings: Settings,
    tolerance: Tolerance | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> ComparedStates:
    """Compare the grids of two files; a grid is the same by its code.

    Kinds count only where both files tell them: else all grids are one layer.

    Raises:
        InputError: A file cannot be used, or rows of it have errors; the message names the file and the row.
        CoordinateSystemError: No system is stated or declared, or the grids lie nowhere near where it says.
    """
    read = [read_state(file, settings, on_progress) for file in files]
    frames = [frame for frame, _ in read]
    if any((frame["kind"] == "").any() for frame in frames):
        frames = [frame.assign(kind=GridKind.NATURAL.value, task="") for frame in frames]
    nothing = GeoDataFrame(columns=["code", "name", "level", "parent_code"], geometry=[], crs=STORED_CRS)
    found = compare_frames((frames[0], frames[1]), nothing, settings, tolerance, identity="code")
    found.problems.extend(problem for _, problems in read for problem in problems)
    return found


def read_state(
    file: StateFile, settings: Settings, on_progress: Callable[[int], None] = lambda _: None
) -> tuple[GeoDataFrame, list[RowProblem]]:
    """Read a whole file.

    Returns:
        Columns code, name, kind, task, community_code (each "" where there is none), geometry (EPSG:4490), by
        row number; and notes on the file.
    """
    whole, problems = read_columns(file, _WANTED, settings, on_progress)
    problems += _unknown_kinds(whole)
    require_usable(problems, file)
    return whole, problems


def read_columns(
    file: StateFile,
    wanted: tuple[str, ...],
    settings: Settings,
    on_progress: Callable[[int], None] = lambda _: None,
) -> tuple[GeoDataFrame, list[RowProblem]]:
    """Read the polygons of a file with some columns, `code` among them; parts of one code are put together.

    Returns:
        The columns ("" where there is nothing), geometry (EPSG:4490), by row number; and problems of rows.

    Raises:
        InputError: The file cannot be used, or holds no rows.
        CoordinateSystemError: No system is stated or declared, or the polygons lie nowhere near it.
    """
    with open_layer(
        file.path, limits=ReadLimits.of(settings), layer=file.layer, encoding=file.encoding
    ) as layer:
        stated = file.crs or (None if layer.declared_crs else file.undeclared_crs)
        system = stated_system(stated, layer)
        columns = guess_columns(layer.fields, wanted, file.columns)
        batches, problems = [], []
        for batch in layer.batches():
            frame, found = map_columns(batch, columns, required=("code",))
            problems += found
            stored = geometries_to_stored(frame.geometry.to_numpy(), system)
            batches.append(frame.set_geometry(stored, crs=STORED_CRS))
            on_progress(len(batch))
        problems = [*layer.problems, *problems]
    if not batches:
        raise InputError(
            f"{file.path.name} holds no rows; is it the right layer ({', '.join(layer.layers)})?"
        )
    whole = GeoDataFrame(pd.concat(batches), crs=STORED_CRS)
    require_plausible(whole, whole.iloc[:0], STORED_CRS, stated=stated is not None)
    whole, found = merge_parts(whole)
    for name in wanted:
        whole[name] = "" if name not in whole else whole[name].astype(object).where(whole[name].notna(), "")
    return whole, problems + found


def _unknown_kinds(frame: GeoDataFrame) -> list[RowProblem]:
    known = [*(kind.value for kind in GridKind), ""]
    wrong = frame[~frame["kind"].isin(known)]
    return [
        RowProblem(
            int(str(row)), "kind", Severity.ERROR, f"{kind!r} is no kind of grid; take {', '.join(GridKind)}"
        )
        for row, kind in wrong["kind"].items()
    ]


def require_usable(problems: list[RowProblem], file: StateFile) -> None:
    """Refuse a file with rows that have errors."""
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise InputError(
            f"{file.path.name}: {len(errors)} rows have errors; mend them. The first: {errors[0].message}",
            field=errors[0].field,
            row=errors[0].row,
        )
