"""The faults of a few edges, the quick way; those of others as `gis.gridding.chain.faults` has them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gis.gridding.chain.faults import HAIR, Faults, faults_of
from gis.gridding.chain.grouping import mean_width
from gis.gridding.chain.sides import Mismatches, Sides
from gis.gridding.watching.drawing import draw
from gis.gridding.watching.runs import renamed
from gis.gridding.watching.tracing import UnsureError

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Polygons
    from gis.gridding.watching.drawing import Drawn
    from gis.gridding.watching.ground import Near
    from gis.gridding.watching.tracing import Point
    from gis.gridding.watching.unmatched import Edge, Left

# With more edges than this, arrays are quicker.
_MOST = 150
_NO_MISMATCHES = Mismatches(
    np.empty((0, 2)), np.empty(0), np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64)
)


def quick_faults_of(near: Near, left: dict[Edge, Left], *, snap: float, usual: int) -> Faults:
    """Find the faults of a chain as `faults_of` does, but those of a few edges in a fraction of the time.

    Args:
        near: Polygons and parents; they are named in the faults as there.
        left: What is left of edges.
        snap: As in `faults_of`.
        usual: As there.
    """
    if len(left) <= _MOST:
        try:
            return _faults(near, left, snap, usual)
        except UnsureError:
            pass
    return renamed(faults_of(near.chain(left), snap=snap, usual=usual), np.array(near.names))


def _faults(near: Near, left: dict[Edge, Left], snap: float, usual: int) -> Faults:
    """Find them, or raise `UnsureError`."""
    first = drawn = draw(near, left, snap, usual)
    hidden = _hidden(drawn)
    if hidden:
        drawn = draw(near, {**left, **hidden}, snap, usual)
    faces = drawn.crowded
    if len(faces):
        faces = faces[mean_width(faces) > HAIR * snap]
    pairs, overlaps, outside, parts = _owned(near, faces)
    return Faults(
        gaps=drawn.empty,
        gap_sides=_sides(drawn, near.names),
        overlap_pairs=pairs,
        overlaps=overlaps,
        outside_polygon=outside,
        outside=parts,
        mismatches=_mismatches(first, near.names),
    )


def _hidden(drawn: Drawn) -> dict[Edge, Left]:
    """Find the edges that cancelled but pass through faces."""
    if not drawn.passing:
        return {}
    number, edges, keys = zip(*drawn.passing, strict=True)
    faces = drawn.crowded[list(number)]
    lines = shapely.linestrings(np.array(edges).reshape(-1, 2, 2))
    inside = shapely.intersects(faces, lines) & ~shapely.touches(faces, lines)
    return {edges[i]: (0, keys[i]) for i in np.flatnonzero(inside).tolist()}


def _owned(near: Near, faces: Polygons) -> tuple[Any, Polygons, Any, Polygons]:
    """Tell the polygons over faces, pair by pair, and what of each lies outside the parents."""
    shared: dict[tuple[int, int], list[Any]] = {}
    beyond: dict[int, list[Any]] = {}
    inner = shapely.get_coordinates(shapely.point_on_surface(faces)).tolist() if len(faces) else []
    for face, (x, y) in zip(faces, inner, strict=True):
        over = [near.names[i] for i in np.flatnonzero(shapely.contains_xy(near.polygons, x, y)).tolist()]
        for pair in combinations(over, 2):
            shared.setdefault(pair, []).append(face)
        if len(near.parents) and not shapely.contains_xy(near.parents, x, y).any():
            for polygon in over:
                beyond.setdefault(polygon, []).append(face)
    pairs, outside = sorted(shared), sorted(beyond)
    return (
        np.array(pairs, dtype=np.int64).reshape(-1, 2),
        _together([shared[pair] for pair in pairs]),
        np.array(outside, dtype=np.int64),
        _together([beyond[polygon] for polygon in outside]),
    )


def _sides(drawn: Drawn, names: list[int]) -> Sides:
    """Add up the lengths of borders, face by face and polygon by polygon."""
    lengths: dict[tuple[int, int], float] = {}
    for face, polygon, length in drawn.beside:
        lengths[face, polygon] = lengths.get((face, polygon), 0.0) + length
    found = sorted(lengths)
    return Sides(
        np.array([face for face, _ in found], dtype=np.int64),
        np.array([names[polygon] for _, polygon in found], dtype=np.int64),
        np.array([lengths[both] for both in found], dtype=np.float64),
    )


def _mismatches(drawn: Drawn, names: list[int]) -> Mismatches:
    """Bring the corners that cut an edge into order, each with the polygons beside."""
    if not drawn.cuts:  # most often
        return _NO_MISMATCHES
    apart: dict[Point, float] = {}
    beside: dict[Point, set[int]] = {}
    for x, y, off, polygon in drawn.cuts:
        apart[x, y] = max(apart.get((x, y), 0.0), off)
        beside.setdefault((x, y), set()).add(polygon)
    found = sorted(apart)
    named = [[names[polygon] for polygon in sorted(beside[point])] for point in found]
    return Mismatches(
        np.array(found, dtype=np.float64).reshape(-1, 2),
        np.array([apart[point] for point in found], dtype=np.float64),
        np.cumsum([0, *map(len, named)]),
        np.array([polygon for group in named for polygon in group], dtype=np.int64),
    )


def _together(groups: list[list[Any]]) -> Polygons:
    """Make one of each group of faces: their common borders cancel."""
    made = np.empty(len(groups), dtype=object)
    for number, group in enumerate(groups):
        made[number] = group[0] if len(group) == 1 else shapely.coverage_union_all(group)
    return made
