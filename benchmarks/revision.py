"""A district's grids before and after edits of exactly known kind, grids and areas.

No two edits touch the same grid or its neighbours, so that what became of each grid is known without looking.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.damage.topology import OUTSIDE, read_topology
from gis.gridding.changes.change import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from benchmarks.damage.topology import Line, Topology

    Floats = NDArray[np.float64]
    Polygons = NDArray[Any]

_LEAST_SHARE = 0.2  # of a grid, that a cut leaves on either side
_MOST_OF_LENGTH = 0.15  # a line moves by this part of its length at most
_LEAST_MOVE_M = 3.0
_TRIES = 30

Layer = dict[str, shapely.Polygon]


@dataclass(frozen=True, slots=True)
class Known:
    """What became of some grids, as it was made.

    Attributes:
        kind: Which change.
        old, new: Codes, ascending.
        moved_m2: How much ground passed and is to be told.
    """

    kind: ChangeKind
    old: tuple[str, ...]
    new: tuple[str, ...]
    moved_m2: float


@dataclass(slots=True)
class Revision:
    """Two states of a layer and the changes between them."""

    old: Layer
    new: Layer
    known: list[Known] = field(default_factory=list)

    def put(self, kind: ChangeKind, before: Layer, after: Layer, moved_m2: float) -> bool:
        """Exchange grids of the new state for others; `before` is put into the old state."""
        for code in before:
            del self.new[code]
        self.new.update(after)
        self.known.append(Known(kind, tuple(sorted(before)), tuple(sorted(after)), moved_m2))
        return True

    @property
    def touched(self) -> int:
        """Count the grids of both states that changed."""
        return sum(len(known.old) + len(known.new) for known in self.known)


def revise(cells: Polygons, edits: int, seed: int, kinds: Sequence[ChangeKind] | None = None) -> Revision:
    """Make a district and edit it.

    Args:
        cells: An exactly valid coverage in metres.
        edits: How many edits at most; fewer where there is no room.
        seed: The same seed makes the same edits.
        kinds: Which; else all in turn.

    Returns:
        The states; grids that were not touched are the same objects.
    """
    random = np.random.default_rng(seed)
    topology = read_topology(cells)
    layer = {f"{number:06}": cell for number, cell in enumerate(cells)}
    made = Revision(dict(layer), dict(layer))
    claimed: set[int] = set()
    wanted = list(kinds or _EDITS)
    for grid in random.permutation(np.flatnonzero(topology.is_plain)).tolist():
        if len(made.known) == edits:
            break
        if claimed.isdisjoint(_around(topology, grid)):
            kind = wanted[len(made.known) % len(wanted)]
            edit = _Edit(made, topology, cells, grid, random)
            if _EDITS[kind](edit):
                claimed.update(_around(topology, grid))
    return made


def jittered(layer: Layer, within_m: float, seed: int) -> Layer:
    """Draw a layer anew: each vertex, however many grids have it, at most so far from where it was."""
    random = np.random.default_rng(seed)
    corners = np.unique(shapely.get_coordinates(list(layer.values())), axis=0).view(np.complex128)[:, 0]
    angle, apart = random.uniform(0, 2 * np.pi, len(corners)), random.uniform(0, within_m, len(corners))
    moved = corners + apart * np.exp(1j * angle)

    def draw(at: Floats) -> Floats:
        place = np.searchsorted(corners, np.ascontiguousarray(at).view(np.complex128)[:, 0])
        return moved[place].view(np.float64).reshape(-1, 2)

    drawn: Layer = {code: shapely.transform(polygon, draw) for code, polygon in layer.items()}
    return drawn


def redrawn(layer: Layer, seed: int) -> Layer:
    """Give the same polygons other starts, directions and order, and vertices in the middle of edges."""
    random = np.random.default_rng(seed)
    codes = random.permutation(list(layer)).tolist()
    return {code: _redrawn(layer[code], random) for code in codes}


def _redrawn(polygon: shapely.Polygon, random: np.random.Generator) -> shapely.Polygon:
    rings = []
    for line in (polygon.exterior, *polygon.interiors):
        ring = shapely.get_coordinates(line)[:-1]
        middle = (ring + np.roll(ring, -1, axis=0)) / 2
        both = np.stack((ring, middle), axis=1).reshape(-1, 2)
        kept = random.random(len(both)) < 1 / 2
        kept[0::2] = True
        both = np.roll(both[kept], int(random.integers(len(ring))), axis=0)
        rings.append(both[:: -1 if random.random() < 1 / 2 else 1])
    return shapely.Polygon(rings[0], rings[1:])


def _around(topology: Topology, grid: int) -> set[int]:
    """Return the grids that an edit of a grid may change, and their neighbours."""
    near = {grid, *map(int, topology.beside(grid))}
    return near.union(*(map(int, topology.neighbours(one)) for one in near))


@dataclass(frozen=True, slots=True)
class _Edit:
    """Where an edit is to be made."""

    made: Revision
    topology: Topology
    cells: Polygons
    grid: int
    random: np.random.Generator

    @property
    def code(self) -> str:
        return f"{self.grid:06}"

    @property
    def cell(self) -> shapely.Polygon:
        return self.cells[self.grid]

    def neighbours(self) -> list[int]:
        plain = [int(other) for other in self.topology.beside(self.grid) if self.topology.is_plain[other]]
        return [int(other) for other in self.random.permutation(plain)]

    def fresh(self) -> list[str]:
        return [f"{self.code}{letter}" for letter in "ab"]

    def halves(self) -> tuple[shapely.Polygon, shapely.Polygon] | None:
        """Cut the grid between two of its vertices."""
        return _cut(self.cell, self.random)

    def lines(self, *, on_outline: bool) -> list[Line]:
        found = [line for line in self.topology.lines(self.grid) if len(line.places) > 2]  # noqa: PLR2004 - inner vertices
        found = [
            line
            for line in found
            if (line.behind == OUTSIDE) == on_outline and (on_outline or self.topology.is_plain[line.behind])
        ]
        return [found[place] for place in self.random.permutation(len(found))]

    def moved(self, line: Line) -> tuple[shapely.Polygon, shapely.Polygon, float] | None:
        """Move a line outwards or inwards: the grid, the ground that passed, and the direction."""
        along = line.vertices[-1] - line.vertices[0]
        length = float(np.hypot(*along))
        if length * _MOST_OF_LENGTH < _LEAST_MOVE_M:
            return None
        way = float(self.random.choice((-1, 1)))
        share = np.minimum(1, 4 * np.minimum(*(np.linspace(a, 1 - a, len(line.places)) for a in (0, 1))))
        step = way * self.random.uniform(_LEAST_MOVE_M, length * _MOST_OF_LENGTH) * share[1:-1, None]
        inner = line.vertices[1:-1] + step * np.array([along[1], -along[0]]) / length
        ground = shapely.Polygon(np.concatenate((line.vertices, inner[::-1])))
        ring = self.topology.ring(self.grid).copy()
        ring[line.places[1:-1]] = inner
        grown = shapely.Polygon(ring)
        is_clean = grown.is_valid and ground.is_valid and ground.area > 0
        return (grown, ground, way) if is_clean else None


def _move_edge(edit: _Edit) -> bool:
    for line in edit.lines(on_outline=False):
        moved = edit.moved(line)
        if moved is None:
            continue
        grown, ground, way = moved
        other = edit.cells[line.behind]
        if not (other if way > 0 else edit.cell).covers(ground):
            continue
        inner = shapely.get_coordinates(grown)[line.places[1:-1]][::-1]
        ring = edit.topology.ring(line.behind).copy()
        start = int(np.flatnonzero((ring == line.vertices[-1]).all(axis=1))[0])
        ring[np.arange(start + 1, start + 1 + len(inner)) % len(ring)] = inner
        shrunk = shapely.Polygon(ring)
        if shrunk.is_valid:
            code = f"{line.behind:06}"
            before, after = {edit.code: edit.cell, code: other}, {edit.code: grown, code: shrunk}
            return edit.made.put(ChangeKind.MOVED_EDGE, before, after, ground.area)
    return False


def _reshape(edit: _Edit) -> bool:
    for line in edit.lines(on_outline=True):
        moved = edit.moved(line)
        if moved is None:
            continue
        grown, ground, way = moved
        near = [edit.cells[other] for other in edit.topology.neighbours(edit.grid)]
        free = way > 0 and not any(shapely.relate_pattern(ground, cell, "T********") for cell in near)
        if free or (way < 0 and edit.cell.covers(ground)):
            after = {edit.code: grown}
            return edit.made.put(ChangeKind.RESHAPED, {edit.code: edit.cell}, after, ground.area)
    return False


def _rename(edit: _Edit) -> bool:
    return edit.made.put(ChangeKind.RENAMED, {edit.code: edit.cell}, {edit.fresh()[0]: edit.cell}, 0.0)


def _split(edit: _Edit) -> bool:
    halves = edit.halves()
    if halves is None:
        return False
    keeps = edit.random.random() < 1 / 2
    codes = [edit.code, edit.fresh()[0]] if keeps else edit.fresh()
    moved = halves[1].area if keeps else edit.cell.area
    return edit.made.put(
        ChangeKind.SPLIT, {edit.code: edit.cell}, dict(zip(codes, halves, strict=True)), moved
    )


def _merge(edit: _Edit) -> bool:
    for other in edit.neighbours():
        whole = shapely.coverage_union_all(edit.cells[[edit.grid, other]])
        if not isinstance(whole, shapely.Polygon):
            continue
        keeps = edit.random.random() < 1 / 2
        before = {edit.code: edit.cell, f"{other:06}": edit.cells[other]}
        moved = edit.cells[other].area if keeps else whole.area
        return edit.made.put(
            ChangeKind.MERGED, before, {edit.code if keeps else edit.fresh()[0]: whole}, moved
        )
    return False


def _regroup(edit: _Edit) -> bool:
    """Give a neighbour's ground to one part of a grid, and make the other part a grid of its own."""
    halves = edit.halves()
    if halves is None:
        return False
    large, small = sorted(halves, key=lambda part: -part.area)
    for other in edit.neighbours():
        whole = shapely.coverage_union_all([large, edit.cells[other]])
        if isinstance(whole, shapely.Polygon):
            before = {edit.code: edit.cell, f"{other:06}": edit.cells[other]}
            after = {edit.code: whole, edit.fresh()[0]: small}
            moved = edit.cells[other].area + small.area
            return edit.made.put(ChangeKind.REGROUPED, before, after, moved)
    return False


def _add(edit: _Edit) -> bool:
    del edit.made.old[edit.code], edit.made.new[edit.code]
    return edit.made.put(ChangeKind.NEW, {}, {edit.fresh()[0]: edit.cell}, edit.cell.area)


def _remove(edit: _Edit) -> bool:
    return edit.made.put(ChangeKind.GONE, {edit.code: edit.cell}, {}, edit.cell.area)


def _cut(cell: shapely.Polygon, random: np.random.Generator) -> tuple[Any, Any] | None:
    ring = shapely.get_coordinates(cell)[:-1]
    for _ in range(_TRIES):
        one, other = sorted(random.choice(len(ring), 2, replace=False).tolist())
        chord = shapely.LineString(ring[[one, other]])
        parts = [
            shapely.Polygon(part)
            for part in (ring[one : other + 1], np.concatenate((ring[other:], ring[: one + 1])))
            if len(part) > 2  # noqa: PLR2004 - a triangle at least
        ]
        if len(parts) < 2 or not shapely.relate_pattern(cell, chord, "T*****FF*"):  # noqa: PLR2004 - two
            continue
        if min(part.area for part in parts) > _LEAST_SHARE * cell.area and all(p.is_valid for p in parts):
            return parts[0], parts[1]
    return None


_EDITS: dict[ChangeKind, Callable[[_Edit], bool]] = {
    ChangeKind.MOVED_EDGE: _move_edge,
    ChangeKind.RESHAPED: _reshape,
    ChangeKind.RENAMED: _rename,
    ChangeKind.SPLIT: _split,
    ChangeKind.MERGED: _merge,
    ChangeKind.REGROUPED: _regroup,
    ChangeKind.NEW: _add,
    ChangeKind.GONE: _remove,
}
