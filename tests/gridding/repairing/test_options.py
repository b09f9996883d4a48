"""What may be asked of a repair besides: barriers, buildings, communities, stray parts, long gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from mending import NOBODY, SNAP, hold_to_promises, mend, polygons, same
from shapely import LineString, MultiPolygon, Polygon, box

from benchmarks.damage import make_district
from gis.gridding.repairing import repair as repairing
from gis.gridding.repairing.repair import repair
from gis.gridding.repairing.repaired import Deed, Reason, Repaired, Trouble
from gis.gridding.repairing.rules import RepairRules

if TYPE_CHECKING:
    from mending import Polygons

LEFT, RIGHT = box(0, 0, 10, 10), box(12, 0, 22, 9)
GAP = box(10, 0, 12, 10)
AROUND = box(-5, -5, 30, 15).difference(shapely.union_all([box(0, 0, 12, 10), RIGHT]))
CELLS = polygons(LEFT, RIGHT, AROUND)


def taker(mended: Repaired) -> tuple[int, ...]:
    return next(change.after for change in mended.changes if change.deed is Deed.FILLED)


def reasons(mended: Repaired) -> list[tuple[Trouble, Reason]]:
    return sorted((one.trouble, one.reason) for one in mended.left)


def test_a_fill_does_not_cross_a_barrier() -> None:
    assert taker(mend(CELLS)) == (0,)
    along = polygons(LineString([(10, -20), (10, 20)]))
    assert taker(mend(CELLS, barriers=along)) == (1,)
    through = polygons(LineString([(11, -20), (11, 20)]))
    mended = mend(CELLS, barriers=through)
    assert reasons(mended) == [(Trouble.GAP, Reason.BARRIER)]
    assert not [change for change in mended.changes if change.deed is Deed.FILLED]
    elsewhere = polygons(LineString([(5, -20), (5, 20)]))
    assert taker(mend(CELLS, barriers=elsewhere)) == (0,)


def test_a_fill_cuts_no_building() -> None:
    in_right = polygons(box(11, 2, 14, 4))
    assert taker(mend(CELLS, buildings=in_right)) == (1,)
    in_gap = polygons(box(10.5, 2, 11.5, 4))
    assert taker(mend(CELLS, buildings=in_gap)) == (0,)
    in_both = polygons(box(9, 2, 14, 4))
    assert reasons(mend(CELLS, buildings=in_both)) == [(Trouble.GAP, Reason.BUILDING)]
    beside = polygons(box(12, 2, 14, 4))
    assert taker(mend(CELLS, buildings=beside)) == (0,)


def test_no_chord_cuts_a_building() -> None:
    banks = [box(x, y, x + 10, y + 10) for y in (0, 12) for x in range(0, 40, 10)]
    ends = [box(-5, 0, 0, 22), box(40, 0, 45, 22)]
    cells = polygons(*banks, *ends)
    filled = [change for change in mend(cells).changes if change.deed is Deed.FILLED]
    assert len(filled) == 4
    building = polygons(box(19, 10.5, 21, 11.5))
    mended = mend(cells, buildings=building)
    assert mended.left == []
    whole = shapely.covers(mended.polygons, building[0])
    assert whole.sum() == 1


def test_a_gap_in_a_community_stays_in_it() -> None:
    # most of the gap's outline runs along the second community
    groups = np.array([1, 2, 2])
    assert taker(mend(CELLS, groups=groups)) == (1,)
    assert taker(mend(CELLS, groups=np.array([1, 1, 2]))) == (0,)
    outlines = (shapely.union_all([LEFT, GAP]), shapely.union_all([RIGHT, AROUND]))
    assert taker(mend(CELLS, *outlines, groups=groups, parent_groups=np.array([1, 2]))) == (0,)
    mended = mend(CELLS, *outlines, groups=groups, parent_groups=np.array([3, 2]))
    assert reasons(mended) == [(Trouble.GAP, Reason.COMMUNITY)]


def test_a_gap_over_the_border_of_two_communities_is_parted_there() -> None:
    lower = Polygon([(0, -5), (20, -5), (20, 0), (12, 0), (10, 0), (0, 0)])
    cells = polygons(box(0, 0, 10, 10), box(12, 0, 20, 10), lower, box(0, 10, 20, 15))
    parents = box(0, -5, 11, 15), box(11, -5, 20, 15)
    mended = mend(cells, *parents, groups=np.array([1, 2, 3, 3]), parent_groups=np.array([1, 2]))
    assert mended.polygons[0].equals(box(0, 0, 11, 10))
    assert mended.polygons[1].equals(box(11, 0, 20, 10))


def test_stray_parts_go_to_the_longest_edge() -> None:
    stray = box(20, 0, 21, 3)
    cells = polygons(
        MultiPolygon([box(0, 0, 10, 10), stray]),
        Polygon([(10, 0), (20, 0), (20, 3), (21, 3), (21, 10), (10, 10)]),
        Polygon([(21, 0), (30, 0), (30, 10), (21, 10), (21, 3)]),
    )
    assert all(same(mend(cells).polygons, cells))
    assert all(same(mend(cells, stray_below_m2=2.9).polygons, cells))
    mended = mend(cells, stray_below_m2=3.1)
    (change,) = mended.changes
    assert (change.deed, change.before, change.after, change.area_m2) == (Deed.GIVEN, (0,), (1,), 3.0)
    assert mended.polygons[0].equals(box(0, 0, 10, 10))
    assert mended.polygons[1].equals(box(10, 0, 21, 10))
    assert mended.polygons[2] is cells[2]
    hold_to_promises(cells, NOBODY, mended, RepairRules(max_gap_width_m=5, stray_below_m2=3.1))


def test_stray_parts_that_nobody_may_have_are_left() -> None:
    cells = polygons(
        MultiPolygon([box(0, 0, 10, 10), box(20, 0, 21, 3)]),
        Polygon([(10, 0), (20, 0), (20, 3), (21, 3), (21, 10), (10, 10)]),
        MultiPolygon([box(40, 0, 50, 10), box(60, 0, 61, 1)]),
    )
    both = [(Trouble.STRAY, Reason.LOCKED), (Trouble.STRAY, Reason.NO_OWNER)]
    mended = mend(cells, stray_below_m2=5, locked=np.array([True, False, False]))
    assert (all(same(mended.polygons, cells)), reasons(mended)) == (True, both)
    both = [(Trouble.STRAY, Reason.COMMUNITY), (Trouble.STRAY, Reason.NO_OWNER)]
    mended = mend(cells, stray_below_m2=5, groups=np.array([1, 2, 1]))
    assert (all(same(mended.polygons, cells)), reasons(mended)) == (True, both)


def neighbours(cells: Polygons) -> set[tuple[int, int]]:
    one, other = shapely.STRtree(cells).query(cells, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.length(shapely.intersection(cells[one], cells[other]))
    return {
        (a, b) for a, b, length in zip(one.tolist(), other.tolist(), shared, strict=True) if length > SNAP
    }


@pytest.mark.parametrize("width", [0.5, 8.0, 25.0])
def test_a_long_gap_parts_no_neighbours(width: float) -> None:
    clean = make_district(400, 1)
    middle = shapely.get_coordinates(shapely.centroid(clean))[:, 1]
    upper = middle > np.median(middle)
    outline = shapely.coverage_union_all(clean)
    rim = set(map(tuple, shapely.get_coordinates(outline)))
    bank = set(map(tuple, shapely.get_coordinates(clean[upper])))
    bank &= set(map(tuple, shapely.get_coordinates(clean[~upper]))) - rim
    cells = clean.copy()
    for number in np.flatnonzero(upper):
        ring = shapely.get_coordinates(clean[number])
        ring[[tuple(at) in bank for at in ring.tolist()]] += (0, width)
        moved = Polygon(ring)
        cells[number] = moved if moved.is_valid else clean[number]
    along = {pair for pair in neighbours(clean) if upper[pair[0]] != upper[pair[1]]}
    assert len(along) > 30
    rules = RepairRules(max_gap_width_m=40.0)
    mended = repair(cells, polygons(outline), rules=rules, snap=SNAP)
    assert neighbours(mended.polygons) == neighbours(clean)
    assert mended.left == []
    assert len(mended.polygons) - sum(same(mended.polygons, cells)) <= len(along)
    hold_to_promises(cells, polygons(outline), mended, rules)


def test_what_comes_up_when_enough_was_done_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repairing, "_ROUNDS", 0)
    mended = mend(CELLS)
    assert all(same(mended.polygons, CELLS))
    assert {(one.trouble, one.reason) for one in mended.left} == {
        (Trouble.GAP, Reason.UNSURE),
        (Trouble.MISMATCH, Reason.UNSURE),
    }
