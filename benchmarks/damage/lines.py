"""Defects along the line of two grids, or of a grid and the outline."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import shapely

from benchmarks.damage.kinds import Kind
from benchmarks.damage.proposal import Proposal, all_lines, fine, in_random_order, named_on, pair
from benchmarks.damage.topology import OUTSIDE, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from benchmarks.damage.proposal import Ground

    Floats = NDArray[np.float64]

_MOST_OF_LENGTH = 0.15  # a line moves by this part of its length at most
_RISE = 4  # a lens is at its full thickness after the fourth part of its line
_LEAST_VERTICES = 3
_BOWTIE_VERTICES = 5
_INTO_NEIGHBOUR = {Kind.OVERLAP, Kind.OVERLAP_SLIVER, Kind.SHIFT_OVERLAP}
ON_OUTLINE = {Kind.SPILL, Kind.INLET}
"""Kinds on the line of a grid and the outline; all others are between two grids."""


def draw_move(
    kind: Kind, ground: Ground, grid: int, size_m: float, random: np.random.Generator
) -> Proposal | None:
    """Move all inner vertices of one line of a grid by up to `size_m`: gap, overlap, spill, inlet."""
    for line in _lines(ground, kind, grid, _LEAST_VERTICES, random):
        if size_m > _MOST_OF_LENGTH * np.hypot(*(line.vertices[-1] - line.vertices[0])):
            continue
        along = np.linspace(0, 1, len(line.places))[1:-1]
        is_sliver = kind in {Kind.GAP_SLIVER, Kind.OVERLAP_SLIVER}
        share = np.ones(len(along)) if is_sliver else np.minimum(1, _RISE * np.minimum(along, 1 - along))
        proposal = _moved(kind, ground, line, share * size_m)
        if proposal is not None:
            return proposal
    return None


def draw_shift(
    kind: Kind, ground: Ground, grid: int, size_m: float, random: np.random.Generator
) -> Proposal | None:
    """Move one inner vertex of one line of a grid by `size_m`."""
    for line in _lines(ground, kind, grid, _LEAST_VERTICES, random):
        place = int(random.integers(1, len(line.places) - 1))
        three = slice(place - 1, place + 2)
        part = Line(grid, line.behind, line.places[three], line.vertices[three])
        proposal = _moved(kind, ground, part, np.array([size_m]))
        if proposal is not None:
            return proposal
    return None


def _lines(
    ground: Ground, kind: Kind, grid: int, least_vertices: int, random: np.random.Generator
) -> Iterator[Line]:
    """Give the lines of a grid a kind of defect may be on, in random order."""
    for line in in_random_order(ground.topology.lines(grid), random):
        if (line.behind == OUTSIDE) == (kind in ON_OUTLINE) and len(line.places) >= least_vertices:
            yield line


def _moved(kind: Kind, ground: Ground, line: Line, by_m: Floats) -> Proposal | None:
    """Move the inner vertices of a line at right angles to it; None if that leaves the grid it goes into."""
    along = line.vertices[-1] - line.vertices[0]
    outward = np.array([along[1], -along[0]]) / np.hypot(*along)
    is_outward = kind in _INTO_NEIGHBOUR or kind == Kind.SPILL
    step = (by_m if is_outward else -by_m)[:, None] * outward
    moved = fine(line.vertices[1:-1] + step)
    between = shapely.Polygon(np.concatenate([line.vertices, moved[::-1]]))
    if not between.is_valid or between.area == 0:
        return None
    if kind == Kind.SPILL:
        has_room = ground.outline.touches(between)
    else:
        host = line.behind if kind in _INTO_NEIGHBOUR else line.grid
        has_room = ground.clean[host].covers(between)
    if not has_room:
        return None
    grids = named_on(line)
    changes = {int(place): vertex[None] for place, vertex in zip(line.places[1:-1], moved, strict=True)}
    claimed = frozenset({pair(line.grid, line.behind)})
    return Proposal(kind, between, grids, grids, claimed, changed={line.grid: changes})


def draw_tjunction(ground: Ground, grid: int, _size_m: float, random: np.random.Generator) -> Proposal | None:
    """Give a grid a vertex in the exact middle of an edge."""
    for line in _lines(ground, Kind.TJUNCTION, grid, 2, random):
        for place in random.permutation(len(line.places) - 1):
            start, end = line.vertices[place], line.vertices[place + 1]
            middle = (start + end) / 2
            if all(
                2 * Fraction(m) == Fraction(a) + Fraction(b)
                for a, b, m in zip(start, end, middle, strict=True)
            ):
                changes = {int(line.places[place]): np.stack([start, middle])}
                grids = named_on(line)
                claimed = frozenset({pair(grid, line.behind)})
                point = shapely.Point(middle)
                return Proposal(Kind.TJUNCTION, point, grids, grids, claimed, changed={grid: changes})
    return None


def draw_dupvertex(ground: Ground, grid: int, _size_m: float, random: np.random.Generator) -> Proposal | None:
    """Put an inner vertex of a line there twice."""
    for line in _lines(ground, Kind.DUPVERTEX, grid, _LEAST_VERTICES, random):
        place = int(random.integers(1, len(line.places) - 1))
        vertex = line.vertices[place]
        changes = {int(line.places[place]): np.stack([vertex, vertex])}
        claimed = frozenset({pair(grid, line.behind)})
        point = shapely.Point(vertex)
        return Proposal(Kind.DUPVERTEX, point, (grid,), (grid,), claimed, changed={grid: changes})
    return None


def draw_bowtie(ground: Ground, grid: int, _size_m: float, random: np.random.Generator) -> Proposal | None:
    """Swap two inner vertices of a line; whether the ring then crosses itself is seen when it is built.

    What that covers and uncovers is not known as exactly as other defects, so nothing else may be near.
    """
    for line in _lines(ground, Kind.BOWTIE, grid, _BOWTIE_VERTICES, random):
        place = int(random.integers(1, len(line.places) - 3))
        hull = shapely.convex_hull(shapely.MultiPoint(line.vertices[place - 1 : place + 4]))
        if not isinstance(hull, shapely.Polygon):
            continue
        changes = {
            int(line.places[place]): line.vertices[place + 2][None],
            int(line.places[place + 2]): line.vertices[place][None],
        }
        near = (grid, *map(int, ground.topology.neighbours(grid)))
        claimed = frozenset().union(*(all_lines(ground.topology, other) for other in near))
        return Proposal(Kind.BOWTIE, hull, (grid,), named_on(line), claimed, changed={grid: changes})
    return None
