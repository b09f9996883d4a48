"""How much of each area the grids of each kind serve, by area, buildings and households."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.gridding.assign import Rule, Targets, assign_one
from gis.gridding.chain.faults import Chain
from gis.gridding.measure import straight_area_m2
from gis.gridding.serving.groups import ALL, Group
from gis.gridding.serving.remainder import remainder_of
from gis.gridding.valid import make_valid_within
from gis.nouns import STORED_CRS, GridKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.gridding.chain.rings import Floats, Integers, Polygons

MAKE_VALID_SECONDS = 20.0
_AREA = 2


@dataclass(frozen=True, slots=True)
class Served:
    """How much is served.

    Attributes:
        rows: One row an area and group, area by area, with the columns code, name (of the area), kind, task
            (of the group), grids (that have a part in the area), area_m2, served_m2, uncovered_m2, share,
            parts (of the remainder), widest_m (mean width of its widest part); buildings, buildings_served,
            buildings_share, households, households_served, households_share. A share of nothing is NaN, and
            where no buildings are known their six columns are.
        remainder: What no grid of the group covers, one row a connected part, in the order of `rows`: columns
            code, name, kind, task, area_m2, width_m, geometry (EPSG:4490).
        left_out: Areas and grids whose outline cannot be used, as "area CODE" and "grid CODE".
        elsewhere: Number of buildings whose point lies in none of the areas.
    """

    rows: pd.DataFrame
    remainder: gpd.GeoDataFrame
    left_out: list[str]
    elsewhere: int


@dataclass(frozen=True, slots=True)
class _Placed:
    """Buildings, each as one point: which area each lies in, by position, -1 in none."""

    points: shapely.STRtree
    households: Floats
    area: Integers


def measure_served(
    areas: gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame | None,
    groups: Sequence[Group],
) -> Served:
    """Measure how much of each area the grids of each group serve.

    1. A grid serves where it lies, whatever parent it names. Where several cover a place, it counts once.
    2. The remainder is told by `remainder_of`; what is served is the area less the remainder. Both are
       measured on the ellipsoid along edges that are straight in degrees, so that parts add up to the whole.
    3. A building counts, with all its households, where one point inside it lies (`point_on_surface`); on
       the outline of two areas in the one that comes first. An outline of grids belongs to the grids.
    4. Invalid outlines are made valid; what cannot be is left out and named.

    Args:
        areas: Areas of one level, columns code, name, geometry (EPSG:4490).
        grids: Columns code, kind, task, geometry (EPSG:4490).
        buildings: Columns households, geometry (EPSG:4490); None or no rows: they are not known.
        groups: What is looked at together.
    """
    places, cells = _usable(areas), _usable(grids)
    placed = None if buildings is None or buildings.empty else _placed(buildings, places)
    is_there = ~shapely.is_missing(cells)
    natural = Group(GridKind.NATURAL.value)
    # where nothing is left of the sum of all edges, nothing is left of any area
    is_filled = not len(Chain.of(cells[natural.holds(grids) & is_there], places).residual)
    rows, parts = [], []
    for number, group in enumerate(groups):
        chosen = cells[group.holds(grids) & is_there]
        whole = is_filled and group.kind in {natural.kind, ALL}
        own_rows, own_parts = _of_group(places, chosen, placed, is_filled=whole)
        rows.append(own_rows.assign(group=number))
        parts.append(own_parts.assign(group=number))
    pieces = _named(pd.concat(parts), areas, groups)
    return Served(
        pd.DataFrame(_named(pd.concat(rows), areas, groups)),
        gpd.GeoDataFrame(pieces, geometry="geometry", crs=STORED_CRS),
        [f"area {code}" for code in areas.loc[shapely.is_missing(places), "code"]]
        + [f"grid {code}" for code in grids.loc[shapely.is_missing(cells), "code"]],
        0 if placed is None else int((placed.area < 0).sum()),
    )


def _of_group(
    places: Polygons, cells: Polygons, placed: _Placed | None, *, is_filled: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what there is of each area, and the parts of the remainders; areas by position in `at`."""
    tree = shapely.STRtree(cells)
    area, cell = tree.query(places, predicate="intersects")
    inside = ~shapely.touches(cells[cell], places[area])
    parts = _parts(
        [
            None if place is None or is_filled else remainder_of(place, cells[cell[area == at]])
            for at, place in enumerate(places)
        ]
    )
    owner = parts["at"].to_numpy()
    whole = straight_area_m2(places)
    uncovered = np.minimum(np.bincount(owner, parts["area_m2"], len(places)), whole)
    widest = np.zeros(len(places))
    np.maximum.at(widest, owner, parts["width_m"].to_numpy())
    rows = pd.DataFrame(
        {
            "at": np.arange(len(places)),
            "grids": np.bincount(area[inside], minlength=len(places)),
            "area_m2": whole,
            "served_m2": whole - uncovered,
            "uncovered_m2": uncovered,
            "share": _shares(whole - uncovered, whole),
            "parts": np.bincount(owner, minlength=len(places)),
            "widest_m": widest,
        }
    )
    return rows.join(_counted(placed, cells, len(places))), parts


def _parts(remainders: Sequence[tuple[Polygons, Floats] | None]) -> pd.DataFrame:
    """Put the parts of all areas into one table; None has none."""
    found = [(at, *one) for at, one in enumerate(remainders) if one is not None]
    at = np.repeat([at for at, _, _ in found], [len(shapes) for _, shapes, _ in found]).astype(np.int64)
    shapes = np.concatenate([np.empty(0, dtype=object), *(shapes for _, shapes, _ in found)])
    widths = np.concatenate([np.empty(0), *(widths for _, _, widths in found)])
    area = straight_area_m2(shapes)
    return pd.DataFrame({"at": at, "area_m2": area, "width_m": widths, "geometry": shapes})


def _counted(placed: _Placed | None, cells: Polygons, count: int) -> pd.DataFrame:
    """Count buildings and their households, all and served, in each area."""
    names = [f"{noun}{part}" for noun in ("buildings", "households") for part in ("", "_served", "_share")]
    if placed is None:
        return pd.DataFrame(np.nan, index=range(count), columns=names)
    within = placed.area >= 0
    is_served = np.zeros(len(within), dtype=bool)
    is_served[placed.points.query(cells, predicate="intersects")[1]] = True
    columns = []
    for weights in (np.ones(len(within)), placed.households):
        of_all, served = np.zeros(count), np.zeros(count)
        np.add.at(of_all, placed.area[within], weights[within])
        np.add.at(served, placed.area[within & is_served], weights[within & is_served])
        columns += [of_all, served, _shares(served, of_all)]
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def _placed(buildings: gpd.GeoDataFrame, places: Polygons) -> _Placed:
    points = np.asarray(shapely.point_on_surface(buildings.geometry.to_numpy()), dtype=object)
    there = np.flatnonzero(~shapely.is_missing(places))
    targets = Targets.build(gpd.GeoSeries(places[there], index=there))
    area = assign_one(gpd.GeoSeries(points), targets, Rule.CONTAINMENT)
    households = buildings["households"].to_numpy(dtype=np.float64, na_value=0.0)
    return _Placed(shapely.STRtree(points), households, area.fillna(-1).to_numpy(dtype=np.int64))


def _usable(frame: gpd.GeoDataFrame) -> Polygons:
    """Return valid polygons; None where there is none to use."""
    shapes = np.array(frame.geometry.to_numpy(), dtype=object, ndmin=1)
    shapes[shapely.get_dimensions(shapes) != _AREA] = None
    return make_valid_within(shapes, MAKE_VALID_SECONDS).geometries


def _named(found: pd.DataFrame, areas: gpd.GeoDataFrame, groups: Sequence[Group]) -> pd.DataFrame:
    """Put rows into the order of the areas, then of the groups, and say which they are."""
    ordered = found.sort_values(["at", "group"], kind="stable", ignore_index=True)
    at, group = ordered.pop("at").to_numpy(), ordered.pop("group").to_numpy()
    for place, (name, values) in enumerate(
        {
            "code": areas["code"].to_numpy(dtype=object)[at],
            "name": areas["name"].to_numpy(dtype=object)[at],
            "kind": [groups[number].kind for number in group],
            "task": [groups[number].task for number in group],
        }.items()
    ):
        ordered.insert(place, name, values)
    return ordered


def _shares(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)
