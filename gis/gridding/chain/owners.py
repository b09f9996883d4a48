"""What of faces that are covered too often lies in which polygons, and what outside the parents."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gis.gridding.overlay import differences, intersections, union

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Floats, Polygons

    Integers = NDArray[np.integer[Any]]

# What is thinner than this many snapping distances is left over from rounding.
_HAIR = 10.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What of some polygons lies in some faces.

    Attributes:
        face, polygon: Shape (n,), ascending by face.
        common: What they share.
        is_whole: Whether that is the whole face.
    """

    face: Integers
    polygon: Integers
    common: Polygons
    is_whole: NDArray[np.bool_]


def shared_with(faces: Polygons, polygons: Polygons, snap: float) -> Shared:
    """Lay faces over the polygons around them."""
    face, polygon = shapely.STRtree(polygons).query(faces)
    common = intersections(faces[face], polygons[polygon])
    thick = _width(common) > _HAIR * snap
    face, polygon, common = face[thick], polygon[thick], common[thick]
    rest = shapely.area(faces)[face] - shapely.area(common)
    is_whole = rest <= _HAIR * snap * shapely.length(faces)[face]
    return Shared(face, polygon, np.where(is_whole, faces[face], common), is_whole)


def overlapping(shared: Shared, snap: float) -> tuple[Integers, Polygons]:
    """List the pairs of polygons that share a part of a face, and what they share, in all faces together."""
    ends = np.flatnonzero(np.diff(shared.face, append=-1)) + 1
    pairs = [
        pair
        for first, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)
        for pair in combinations(range(first, end), 2)
    ]
    one, other = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    common = shared.common[one].copy()
    partly = ~shared.is_whole[other]
    common[partly] = intersections(common[partly], shared.common[other[partly]])
    kept = _width(common) > _HAIR * snap
    both = np.sort(np.column_stack((shared.polygon[one], shared.polygon[other]))[kept], axis=1)
    return _united(both, common[kept])


def outside(
    shared: Shared, faces: Polygons, parents: Polygons, snap: float
) -> tuple[Integers, Polygons]:
    """List the polygons with a part of a face outside the parents, and these parts, in all faces together."""
    beyond, is_whole = _beyond(faces, parents)
    there = np.flatnonzero(~shapely.is_empty(beyond)[shared.face])
    common, face = shared.common[there], shared.face[there]
    partly = ~is_whole[face]
    common[partly] = intersections(common[partly], beyond[face[partly]])
    kept = _width(common) > _HAIR * snap
    which, parts = _united(shared.polygon[there][kept][:, None], common[kept])
    return which[:, 0], parts


def _beyond(faces: Polygons, parents: Polygons) -> tuple[Polygons, NDArray[np.bool_]]:
    """Take the parents from faces; say which have nothing in common with them."""
    near, parent = shapely.STRtree(parents).query(faces, predicate="intersects")
    shapely.prepare(parents)
    beyond, is_whole = faces.copy(), np.ones(len(faces), dtype=bool)
    inside = np.asarray(shapely.contains_properly(parents[parent], faces[near]), dtype=bool)
    beyond[near[inside]] = shapely.Polygon()
    is_whole[near] = False
    for face in np.unique(near[~inside]).tolist():
        around = union(parents[parent[near == face]])
        beyond[face] = differences(beyond[face : face + 1], np.array([around], dtype=object))[0]
    return beyond, is_whole


def _united(owners: Integers, parts: Polygons) -> tuple[Integers, Polygons]:
    """Unite the parts of the same owners, shape (n, owners)."""
    if not len(owners):
        return owners, parts
    distinct, which = np.unique(owners, axis=0, return_inverse=True)
    order = np.argsort(which, kind="stable")
    groups = np.split(parts[order], np.flatnonzero(np.diff(which[order])) + 1)
    made = np.empty(len(groups), dtype=object)
    made[:] = [group[0] if len(group) == 1 else union(group) for group in groups]
    return distinct, made


def _width(polygons: Polygons) -> Floats:
    length = shapely.length(polygons)
    return np.divide(2 * shapely.area(polygons), length, out=np.zeros_like(length), where=length > 0)
