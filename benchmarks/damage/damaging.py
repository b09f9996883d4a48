"""Damage a clean coverage: so many defects of each kind, at random places, each known exactly."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.damage import areas, lines
from benchmarks.damage.kinds import Damaged, Defect, Kind
from benchmarks.damage.proposal import Ground, ring_after
from benchmarks.damage.topology import read_topology

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from benchmarks.damage.proposal import Changes, Pair, Proposal

    Draw = Callable[[Ground, int, float, np.random.Generator], Proposal | None]

# those that need most room first
_DRAWS: dict[Kind, Draw] = {
    Kind.MISSING: partial(areas.draw_hole, Kind.MISSING),
    Kind.LAKE: partial(areas.draw_hole, Kind.LAKE),
    Kind.SPLIT: areas.draw_split,
    Kind.BOWTIE: lines.draw_bowtie,
    Kind.SPILL: partial(lines.draw_move, Kind.SPILL),
    Kind.INLET: partial(lines.draw_move, Kind.INLET),
    Kind.DUP: areas.draw_dup,
    Kind.GAP3: areas.draw_gap3,
    Kind.GAP: partial(lines.draw_move, Kind.GAP),
    Kind.OVERLAP: partial(lines.draw_move, Kind.OVERLAP),
    Kind.SHIFT_GAP: partial(lines.draw_shift, Kind.SHIFT_GAP),
    Kind.SHIFT_OVERLAP: partial(lines.draw_shift, Kind.SHIFT_OVERLAP),
    Kind.GAP_SLIVER: partial(lines.draw_move, Kind.GAP_SLIVER),
    Kind.OVERLAP_SLIVER: partial(lines.draw_move, Kind.OVERLAP_SLIVER),
    Kind.CONTAINED: areas.draw_contained,
    Kind.TJUNCTION: lines.draw_tjunction,
    Kind.DUPVERTEX: lines.draw_dupvertex,
}
_SLIVERS = {Kind.GAP_SLIVER, Kind.OVERLAP_SLIVER}
_ROUNDS = 4  # through all grids, each time with other sizes and lines
_LEAST_AREA = 0.05  # of the median: smaller grids are left alone


def damage(
    coverage: NDArray[Any],
    *,
    kinds: Mapping[Kind, int],
    seed: int,
    smallest_m: float = 0.02,
    largest_m: float = 25.0,
    crowded: bool = False,
) -> Damaged:
    """Damage a clean coverage.

    Args:
        coverage: Polygons in metres that share their vertices exactly; those with holes are left alone. For
            T-junctions that are exact, the coordinates must have room for a midpoint, as those of
            `make_district` do.
        kinds: How many defects of each kind; see `counts_for`.
        seed: The same seed gives the same bits.
        smallest_m: By how much vertices move at least; a contained grid is so wide across.
        largest_m: By how much at most. Slivers are drawn evenly by magnitude up to the geometric mean of
            both, all others from there on.
        crowded: Let defects have grids in common and be neighbours; they never touch but in a point. If not,
            no two defects have a grid in common or are of grids that touch.

    Returns:
        The damaged cells, and what is wrong with them.

    Raises:
        ValueError: So many defects of a kind do not fit.
    """
    clean = shapely.orient_polygons(coverage)
    ground = Ground(clean, read_topology(clean), shapely.coverage_union_all(clean))
    shapely.prepare(ground.outline)
    random = np.random.default_rng([len(clean), seed])
    site = _Site(ground, crowded=crowded)
    for kind, draw in _DRAWS.items():
        wanted = kinds.get(kind, 0)
        made = 0
        for grid in _visits(kind, ground, random) if wanted else ():
            if made == wanted:
                break
            if site.is_blocked(grid):
                continue
            proposal = draw(ground, grid, _size(kind, smallest_m, largest_m, random), random)
            made += proposal is not None and site.take(proposal)
        if made < wanted:
            raise ValueError(f"only {made} of {wanted} defects {kind} fit into {len(clean)} grids")
    return site.damaged(coverage)


def _visits(kind: Kind, ground: Ground, random: np.random.Generator) -> Iterator[int]:
    area = shapely.area(ground.clean)
    fit = ground.topology.is_plain & (area > _LEAST_AREA * np.median(area))
    if kind in lines.ON_OUTLINE:
        fit &= ground.topology.on_outline
    candidates = np.flatnonzero(fit)
    for _ in range(_ROUNDS):
        yield from map(int, random.permutation(candidates))


def _size(kind: Kind, smallest_m: float, largest_m: float, random: np.random.Generator) -> float:
    smallest, largest = np.log([smallest_m, largest_m])
    middle = (smallest + largest) / 2
    range_ = (smallest, middle) if kind in _SLIVERS else (middle, largest)
    return float(np.exp(random.uniform(*range_)))


class _Site:
    """Defects that were taken so far, and what they leave room for."""

    def __init__(self, ground: Ground, *, crowded: bool) -> None:
        self._ground = ground
        self._crowded = crowded
        self._taken: list[Proposal] = []
        self._blocked = np.zeros(len(ground.clean), dtype=bool)
        self._claimed: set[Pair] = set()
        self._geometries: dict[int, list[shapely.Geometry]] = {}
        self._changes: dict[int, Changes] = {}
        self._built: dict[int, shapely.Polygon] = {}

    def is_blocked(self, grid: int) -> bool:
        """Tell whether no defect of this grid can be taken any more."""
        return not self._crowded and bool(self._blocked[grid])

    def take(self, proposal: Proposal) -> bool:
        """Take a defect if it has room beside the others."""
        if not self._has_room(proposal):
            return False
        built = {}
        for grid, changes in proposal.changed.items():
            ring = ring_after(self._ground.topology.ring(grid), self._changes.get(grid, {}) | changes)
            built[grid] = shapely.Polygon(ring)
            if built[grid].is_valid == (proposal.kind == Kind.BOWTIE):
                return False
        self._built |= built
        for grid, changes in proposal.changed.items():
            self._changes[grid] = self._changes.get(grid, {}) | changes
        self._taken.append(proposal)
        self._claimed |= proposal.claimed
        for grid in proposal.grids:
            self._geometries.setdefault(grid, []).append(proposal.geometry)
            self._blocked[grid] = True
            self._blocked[self._ground.topology.neighbours(grid)] = True
        return True

    def _has_room(self, proposal: Proposal) -> bool:
        if not self._crowded:
            return not self._blocked[list(proposal.grids)].any()
        if self._claimed & proposal.claimed:
            return False
        near = {*proposal.grids}.union(*(self._ground.topology.neighbours(grid) for grid in proposal.grids))
        return not any(
            proposal.geometry.intersects(other) and not proposal.geometry.touches(other)
            for grid in near
            for other in self._geometries.get(int(grid), ())
        )

    def damaged(self, coverage: NDArray[Any]) -> Damaged:
        """Put the damaged coverage together."""
        cells = coverage.copy()
        for grid, polygon in self._built.items():
            cells[grid] = polygon
        for proposal in self._taken:
            if proposal.given:
                grid, part = proposal.given
                cells[grid] = shapely.MultiPolygon([cells[grid], part])
        removed = [proposal.removed for proposal in self._taken if proposal.removed is not None]
        source = np.delete(np.arange(len(coverage)), removed)
        position = np.full(len(coverage), -1)
        position[source] = np.arange(len(source))
        added = [proposal.added for proposal in self._taken if proposal.added is not None]
        defects = []
        next_added = len(source)
        for proposal in self._taken:
            named = position[list(proposal.named)].tolist()
            if proposal.added is not None:
                named.append(next_added)
                next_added += 1
            geometry = proposal.geometry
            width = 2 * geometry.area / geometry.length if geometry.length else 0.0
            defects.append(Defect(proposal.kind, tuple(sorted(named)), geometry, width))
        lakes = [p.removed for p in self._taken if p.kind == Kind.LAKE]
        return Damaged(
            np.concatenate([cells[source], np.array(added, dtype=object)]),
            np.append(source, np.full(len(added), -1)),
            _cut_out(self._ground.outline, self._ground.clean[np.array(lakes, dtype=np.int64)]),
            coverage,
            defects,
        )


def _cut_out(outline: BaseGeometry, lakes: NDArray[Any]) -> shapely.Polygon | shapely.MultiPolygon:
    """Cut lakes out of the outline without any change to its vertices."""
    parts = []
    for part in shapely.get_parts(outline):
        holes = [lake.exterior for lake in lakes if part.contains(lake)]
        parts.append(shapely.Polygon(part.exterior, [*part.interiors, *holes]))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
