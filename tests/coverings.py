"""Sets of polygons that try a point-in-polygon index, points that try it harder, and GEOS' own answers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import affinity

from benchmarks.coverages import make_coverage

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Polygons = NDArray[np.object_]
    Floats = NDArray[np.float64]


def objects(polygons: list[shapely.Geometry]) -> Polygons:
    array = np.empty(len(polygons), dtype=object)
    array[:] = polygons
    return array


def wiggly(rng: np.random.Generator) -> Polygons:
    return make_coverage(150, int(rng.integers(1 << 30)))


def varied(rng: np.random.Generator) -> Polygons:
    return make_coverage(300, int(rng.integers(1 << 30)), varied=True)


def islands(rng: np.random.Generator) -> Polygons:
    """Cells with holes; in some holes an island, in some islands a lake."""
    found = []
    for cell in make_coverage(60, int(rng.integers(1 << 30))):
        inner = affinity.scale(cell, 0.5, 0.5)
        core = affinity.scale(cell, 0.2, 0.2)
        if not cell.contains(inner):
            found.append(cell)
            continue
        found.append(shapely.Polygon(cell.exterior, [inner.exterior]))
        if rng.random() < 0.7:
            found.append(shapely.Polygon(inner.exterior, [core.exterior]))
    return objects(found)


def slivers(rng: np.random.Generator) -> Polygons:
    """Strips between a millimetre and a kilometre wide, side by side, leaning."""
    west = np.cumsum(10.0 ** rng.uniform(-8, -2, 120)) + 118.7
    lean = rng.uniform(-0.01, 0.01)
    pairs = pairwise(west)
    return objects(
        [shapely.Polygon([(a, 31.7), (b, 31.7), (b + lean, 32.0), (a + lean, 32.0)]) for a, b in pairs]
    )


def t_junctions(rng: np.random.Generator) -> Polygons:
    """Neighbours that do not have each other's vertices: their outlines agree only up to rounding."""
    polygons = make_coverage(80, int(rng.integers(1 << 30)))
    for i in rng.choice(len(polygons), len(polygons) // 2, replace=False):
        ring = shapely.get_coordinates(polygons[i])
        middle = ring[:-1] + rng.random() * np.diff(ring, axis=0)
        mixed = np.empty((2 * len(ring) - 1, 2))
        mixed[0::2], mixed[1::2] = ring, middle
        candidate = shapely.Polygon(mixed)
        polygons[i] = candidate if candidate.is_valid else polygons[i]
    return polygons


def dirty(rng: np.random.Generator) -> Polygons:
    """Overlaps of all sizes, gaps, repeated and contained polygons."""
    polygons = list(make_coverage(120, int(rng.integers(1 << 30))))
    for i in rng.choice(len(polygons), 60, replace=False):
        step = 10.0 ** rng.uniform(-12, -2) * rng.choice((-1, 1), 2)
        polygons[i] = affinity.translate(polygons[i], *step)
    polygons += [polygons[0], affinity.scale(polygons[1], 0.3, 0.3), affinity.scale(polygons[2], 3, 3)]
    return objects([polygons[i] for i in rng.permutation(len(polygons))[:-15]])


def in_parts(rng: np.random.Generator) -> Polygons:
    """Multipolygons whose parts lie apart."""
    polygons = make_coverage(60, int(rng.integers(1 << 30)))
    pairs = rng.permutation(len(polygons) // 2 * 2).reshape(-1, 2)
    return objects([shapely.union_all(polygons[pair]) for pair in pairs])


def layers(rng: np.random.Generator) -> Polygons:
    """Large polygons over one another, with straight and level sides."""
    found: list[shapely.Geometry] = []
    for _ in range(40):
        x, y = rng.integers(0, 64, 2) / 64
        width, height = rng.integers(1, 64, 2) / 64
        found.append(shapely.box(118 + x, 31 + y, 118 + x + width, 31 + y + height))
    return objects(found)


def invalid(rng: np.random.Generator) -> Polygons:
    """Among sound cells some that cross themselves."""
    polygons = make_coverage(60, int(rng.integers(1 << 30)))
    for i in rng.choice(len(polygons), 12, replace=False):
        ring = shapely.get_coordinates(polygons[i])
        a, b = sorted(rng.integers(1, len(ring) - 1, 2))
        ring[a : b + 1] = ring[a : b + 1][::-1]
        polygons[i] = shapely.Polygon(ring)
    return polygons


def _scaled(by: float, beside: float) -> Callable[[np.random.Generator], Polygons]:
    def make(rng: np.random.Generator) -> Polygons:
        polygons = make_coverage(60, int(rng.integers(1 << 30)))
        moved = shapely.transform(polygons, lambda xy: (xy - (118.8, 31.8)) * by + beside)
        return objects([one for one in moved if one.is_valid])

    return make


KINDS: dict[str, Callable[[np.random.Generator], Polygons]] = {
    "wiggly": wiggly,
    "varied": varied,
    "islands": islands,
    "slivers": slivers,
    "t_junctions": t_junctions,
    "dirty": dirty,
    "in_parts": in_parts,
    "layers": layers,
    "invalid": invalid,
    "metres": _scaled(1e5, 3.5e6),
    "huge": _scaled(1e7, 1e15),
    "vast": _scaled(1e160, 0.0),
    "tiny": _scaled(1e-9, 0.0),
    "minute": _scaled(1e-160, 0.0),
    "far_and_fine": _scaled(1e-6, 118.0),
}


def telling_points(polygons: Polygons, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Points everywhere, on vertices and edges and a few bits beside them, at heights of vertices."""
    corners, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(polygons)), return_index=True)
    starts = np.flatnonzero(ring[1:] == ring[:-1])
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    part = count // 8
    anywhere = rng.uniform((west, south), (east, north), (2 * part, 2))
    on_corners = corners[rng.integers(len(corners), size=part)]
    start = rng.choice(starts, 2 * part)
    share = np.where(rng.random(2 * part) < 0.3, 0.5, rng.random(2 * part))[:, None]
    on_edges = corners[start] + share * (corners[start + 1] - corners[start])
    at_heights = np.column_stack(
        (rng.uniform(west, east, part), corners[rng.integers(len(corners), size=part), 1])
    )
    exact = np.concatenate((on_corners, on_edges))
    beside = exact[rng.integers(len(exact), size=count - 6 * part - 4)]
    for _ in range(3):
        towards = rng.choice((-np.inf, np.inf), beside.shape)
        beside = np.where(rng.random(beside.shape) < 0.4, beside, np.nextafter(beside, towards))
    odd = np.array([(np.nan, south), (west, np.inf), (-np.inf, np.nan), (east + (east - west), north)])
    points = np.concatenate((anywhere, on_corners, on_edges, at_heights, beside, odd))
    return points[:, 0].copy(), points[:, 1].copy()


def all_of_geos(polygons: Polygons, x: Floats, y: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every pair of a point and a polygon that GEOS says intersect, by point, then by polygon."""
    usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    point, polygon = shapely.STRtree(polygons).query(shapely.points(x[usable], y[usable]))
    point = usable[point]
    with np.errstate(all="ignore"):  # vast coordinates overflow inside GEOS
        meets = shapely.intersects_xy(polygons[polygon], x[point], y[point])
    order = np.lexsort((polygon[meets], point[meets]))
    return point[meets][order], polygon[meets][order]


def first_of_geos(polygons: Polygons, x: Floats, y: Floats) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The first polygon of each point (-1 for none), and whether it lies on the outline of one it meets."""
    return first_of_pairs(polygons, x, y, all_of_geos(polygons, x, y))


def first_of_pairs(
    polygons: Polygons, x: Floats, y: Floats, pairs: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The same, where all pairs are known already."""
    point, polygon = pairs
    first, on_outline = np.full(len(x), -1), np.zeros(len(x), dtype=bool)
    first[point[::-1]] = polygon[::-1]
    with np.errstate(all="ignore"):
        inside = shapely.contains_xy(polygons[polygon], x[point], y[point])
    on_outline[point[~inside]] = True
    return first, on_outline
