"""What holds for every comparison: exact answers for known edits, symmetry, balance, tolerance."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.damage import make_district
from benchmarks.revision import jittered, redrawn, revise
from gis.gridding.changes.change import ChangeKind
from gis.gridding.changes.compare import compare
from gis.gridding.changes.state import NOWHERE, State
from gis.gridding.checks.tolerance import Tolerance

if TYPE_CHECKING:
    from benchmarks.revision import Layer, Revision
    from gis.gridding.changes.change import Change
    from gis.gridding.changes.compare import Comparison

BALANCED_M2 = 1e-3
"""Areas add up to this: a micrometre, by which points are brought together, along some hundred metres."""

EXCHANGED = {
    ChangeKind.SPLIT: ChangeKind.MERGED,
    ChangeKind.MERGED: ChangeKind.SPLIT,
    ChangeKind.NEW: ChangeKind.GONE,
    ChangeKind.GONE: ChangeKind.NEW,
}
KINDS = [kind for kind in ChangeKind if kind is not ChangeKind.UNCHANGED]
SEEDS = st.integers(0, 2**32 - 1)


@lru_cache(maxsize=8)
def district(seed: int) -> Any:
    return make_district(120, seed)


def state_of(layer: Layer) -> State:
    polygons = np.empty(len(layer), dtype=object)
    polygons[:] = list(layer.values())
    return State.of(list(layer), list(layer), [""] * len(layer), polygons)


def compared(old: Layer, new: Layer) -> Comparison:
    return compare(state_of(old), state_of(new), Tolerance())


def named(change: Change) -> tuple[ChangeKind, tuple[str, ...], tuple[str, ...]]:
    return change.kind, tuple(grid.code for grid in change.old), tuple(grid.code for grid in change.new)


def require_exactly(found: Comparison, made: Revision, within_m2: float) -> None:
    """Every edit is told as it was made, and nothing else is."""
    known = {(edit.kind, edit.old, edit.new): edit.moved_m2 for edit in made.known}
    told = {named(change): change.moved_m2 for change in found.changes}
    assert told.keys() == known.keys()
    assert len(found.changes) == len(made.known)
    assert max((abs(told[key] - known[key]) for key in known), default=0.0) <= within_m2
    assert len(found.unchanged) == len(made.old) - sum(len(edit.old) for edit in made.known)


def require_balance(found: Comparison, *, exactly: bool = True) -> None:
    """What is left of a grid and what its heir had before are the same ground."""
    passed, old, new = found.passed, found.old, found.new
    ids = [np.array([*state.ids, None], dtype=object) for state in (old, new)]
    stays = (ids[0][passed.source] == ids[1][passed.target]) & (passed.source != NOWHERE)
    lost, won = (passed.source != NOWHERE) & ~stays, (passed.target != NOWHERE) & ~stays
    left = old.areas - np.bincount(passed.source[lost], passed.areas[lost], len(old))
    had = new.areas - np.bincount(passed.target[won], passed.areas[won], len(new))
    drawn = [shapely.to_wkb(state.polygons).tolist() for state in (old, new)]
    same = {*drawn[0]}.intersection(drawn[1])  # what is the same bit by bit is not looked at
    before, after = (
        {id_: area for id_, area, wkb in zip(state.ids, areas, wkbs, strict=True) if wkb not in same}
        for state, areas, wkbs in zip((old, new), (left, had), drawn, strict=True)
    )
    for id_ in {*before, *after}.difference(() if exactly else (old.ids[i] for i in found.unchanged[:, 0])):
        assert before.get(id_, 0.0) == pytest.approx(after.get(id_, 0.0), abs=BALANCED_M2)
    counted = [move for change in found.changes for move in change.moves]
    assert all(move.area_m2 == pytest.approx(move.geometry.area, abs=BALANCED_M2) for move in counted)


@pytest.mark.parametrize("kind", KINDS)
def test_edits_of_one_kind_are_told_exactly(kind: ChangeKind) -> None:
    total = 0
    for seed in range(3):
        made = revise(district(seed), 6, seed, [kind])
        require_exactly(compared(made.old, made.new), made, 1e-6)
        total += len(made.known)
    assert total >= 5


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_edits_of_all_kinds_are_told_exactly_whichever_state_comes_first(seed: int) -> None:
    made = revise(district(seed % 5), 8, seed)
    found = compared(made.old, made.new)
    require_exactly(found, made, 1e-6)
    require_balance(found)
    back = compared(made.new, made.old)
    told = {(EXCHANGED.get(c.kind, c.kind), named(c)[2], named(c)[1]): c.moved_m2 for c in back.changes}
    assert told == pytest.approx({named(c): c.moved_m2 for c in found.changes}, abs=1e-6)


@given(seed=SEEDS, width=st.floats(0.0, 0.095))
@settings(max_examples=4, deadline=None)
def test_drawing_anew_within_the_tolerance_changes_nothing(seed: int, width: float) -> None:
    made = revise(district(seed % 5), 8, seed)
    layer = jittered(made.old, width, seed)
    for again in (layer, redrawn(made.old, seed), redrawn(layer, seed)):
        found = compared(made.old, again)
        assert found.changes == []
        assert len(found.unchanged) == len(made.old)
    found = compared(made.old, redrawn(jittered(made.new, width, seed), seed))
    # what passed is bounded by a line of some hundred metres, drawn anew
    require_exactly(found, made, 1e9 if width else 1e-6)
    require_balance(found, exactly=False)


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_anything_against_anything_balances_and_is_the_same_from_both_sides(seed: int) -> None:
    """Grids pushed aside, so that they overlap and leave gaps, besides edits and other codes."""
    random = np.random.default_rng(seed)
    made = revise(district(seed % 5), 8, seed)
    new = dict(made.new)
    for code in random.choice(list(new), 12, replace=False).tolist():
        step = random.uniform(-60, 60, 2)
        new[code] = shapely.transform(new[code], lambda at, step=step: at + step)
    one, other = random.choice(list(new), 2, replace=False).tolist()
    new[one], new[other] = new[other], new[one]
    found, back = compared(made.old, new), compared(new, made.old)
    require_balance(found)
    told = Counter((EXCHANGED.get(c.kind, c.kind), named(c)[2], named(c)[1]) for c in back.changes)
    assert told == Counter(named(change) for change in found.changes)


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_the_order_of_grids_changes_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    made = revise(district(seed % 5), 8, seed)

    def shuffled(layer: Layer) -> Layer:
        return {code: layer[code] for code in random.permutation(list(layer)).tolist()}

    found, again = compared(made.old, made.new), compared(shuffled(made.old), shuffled(made.new))
    assert again.changes == found.changes


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_areas_are_those_of_an_overlay(seed: int) -> None:
    made = revise(district(seed % 5), 8, seed)
    found = compared(made.old, made.new)
    areas: Counter[tuple[str, str]] = Counter()
    for change in found.changes:
        for move in change.moves:
            if move.source and move.target:
                areas[move.source.code, move.target.code] += move.area_m2
    new = list(made.new)
    tree = shapely.STRtree(list(made.new.values()))
    overlaid = {}
    for code, polygon in made.old.items():
        for place in tree.query(polygon, predicate="intersects").tolist():
            common = shapely.intersection(polygon, made.new[new[place]]).area
            if code != new[place] and common > 1.0:
                overlaid[code, new[place]] = common
    renamed = {(c.old[0].code, c.new[0].code) for c in found.changes if c.kind is ChangeKind.RENAMED}
    assert dict(areas) == pytest.approx({k: v for k, v in overlaid.items() if k not in renamed}, abs=1e-2)


def test_every_grid_is_named_or_unchanged() -> None:
    made = revise(district(1), 20, 7)
    found = compared(made.old, made.new)
    for side, state in enumerate((found.old, found.new)):
        grids = [change.old if side == 0 else change.new for change in found.changes]
        changed = {grid.position for some in grids for grid in some}
        assert changed.isdisjoint(found.unchanged[:, side].tolist())
        assert len(changed) + len(found.unchanged) == len(state)
