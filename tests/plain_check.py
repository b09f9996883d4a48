"""A slow and obvious check of a coverage with plain shapely, to hold known defects against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from benchmarks.damage import Found, FoundKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.damage import Damaged

DUST_M = 1e-6
"""Overlay of neighbours that share their vertices leaves polygons of no width, now and then."""


def find_all(damaged: Damaged) -> list[Found]:
    """Intersect each with each, and hold the union against the parent."""
    cells = damaged.cells
    solid = shapely.make_valid(cells)
    return [
        *_invalid(cells),
        *(
            Found(FoundKind.MULTI_PART, cells[i], (i,))
            for i in range(len(cells))
            if cells[i].geom_type == "MultiPolygon"
        ),
        *_repeated(cells),
        *_mismatches(cells),
        *_overlaps(solid),
        *(
            Found(FoundKind.OUTSIDE, part, (i,))
            for i in range(len(cells))
            if not damaged.parent.covers(solid[i])
            for part in polygons(solid[i].difference(damaged.parent))
        ),
        *_gaps(solid, damaged.parent),
    ]


def polygons(geometry: shapely.Geometry) -> list[shapely.Polygon]:
    """Return the polygons of a result of overlay, without dust."""
    parts = [part for part in shapely.get_parts([geometry]) if part.geom_type == "Polygon"]
    if geometry.geom_type == "GeometryCollection":
        parts = [one for part in shapely.get_parts([geometry]) for one in polygons(part)]
    return [part for part in parts if 2 * part.area > DUST_M * part.length]


def _invalid(cells: NDArray[np.object_]) -> list[Found]:
    found = []
    for i in np.flatnonzero(~shapely.is_valid(cells)):
        reason = shapely.is_valid_reason(cells[i])
        x, y = map(float, reason.partition("[")[2].rstrip("]").split())
        found.append(Found(FoundKind.INVALID, shapely.Point(x, y), (int(i),)))
    return found


def _repeated(cells: NDArray[np.object_]) -> list[Found]:
    vertices, cell = shapely.get_coordinates(cells, return_index=True)
    again = np.flatnonzero((vertices[1:] == vertices[:-1]).all(axis=1) & (cell[1:] == cell[:-1]))
    return [Found(FoundKind.REPEATED_VERTEX, shapely.Point(vertices[i]), (int(cell[i]),)) for i in again]


def _mismatches(cells: NDArray[np.object_]) -> list[Found]:
    """Find vertices of one cell that lie on an edge of another, and are none of its vertices."""
    vertices, cell = shapely.get_coordinates(cells, return_index=True)
    point, other = shapely.STRtree(shapely.boundary(cells)).query(
        shapely.points(vertices), predicate="intersects"
    )
    own = [set(map(tuple, shapely.get_coordinates(one).tolist())) for one in cells]
    return [
        Found(FoundKind.MISMATCH, shapely.Point(vertices[p]), (int(cell[p]), int(c)))
        for p, c in zip(point, other, strict=True)
        if tuple(vertices[p].tolist()) not in own[c]
    ]


def _overlaps(solid: NDArray[np.object_]) -> list[Found]:
    one, other = shapely.STRtree(solid).query(solid, predicate="intersects")
    return [
        Found(FoundKind.OVERLAP, part, (int(i), int(j)))
        for i, j in zip(one, other, strict=True)
        if i < j
        for part in polygons(solid[i].intersection(solid[j]))
    ]


def _gaps(solid: NDArray[np.object_], parent: shapely.Polygon) -> list[Found]:
    found = []
    tree = shapely.STRtree(solid)
    for gap in polygons(parent.difference(shapely.union_all(solid))):
        near = tree.query(gap, predicate="intersects")
        edge = gap.boundary
        beside = [int(i) for i in near if edge.intersection(shapely.boundary(solid[i])).length > DUST_M]
        found.append(Found(FoundKind.GAP, gap, tuple(beside)))
    return found
