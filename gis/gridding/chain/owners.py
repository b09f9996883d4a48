"""Which polygons lie over faces that are covered too often, told by points in them: nothing is overlaid.

A face of the residual may run over the common edge of two neighbours, which cancelled. Such hidden edges
are looked up first, so that every face can be cut where any polygon's outline passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.grouping import lines_between
from gis.gridding.chain.residual import Residual
from gis.gridding.coverage.outlines import ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.gridding.chain.edges import Edges
    from gis.gridding.chain.rings import Flags, Integers, Polygons


# Outlines with more vertices than this are looked up edge by edge.
_LONG = 1000


def with_hidden(
    edges: Edges,
    residual: Residual,
    outlines: shapely.STRtree,
    faces: Polygons,
    *,
    reach: float | None = None,
) -> Residual:
    """Add the edges that cancelled but pass through faces; 0 is left of them.

    Args:
        edges: Of the outlines.
        residual: What does not cancel of them.
        outlines: Polygons and, behind them, their parents.
        faces: Shape (f,).
        reach: Add those too that touch a face or come as near as this.
    """
    face, edge = _near_edges(edges, outlines, faces, 0.0 if reach is None else reach)
    new = (edges.signs[edge] != 0) & ~np.isin(edge, residual.edges)
    face, edge = face[new], edge[new]
    lines = lines_between(edges.rings.vertices[edge], edges.rings.vertices[edge + 1])
    if reach is None:
        inside = shapely.intersects(faces[face], lines) & ~shapely.touches(faces[face], lines)
    else:
        inside = shapely.dwithin(faces[face], lines, reach)
    hidden = np.unique(edge[inside])
    order = np.argsort(np.concatenate((residual.edges, hidden)), kind="stable")
    return Residual(
        np.concatenate((residual.edges, hidden))[order].astype(np.int32),
        np.concatenate((residual.nets, np.zeros_like(hidden)))[order].astype(np.int32),
    )


def _near_edges(
    edges: Edges, outlines: shapely.STRtree, faces: Polygons, reach: float
) -> tuple[Integers, Integers]:
    """List faces with the edges whose boxes meet theirs, widened by `reach`, by their first vertices."""
    vertices = edges.rings.vertices
    boxes = shapely.bounds(faces) + reach * np.array((-1, -1, 1, 1))
    wider = shapely.box(*boxes.T)
    face, outline = outlines.query(wider)
    starts = np.searchsorted(edges.rings.polygon, (outline, outline + 1))
    first, end = edges.rings.offsets[starts]
    is_long = end - first > _LONG
    edge = ranges(first[~is_long], (end - first)[~is_long])
    face = face[~is_long].repeat((end - first)[~is_long])
    west, south, east, north = boxes[face].T
    x, y = np.stack((vertices[edge], vertices[np.minimum(edge + 1, len(vertices) - 1)])).transpose(2, 0, 1)
    near = (x.max(axis=0) >= west) & (x.min(axis=0) <= east)
    near &= (y.max(axis=0) >= south) & (y.min(axis=0) <= north)
    # of long outlines most edges are far from every face
    first, where = np.unique(first[is_long], return_index=True)
    long = ranges(first, end[is_long][where] - first - 1)
    lines = lines_between(vertices[long], vertices[long + 1])
    of_long, number = shapely.STRtree(lines).query(wider)
    return np.concatenate((face[near], of_long)), np.concatenate((edge[near], long[number]))


@dataclass(frozen=True, slots=True)
class Owners:
    """Which polygons lie over faces.

    Attributes:
        face, polygon: Ascending by face, then by polygon, shape (n,).
        is_inside: Which faces lie in a parent, shape (f,).
    """

    face: Integers
    polygon: Integers
    is_inside: Flags


def owners_of(faces: Polygons, outlines: shapely.STRtree, count: int) -> Owners:
    """Look up the polygons over faces that no outline passes through.

    Args:
        faces: Shape (f,).
        outlines: Polygons and, behind them, their parents; without parents all faces count as inside.
        count: How many polygons there are.
    """
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    face, outline = outlines.query(shapely.points(points))
    shapely.prepare(outlines.geometries[count:])  # few, large, and asked about every face
    over = shapely.contains_xy(outlines.geometries[outline], *points[face].T)
    is_inside = np.full(len(faces), len(outlines.geometries) == count)  # its length does not count None
    is_inside[face[over & (outline >= count)]] = True
    over &= outline < count
    face, polygon = face[over], outline[over]
    order = np.lexsort((polygon, face))
    return Owners(face[order], polygon[order], is_inside)


def overlaps_of(faces: Polygons, owners: Owners) -> tuple[Integers, Polygons]:
    """List the pairs of polygons that lie over the same faces, and all these faces of each pair as one."""
    pairs = list(_pairs(owners))
    face, one, other = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
    return _together(np.column_stack((one, other)), faces[face])


def outside_of(faces: Polygons, owners: Owners) -> tuple[Integers, Polygons]:
    """List the polygons over faces outside the parents, and all these faces of each as one."""
    beyond = ~owners.is_inside[owners.face]
    polygon, parts = _together(owners.polygon[beyond][:, None], faces[owners.face[beyond]])
    return polygon[:, 0], parts


def _pairs(owners: Owners) -> Iterator[tuple[int, int, int]]:
    starts = np.flatnonzero(np.diff(owners.face, prepend=-1))
    for face, over in zip(owners.face[starts].tolist(), np.split(owners.polygon, starts[1:]), strict=False):
        for one, other in combinations(over.tolist(), 2):
            yield face, one, other


def _together(owners: Integers, faces: Polygons) -> tuple[Integers, Polygons]:
    """Put the faces of the same owners together, shape (n, owners): their common borders cancel."""
    distinct, which = np.unique(owners, axis=0, return_inverse=True)
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which, minlength=len(distinct))
    made = np.empty(len(distinct), dtype=object)
    groups = np.split(faces[order], np.cumsum(counts)[:-1])
    made[:] = [group[0] if len(group) == 1 else shapely.coverage_union_all(group) for group in groups]
    return distinct, made
