"""A long narrow gap between two groups of grids, as along a river: who keeps the true neighbours?

One side of a line through a clean coverage is moved away. A repair that gives all of the gap to the grid
with the longest border makes that grid the neighbour of everybody along the gap, and parts the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from benchmarks.damage import make_district

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Polygons = NDArray[Any]
    Pairs = set[tuple[int, int]]

WIDTHS_M = (0.5, 8.0, 25.0)
_LEAST_BORDER_M = 1e-6
_FADES_M = 150.0


class River(NamedTuple):
    """Grids on both sides of a long gap.

    Attributes:
        cells: With the gap.
        clean: Before.
        parent: The outline.
        across: Pairs of grids that were neighbours over the line.
    """

    cells: Polygons
    clean: Polygons
    parent: BaseGeometry
    across: Pairs


def make_river(n: int, width_m: float, seed: int = 7) -> River:
    """Move the northern side of the middle line of a coverage north, less and less away from it."""
    clean = make_district(n, seed)
    parent = shapely.coverage_union_all(clean)
    y = shapely.get_y(shapely.centroid(clean))
    north = y > np.median(y)
    line = shapely.shared_paths(
        *(shapely.boundary(shapely.coverage_union_all(clean[side])) for side in (north, ~north))
    )

    def moved(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        points = shapely.points(vertices)
        fading = np.maximum(0, 1 - shapely.distance(points, line) / _FADES_M)
        fading *= np.minimum(1, shapely.distance(points, shapely.boundary(parent)) / _FADES_M)
        return vertices + np.stack([np.zeros(len(fading)), fading * width_m], axis=-1)

    cells = clean.copy()
    cells[north] = shapely.transform(clean[north], moved)
    cells = np.where(shapely.equals_identical(cells, clean), clean, cells)
    across = {(one, other) for one, other in neighbours(clean) if north[one] != north[other]}
    return River(cells, clean, parent, across)


def neighbours(polygons: Polygons) -> Pairs:
    """Return the pairs of polygons with a common border, the lower position first."""
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    one, other = one[one < other], other[one < other]
    common = shapely.length(
        shapely.intersection(shapely.boundary(polygons[one]), shapely.boundary(polygons[other]))
    )
    beside = common > _LEAST_BORDER_M
    return set(zip(one[beside].tolist(), other[beside].tolist(), strict=True))


def kept(river: River, repaired: Polygons) -> dict[str, int]:
    """Count the true neighbours a repair lost, those it made up, and the grids it changed."""
    before, after = neighbours(river.clean), neighbours(repaired)
    same = shapely.equals_identical(shapely.normalize(river.cells), shapely.normalize(repaired))
    return {
        "of": len(river.across),
        "lost": len(before - after),
        "made_up": len(after - before),
        "changed": int((~same).sum()),
    }
