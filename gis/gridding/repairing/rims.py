"""Give the outlines of parents the corners that polygons have on them, and some opposite their junctions.

Only for the time of a repair: the parents themselves are not what is repaired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from gis.gridding.chain.grouping import lines_between

if TYPE_CHECKING:
    from collections.abc import Callable

    from gis.gridding.chain.rings import Flags, Floats, Polygons

    Chooser: TypeAlias = Callable[[Floats, Floats, Floats, Floats], tuple[Floats, Flags]]

# A point that divides an edge nearer to its end than this share is no corner of its own.
_END = 1e-6
# What lies within so many snapping distances of a gap lies at it.
_HAIR = 10.0


def with_corners(outlines: Polygons, polygons: Polygons, *, snap: float) -> Polygons:
    """Give outlines the corners of polygons that lie on their edges.

    In stored coordinates, so that a corner on a long straight edge is still on it in metres, where the edge
    would run beside it.

    Args:
        outlines: Of the parents, shape (p,).
        polygons: Inside them, in the same system.
        snap: What is nearer to an edge than this lies on it, in the units of the coordinates.

    Returns:
        The outlines, the very objects where nothing was put in.
    """
    corners = np.unique(shapely.get_coordinates(polygons), axis=0)
    corners = corners[np.isfinite(corners).all(axis=1)]

    def themselves(_: Floats, __: Floats, share: Floats, at: Floats) -> tuple[Floats, Flags]:
        return at, np.ones(len(share), dtype=bool)

    return _put_on(outlines, corners, snap, themselves)


def with_feet(
    outlines: Polygons, polygons: Polygons, gaps: Polygons, *, within: float, snap: float
) -> Polygons:
    """Give outlines a corner opposite each place where another polygon begins along a gap between them.

    Args:
        outlines: Of the parents, shape (p,).
        polygons: Inside them.
        gaps: Between them, shape (g,).
        within: The largest distance of such a place from the outline.
        snap: What is nearer together than this is the same.

    Returns:
        The outlines, the very objects where nothing was put in.
    """
    hair = _HAIR * snap
    places = _changes_along(gaps, shapely.STRtree(polygons), hair)
    between = shapely.STRtree(gaps)

    def feet(start: Floats, end: Floats, share: Floats, at: Floats) -> tuple[Floats, Flags]:
        put = start + share[:, None] * (end - start)
        wanted = np.zeros(len(put), dtype=bool)
        wanted[between.query(shapely.points(put), predicate="dwithin", distance=hair)[0]] = True
        return put, wanted & (np.hypot(*(put - at).T) > hair)

    return _put_on(outlines, places, within, feet)


def _changes_along(gaps: Polygons, polygons: shapely.STRtree, hair: float) -> Floats:
    """Find the corners of gaps at which another polygon begins, or the first after none, shape (k, 2)."""
    found = [np.empty((0, 2))]
    for ring in shapely.get_rings(gaps):
        corners = shapely.get_coordinates(ring)
        middles = np.asarray(shapely.points((corners[:-1] + corners[1:]) / 2), dtype=object)
        beside = np.full(len(middles), -1)
        middle, polygon = polygons.query(middles, predicate="dwithin", distance=hair)
        beside[middle] = polygon
        found.append(corners[:-1][beside != np.roll(beside, 1)])
    return np.concatenate(found)


def _put_on(outlines: Polygons, points: Floats, within: float, choose: Chooser) -> Polygons:
    """Put points into the edges of outlines that they lie near."""
    made = outlines.copy()
    tree = shapely.STRtree(np.asarray(shapely.points(points), dtype=object))
    for number, outline in enumerate(outlines):
        near = points[np.unique(tree.query(outline.boundary, predicate="dwithin", distance=within))]
        if len(near):
            divided = _divided(outline, near, within, choose)
            made[number] = divided if shapely.is_valid(divided) else outline
    return made


def _divided(outline: shapely.Geometry, points: Floats, within: float, choose: Chooser) -> shapely.Geometry:
    """Put points into an outline; the same object if there was nothing to put in."""
    parts, is_new = [], False
    for part in shapely.get_parts(outline):
        rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(part)]
        divided = [_ring(ring, points, within, choose) for ring in rings]
        is_new |= any(len(after) > len(before) for before, after in zip(rings, divided, strict=True))
        parts.append(shapely.Polygon(divided[0], divided[1:]))
    if not is_new:
        return outline
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _ring(ring: Floats, points: Floats, within: float, choose: Chooser) -> Floats:
    start, end = ring[:-1], ring[1:]
    tree = shapely.STRtree(lines_between(start, end))
    point, edge = tree.query(shapely.points(points), predicate="dwithin", distance=within)
    step = end[edge] - start[edge]
    share = ((points[point] - start[edge]) * step).sum(axis=1) / (step**2).sum(axis=1)
    order = np.lexsort((share, edge))
    order = order[(share[order] > _END) & (share[order] < 1 - _END)]
    point, edge, share = point[order], edge[order], share[order]
    put, wanted = choose(start[edge], end[edge], share, points[point])
    put, edge, share = put[wanted], edge[wanted], share[wanted]
    is_other = (np.diff(edge, prepend=-1) != 0) | (np.diff(share, prepend=-1.0) > _END)
    return np.insert(ring, edge[is_other] + 1, put[is_other], axis=0)
