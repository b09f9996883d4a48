"""Defects of whole grids, at nodes and inside grids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from benchmarks.damage.kinds import Kind
from benchmarks.damage.proposal import Proposal, all_lines, fine, in_random_order, pair
from benchmarks.damage.topology import OUTSIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.damage.proposal import Changes, Ground

    Floats = NDArray[np.float64]

_CORNERS = 8  # of a contained grid
_MOST_OF_ROOM = 0.8  # of the way from its middle to the edge of the grid around it
_NODE_GRIDS = 3
_CUTS = 8  # tries to cut a grid in two


def draw_hole(
    kind: Kind, ground: Ground, grid: int, _size_m: float, _random: np.random.Generator
) -> Proposal | None:
    """Leave a grid out."""
    if ground.topology.on_outline[grid]:
        return None
    around = tuple(map(int, ground.topology.beside(grid)))
    claimed = all_lines(ground.topology, grid)
    return Proposal(kind, ground.clean[grid], around, (grid, *around), claimed, removed=grid)


def draw_dup(ground: Ground, grid: int, _size_m: float, _random: np.random.Generator) -> Proposal | None:
    """Put a grid there twice."""
    polygon = ground.clean[grid]
    return Proposal(Kind.DUP, polygon, (grid,), (grid,), all_lines(ground.topology, grid), added=polygon)


def draw_contained(ground: Ground, grid: int, size_m: float, random: np.random.Generator) -> Proposal | None:
    """Put a round grid of up to `size_m` across into a grid."""
    polygon = ground.clean[grid]
    middle = polygon.point_on_surface()
    radius = min(size_m / 2, _MOST_OF_ROOM * polygon.exterior.distance(middle))
    turn = 2 * np.pi * (np.arange(_CORNERS) + random.uniform(0, 1)) / _CORNERS
    corners = fine(np.array([middle.x, middle.y]) + radius * np.stack([np.cos(turn), np.sin(turn)], axis=-1))
    small = shapely.Polygon(corners)
    if not small.is_valid or not polygon.contains_properly(small):
        return None
    return Proposal(Kind.CONTAINED, small, (grid,), (grid,), frozenset({(grid, grid)}), added=small)


def draw_gap3(ground: Ground, grid: int, size_m: float, random: np.random.Generator) -> Proposal | None:
    """Draw the three corners at a node back by `size_m` each, half-way between the edges that meet there.

    A corner that leaves its grid is seen when the ring is built.
    """
    for line in in_random_order(ground.topology.lines(grid), random):
        around = _around(ground, grid, int(line.places[0]))
        if around is None:
            continue
        vertices, changed = [], {}
        for other, place in around:
            ring = ground.topology.ring(other)
            before, corner, after = ring[place - 1], ring[place], ring[(place + 1) % len(ring)]
            drawn_back = fine(corner + size_m * _half_way(before - corner, after - corner))
            vertices += [before, drawn_back]
            changed[other] = {place: drawn_back[None]}
        hole = shapely.Polygon(vertices)
        if hole.is_valid:
            one, two, three = grids = tuple(other for other, _ in around)
            claimed = frozenset({pair(one, two), pair(two, three), pair(three, one)})
            return Proposal(Kind.GAP3, hole, grids, grids, claimed, changed=changed)
    return None


def _around(ground: Ground, grid: int, node: int) -> list[tuple[int, int]] | None:
    """Return the three grids at a node and the node's place in their rings, each behind the last's edge."""
    topology = ground.topology
    point = topology.point[topology.start[grid] + node]
    around = [(grid, node)]
    while len(around) <= _NODE_GRIDS:
        last, place = around[-1]
        following = int(topology.behind[topology.start[last] + place])
        if following == grid:
            break
        if following == OUTSIDE or not topology.is_plain[following]:
            return None
        ring = topology.point[topology.start[following] : topology.start[following + 1]]
        around.append((following, int(np.flatnonzero(ring == point)[0])))
    return around if len(around) == _NODE_GRIDS else None


def _half_way(before: Floats, after: Floats) -> Floats:
    """Return the direction into an anticlockwise ring, half-way between the edges at a corner."""
    from_, to = np.arctan2(after[1], after[0]), np.arctan2(before[1], before[0])
    middle = from_ + (to - from_) % (2 * np.pi) / 2
    return np.array([np.cos(middle), np.sin(middle)])


def draw_split(ground: Ground, grid: int, _size_m: float, random: np.random.Generator) -> Proposal | None:
    """Cut a grid in two from vertex to vertex and give one half to a grid beyond its neighbours."""
    topology = ground.topology
    near = topology.neighbours(grid)
    beyond = np.setdiff1d(np.concatenate([topology.neighbours(other) for other in near]), [*near, grid])
    beyond = beyond[topology.is_plain[beyond]]
    half = _half(ground, grid, random)
    if half is None or not len(beyond):
        return None
    polygon, changes = half
    other = int(random.choice(beyond))
    claimed = all_lines(topology, grid) | {(other, other)}
    given = (other, polygon)
    return Proposal(
        Kind.SPLIT, polygon, (other,), (grid, other), claimed, changed={grid: changes}, given=given
    )


def _half(ground: Ground, grid: int, random: np.random.Generator) -> tuple[shapely.Polygon, Changes] | None:
    """Cut a grid in two: the half that is cut off, and the change that leaves the other."""
    ring = ground.topology.ring(grid)
    none = np.empty((0, 2))
    for first in random.integers(0, len(ring), _CUTS):
        places = (first + np.arange(len(ring) // 2 + 1)) % len(ring)
        cut = shapely.LineString(ring[places[[0, -1]]])
        # inside the grid, with nothing but its ends on the ring
        if ground.clean[grid].relate_pattern(cut, "1F2F01FF2"):
            return shapely.Polygon(ring[places]), {int(place): none for place in places[1:-1]}
    return None
