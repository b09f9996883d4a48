"""A few edges that do not cancel, laid out: the faces between them, and which polygons lie beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from gis.gridding.chain.edges import canonical_ends
from gis.gridding.watching import compiled
from gis.gridding.watching.runs import copies_in
from gis.gridding.watching.tracing import UnsureError, length_of, trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.gridding.chain.edges import Edges
    from gis.gridding.chain.residual import Residual
    from gis.gridding.chain.rings import Polygons
    from gis.gridding.watching.ground import Near
    from gis.gridding.watching.tracing import Border, Ends, Point, Traced
    from gis.gridding.watching.unmatched import Edge, Left

    Copies: TypeAlias = list[list[tuple[int, int]]]
    """The polygons each segment is an edge of, and 1 where one lies to its left, else -1."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Edges laid out; polygons and parents are numbered as by a chain of both.

    Attributes:
        empty: Faces that too few polygons cover, shape (e,).
        crowded: Faces that too many cover, shape (c,).
        beside: A face of `empty`, a polygon beside it, and the length of a border between them.
        cuts: Where a corner cuts an edge, beside which all edges cancel: x, y, how far off the edge it lies,
            and a polygon of one of these edges.
        passing: A face of `crowded`, an edge that cancels and whose box meets that of the face, and its key.
    """

    empty: Polygons
    crowded: Polygons
    beside: list[tuple[int, int, float]]
    cuts: list[tuple[float, float, float, int]]
    passing: list[tuple[int, Edge, int]]


def draw(near: Near, left: dict[Edge, Left], snap: float, usual: int) -> Drawn:
    """Lay out some edges.

    Args:
        near: Holds all copies of the edges.
        left: The edges, and what is left of each.
        snap: As in `gis.gridding.chain.faults.faults_of`.
        usual: As there.

    Raises:
        UnsureError: They are not plain enough to be sure.
    """
    if compiled.watch is None:
        return _draw(near, left, snap, usual)
    told = compiled.watch.draw(
        compiled.as_bytes(near.polygons), *near.outlines.arrays(), near.runs, near.owners(), left, snap, usual
    )
    if told is None:
        raise UnsureError
    empty, crowded, beside, cuts, passing = told
    faces = shapely.from_wkb([*empty, *crowded])
    return Drawn(faces[: len(empty)], faces[len(empty) :], beside, cuts, passing)


def _draw(near: Near, left: dict[Edge, Left], snap: float, usual: int) -> Drawn:
    """Lay out some edges as the compiled function does."""
    edges = near.edges()
    residual = copies_in(edges, left)
    segments, nets, copies = _segments(edges, residual)
    traced = trace(segments, nets, snap)
    empty = [face for face, excess in enumerate(traced.excess) if excess < usual]
    crowded = _polygons(traced, [face for face, excess in enumerate(traced.excess) if excess > usual])
    return Drawn(
        empty=_polygons(traced, empty),
        crowded=crowded,
        beside=list(_beside(traced, copies, {face: number for number, face in enumerate(empty)})),
        cuts=list(_cuts(traced, copies)),
        passing=list(_passing(edges, residual, crowded)),
    )


def _segments(edges: Edges, residual: Residual) -> tuple[list[Ends], list[int], Copies]:
    """Take each edge once: its ends, what is left of it, and the polygons it is an edge of."""
    numbers: dict[Ends, int] = {}
    nets: list[int] = []
    copies: Copies = []
    which = residual.edges
    for (a, b, c, d), net, polygon, side in zip(
        canonical_ends(edges.rings.vertices, which).tolist(),
        residual.nets.tolist(),
        edges.rings.polygon_of(which).tolist(),
        edges.signs[which].tolist(),
        strict=True,
    ):
        number = numbers.setdefault(((a, b), (c, d)), len(numbers))
        if number == len(nets):
            nets.append(net)
            copies.append([])
        copies[number].append((polygon, side))
    return list(numbers), nets, copies


def _polygons(traced: Traced, faces: list[int]) -> Polygons:
    made = np.empty(len(faces), dtype=object)
    for number, face in enumerate(faces):
        made[number] = shapely.polygons(np.array(traced.faces[face]))
    return made


def _beside(traced: Traced, copies: Copies, place: dict[int, int]) -> Iterator[tuple[int, int, float]]:
    for (start, end), border in traced.borders.items():
        length = length_of(end[0] - start[0], end[1] - start[1])
        for polygon, side in _owners(border, copies):
            number = place.get(border.right if side > 0 else border.left)
            if number is not None:
                yield number, polygon, length


def _cuts(traced: Traced, copies: Copies) -> Iterator[tuple[float, float, float, int]]:
    for points in traced.pieces:
        for before, cut, after in zip(points, points[1:], points[2:], strict=False):
            both = [traced.borders[min(cut, end), max(cut, end)] for end in (before, after)]
            if any(border.net for border in both):
                continue
            off = _off(points[0], points[-1], cut)
            for border in both:
                for polygon, _ in _owners(border, copies):
                    yield *cut, off, polygon


def _owners(border: Border, copies: Copies) -> Iterator[tuple[int, int]]:
    """List the polygons beside a border, and 1 where one lies to its left, else -1."""
    for segment, along in border.pieces:
        for polygon, side in copies[segment]:
            yield polygon, side * along


def _off(start: Point, end: Point, point: Point) -> float:
    along, to = (end[0] - start[0], end[1] - start[1]), (point[0] - start[0], point[1] - start[1])
    return abs(along[0] * to[1] - along[1] * to[0]) / length_of(*along)


def _passing(edges: Edges, residual: Residual, faces: Polygons) -> Iterator[tuple[int, Edge, int]]:
    if not len(faces):
        return
    vertices = edges.rings.vertices
    low, high = np.minimum(vertices[:-1], vertices[1:]), np.maximum(vertices[:-1], vertices[1:])
    there = edges.signs[:-1] != 0
    there[residual.edges] = False
    for number, (west, south, east, north) in enumerate(shapely.bounds(faces).tolist()):
        near = there & (high > (west, south)).all(axis=1) & (low < (east, north)).all(axis=1)
        which: Any = np.flatnonzero(near)
        ends = map(tuple, canonical_ends(vertices, which).tolist())
        for edge, key in zip(ends, edges.keys[which].tolist(), strict=True):
            yield number, edge, key
