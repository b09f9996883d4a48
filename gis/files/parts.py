"""Rows that repeat a code: parts of one area, or a contradiction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gis.nouns import RowProblem, Severity

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_SHOWN_ROWS = 8


def merge_parts(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[RowProblem]]:
    """Make rows of one code with equal attributes one row with a multi-part geometry.

    1. Rows without a code stay as they are.
    2. Rows of one code whose attributes differ stay, with an error that names the rows and the columns.
    3. Else the first row stays and gets all polygons of the group; a polygon that is there twice counts once.
    4. Where polygons of a group touch along an edge or overlap, they are joined, since a multipolygon
       may not hold such parts; that is a warning.

    Args:
        frame: Rows with the column `code`; the index holds row numbers.

    Returns:
        The frame without the merged rows, in the same order, and what was done or found.
    """
    codes = frame["code"]
    repeated = frame[codes.duplicated(keep=False) & codes.notna()]
    if repeated.empty:
        return frame, []
    attributes = [name for name in frame.columns if name not in ("code", frame.geometry.name)]
    groups = repeated.groupby("code", sort=False)
    # equal texts, numbers and blanks give equal numbers here, and a blank equals a blank
    variants = {name: _numbered(repeated[name]).groupby(repeated["code"]).nunique() for name in attributes}
    problems: list[RowProblem] = []
    shapes = frame.geometry.copy()
    merged: list[int] = []
    for code, group in groups:
        rows = group.index.tolist()
        differing = [name for name in attributes if variants[name][code] > 1]
        if differing:
            problems.append(_contradiction(code, rows, differing))
            continue
        shapes[rows[0]], problem = _joined(code, rows, group.geometry.to_numpy())
        problems.append(problem)
        merged += rows[1:]
    result = frame.set_geometry(shapes)
    return result.drop(index=merged), problems


def _numbered(column: pd.Series[Any]) -> pd.Series[Any]:
    numbers, _ = column.factorize()
    return column.__class__(numbers, index=column.index)


def _contradiction(code: object, rows: list[int], differing: list[str]) -> RowProblem:
    return RowProblem(
        row=rows[0],
        field="code",
        severity=Severity.ERROR,
        message=f"code {code} is in rows {_shown(rows)} with different {', '.join(differing)}; "
        "give each area a code of its own, or make its parts equal",
    )


def _joined(
    code: object, rows: list[int], shapes: NDArray[np.object_]
) -> tuple[BaseGeometry | None, RowProblem]:
    """Return one geometry of all parts, and what to say of it."""
    parts = shapely.get_parts(shapes)
    distinct = parts[np.unique(shapely.to_wkb(shapely.normalize(parts)), return_index=True)[1]]
    shape: BaseGeometry | None = shapely.MultiPolygon(distinct.tolist()) if len(distinct) else None
    severity, message = (
        Severity.INFO,
        f"rows {_shown(rows)} are parts of one area, {code}, and become one row",
    )
    if len(distinct) < len(parts):
        severity = Severity.WARNING
        message += f"; {len(parts) - len(distinct)} of its polygons were there more than once"
    if shape is not None and not shape.is_valid and shapely.is_valid(distinct).all():
        severity = Severity.WARNING
        message += "; parts that touch along an edge or overlap are joined"
        shape = shapely.union_all(distinct)
    return shape, RowProblem(rows[0], "code", severity, message)


def _shown(rows: list[int]) -> str:
    more = f" and {len(rows) - _SHOWN_ROWS} more" if len(rows) > _SHOWN_ROWS else ""
    return ", ".join(map(str, rows[:_SHOWN_ROWS])) + more
