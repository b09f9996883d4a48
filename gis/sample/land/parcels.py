"""Put blocks that are too small or too thin to stand alone to a neighbour: what is left are parcels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.sample.land.adjacency import make_graph
from gis.sample.land.curves import lengths
from gis.sample.land.ground import stream, to_plan
from gis.sample.land.terrain import BLOCK_HOUSEHOLDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.sample.land.adjacency import Graph
    from gis.sample.land.blocks import Blocks
    from gis.sample.land.ground import Plan
    from gis.sample.land.network import Network

_SMALL = 0.3  # share of the usual area of a block
_THIN = 0.018  # area / girth squared; a circle has 0.08, a square 0.0625


@dataclass(frozen=True)
class Parcels:
    """The smallest pieces areas and grids are made of, with who lives there.

    Attributes:
        of_block: The parcel each block belongs to.
        graph: Which parcels touch, with their middles and areas.
        density: Households per km2 of the land around each.
        households: Households, whole numbers.
        is_lake: Whether it is a lake.
        quarter: The quarter each belongs to; every quarter is connected.
    """

    of_block: NDArray[np.int64]
    graph: Graph
    density: Plan
    households: NDArray[np.int64]
    is_lake: NDArray[np.bool_]
    quarter: NDArray[np.int64]


def make_parcels(blocks: Blocks, network: Network, seed: int) -> Parcels:
    """Unite small and thin blocks with the neighbour they share most with, and count households."""
    of_each = make_graph(blocks, network)
    of_block, quarter_of_block = _united(blocks, of_each)
    graph = of_each.united(of_block)
    lived_in = blocks.area_m2 * np.where(blocks.is_lake, 0.0, blocks.density)
    density = np.bincount(of_block, lived_in) / graph.area_m2
    vary = 0.72 + 0.6 * stream(seed, "households").random(len(density))
    households = np.rint(density * graph.area_m2 / 1e6 * vary).astype(np.int64)
    is_lake = np.bincount(of_block, blocks.is_lake) > 0
    quarter = np.zeros(len(density), dtype=np.int64)
    quarter[of_block] = quarter_of_block
    return Parcels(of_block, graph, density, households, is_lake, _connected(graph, quarter))


def _united(blocks: Blocks, graph: Graph) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the parcel and the quarter of each block; all blocks of a parcel get one quarter."""
    girth = np.array([lengths(to_plan(np.concatenate([ring, ring[:1]]))).sum() for ring in blocks.rings])
    usual = BLOCK_HOUSEHOLDS / blocks.density * 1e6
    weak = (blocks.area_m2 < _SMALL * usual) | (blocks.area_m2 < _THIN * girth * girth)
    weak &= ~np.array(blocks.is_lake)
    around: list[list[tuple[bool, float, int]]] = [[] for _ in blocks.rings]
    home = blocks.quarter[graph.a] == blocks.quarter[graph.b]
    for a, b, same, price in zip(*(x.tolist() for x in (graph.a, graph.b, home, graph.price)), strict=True):
        around[a].append((same, price, b))
        around[b].append((same, price, a))
    leader = list(range(len(weak)))
    for block in np.argsort(blocks.area_m2, kind="stable").tolist():
        if not weak[block]:
            continue
        own = _leader(leader, block)
        for _, _, other in sorted(around[block], reverse=True):
            if not blocks.is_lake[other] and _leader(leader, other) != own:
                leader[own] = _leader(leader, other)
                break
    roots = np.array([_leader(leader, block) for block in range(len(leader))])
    return np.unique(roots, return_inverse=True)[1], blocks.quarter[roots]


def _leader(leader: list[int], node: int) -> int:
    while leader[node] != node:
        node = leader[node]
    return node


def _connected(graph: Graph, label: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return labels 0 to n - 1, a new one for each connected part of an old one."""
    same = label[graph.a] == label[graph.b]
    a, b = graph.a[same], graph.b[same]
    part = np.arange(len(label))
    while True:
        low = np.minimum(part[a], part[b])
        spread = part.copy()
        np.minimum.at(spread, a, low)
        np.minimum.at(spread, b, low)
        if (spread == part).all():
            return np.unique(part, return_inverse=True)[1]
        part = spread
