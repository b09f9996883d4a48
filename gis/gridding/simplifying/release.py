"""Simplify the grids and areas of a release together: natural grids, communities, streets, district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.simplifying.nested import Level, simplify_levels, usable
from gis.nouns import AreaLevel, GridKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd

    from gis.gridding.chain.rings import Flags, Integers, Polygons

_UPWARDS = (AreaLevel.COMMUNITY, AreaLevel.STREET, AreaLevel.DISTRICT)


@dataclass(frozen=True, slots=True)
class SimplifiedRelease:
    """Grids and areas with fewer corners, in the order of the frames.

    Attributes:
        grids: Polygons, shape (n,).
        areas: Polygons, shape (m,).
        not_seamless: Codes of areas that have parts and are not their union, ascending.
    """

    grids: Polygons
    areas: Polygons
    not_seamless: list[str]


def simplify_release(
    grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tolerance_m: float
) -> SimplifiedRelease:
    """Simplify natural grids and areas as nested levels; other grids follow, each kind and task by itself.

    Args:
        grids: Columns kind, task, community_code, geometry (EPSG:4490); no rows: the communities are the
            finest level.
        areas: Columns level, code, parent_code, geometry (EPSG:4490).
        tolerance_m: As for `simplify_levels`.
    """
    is_natural = np.asarray(grids["kind"].astype(str) == GridKind.NATURAL, dtype=bool)
    rows = [np.flatnonzero(areas["level"].astype(str) == level.value) for level in _UPWARDS]
    codes = areas["code"].to_numpy(dtype=object)
    shapes, drawn = _polygons(areas), _polygons(areas)
    above = [codes[row] for row in rows]
    names = [
        grids.loc[is_natural, "community_code"],
        *(areas["parent_code"].iloc[row] for row in rows[:-1]),
    ]
    levels = [
        Level(polygons, _positions(wanted, there))
        for polygons, wanted, there in zip(
            [_polygons(grids)[is_natural], *(shapes[row] for row in rows[:-1])], names, above, strict=True
        )
    ]
    levels.append(Level(shapes[rows[-1]], np.full(len(rows[-1]), -1)))
    found = simplify_levels(levels, tolerance_m)
    faulty: list[str] = []
    for at, row in enumerate(rows, start=1):
        drawn[row] = found.levels[at]
        has_parts = np.isin(np.arange(len(row)), levels[at - 1].parent)
        faulty += codes[row][has_parts & ~found.seamless[at]].tolist()
    cells = _polygons(grids)
    cells[is_natural] = found.levels[0]
    for which in _overlays(grids, ~is_natural):
        there = which[~shapely.is_missing(usable(cells[which]))]
        cells[there], _ = found.leaders.follow(cells[there], found.tolerance)
    return SimplifiedRelease(cells, drawn, sorted(faulty))


def _overlays(grids: pd.DataFrame, others: Flags) -> Iterable[Integers]:
    """List the rows of each kind and task of other grids."""
    kinds, tasks = grids["kind"].astype(str), grids["task"].fillna("").astype(str)
    labels = (kinds + "\n" + tasks).to_numpy(dtype=object)
    return [np.flatnonzero(others & (labels == label)) for label in sorted(set(labels[others]))]


def _polygons(frame: gpd.GeoDataFrame) -> Polygons:
    return np.array(frame.geometry.to_numpy(), dtype=object, ndmin=1)


def _positions(wanted: pd.Series[str], codes: Polygons) -> Integers:
    """Return where each code first stands; -1 for one that does not."""
    first = {code: position for position, code in reversed(list(enumerate(codes)))}
    return np.array([first.get(code, -1) for code in wanted], dtype=np.int64)
