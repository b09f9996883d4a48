"""Which pieces of land touch, for how long, and what runs between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.sample.land.ground import METRES_PER_UNIT, to_plan
from gis.sample.land.network import Line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.sample.land.blocks import Blocks
    from gis.sample.land.ground import Lattice, Plan
    from gis.sample.land.network import Network

    Nodes = NDArray[np.int64]

_OFFSET = 1 << 30
_STRAIGHT = 400.0  # households per km2 from which a cut is a lane rather than a field path


_BARRIER = {
    Line.FIELD: 1.0, Line.LANE: 1.0, Line.STREET: 1.7, Line.ARTERIAL: 3.0, Line.BROOK: 3.0,
    Line.HIGHWAY: 4.0, Line.RING: 5.0, Line.SHORE: 2.0, Line.RIVER: 8.0, Line.BORDER: 1.0,
}  # fmt: skip
_PRICE = {
    Line.FIELD: 1.0, Line.LANE: 1.0, Line.STREET: 0.75, Line.ARTERIAL: 0.55, Line.BROOK: 0.5,
    Line.HIGHWAY: 0.45, Line.RING: 0.4, Line.SHORE: 0.6, Line.RIVER: 0.3, Line.BORDER: 1.0,
}  # fmt: skip


@dataclass(frozen=True)
class Graph:
    """Touching pieces of land: blocks, parcels or quarters; an edge is the border of two.

    Attributes:
        a: One piece of each edge.
        b: The other, always with the larger number.
        length_m: Length of the border.
        kind: The strongest `Line` along at least a third of it.
        outer: Whether a piece lies on the border of the district.
        xy: Middle of each piece in plan metres.
        area_m2: Area of each piece.
    """

    a: Nodes
    b: Nodes
    length_m: Plan
    kind: Nodes
    outer: NDArray[np.bool_]
    xy: Plan
    area_m2: Plan

    @property
    def barrier(self) -> Plan:
        """How much each edge resists being crossed by one area."""
        return _by_kind(_BARRIER, self.kind)

    @property
    def price(self) -> Plan:
        """What it costs to make each edge a boundary: metres, less along rivers and roads."""
        return self.length_m * _by_kind(_PRICE, self.kind)

    def within(self, nodes: Nodes) -> Graph:
        """Return the part of the graph on some nodes, renumbered in their order."""
        place = np.full(len(self.outer), -1)
        place[nodes] = np.arange(len(nodes))
        a, b = place[self.a], place[self.b]
        inner, leaving = (a >= 0) & (b >= 0), (a >= 0) != (b >= 0)
        outer = self.outer[nodes].copy()
        outer[np.maximum(a, b)[leaving]] = True
        return Graph(
            a[inner],
            b[inner],
            self.length_m[inner],
            self.kind[inner],
            outer,
            self.xy[nodes],
            self.area_m2[nodes],
        )

    def united(self, label: Nodes) -> Graph:
        """Return the graph of the pieces with one label each, labels 0 to n - 1."""
        count = int(label.max()) + 1
        area = np.asarray(np.bincount(label, self.area_m2), dtype=np.float64)
        xy = np.column_stack([np.bincount(label, self.xy[:, axis] * self.area_m2) / area for axis in (0, 1)])
        outer = np.bincount(label, self.outer) > 0
        a, b = label[self.a], label[self.b]
        apart = a != b
        return Graph(
            *_summed(a[apart], b[apart], self.length_m[apart], self.kind[apart], count), outer, xy, area
        )


def _by_kind(table: dict[Line, float], kind: Nodes) -> Plan:
    return np.array([table[line] for line in sorted(Line)])[kind]


def make_graph(blocks: Blocks, network: Network) -> Graph:
    """Match the edges of all blocks; two blocks touch where they have an edge in common."""
    rings = blocks.rings
    start = np.concatenate(rings)
    end = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    owner = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    length = np.sqrt((((end - start) * METRES_PER_UNIT) ** 2).sum(axis=1))
    edge, drawn = _edge_numbers(start, end, network)
    order = np.lexsort((owner, edge))
    same = edge[order][1:] == edge[order][:-1]
    first, second = order[:-1][same], order[1:][same]
    single = np.ones(len(owner), dtype=bool)
    single[first] = single[second] = False
    outer = np.bincount(owner[single], minlength=len(rings)) > 0
    sparse = np.minimum(blocks.density[owner[first]], blocks.density[owner[second]]) <= _STRAIGHT
    kind = np.maximum(np.where(sparse, Line.FIELD, Line.LANE), drawn[edge[first]])
    xy = np.array([to_plan(ring).mean(axis=0) for ring in rings])
    edges = _summed(owner[first], owner[second], length[first], kind, len(rings))
    return Graph(*edges, outer, xy, blocks.area_m2)


def _edge_numbers(start: Lattice, end: Lattice, network: Network) -> tuple[Nodes, Nodes]:
    """Number edges, both directions alike, and return for each number what the network says runs along it."""
    points, line = shapely.get_coordinates(network.lines, return_index=True)
    lattice = points.astype(np.int64)
    inner = line[1:] == line[:-1]
    ends = np.concatenate([start, lattice[:-1][inner], end, lattice[1:][inner]])
    # a vertex becomes one whole number, a pair of such numbers another
    _, vertex = np.unique(((ends[:, 0] + _OFFSET) << 32) | (ends[:, 1] + _OFFSET), return_inverse=True)
    a, b = np.split(vertex, 2)
    pairs = np.minimum(a, b) * (int(vertex.max()) + 1) + np.maximum(a, b)
    _, number = np.unique(pairs, return_inverse=True)
    drawn = np.zeros(int(number.max()) + 1, dtype=np.int64)
    np.maximum.at(drawn, number[len(start) :], network.kinds[line[1:][inner]])
    return number[: len(start)], drawn


def _summed(a: Nodes, b: Nodes, length: Plan, kind: Nodes, count: int) -> tuple[Nodes, Nodes, Plan, Nodes]:
    """Sum pieces of border between the same two owners to one edge."""
    pair, index = np.unique(np.minimum(a, b) * count + np.maximum(a, b), return_inverse=True)
    total = np.bincount(index, length)
    strongest = np.zeros(len(pair), dtype=np.int64)
    for line in sorted(Line):
        share = np.bincount(index, length * (kind >= line), len(pair))
        strongest[share >= total / 3] = line
    return pair // count, pair % count, np.asarray(total, dtype=np.float64), strongest
