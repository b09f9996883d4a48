"""Buildings that a boundary of grids cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.grouping import mean_width
from gis.gridding.crs import geometries_to_stored
from gis.gridding.measure import area_m2
from gis.gridding.overlay import differences, intersections
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.checks.layer import Layer

    Geometries = NDArray[np.object_]


def find_cut_buildings(layer: Layer, buildings: Layer, *, min_depth_m: float) -> list[Finding]:
    """Find every building that the boundary of a grid cuts, deeper than told on both sides.

    A building is drawn in by the depth. It is cut if a grid meets what is left and does not cover it.

    Args:
        layer: Grids.
        buildings: With the codes they are named by.
        min_depth_m: How far a wall may stand over a boundary: walls and boundaries are surveyed apart.
    """
    usable = ~shapely.is_missing(layer.metres)
    grids, codes = layer.metres[usable], layer.codes[usable]
    tree = shapely.STRtree(grids)
    shapely.prepare(grids)
    building, grid = tree.query(buildings.metres, predicate="intersects")
    over = ~np.asarray(shapely.covers(grids[grid], buildings.metres[building]), dtype=bool)
    asked = np.unique(building[over])
    cores = np.asarray(
        shapely.buffer(buildings.metres[asked], -min_depth_m, join_style="mitre"), dtype=object
    )
    core, grid = tree.query(cores, predicate="intersects")
    covered = np.asarray(shapely.covers(grids[grid], cores[core]), dtype=bool)
    cut = np.unique(core[~covered])
    beside = [grid[core == one] for one in cut]
    whole = buildings.metres[asked[cut]]
    smaller = np.array(
        [_smaller_side(one, grids[near]) for one, near in zip(whole, beside, strict=True)], object
    )
    areas = area_m2(geometries_to_stored(smaller, layer.metric_crs))
    widths = mean_width(smaller)
    return [
        Finding(
            FindingKind.BUILDING_CUT,
            Severity.WARNING,
            tuple(sorted({str(code) for code in codes[beside[i]]})),
            buildings.stored[asked[cut[i]]],
            float(areas[i]),
            float(widths[i]),
            {"subject": layer.subject, "building": str(buildings.codes[asked[cut[i]]])},
        )
        for i in range(len(cut))
    ]


def _smaller_side(building: shapely.Geometry, grids: Geometries) -> shapely.Geometry:
    """Measure the cut: what of a building lies outside the grid that most of it lies in."""
    alike = np.full(len(grids), building, dtype=object)
    most = int(np.argmax(shapely.area(intersections(alike, grids))))
    rest: shapely.Geometry = differences(alike[:1], grids[most : most + 1])[0]
    return rest
