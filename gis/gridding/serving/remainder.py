"""What grids leave of an area, told by the chain of their edges: exact, however the grids overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.faults import Chain
from gis.gridding.chain.layout import lay_out
from gis.gridding.measure import width_m
from gis.gridding.repairing.drawing.tracing import trace

if TYPE_CHECKING:
    from gis.gridding.chain.layout import Layout
    from gis.gridding.chain.rings import Floats, Polygons

SNAP_DEGREES = 1e-11
"""What is nearer together than this, a thousandth of a millimetre, is the same."""

DUST_WIDTH_M = 0.001
"""What is nowhere wider than this is rounding of the file: it counts as served."""

_HAIRY = 100.0
_METRES_IN_DEGREE = 111_320


def remainder_of(area: shapely.Geometry, grids: Polygons) -> tuple[Polygons, Floats]:
    """Return the connected parts of an area that no grid covers, and how wide each is.

    1. The edges of the grids less those of the area are added up; the faces between what is left have each a
       number: of the grids that cover it, less one inside the area. Where it is negative, nothing covers.
    2. The parts are traced around those faces, with the corners the grids and the area have.
    3. Parts that are nowhere wider than `DUST_WIDTH_M` are none.

    Args:
        area: A valid polygon or multipolygon, EPSG:4490.
        grids: Valid polygons in any number and order, overlapping or not, shape (n,).

    Returns:
        Polygons that touch each other at most in points, from west to east, shape (r,); and the mean width in
        metres of each without its hairs, above 0.
    """
    chain = Chain.of(grids, np.array([area], dtype=object))
    if not len(chain.residual):
        return np.empty(0, dtype=object), np.empty(0)
    parts = _traced(lay_out(chain.edges, chain.residual, SNAP_DEGREES))
    widths = _widths(parts)
    parts, widths = parts[widths > 0], widths[widths > 0]
    order = np.lexsort(shapely.bounds(parts).T[::-1])
    return parts[order], widths[order]


def _widths(parts: Polygons) -> Floats:
    """Measure mean widths; a hair along an edge does not count, and what is nothing but hair has none."""
    widths = width_m(parts)
    hairy = widths < _HAIRY * DUST_WIDTH_M
    half = DUST_WIDTH_M / 2 / _METRES_IN_DEGREE
    bodies = shapely.buffer(shapely.buffer(parts[hairy], -half, join_style="mitre"), half, join_style="mitre")
    widths[hairy] = width_m(bodies)
    return widths


def _traced(layout: Layout) -> Polygons:
    """Trace what is covered less than nothing: borders with such a face on one side only bound it."""
    faces, borders = layout.faces, layout.borders
    blank = np.append(faces.excess < 0, False)  # the last stands for what is outside of all faces, -1
    left, right = blank[faces.left], blank[faces.right]
    bounds = left != right
    start, end = borders.start[bounds], borders.end[bounds]
    along = left[bounds]
    points = layout.pieces.points
    from_, to = np.where(along, start, end), np.where(along, end, start)
    return shapely.get_parts(trace(np.zeros(len(from_), dtype=np.int64), points[from_], points[to], 1))
