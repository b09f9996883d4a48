"""Add up equal edges: what does not cancel is the border of all that is covered too often or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.chain import compiled
from gis.gridding.chain.edges import canonical_ends, group_edges
from gis.gridding.coverage.outlines import lone_pairs

if TYPE_CHECKING:
    from gis.gridding.chain.edges import Edges, Keys, Signs
    from gis.gridding.chain.rings import Flags, Floats, Integers


@dataclass(frozen=True, slots=True)
class Residual:
    """The edges whose copies do not cancel.

    Attributes:
        edges: The vertex each copy starts at, ascending, shape (k,).
        nets: How many more polygons lie on the left of its canonical direction than on the right: the
            same for all copies of an edge, never 0, shape (k,).
    """

    edges: Integers
    nets: Integers

    def __len__(self) -> int:
        """Count the copies."""
        return len(self.edges)


def residual_of(edges: Edges) -> Residual:
    """Add up all copies of each edge and keep what is left.

    Keys only bring edges together: whether two are the same is decided by their coordinates, bit by bit.
    """
    vertices = edges.rings.vertices
    if compiled.chain is None:
        found, nets = _residual(vertices, edges.keys, edges.signs)
    else:
        found, nets = (np.empty(len(vertices), dtype=np.int32) for _ in range(2))
        count = compiled.chain.residual(vertices, edges.keys, edges.signs, found, nets)
        found, nets = found[:count].copy(), nets[:count].copy()
    order = np.argsort(found)
    return Residual(found[order], nets[order])


def _residual(vertices: Floats, keys: Keys, signs: Signs) -> tuple[Integers, Integers]:
    """List edges and what is left of them as the compiled function does, in any order."""
    there = np.flatnonzero(signs).astype(np.int32)
    there = there[~_cancel_in_pairs(vertices, keys[there], signs[there], there)]
    by_key, starts = group_edges(keys[there], canonical_ends(vertices, there))
    order = there[by_key]
    sums = np.add.reduceat(signs[order], starts, dtype=np.int32) if len(order) else np.empty(0, np.int32)
    net = sums.repeat(np.diff(np.append(starts, len(order))))
    return order[net != 0], net[net != 0]


def _cancel_in_pairs(vertices: Floats, keys: Keys, signs: Signs, there: Integers) -> Flags:
    """Tell which edges are the two copies of one that cancel, there being no third: nearly all are."""
    corners = vertices.view(np.complex128).ravel()
    one, other = lone_pairs(keys)
    a, b = there[one], there[other]
    start, end = corners[a], corners[a + 1]
    other_start, other_end = corners[b], corners[b + 1]
    same = (start == other_end) & (end == other_start) | (start == other_start) & (end == other_end)
    same &= signs[one] == -signs[other]
    cancel = np.zeros(len(keys), dtype=bool)
    cancel[one[same]] = cancel[other[same]] = True
    return cancel
