"""Clean coverages in metres: generated grids inside a wobbly outline that cuts through them.

Grids are those of `benchmarks.coverages`, brought into metres at offsets like a Gauss-Krueger zone's. All
coordinates are whole multiples of 2**-10 m, so that midpoints of edges are exact; neighbours hold the same
bits, and the outline has a vertex wherever two grids meet on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.coverages import EXTENT, SOUTH, WEST, make_coverage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Polygons = NDArray[Any]

LATTICE_M = 2.0**-10
ORIGIN_M = (660_000.0, 3_500_000.0)
"""Easting and northing of the south-west corner."""

_WOBBLE = ((2, 0.10), (3, 0.08), (5, 0.05), (9, 0.03), (17, 0.015), (41, 0.008))  # waves a turn, amplitude
_RADIUS = 0.38  # of the outline, mean, in the unit square; with all waves added it stays inside
_CUT_GRIDS = 2.3  # times the root of all grids: as many more than its area's share the outline keeps
_STEPS_A_GRID = 12
_CROSSED_M = 0.01  # nearer to the outline than this, a grid is cut with it
_LEAST_AREA = 0.02  # of the median: what the outline cuts off smaller is left out of the district
_VARIED_RADII = np.log(20.0)  # of a varied coverage, outer against inner


def make_district(n: int, seed: int, *, width_m: float = 400.0, varied: bool = False) -> Polygons:
    """Make a clean coverage of about `n` grids with about 50 vertices each.

    Args:
        n: How many grids, about; at least 50.
        seed: The same seed gives the same bits.
        width_m: Square root of the mean area of a grid.
        varied: Let the width of grids grow 20-fold from one end (a town) to the other.

    Returns:
        Valid polygons in metres, anticlockwise, shape (about n,). Their union is one polygon, the parent.
    """
    random = np.random.default_rng([n, seed, varied, 1])
    degrees = make_coverage(_grids_for(n), seed, varied=varied)
    scale = width_m / np.sqrt(shapely.area(degrees).mean())

    def in_metres(lon_lat: Floats) -> Floats:
        return _snapped((lon_lat - (WEST, SOUTH)) * scale) + ORIGIN_M

    grids = shapely.remove_repeated_points(shapely.transform(degrees, in_metres))
    turn = np.linspace(0, 2 * np.pi, max(200, int(_STEPS_A_GRID * 4 * np.sqrt(n))), endpoint=False)
    radius = np.full(len(turn), _RADIUS)
    for waves, amplitude in _WOBBLE:
        radius += _RADIUS * amplitude * np.sin(waves * turn + random.uniform(0, 2 * np.pi))
    unit = 0.5 + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    outline = shapely.Polygon(in_metres(_on_coverage(unit, degrees, varied=varied)))
    return _cut(grids, outline)


def _grids_for(n: int) -> int:
    """Return how many grids of the unit square leave about `n` inside the outline."""
    share = np.pi * _RADIUS**2 * (1 + sum(a * a for _, a in _WOBBLE) / 2)
    root = float((np.sqrt(_CUT_GRIDS**2 + 4 * share * n) - _CUT_GRIDS) / (2 * share))
    return round(root**2)


def _snapped(metres: Floats) -> Floats:
    rounded: Floats = np.round(metres / LATTICE_M) * LATTICE_M
    return rounded


def _on_coverage(unit: Floats, degrees: Polygons, *, varied: bool) -> Floats:
    """Bring points of the unit square to where the coverage lies, in degrees."""
    if not varied:
        west, south, east, north = shapely.total_bounds(degrees)
        placed: Floats = np.array([west, south]) + unit * np.array([east - west, north - south])
        return placed
    radius = EXTENT * np.exp((unit[:, 0] - 1) * _VARIED_RADII)
    angle = unit[:, 1] * np.pi / 2
    along = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    turned: Floats = np.array([WEST, SOUTH]) + radius[:, None] * along
    return turned


def _cut(grids: Polygons, outline: shapely.Polygon) -> Polygons:
    """Return the parts of grids inside the outline, in the order of the grids."""
    ring = shapely.get_coordinates(outline)
    pieces = shapely.linestrings(np.stack([ring[:-1], ring[1:]], axis=1))
    crossed = np.unique(shapely.STRtree(grids).query(pieces, predicate="dwithin", distance=_CROSSED_M)[1])
    shapely.prepare(outline)
    corner = shapely.get_coordinates(grids)[np.cumsum(shapely.get_num_coordinates(grids)) - 1]
    whole = np.setdiff1d(np.flatnonzero(shapely.contains_xy(outline, corner)), crossed)
    lines = [*shapely.boundary(grids[crossed]), outline.exterior]
    noded = shapely.union_all(lines, grid_size=LATTICE_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    place = shapely.point_on_surface(faces)
    face, grid = shapely.STRtree(grids[crossed]).query(place, predicate="within")
    faces, place, grid = faces[face], place[face], crossed[grid]
    kept = shapely.contains(outline, place)
    kept &= shapely.area(faces) > _LEAST_AREA * np.median(shapely.area(grids))
    parts = np.concatenate([grids[whole], faces[kept]])
    order = np.argsort(np.concatenate([whole, grid[kept]]), kind="stable")
    polygons: Polygons = shapely.orient_polygons(parts[order])
    return polygons
