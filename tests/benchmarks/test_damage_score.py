from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from shapely import Point, box

from benchmarks.damage import Damaged, Defect, Found, FoundKind, Kind, Share, score

if TYPE_CHECKING:
    from collections.abc import Iterable


def squares(*defects: Defect) -> Damaged:
    """Make four squares of 10 m in a row, with these defects."""
    cells = np.array([box(x, 0, x + 10, 10) for x in (0, 10, 20, 30)], dtype=object)
    return Damaged(cells, np.arange(4), box(0, 0, 40, 10), cells, list(defects))


OVERLAP = Defect(Kind.OVERLAP, (0, 1), box(9, 0, 11, 10), 1.6)
GAP = Defect(Kind.GAP, (1, 2), box(19, 0, 20, 10), 0.9)


def right(found: Iterable[Found], *defects: Defect, tolerance_m: float = 0.0) -> tuple[int, int, int]:
    """Return how many places are right, how many defects are found, and the duplicates."""
    places = list(found)
    result = score(places, squares(*defects), tolerance_m)
    assert sum(share.right for share in result.precision.values()) == len(places) - len(result.wrong)
    return len(places) - len(result.wrong), len(defects) - len(result.missed), result.duplicates


def test_a_place_is_right_if_half_of_it_lies_in_the_defect_and_finds_it_if_it_covers_half() -> None:
    for west, east, expected in [
        (9, 11, (1, 1, 0)),
        (9, 9.9, (1, 0, 0)),
        (9.9, 11, (1, 1, 0)),
        (8, 10, (1, 1, 0)),
        (7.9, 10, (0, 1, 0)),
        (5, 15, (0, 1, 0)),
        (12, 13, (0, 0, 0)),
    ]:
        assert right([Found(FoundKind.OVERLAP, box(west, 0, east, 10), (1, 0))], OVERLAP) == expected
    assert right([Found(FoundKind.OVERLAP, Point(10, 5), (0, 1))], OVERLAP) == (1, 0, 0)
    assert right([Found(FoundKind.OVERLAP, Point(15, 5), (0, 1))], OVERLAP) == (0, 0, 0)
    halves = [Found(FoundKind.OVERLAP, box(9, y, 11, y + 4), (0, 1)) for y in (0, 4)]
    assert right(halves, OVERLAP) == (2, 0, 0)


def test_a_place_counts_for_defects_of_its_class_alone() -> None:
    assert right([Found(FoundKind.GAP, box(9, 0, 11, 10), (0, 1))], OVERLAP) == (0, 0, 0)
    spill = replace(OVERLAP, kind=Kind.SPILL)
    assert right([Found(FoundKind.OUTSIDE, box(9, 0, 11, 10), (0, 1))], spill) == (1, 1, 0)


def test_cells_must_be_those_of_the_defect() -> None:
    for cells, is_right in [((0, 1), 1), ((0, 1, 2), 0), ((0,), 0), ((0, 2), 0)]:
        assert right([Found(FoundKind.OVERLAP, OVERLAP.geometry, cells)], OVERLAP) == (is_right, 1, 0)
    for cells, is_right in [((1, 2), 1), ((1, 2, 3), 1), ((1,), 0), ((1, 3), 0)]:
        assert right([Found(FoundKind.GAP, GAP.geometry, cells)], GAP) == (is_right, 1, 0)


def test_a_place_may_be_off_by_the_tolerance() -> None:
    shifted = [Found(FoundKind.GAP, box(18.4, 0, 19.4, 10), (1, 2))]
    assert right(shifted, GAP) == (0, 0, 0)
    assert right(shifted, GAP, tolerance_m=0.6) == (1, 1, 0)
    point = Defect(Kind.TJUNCTION, (0, 1), Point(10, 5), 0.0)
    near = [Found(FoundKind.MISMATCH, Point(10, 5.5), (1, 0))]
    assert right(near, point, tolerance_m=0.4) == (0, 0, 0)
    assert right(near, point, tolerance_m=0.6) == (1, 1, 0)


def test_what_has_no_area_is_found_by_its_cells() -> None:
    split = Defect(Kind.SPLIT, (3,), box(0, 0, 5, 10), 3.0)
    assert right([Found(FoundKind.MULTI_PART, Point(1, 1), (3,))], split) == (1, 1, 0)
    assert right([Found(FoundKind.MULTI_PART, Point(1, 1), (0,))], split) == (0, 0, 0)
    assert right([Found(FoundKind.MULTI_PART, Point(35, 1), (3,))], split) == (0, 0, 0)


def test_the_same_place_twice_is_a_duplicate() -> None:
    one = Found(FoundKind.OVERLAP, box(9, 0, 11, 10), (0, 1))
    assert right([one, one, one], OVERLAP) == (3, 1, 3)
    assert right([one, replace(one, place=box(9, 0, 11, 4))], OVERLAP) == (2, 1, 1)
    assert right([one, replace(one, place=box(10.5, 0, 11.5, 10))], OVERLAP) == (2, 1, 0)
    assert right([one, replace(one, place=box(10.45, 0, 11.45, 10))], OVERLAP) == (2, 1, 1)
    vertex = Defect(Kind.DUPVERTEX, (0,), Point(0, 0), 0.0)
    again = Found(FoundKind.REPEATED_VERTEX, Point(0, 0), (0,))
    assert right([again, again], vertex) == (2, 1, 1)
    assert right([again, replace(again, cells=(1,))], vertex) == (1, 1, 0)


def test_a_lake_reported_is_wrong_and_counted() -> None:
    lake = Defect(Kind.LAKE, (0, 2), box(10, 0, 20, 10), 5.0)
    for found, lakes in [(box(10, 0, 20, 10), 1), (box(10, 0, 14, 10), 0)]:
        result = score([Found(FoundKind.GAP, found, (0, 2))], squares(lake), 0)
        assert (result.lakes, len(result.wrong), result.missed) == (lakes, 1, [])
        assert result.precision == {FoundKind.GAP: Share(0, 1)}
        assert Kind.LAKE not in result.recall
        assert not result.is_perfect


def test_what_a_bowtie_brings_about_around_it_is_right() -> None:
    bowtie = Defect(Kind.BOWTIE, (0,), box(8, 4, 10, 6), 1.0)
    invalid = Found(FoundKind.INVALID, Point(9, 5), (0,))
    for place, is_right in [(box(8, 4, 10, 6), 2), (box(12, 0, 18, 10), 2), (box(13, 0, 29, 10), 1)]:
        for kind in (FoundKind.GAP, FoundKind.OVERLAP):
            assert right([invalid, Found(kind, place, (0, 1))], bowtie) == (is_right, 1, 0)
    assert right([invalid, Found(FoundKind.MULTI_PART, box(8, 4, 10, 6), (0,))], bowtie) == (1, 1, 0)
