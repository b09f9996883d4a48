"""Points in a request's body, as rows of NDJSON or CSV: read strictly, a bad row named by its number."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from starlette.exceptions import HTTPException

from gis.api.wire.locate_forms import MOST_POINTS
from gis.api.wire.strict import TEXT, require_distinct
from gis.errors import InputError
from gis.files.columns import USUAL_NAMES, guess_columns
from gis.files.tables import iter_csv
from gis.identity.masks import mask_quoted, shown_name
from gis.nouns import Severity
from gis.workflows.locating.locate_file import read_points, require_point_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gis.nouns import RowProblem

    Floats = NDArray[np.float64]

TOO_MANY = f"more than {MOST_POINTS} rows; send them in parts of at most {MOST_POINTS}"
AXES = {usual: axis for axis in ("x", "y") for usual in USUAL_NAMES[axis]}


def read_ndjson(body: bytes) -> Floats:
    """Return the points of a body with one JSON value a line: [x, y], or an object with both.

    Returns:
        Shape (n, 2); NaN for null.

    Raises:
        InputError: A line is no point; names it, what is wrong, and how a line looks.
        HTTPException: 413, there are more lines than are answered at once.
    """
    lines = body.removesuffix(b"\n").split(b"\n") if body else []
    if len(lines) > MOST_POINTS:
        raise HTTPException(413, f"The body holds {TOO_MANY}.")
    points = np.full((len(lines), 2), np.nan)
    for row, line in enumerate(lines):
        pair = read_line(line, row + 1)
        for axis, value in enumerate(pair):
            if value is not None:
                points[row, axis] = value
    return points


def read_line(line: bytes, row: int) -> list[float | None]:
    """Return x and y of one line."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise bad_line(row, f"not valid JSON: {error}") from None
    if isinstance(value, dict):
        value = pair_of(value, line, row)
    if not (isinstance(value, list) and len(value) == 2):  # noqa: PLR2004 - x and y
        raise bad_line(row, "no pair of numbers")
    for name, number in zip(("x", "y"), value, strict=True):
        if number is not None and type(number) not in (int, float):
            raise bad_line(row, f"{name} is no number", name)
    return value


def pair_of(value: dict[str, Any], line: bytes, row: int) -> list[Any]:
    """Return x and y of an object that has both, each once, and nothing else."""
    if len(value) != TEXT.sub(b"", line).count(b":"):
        try:
            json.loads(line, object_pairs_hook=require_distinct)
        except HTTPException as error:
            raise bad_line(row, error.detail) from None
    found = {AXES.get(name.casefold(), name): one for name, one in value.items()}
    if len(found) != len(value):
        raise bad_line(row, "a coordinate stands twice under different names")
    unknown = found.keys() - {"x", "y"}
    if unknown:
        raise bad_line(row, f"unknown name {shown_name(min(unknown))!r}", shown_name(min(unknown)))
    for name in ("x", "y"):
        if name not in found:
            raise bad_line(row, f"{name} is missing", name)
    return [found["x"], found["y"]]


def bad_line(row: int, why: str, field: str = "points") -> InputError:
    """Return the refusal of one line."""
    return InputError(
        f'{why}; write each line as [118.83, 31.95] or {{"x": 118.83, "y": 31.95}}', field=field, row=row
    )


def read_csv_points(body: bytes, crs: str | None) -> Floats:
    """Return the points of a CSV body in EPSG:4490.

    Args:
        body: A header and one row a point; columns are known by their usual names.
        crs: System of rows whose column `crs` does not say one; None: the column must.

    Returns:
        Longitude and latitude, shape (n, 2); NaN where both cells are empty or cannot be in their system.

    Raises:
        InputError: A row or the header cannot be used; names row, column and remedy.
        HTTPException: 413, there are more rows than are answered at once.
    """
    table = iter_csv(io.BytesIO(body), encoding="utf-8")
    columns = guess_columns(table.fields, ("x", "y", "crs"))
    require_point_columns(columns, crs, "the body")
    parts = [np.empty((0, 2))]
    rows = 0
    for frame in table:
        rows += len(frame)
        if rows > MOST_POINTS:
            raise HTTPException(413, f"The body holds {TOO_MANY}.")
        points = read_points(frame, columns, crs)
        require_readable((*table.problems, *points.problems))
        parts.append(np.column_stack((points.lon, points.lat)))
    require_readable(table.problems)
    return np.concatenate(parts)


def require_readable(problems: Iterable[RowProblem]) -> None:
    """Raise InputError for the first row that cannot be read."""
    for problem in problems:
        if problem.severity is Severity.ERROR:
            raise InputError(mask_quoted(problem.message), field=problem.field, row=problem.row)
