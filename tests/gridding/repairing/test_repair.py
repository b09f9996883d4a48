"""Repairs by hand: gaps, overlaps, corners, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from mending import NOBODY, SNAP, equal, hold_to_promises, mend, polygons, same
from shapely import MultiPolygon, Polygon, box

from gis.gridding.repairing.repair import repair
from gis.gridding.repairing.repaired import Deed, Ground, Left, Reason, Repaired, Trouble
from gis.gridding.repairing.rules import GapRule, OverlapRule, RepairRules


def reasons(mended: Repaired) -> list[tuple[Trouble, Reason]]:
    return sorted((one.trouble, one.reason) for one in mended.left)


def deeds(mended: Repaired) -> list[Deed]:
    return [change.deed for change in mended.changes]


def test_what_is_right_is_returned_as_it_is() -> None:
    cells, parent = (
        polygons(box(0, 0, 5, 5), box(5, 0, 9, 5)),
        Polygon([(0, 0), (5, 0), (9, 0), (9, 5), (5, 5), (0, 5)]),
    )
    mended = mend(cells, parent)
    assert all(same(mended.polygons, cells))
    assert mended.parents[0] is parent
    assert (mended.changes, mended.left) == ([], [])


def test_nothing_none_and_empty_ones_are_no_trouble() -> None:
    assert mend(NOBODY).changes == []
    assert reasons(mend(NOBODY, box(0, 0, 1, 1), fill_border=True)) == [(Trouble.GAP, Reason.NO_OWNER)]
    cells = polygons(box(0, 0, 1, 1), None, Polygon())
    assert all(same(mend(cells).polygons, cells))


# two with a gap between, inside a third: 10 m, 9.9 m and 4.1 m of the gap's outline
LEFT, RIGHT = box(-20, 0, 10, 10), box(12, 0.1, 20, 10)
AROUND = box(-25, -5, 25, 15).difference(shapely.union_all([box(-20, 0, 12, 10), RIGHT]))


def test_a_gap_goes_to_the_longest_edge() -> None:
    cells = polygons(LEFT, RIGHT, AROUND)
    mended = mend(cells)
    assert deeds(mended) == [Deed.FILLED, Deed.MATCHED, Deed.MATCHED]  # two corners the third one lacked
    change = mended.changes[0]
    assert (change.ground, change.before, change.after, change.area_m2) == (
        Ground.LONGEST_EDGE,
        (),
        (0,),
        20.0,
    )
    assert change.place.equals(box(10, 0, 12, 10))
    assert mended.polygons[0].equals(box(-20, 0, 12, 10))
    assert mended.left == []
    assert mended.area_after_m2.sum() - mended.area_before_m2.sum() == 20


def test_wider_gaps_are_left() -> None:
    cells = polygons(LEFT, RIGHT, AROUND)
    (left,) = mend(cells, width=1.5).left
    assert (left.trouble, left.reason, left.polygons, left.area_m2) == (
        Trouble.GAP,
        Reason.TOO_WIDE,
        (0, 1, 2),
        20.0,
    )
    assert mend(cells, width=2.1).left == []


def test_a_gap_is_as_wide_as_the_largest_circle_in_it() -> None:
    # a long tail makes the mean width of a square small
    whole = box(0, 0, 100, 20)
    hole = Polygon([(10, 8), (14, 8), (14, 9.9), (40, 9.9), (40, 10), (14, 10), (14, 12), (10, 12)])
    assert 2 * hole.area / hole.length < 2
    cells = polygons(whole.difference(hole))
    assert reasons(mend(cells, width=3.9)) == [(Trouble.GAP, Reason.TOO_WIDE)]
    assert mend(cells, width=4.1).left == []


def test_an_overlap_goes_to_the_longest_border_with_what_is_its_own() -> None:
    # over (8, 4, 10, 6) the notched one goes on over one edge, the whole one over three
    whole, nose = (
        box(0, 0, 10, 10),
        Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 6), (8, 6), (8, 4), (10, 4)]),
    )
    mended = mend(polygons(whole, nose))
    change = mended.changes[0]
    assert (change.deed, change.ground, change.before, change.after) == (
        Deed.DECIDED,
        Ground.LONGEST_EDGE,
        (0, 1),
        (0,),
    )
    assert mended.polygons[1].equals(box(10, 0, 20, 10))
    assert mended.polygons[0].equals(whole)
    assert mended.left == []


@pytest.mark.parametrize(("priority", "winner"), [([2, 1], 1), ([1, 2], 0)])
def test_an_overlap_goes_by_priority(priority: list[int], winner: int) -> None:
    cells = polygons(box(0, 0, 10, 10), box(8, 0, 20, 10))
    mended = mend(cells, overlaps=OverlapRule.PRIORITY, priority=np.array(priority))
    assert [(change.ground, change.after) for change in mended.changes] == [(Ground.PRIORITY, (winner,))]
    assert mended.polygons[winner] is cells[winner]
    assert mended.polygons[1 - winner].area == cells[1 - winner].area - 20


def test_an_overlap_goes_to_the_largest() -> None:
    mended = mend(polygons(box(0, 0, 10, 10), box(8, 0, 20, 10)), overlaps=OverlapRule.LARGEST)
    assert [(change.ground, change.after) for change in mended.changes] == [(Ground.LARGEST, (1,))]


def test_an_overlap_is_halved() -> None:
    left = Polygon([(0, 0), (10, 0), (12, 5), (10, 10), (0, 10)])
    right = Polygon([(20, 0), (20, 10), (10, 10), (8, 5), (10, 0)])
    mended = mend(polygons(left, right), overlaps=OverlapRule.MIDDLE)
    assert [(change.ground, change.area_m2) for change in mended.changes] == [(Ground.MIDDLE, 10.0)] * 2
    assert mended.polygons[0].equals(box(0, 0, 10, 10))
    assert mended.polygons[1].equals(box(10, 0, 20, 10))


def test_duplicates_and_contained_ones_are_not_guessed() -> None:
    whole = box(0, 0, 10, 10)
    cells = polygons(whole, whole, box(20, 0, 30, 10), box(22, 2, 24, 4))
    for rule in OverlapRule:
        mended = mend(cells, overlaps=rule, priority=np.arange(4))
        assert all(same(mended.polygons, cells))
        assert reasons(mended) == [(Trouble.OVERLAP, Reason.CONTAINED), (Trouble.OVERLAP, Reason.DUPLICATE)]
        assert sorted(one.polygons for one in mended.left) == [(0, 1), (2, 3)]


def test_no_polygon_is_emptied_or_cut_in_two() -> None:
    # covered by two others together
    mended = mend(
        polygons(box(0, 0, 10, 10), box(8, 0, 20, 10), box(10, 0, 16, 10), box(6, 2, 14, 4)),
        overlaps=OverlapRule.PRIORITY,
        priority=np.array([0, 3, 1, 2]),
    )
    assert not shapely.is_empty(mended.polygons).any()
    cross = polygons(box(0, 4, 20, 6), box(8, 0, 12, 10))
    mended = mend(cross)
    assert all(same(mended.polygons, cross))
    assert reasons(mended) == [(Trouble.OVERLAP, Reason.WOULD_DIVIDE)]


def test_one_is_kept_whole_where_the_other_may_lose() -> None:
    # the bar has the longer border with what is its own, and would cut the tongue's end off
    tongue, bar = box(0, 4, 20, 6), Polygon([(8, 0), (12, 0), (12, 6), (8, 6)])
    tongue = Polygon([(0, 4), (20, 4), (20, 6), (0, 6)])
    mended = mend(polygons(tongue, bar))
    assert mended.left == []
    assert mended.polygons[0].equals(tongue)
    assert mended.polygons[1].equals(box(8, 0, 12, 4))


def test_corners_are_put_into_both_sides_and_the_parents() -> None:
    lower, left, right = box(0, 0, 9, 3), box(0, 3, 4, 6), box(4, 3, 9, 6)
    parent = box(0, 0, 9, 6)
    cells = polygons(lower, left, right)
    mended = mend(cells, parent)
    assert same(mended.polygons, cells) == [False, True, True]
    assert (4, 3) in mended.polygons[0].exterior.coords
    assert shapely.get_num_coordinates(mended.parents[0]) == 5 + 3
    assert shapely.area(mended.polygons).tolist() == shapely.area(cells).tolist()
    corners = {change.place.coords[0]: (change.before, change.after) for change in mended.changes}
    assert corners == {
        (4, 3): ((1, 2), (0,)),
        (0, 3): ((0, 1), (3,)),
        (9, 3): ((0, 2), (3,)),
        (4, 6): ((1, 2), (3,)),
    }
    assert mended.left == []


def test_no_polygon_is_lost_at_a_corner_in_an_edge() -> None:
    # shapely.coverage_clean(snapping_distance=0) deletes the second one
    cells = polygons(Polygon([(0, 0), (1, 0), (1, 0.5), (1, 1), (0, 1)]), box(1, 0, 2, 1))
    mended = mend(cells)
    assert mended.polygons[0] is cells[0]
    assert equal(mended.polygons[1:], polygons(Polygon([(1, 0), (2, 0), (2, 1), (1, 1), (1, 0.5)])))


def test_a_gap_around_an_island_is_filled_and_the_island_stays() -> None:
    ring = box(0, 0, 10, 10).difference(box(3, 3, 7, 7))
    cells = polygons(ring, box(4, 4, 6, 6))
    mended = mend(cells)
    assert mended.polygons[0].equals(box(0, 0, 10, 10).difference(box(4, 4, 6, 6)))
    assert mended.polygons[1] is cells[1]
    assert mended.left == []


def test_spills_and_border_gaps_are_repaired_only_if_asked() -> None:
    cells = polygons(box(0, 0, 10, 10), box(10, 0, 22, 10), box(0, 10, 19, 20))
    parent = box(0, 0, 20, 20)
    mended = mend(cells, parent)
    assert reasons(mended) == [(Trouble.GAP, Reason.NOT_ASKED), (Trouble.OUTSIDE, Reason.NOT_ASKED)]
    mended = mend(cells, parent, trim_outside=True)
    assert reasons(mended) == [(Trouble.GAP, Reason.NOT_ASKED)]
    assert mended.polygons[1].equals(box(10, 0, 20, 10))
    mended = mend(cells, parent, trim_outside=True, fill_border=True)
    assert mended.left == []
    assert mended.polygons[2].equals(box(0, 10, 20, 20))
    assert {Deed.TRIMMED, Deed.FILLED} <= set(deeds(mended))


def test_a_polygon_all_outside_is_left() -> None:
    mended = mend(polygons(box(0, 0, 10, 10), box(30, 0, 40, 10)), box(0, 0, 10, 10), trim_outside=True)
    assert reasons(mended) == [(Trouble.OUTSIDE, Reason.WOULD_EMPTY)]


def test_lakes_stay() -> None:
    around = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))
    cells = polygons(around)
    assert all(same(mend(cells, around).polygons, cells))
    mended = mend(cells, box(0, 0, 10, 10), keep=polygons(box(3.5, 3.5, 6, 6)))
    assert all(same(mended.polygons, cells))
    assert reasons(mended) == [(Trouble.GAP, Reason.INTENDED)]
    assert mend(cells, box(0, 0, 10, 10)).polygons[0].equals(box(0, 0, 10, 10))


def test_vertices_within_snap_become_one_in_all_polygons_that_have_them() -> None:
    near = 3e-7
    left = Polygon([(0, 0), (10, 0), (10 + near, 5), (10, 10), (0, 10)])
    right = Polygon([(10, 0), (20, 0), (20, 5), (10, 5)])
    upper = Polygon([(10 + 2 * near, 5), (20, 5), (20, 10), (10, 10)])
    cells = polygons(left, right, upper)
    mended = mend(cells, Polygon([(0, 0), (10, 0), (20, 0), (20, 5), (20, 10), (10, 10), (0, 10)]))
    assert mended.left == []
    assert set(deeds(mended)) == {Deed.WELDED}
    assert all((10, 5) in cell.exterior.coords for cell in mended.polygons)
    assert mended.polygons[1] is right


def test_a_vertex_on_a_matched_edge_is_welded_on_both_sides() -> None:
    near = 3e-7
    one = Polygon([(0, 0), (10, 0), (10, 5), (0, 5)])
    two = Polygon([(0, 5), (10, 5), (10, 10), (0, 10)])
    three = Polygon([(10 + near, 0), (20, 0), (20, 10), (10 + near, 10), (10 - near, 5)])
    mended = mend(polygons(one, two, three))
    assert mended.left == []
    assert shapely.coverage_is_valid(mended.polygons)
    hold_to_promises(polygons(one, two, three), NOBODY, mended, RepairRules(max_gap_width_m=5))


def test_locked_polygons_do_not_change() -> None:
    cells = polygons(box(0, 0, 10, 10), box(8, 0, 20, 10))
    for lock in ([True, False], [False, True]):
        mended = mend(cells, locked=np.array(lock))
        assert same(mended.polygons, cells) == lock
        assert mended.left == []
        assert mended.changes[0].ground is Ground.LOCKED
    mended = mend(cells, locked=np.array([True, True]))
    assert reasons(mended) == [(Trouble.OVERLAP, Reason.LOCKED)]
    gap = polygons(LEFT, RIGHT, AROUND)
    mended = mend(gap, locked=np.array([True, False, False]))
    assert mended.changes[0].after == (1,)
    assert mended.polygons[0] is gap[0]
    assert mend(gap, locked=np.ones(3, dtype=bool)).left[0].reason is Reason.LOCKED


def test_a_corner_a_locked_polygon_lacks_is_left() -> None:
    cells = polygons(box(0, 0, 9, 3), box(0, 3, 4, 6), box(4, 3, 9, 6))
    mended = mend(cells, locked=np.array([True, False, False]))
    assert all(same(mended.polygons, cells))
    (left,) = mended.left
    assert left == Left(Trouble.MISMATCH, Reason.LOCKED, shapely.Point(4, 3), (0,), 0.0)
    assert repair(cells, NOBODY, rules=RepairRules(max_gap_width_m=1), snap=SNAP).left == []


def test_a_gap_may_go_where_it_makes_the_most_compact_polygons() -> None:
    # a long one becomes longer still, a block nearly a square
    change = mend(polygons(LEFT, RIGHT, AROUND), gaps=GapRule.COMPACT).changes[0]
    assert (change.ground, change.after) == (Ground.COMPACT, (1,))


def test_parts_stay_parts() -> None:
    two = MultiPolygon([box(0, 0, 10, 10), box(30, 0, 40, 10)])
    mended = mend(polygons(two, box(9, 0, 30, 10)))
    assert shapely.get_num_geometries(mended.polygons[0]) == 2
    assert mended.left == []
    assert mended.area_after_m2.sum() == 400
