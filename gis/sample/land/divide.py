"""Divide touching blocks into connected areas: by growing from centres, or into even parts by cutting trees.

A division of a connected graph into two connected halves is a spanning tree with one edge taken away.
Trees are drawn so that they seldom cross rivers and main roads; of many cuts the one is taken whose
boundary is shortest, where a metre along a river or a main road counts less than one across a courtyard.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.sample.land.adjacency import Graph
    from gis.sample.land.ground import Plan

    Nodes = NDArray[np.int64]

_TREES = 24
_MOST_CUTS = 10


def grow(graph: Graph, seeds: list[int], *, reach_m: float = np.inf) -> Nodes:
    """Return for each node the seed whose way to it is easiest, -1 beyond `reach_m`.

    A way is as long as the steps from middle to middle, and longer over rivers and main roads; so the
    meeting lines of the areas settle on these.
    """
    step = graph.xy[graph.a] - graph.xy[graph.b]
    cost = np.sqrt((step**2).sum(axis=1)) * (0.6 + 0.4 * graph.barrier)
    around: list[list[tuple[int, float]]] = [[] for _ in graph.outer]
    for a, b, metres in zip(graph.a.tolist(), graph.b.tolist(), cost.tolist(), strict=True):
        around[a].append((b, metres))
        around[b].append((a, metres))
    owner = [-1] * len(around)
    queue = [(0.0, seed, number) for number, seed in enumerate(seeds)]
    while queue:
        metres, node, number = heapq.heappop(queue)
        if owner[node] >= 0 or metres > reach_m:
            continue
        owner[node] = number
        for other, more in around[node]:
            if owner[other] < 0:
                heapq.heappush(queue, (metres + more, other, number))
    return np.array(owner)


@dataclass(frozen=True)
class Balance:
    """How even parts have to be: weight per part, between `least` and `most` for a single part."""

    least: float
    most: float


def divide(graph: Graph, weight: Plan, parts: int, balance: Balance, rng: np.random.Generator) -> Nodes:
    """Return the part (0 to parts - 1) of each node of a connected graph.

    Args:
        graph: The blocks to divide; connected.
        weight: What is to be even, for each node.
        parts: Number of parts.
        balance: Bounds of the weight of a part; broken only where no cut keeps them.
        rng: Draws the trees.
    """
    part = np.zeros(len(weight), dtype=np.int64)
    waiting = [(np.arange(len(weight)), parts, 0)]
    while waiting:
        nodes, count, first = waiting.pop()
        if count == 1 or len(nodes) == 1:
            part[nodes] = first
            continue
        chosen, share = _best_cut(graph.within(nodes), weight[nodes], count, balance, rng)
        waiting.append((nodes[chosen], share, first))
        waiting.append((nodes[~chosen], count - share, first + share))
    return part


def _best_cut(
    graph: Graph, weight: Plan, parts: int, balance: Balance, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], int]:
    """Return the nodes on one side of the best cut found, and how many parts that side gets."""
    best: tuple[float, NDArray[np.bool_], int] | None = None
    barrier, price = graph.barrier, graph.price
    ease = np.sqrt(graph.length_m) + 1
    for _ in range(_TREES):
        key = rng.random(len(graph.a)) * barrier / ease
        before, size = _tree(graph, np.argsort(key, kind="stable"))
        total = np.add.accumulate(np.concatenate([[0.0], weight[before]]))
        sums = total[np.arange(len(before)) + size] - total[:-1]
        place = np.empty(len(before), dtype=np.int64)
        place[before] = np.arange(len(before))
        for miss, at, share in _even_cuts(sums, parts, balance):
            inside = (place >= at) & (place < at + size[at])
            if not (graph.outer[inside].any() and graph.outer[~inside].any()):
                continue  # one side would be an island in the other
            length = float(price[inside[graph.a] != inside[graph.b]].sum())
            score = length * (1 + miss)
            if best is None or score < best[0]:
                best = (score, inside, share)
    if best is None:  # nothing but islands: cut off the easiest leaf
        inside = np.zeros(len(weight), dtype=bool)
        inside[before[-1]] = True
        return inside, 1
    return best[1], best[2]


def _even_cuts(sums: Plan, parts: int, balance: Balance) -> list[tuple[float, int, int]]:
    """Return (how uneven, place of the subtree, its parts) for the most even cuts of a tree."""
    each = sums[0] / parts
    share = np.clip(np.rint(sums / each), 1, parts - 1).astype(np.int64)
    lopsided = np.maximum(np.abs(share / parts - 0.5) - 0.25, 0) * (parts > 3)  # noqa: PLR2004 - of few, any
    mine, others = sums / share, (sums[0] - sums) / (parts - share)
    off = np.zeros(len(sums))
    for value in (mine, others):
        off = np.maximum(off, np.maximum(balance.least - value, value - balance.most) / each)
    uneven = np.maximum(np.abs(mine - each), np.abs(others - each)) / each
    miss = np.where(off > 0, 5 + 40 * off, 0) + uneven + 2 * lopsided
    miss[0] = np.inf
    order = np.argsort(miss, kind="stable")[:_MOST_CUTS]
    return [(float(miss[at]), int(at), int(share[at])) for at in order if miss[at] < np.inf]


def _tree(graph: Graph, order: Nodes) -> tuple[Nodes, Nodes]:
    """Return the nodes depth-first along the tree of the first edges, and the size of each one's subtree."""
    around = _joined(graph, order)
    before, above, stack = [], [-1] * len(around), [0]
    while stack:
        node = stack.pop()
        before.append(node)
        for other in around[node]:
            if other != above[node]:
                above[other] = node
                stack.append(other)
    size = [1] * len(around)
    for node in reversed(before[1:]):
        size[above[node]] += size[node]
    return np.array(before), np.array(size)[before]


def _joined(graph: Graph, order: Nodes) -> list[list[int]]:
    """Return whom each node is joined to in the spanning tree that takes edges in order (Kruskal)."""
    leader = list(range(len(graph.outer)))
    around: list[list[int]] = [[] for _ in leader]
    for a, b in zip(graph.a[order].tolist(), graph.b[order].tolist(), strict=True):
        x, y = a, b
        while leader[x] != x:
            leader[x] = x = leader[leader[x]]
        while leader[y] != y:
            leader[y] = y = leader[leader[y]]
        if x != y:
            leader[x] = y
            around[a].append(b)
            around[b].append(a)
    return around
