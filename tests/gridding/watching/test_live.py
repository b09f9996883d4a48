"""Faults after edits, against a full check of the same polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from faultless import polygons, require_same
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from benchmarks.damage import Kind, damage, make_district
from gis.gridding.chain.faults import Chain, Faults, faults_of
from gis.gridding.watching import compiled, quick
from gis.gridding.watching.live import LiveFaults

if TYPE_CHECKING:
    from numpy.typing import NDArray

SNAP = 1e-6
NOBODY = np.empty(0, dtype=object)


def full(cells: Any, parents: Any) -> Faults:
    return faults_of(Chain.of(polygons(*cells), parents), snap=SNAP)


def require_as_full(live: LiveFaults, cells: list[Any], parents: NDArray[np.object_]) -> None:
    require_same(live.faults(), full(cells, parents))
    assert live.is_partition == (not len(Chain.of(polygons(*cells), parents).residual))


class Wardens:
    """Edits of a district as a planner makes them, each with its undoing."""

    def __init__(self, cells: list[Any], seed: int) -> None:
        self.cells = cells
        self._random = np.random.default_rng(seed)

    def _any(self) -> int:
        return int(self._random.choice([i for i, cell in enumerate(self.cells) if cell is not None]))

    def moved_vertex(self, *, everywhere: bool) -> dict[int, Any]:
        """Move a vertex in all its grids, or in one of them."""
        grid = self._any()
        corner = self._random.choice(shapely.get_coordinates(self.cells[grid]))
        by = self._random.uniform(-20, 20, 2)

        def move(at: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.where((at == corner).all(axis=1)[:, None], at + by, at)

        holders = [
            i
            for i, cell in enumerate(self.cells)
            if cell is not None and (shapely.get_coordinates(cell) == corner).all(axis=1).any()
        ]
        changes = {i: shapely.transform(self.cells[i], move) for i in (holders if everywhere else [grid])}
        return changes if all(cell.is_valid for cell in changes.values()) else {}

    def split(self) -> dict[int, Any]:
        """Cut a grid along a line between two of its vertices, and add the other part."""
        grid = self._any()
        ring = shapely.get_coordinates(self.cells[grid])[:-1]
        a, b = sorted(self._random.choice(len(ring), 2, replace=False).tolist())
        one, other = Polygon(ring[a : b + 1]) if b - a > 1 else None, None
        rest = np.concatenate((ring[b:], ring[: a + 1]))
        other = Polygon(rest) if len(rest) > 2 else None
        if (
            one is None
            or other is None
            or not (one.is_valid and other.is_valid)
            or not one.within(self.cells[grid])
        ):
            return {}
        return {grid: one, len(self.cells): other}

    def merge(self) -> dict[int, Any]:
        """Make one grid of two."""
        grid = self._any()
        for i, cell in enumerate(self.cells):
            if i != grid and cell is not None and cell.touches(self.cells[grid]):
                both = shapely.union(cell, self.cells[grid])
                if both.geom_type == "Polygon" and both.is_valid:
                    return {grid: both, i: None}
        return {}

    def removed(self) -> dict[int, Any]:
        """Take a grid away."""
        return {self._any(): None}

    def shifted(self) -> dict[int, Any]:
        """Shift a whole grid."""
        grid = self._any()
        by = self._random.uniform(-60, 60, 2)
        return {grid: shapely.transform(self.cells[grid], lambda at: at + by)}

    def added(self) -> dict[int, Any]:
        """Add a small grid somewhere, in an old position or a new one."""
        west, south, east, north = shapely.total_bounds(polygons(*self.cells))
        x, y = self._random.uniform((west - 100, south - 100), (east, north))
        free = [i for i, cell in enumerate(self.cells) if cell is None]
        return {(free or [len(self.cells)])[0]: box(x, y, x + 90, y + 60)}

    def midpoint(self) -> dict[int, Any]:
        """Give a grid a vertex in the middle of an edge."""
        grid = self._any()
        ring = shapely.get_coordinates(self.cells[grid])
        i = int(self._random.integers(len(ring) - 1))
        return {grid: Polygon(np.insert(ring, i + 1, (ring[i] + ring[i + 1]) / 2, axis=0))}

    def apply(self, changes: dict[int, Any]) -> dict[int, Any]:
        """Do an edit and return the one that undoes it."""
        undo = {i: self.cells[i] if i < len(self.cells) else None for i in changes}
        for i, cell in changes.items():
            self.cells.extend([None] * (i + 1 - len(self.cells)))
            self.cells[i] = cell
        return undo


DISTRICT = make_district(60, 3)
OUTLINE = polygons(shapely.coverage_union_all(DISTRICT))


@pytest.fixture(params=["compiled", "python", "arrays"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test all three ways."""
    if request.param == "compiled" and compiled.watch is None:
        pytest.fail("the functions that follow edits are not compiled; run make setup")
    if request.param != "compiled":
        monkeypatch.setattr(compiled, "watch", None)
    if request.param == "arrays":
        monkeypatch.setattr(quick, "_MOST", 0)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    edits=st.lists(
        st.sampled_from(
            ["move", "move alone", "split", "merge", "remove", "shift", "add", "midpoint", "undo"]
        ),
        min_size=1,
        max_size=12,
    ),
    has_parent=st.booleans(),
)
def test_after_any_edits_faults_are_those_of_a_full_check(
    seed: int, edits: list[str], *, has_parent: bool
) -> None:
    parents = OUTLINE if has_parent else NOBODY
    planner = Wardens(list(DISTRICT), seed)
    live = LiveFaults(DISTRICT, parents, snap=SNAP)
    ways = {
        "move": lambda: planner.moved_vertex(everywhere=True),
        "move alone": lambda: planner.moved_vertex(everywhere=False),
        "split": planner.split,
        "merge": planner.merge,
        "remove": planner.removed,
        "shift": planner.shifted,
        "add": planner.added,
        "midpoint": planner.midpoint,
    }
    done: list[dict[int, Any]] = []
    for edit in edits:
        changes = done.pop() if edit == "undo" and done else ways.get(edit, dict)()
        undo = planner.apply(changes)
        if edit != "undo":
            done.append(undo)
        live.edit(changes)
        require_as_full(live, planner.cells, parents)
    while done:
        changes = done.pop()
        planner.apply(changes)
        live.edit(changes)
    assert live.is_partition == has_parent
    assert [place.faults for place in live.places if has_parent] == []


def test_every_kind_of_defect_comes_and_goes() -> None:
    coverage = make_district(300, 4)
    damaged = damage(coverage, kinds=dict.fromkeys(set(Kind) - {Kind.LAKE}, 1), seed=2)
    outline = polygons(damaged.parent)
    live = LiveFaults(coverage, outline, snap=SNAP)
    cells: list[Any] = list(coverage)
    assert live.is_partition
    there = shapely.is_valid(damaged.cells)
    new = {int(i): cell for i, cell in zip(damaged.source, damaged.cells, strict=True) if i >= 0}
    new |= dict.fromkeys(set(range(len(coverage))) - set(new))
    added = damaged.cells[damaged.source < 0]
    new |= {len(coverage) + i: cell for i, cell in enumerate(added)}
    assert not there.all()
    for i, cell in new.items():
        if cell is not None and not cell.is_valid:
            continue
        live.edit({i: cell})
        cells.extend([None] * (i + 1 - len(cells)))
        cells[i] = cell
    require_as_full(live, cells, outline)
    assert len(live.places) > 10
    for i in new:
        live.edit({i: coverage[i] if i < len(coverage) else None})
    assert live.is_partition
    assert live.places == []


def test_what_an_edit_does_not_touch_stays_the_same_object() -> None:
    cells = polygons(*(box(10 * i, 0, 10 * i + 10, 10) for i in range(9)))
    outline = polygons(Polygon([(i, 0) for i in range(0, 100, 10)] + [(i, 10) for i in range(90, -10, -10)]))
    live = LiveFaults(cells, outline, snap=SNAP)
    assert live.is_partition
    first = live.edit({1: box(11, 0, 20, 10)})
    assert (len(first.new), first.gone) == (1, [])
    second = live.edit({7: box(69, 0, 80, 10)})
    assert (len(second.new), second.gone) == (1, [])
    assert live.places == [*first.new, *second.new]
    assert live.faults().gap_sides.polygon.tolist() == [0, 1, 9]
    cured = live.edit({1: cells[1]})
    assert (cured.gone, cured.new) == (first.new, [])
    assert live.places == second.new
    assert live.faults().overlap_pairs.tolist() == [[6, 7]]


def test_an_island_in_a_gap_belongs_to_its_place() -> None:
    cells = polygons(box(0, 0, 10, 30), box(10, 0, 20, 30), box(20, 0, 30, 30))
    outline = polygons(shapely.coverage_union_all(cells))
    live = LiveFaults(cells, outline, snap=SNAP)
    live.edit({1: None})
    gap = live.edit({3: box(14, 14, 16, 16)})
    assert len(gap.gone) == len(gap.new) == 1
    assert live.faults().gaps[0].equals(box(10, 0, 20, 30).difference(box(14, 14, 16, 16)))
    live.edit({1: cells[1]})
    assert live.faults().overlap_pairs.tolist() == [[1, 3]]


def test_edits_that_are_none_change_nothing() -> None:
    cells = polygons(box(0, 0, 10, 10), box(11, 0, 20, 10))
    live = LiveFaults(cells, polygons(box(0, 0, 20, 10)), snap=SNAP)
    places = live.places
    assert len(live.edit({}).new) == 0
    assert len(live.edit({0: box(0, 0, 10, 10), 5: None, 1: cells[1]}).new) == 0
    assert live.places == places
    assert len(live) == 6
    with pytest.raises(ValueError, match="Only polygons"):
        live.edit({0: shapely.LineString([(0, 0), (1, 1)])})
    with pytest.raises(IndexError, match="negative"):
        live.edit({-1: cells[0]})
    assert live.places == places
