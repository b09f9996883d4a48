"""Each polygon ends at its own community's outline, if somebody is there to take what lies beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from mending import NOBODY, SNAP, equal, polygons, same
from shapely import Polygon, box

from gis.gridding.repairing.communities import repair_in_communities
from gis.gridding.repairing.repaired import Deed, Reason, Trouble
from gis.gridding.repairing.rules import RepairRules

if TYPE_CHECKING:
    from gis.gridding.repairing.repaired import Repaired

WEST, EAST = box(0, 0, 100, 100), box(100, 0, 200, 100)


def mend(cells: Any, homes: list[int], *, parents: Any = None, width: float = 5.0, **rules: Any) -> Repaired:
    return repair_in_communities(
        cells,
        polygons(WEST, EAST) if parents is None else parents,
        np.array(homes),
        rules=RepairRules(max_gap_width_m=width, fill_border=True, trim_outside=True, **rules),
        snap=SNAP,
    )


def test_what_two_communities_drew_otherwise_ends_at_their_outline() -> None:
    cells = polygons(box(0, 0, 103, 100), box(103, 0, 200, 100))
    mended = mend(cells, [0, 1])
    assert shapely.equals(mended.polygons, polygons(WEST, EAST)).all()
    assert [(change.deed, change.before, change.after) for change in mended.changes] == [
        (Deed.TRIMMED, (0,), ()),
        (Deed.FILLED, (), (1,)),
    ]
    assert mended.left == []
    assert all(same(mended.polygons, mend(mended.polygons, [0, 1]).polygons))


def test_a_part_that_nobody_else_could_take_stays_and_is_named() -> None:
    cells = polygons(box(0, 0, 130, 100), box(130, 0, 200, 100))
    mended = mend(cells, [0, 1])
    assert shapely.equals(mended.polygons, cells).all()
    # it gets the two corners of the communities that lie on its outline, and nothing else happens
    assert [(change.deed, change.after) for change in mended.changes] == [(Deed.MATCHED, (0,))] * 2
    (left,) = mended.left
    assert (left.trouble, left.reason, left.polygons, left.area_m2) == (
        Trouble.OUTSIDE,
        Reason.COMMUNITY,
        (0,),
        3000,
    )


def test_an_overlap_goes_to_the_community_it_lies_in_and_not_to_the_longest_edge() -> None:
    cells = polygons(box(0, 0, 104, 100), EAST)
    mended = mend(cells, [0, 1])
    assert equal(mended.polygons, polygons(WEST, EAST))
    assert mended.polygons[1] is EAST


def test_a_corner_on_the_common_outline_is_put_in_on_the_other_side() -> None:
    cells = polygons(box(0, 0, 100, 40), box(0, 40, 100, 100), EAST)
    mended = mend(cells, [0, 0, 1])
    assert same(mended.polygons, cells) == [True, True, False]
    assert equal(
        mended.polygons[2:], polygons(Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100, 40)]))
    )
    # the communities' own outlines lack the corner, too, but are not what is repaired
    assert [(change.deed, change.before, change.after) for change in mended.changes] == [
        (Deed.MATCHED, (0, 1), (2,))
    ]
    again = mend(mended.polygons, [0, 0, 1])
    assert all(same(again.polygons, mended.polygons))
    assert (again.changes, again.left) == ([], [])


def test_a_gap_at_the_outline_is_cut_so_that_each_gets_what_lies_before_it() -> None:
    cells = polygons(*(box(20 * number, 1, 20 * number + 20, 100) for number in range(5)), EAST)
    mended = mend(cells, [0, 0, 0, 0, 0, 1])
    whole = [box(20 * number, 0, 20 * number + 20, 100) for number in range(5)]
    assert shapely.equals(mended.polygons, polygons(*whole, EAST)).all()
    assert [(one.deed, one.after, one.area_m2) for one in mended.changes if one.deed is Deed.FILLED] == [
        (Deed.FILLED, (number,), 20.0) for number in range(5)
    ]
    again = mend(mended.polygons, [0, 0, 0, 0, 0, 1])
    assert all(same(again.polygons, mended.polygons))


def test_positions_are_those_among_all() -> None:
    cells = polygons(EAST, box(0, 0, 100, 50), box(0, 51, 100, 100))
    mended = mend(cells, [1, 0, 0], locked=np.array([False, True, False]))
    # the third gets it, as the second must not change
    assert [(change.deed, change.after) for change in mended.changes if change.deed is Deed.FILLED] == [
        (Deed.FILLED, (2,))
    ]
    assert mended.polygons[1] is cells[1]


def test_without_communities_enclosed_gaps_are_filled() -> None:
    ring = box(0, 0, 100, 100).difference(box(50, 50, 52, 52))
    told: list[int] = []
    mended = repair_in_communities(
        polygons(ring),
        NOBODY,
        np.array([-1]),
        rules=RepairRules(max_gap_width_m=5),
        snap=SNAP,
        advance=told.append,
    )
    assert equal(mended.polygons, polygons(WEST))
    assert told == []
