"""A defect as it is drawn, before it is known whether it has room beside the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.damage.topology import OUTSIDE

if TYPE_CHECKING:
    import shapely
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from benchmarks.damage.kinds import Kind
    from benchmarks.damage.topology import Line, Topology

    Floats = NDArray[np.float64]
    Pair = tuple[int, int]
    Changes = dict[int, Floats]

FINE_M = 2.0**-20
"""Metres. Moved vertices lie on this lattice: fine enough for a millimetre, exact beside any offset."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What defects are drawn on.

    Attributes:
        clean: The coverage, all rings anticlockwise outside.
        topology: Its edges.
        outline: Its union.
    """

    clean: NDArray[Any]
    topology: Topology
    outline: BaseGeometry


@dataclass(frozen=True, slots=True)
class Proposal:
    """A defect as drawn; grids are positions in the clean coverage.

    Attributes:
        kind: Its class.
        geometry: What `Defect.geometry` will be.
        named: The grids it is of.
        grids: All grids that change or are named.
        claimed: Pairs of grids whose common line nobody else may change, the smaller first; (i, i) stands
            for the inside of i.
        changed: By grid and place in its ring, the vertices that stand there instead, shape (k, 2).
        removed: The grid that is not there any more.
        added: A polygon more.
        given: A part more of a grid.
    """

    kind: Kind
    geometry: shapely.Polygon | shapely.Point
    named: tuple[int, ...]
    grids: tuple[int, ...]
    claimed: frozenset[Pair]
    changed: dict[int, Changes] = field(default_factory=dict)
    removed: int | None = None
    added: shapely.Polygon | None = None
    given: tuple[int, shapely.Polygon] | None = None


def pair(one: int, other: int) -> Pair:
    """Name the common line of two grids."""
    return (one, other) if one < other else (other, one)


def all_lines(topology: Topology, grid: int) -> frozenset[Pair]:
    """Name all lines of a grid, and its inside."""
    return frozenset(
        {pair(grid, int(other)) for other in topology.beside(grid)} | {(OUTSIDE, grid), (grid, grid)}
    )


def named_on(line: Line) -> tuple[int, ...]:
    """Return the grids on both sides of a line."""
    return (line.grid,) if line.behind == OUTSIDE else (line.grid, line.behind)


def fine(metres: Floats) -> Floats:
    """Round to the lattice moved vertices lie on."""
    rounded: Floats = np.round(metres / FINE_M) * FINE_M
    return rounded


def in_random_order(items: list[Any], random: np.random.Generator) -> list[Any]:
    """Return the items in random order."""
    return [items[place] for place in random.permutation(len(items))]


def ring_after(ring: Floats, changes: Changes) -> Floats:
    """Return a ring with other vertices at some of its places."""
    return np.concatenate([changes.get(place, ring[place : place + 1]) for place in range(len(ring))])
