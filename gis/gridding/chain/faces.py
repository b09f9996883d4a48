"""The faces that the residual bounds, each with how many polygons too many, or too few, cover it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gis.gridding.chain.edges import Edges, keys_of
from gis.gridding.chain.grouping import lines_between
from gis.gridding.chain.rings import Rings

if TYPE_CHECKING:
    from gis.gridding.chain.noding import Pieces
    from gis.gridding.chain.rings import Floats, Integers, Polygons
    from gis.gridding.chain.segments import Segments

OUTER = -1


@dataclass(frozen=True, slots=True)
class Borders:
    """Pieces laid together: each border once, in its canonical direction.

    Attributes:
        start, end: Its points, shape (b,).
        nets: How many more polygons lie to the left than to the right; 0 where the pieces cancel.
        piece_border: The border each piece lies on, shape of the pieces.
        piece_along: 1 where a piece runs in the border's direction, else -1.
    """

    start: Integers
    end: Integers
    nets: Integers
    piece_border: Integers
    piece_along: Integers


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces between borders.

    Attributes:
        polygons: Shape (f,).
        excess: How many polygons cover it, less one inside the parent, shape (f,).
        left, right: The faces beside each border; -1 where there is none, shape of the borders.
    """

    polygons: Polygons
    excess: Integers
    left: Integers
    right: Integers


def borders_of(segments: Segments, pieces: Pieces) -> Borders:
    """Lay the pieces of segments together that have the same ends."""
    a, b = pieces.points[pieces.start], pieces.points[pieces.end]
    along = (a[:, 0] < b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] < b[:, 1]))
    start, end = np.where(along, pieces.start, pieces.end), np.where(along, pieces.end, pieces.start)
    both, border = np.unique(start * len(pieces.points) + end, return_inverse=True)
    sign = np.where(along, 1, -1)
    nets = np.zeros(len(both), dtype=np.int64)
    np.add.at(nets, border, sign * segments.nets[pieces.source])
    return Borders(both // len(pieces.points), both % len(pieces.points), nets, border, sign)


def faces_of(borders: Borders, points: Floats) -> Faces:
    """Trace the faces between borders and say how often each is covered.

    Borders where the pieces cancel count too: polygons may meet there that a third one lies over.
    """
    start, end = points[borders.start], points[borders.end]
    joined: Any = shapely.line_merge(shapely.multilinestrings(lines_between(start, end)))
    polygons = shapely.get_parts(shapely.polygonize([joined]))
    face, border, side = outlines_on(polygons, np.hstack((start, end)))
    left, right = (np.full(len(start), OUTER) for _ in range(2))
    left[border[side > 0]] = face[side > 0]
    right[border[side < 0]] = face[side < 0]
    return Faces(polygons, _excess(left, right, borders.nets, len(polygons)), left, right)


def outlines_on(polygons: Polygons, ends: Floats) -> tuple[Integers, Integers, Integers]:
    """Find the lines that the outlines of polygons run along.

    Args:
        polygons: Their edges are all among the lines.
        ends: x and y of both ends of each line, in its canonical direction, shape (k, 4).

    Returns:
        Of every edge the polygon, the line, and 1 if the polygon lies to the left of it, else -1: polygon by
        polygon, ring by ring, in the order of the vertices.
    """
    edges = Edges.of(Rings.of(polygons))
    which = np.flatnonzero(edges.signs)
    keys = keys_of(ends)
    order = np.argsort(keys)
    line = order[np.searchsorted(keys[order], edges.keys[which])]
    return edges.rings.polygon_of(which), line, edges.signs[which].astype(np.int64)


def _excess(left: Integers, right: Integers, nets: Integers, count: int) -> Integers:
    """Count how often each face is covered, from the outside, where nothing is, over the borders."""
    # between two faces the step is always the same
    _, first = np.unique((left - OUTER) * (count + 1) + (right - OUTER), return_index=True)
    beside: list[list[tuple[int, int]]] = [[] for _ in range(count + 1)]
    for a, b, net in zip(left[first].tolist(), right[first].tolist(), nets[first].tolist(), strict=True):
        beside[a].append((b, -net))
        beside[b].append((a, net))
    excess: list[int | None] = [None] * count + [0]
    waiting = deque([OUTER])
    while waiting:
        face = waiting.popleft()
        for other, more in beside[face]:
            if excess[other] is None:
                excess[other] = excess[face] + more  # type: ignore[operator] # those that wait are known
                waiting.append(other)
    return np.array(excess[:-1], dtype=np.int64)
