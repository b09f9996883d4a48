"""Shapes on which other programs lose a polygon, invent a gap, miss one, or break down: ours must not."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from mending import NOBODY, SNAP, equal, mend, polygons, same
from shapely import MultiPolygon, Polygon, box

from benchmarks.damage import FoundKind
from benchmarks.gridding_cases import find_all
from gis.gridding.chain.faults import Chain, Faults, faults_of
from gis.gridding.repairing.repaired import Deed, Reason, Trouble


def faults(cells: np.ndarray, *parents: shapely.Geometry) -> Faults:
    return faults_of(Chain.of(cells, polygons(*parents)), snap=SNAP)


def is_faultless(found: Faults) -> bool:
    return not (len(found.gaps) or len(found.overlaps) or len(found.outside) or len(found.mismatches.points))


# --- polygons that a repair loses -------------------------------------------------------------------

WITH_CORNER = Polygon([(0, 0), (6, 0), (6, 4), (6, 8), (0, 8)])
WITHOUT = box(6, 0, 12, 8)


def test_a_corner_in_a_neighbours_edge_costs_nobody_its_place() -> None:
    """`shapely.coverage_clean(snapping_distance=0)` gives all of the second polygon to the first."""
    cells = polygons(WITH_CORNER, WITHOUT)
    found = faults(cells)
    assert found.mismatches.points.tolist() == [[6, 4]]
    mended = mend(cells)
    assert [change.deed for change in mended.changes] == [Deed.MATCHED]
    assert mended.polygons[0] is cells[0]
    assert equal(mended.polygons[1:], polygons(Polygon([(6, 0), (12, 0), (12, 8), (6, 8), (6, 4)])))
    assert is_faultless(faults(mended.polygons))


def test_a_corner_in_an_edge_is_told_before_another_system_makes_a_gap_of_it() -> None:
    """Exact in one system, a T-junction is an overlap or a gap in the next; nobody tells beforehand."""

    def elsewhere(at: np.ndarray) -> np.ndarray:
        return at * [1.7, 0.9] + at[:, ::-1] ** 2 * 1e-4

    cells = polygons(WITH_CORNER, WITHOUT)
    assert not is_faultless(faults(shapely.transform(cells, elsewhere)))
    mended = mend(cells).polygons
    assert is_faultless(faults(shapely.transform(mended, elsewhere)))


def test_a_repeated_vertex_is_no_corner_and_no_reason_to_change_anything() -> None:
    """The same function empties the neighbour of a repeated vertex as well."""
    twice = Polygon([(0, 0), (6, 0), (6, 4), (6, 4), (6, 8), (0, 8)])
    beside = Polygon([(6, 0), (12, 0), (12, 8), (6, 8), (6, 4)])
    cells = polygons(twice, beside)
    assert is_faultless(faults(cells))
    assert all(same(mend(cells).polygons, cells))
    found = find_all(cells, NOBODY)
    assert [(one.kind, one.cells, one.place.wkt) for one in found] == [
        (FoundKind.REPEATED_VERTEX, (0,), "POINT (6 4)")
    ]


def test_of_two_copies_none_is_emptied() -> None:
    """maup's `quick_repair` and `smart_repair` empty both copies of a polygon that is there twice."""
    cells = polygons(box(0, 0, 3, 3), box(3, 0, 6, 3), box(6, 0, 9, 3), box(3, 0, 6, 3))
    assert faults(cells).overlap_pairs.tolist() == [[1, 3]]
    mended = mend(cells)
    assert all(same(mended.polygons, cells))
    assert [(one.trouble, one.reason, one.polygons, one.area_m2) for one in mended.left] == [
        (Trouble.OVERLAP, Reason.DUPLICATE, (1, 3), 9)
    ]


def test_a_thin_polygon_is_not_swallowed() -> None:
    """mapshaper once removed a whole state as a sliver."""
    thin = box(0, 10, 500, 10.5)
    cells = polygons(box(0, 0, 500, 10.5), thin, box(0, 10.5, 500, 20))
    mended = mend(cells, box(0, 0, 500, 20), width=30, fill_border=True, trim_outside=True)
    assert mended.polygons[1] is thin
    assert [(one.trouble, one.reason, one.polygons) for one in mended.left] == [
        (Trouble.OVERLAP, Reason.CONTAINED, (0, 1))
    ]


# --- gaps that are none -----------------------------------------------------------------------------


def test_what_lies_between_the_parts_of_a_polygon_is_no_gap() -> None:
    """`geoplanar.gaps` finds two gaps here."""
    parts = MultiPolygon([box(0, 0, 2, 2), box(4, 0, 6, 2)])
    cells = polygons(parts, box(2, 0, 4, 2))
    assert is_faultless(faults(cells))
    assert all(same(mend(cells).polygons, cells))
    found = find_all(cells, NOBODY)
    assert [(one.kind, one.cells) for one in found] == [(FoundKind.MULTI_PART, (0,))]


def test_an_overlap_is_one_overlap_and_no_gap() -> None:
    """`geoplanar.gaps` finds three gaps where two boxes overlap."""
    found = faults(polygons(box(0, 0, 4, 2), box(2, 0, 6, 2)))
    assert not len(found.gaps)
    assert found.overlap_pairs.tolist() == [[0, 1]]
    assert found.overlaps[0].equals(box(2, 0, 4, 2))


def test_rounding_is_no_overlap() -> None:
    """`maup.doctor` counts an overlap of a millionth of a micrometre."""
    assert is_faultless(faults(polygons(box(0, 0, 3 + 1e-12, 3), box(3, 0, 6, 3))))


def test_a_lake_is_no_gap_and_is_not_filled() -> None:
    """Without the parent all peers report lakes, and `geoplanar.fill_gaps` fills them."""
    lake = box(4, 4, 6, 6)
    cells = polygons(box(0, 0, 5, 10).difference(lake), box(5, 0, 10, 10).difference(lake))
    outline = Polygon(
        [(0, 0), (5, 0), (10, 0), (10, 10), (5, 10), (0, 10)],
        [[(4, 4), (4, 6), (5, 6), (6, 6), (6, 4), (5, 4)]],
    )
    assert is_faultless(faults(cells, outline))
    mended = mend(cells, outline, width=50, fill_border=True)
    assert all(same(mended.polygons, cells))


# --- gaps that are missed ---------------------------------------------------------------------------

# a triangle of 4 m2 whose inscribed circle is 1.66 m across
WEST = Polygon([(0, 12), (10, 12), (10, 8), (10, 4), (10, 0), (0, 0)])
EAST = Polygon([(10, 12), (20, 12), (20, 0), (10, 0), (10, 4), (12, 6), (10, 8)])
TRIANGLE = Polygon([(10, 4), (12, 6), (10, 8)])


def test_a_gap_is_found_whatever_width_one_expects() -> None:
    """`coverage_is_valid` misses a gap of 1 m with gap_width 2, 4 and 10, though it finds it with 1."""
    found = faults(polygons(WEST, EAST))
    assert len(found.gaps) == 1
    assert found.gaps[0].equals(TRIANGLE)


@pytest.mark.parametrize("width", [0.0, 0.5, 1.0, 2.0, 4.0, 10.0, 20.0])
def test_what_is_filled_at_one_width_is_filled_at_every_greater_one(width: float) -> None:
    mended = mend(polygons(WEST, EAST), width=width)
    if width < 1.6:
        assert [(one.trouble, one.reason) for one in mended.left] == [(Trouble.GAP, Reason.TOO_WIDE)]
        assert all(same(mended.polygons, polygons(WEST, EAST)))
    else:
        assert mended.left == []
        assert sum(mended.area_after_m2) == 20 * 12


def test_a_crack_that_opens_to_the_outside_is_a_gap_against_the_parent() -> None:
    """maup and geoplanar see nothing, `coverage_clean` and mapshaper leave it open."""
    left = Polygon([(0, 0), (10, 0), (10, 6), (10, 12), (0, 12)])
    right = Polygon([(10, 0), (20, 0), (20, 12), (11, 12), (10, 6)])
    block = box(0, 0, 20, 12)
    found = faults(polygons(left, right), block)
    assert len(found.gaps) == 1
    assert found.gaps[0].equals(Polygon([(10, 6), (11, 12), (10, 12)]))
    assert found.gap_sides.polygon.tolist() == [0, 1, 2]  # 2: the outline
    mended = mend(polygons(left, right), block, fill_border=True)
    assert [change.deed for change in mended.changes if change.area_m2] == [Deed.FILLED]
    assert sum(mended.area_after_m2) == block.area
    assert mended.left == []


def test_a_whole_polygon_that_is_missing_is_a_gap() -> None:
    """`coverage_invalid_edges` finds none of them at any width."""
    cells = polygons(*(box(x, y, x + 10, y + 10) for x in (0, 10, 20) for y in (0, 10, 20)))
    missing = cells[4]
    around = np.delete(cells, 4)
    outline = shapely.coverage_union_all(cells)
    for parents in ((), (outline,)):
        found = faults(around, *parents)
        assert len(found.gaps) == 1
        assert found.gaps[0].equals(missing)
    assert [(one.reason, one.area_m2) for one in mend(around, outline).left] == [(Reason.TOO_WIDE, 100)]


# --- islands, and rings that cross themselves -------------------------------------------------------


def test_a_hole_is_filled_around_the_island_in_it() -> None:
    """maup's `close_gaps` fills the hole over the island, which makes an overlap."""
    hole, island = box(3, 3, 8, 8), box(5, 5, 6, 6)
    donut = box(0, 0, 12, 12).difference(hole)
    found = faults(polygons(donut, island))
    assert len(found.gaps) == 1
    assert found.gaps[0].equals(hole.difference(island))
    mended = mend(polygons(donut, island), width=10)
    assert mended.polygons[1] is not None
    assert sum(mended.area_after_m2) == 144
    assert is_faultless(faults(mended.polygons))


def test_a_ring_that_crosses_itself_is_named_and_stops_nothing() -> None:
    """`maup.doctor`, geoplanar and plain overlays stop with a TopologyException."""
    bow_tie = Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    cells = polygons(bow_tie, box(3, 1, 8, 4), box(8, 0, 9, 4), box(8.5, 0, 10, 4))
    found = find_all(cells, NOBODY)
    assert [(one.place.wkt, one.cells) for one in found if one.kind is FoundKind.INVALID] == [
        ("POINT (2 2)", (0,))
    ]
    overlaps = {one.cells: one.place.area for one in found if one.kind is FoundKind.OVERLAP}
    assert overlaps == {(0, 1): 2.5, (2, 3): 2.0}
