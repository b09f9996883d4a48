"""Faults by hand, against plain overlays, and whatever the order and the drawing of rings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from benchmarks.damage import make_district
from gis.gridding.chain import noding
from gis.gridding.chain.faults import Chain, Faults, faults_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

SNAP = 1e-6
NOBODY = np.empty(0, dtype=object)


def polygons(*items: shapely.Geometry | None) -> NDArray[np.object_]:
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made


def faults(cells: NDArray[np.object_], *parents: shapely.Geometry) -> Faults:
    return faults_of(Chain.of(cells, polygons(*parents)), snap=SNAP)


def counts(found: Faults) -> tuple[int, int, int, int]:
    return len(found.gaps), len(found.overlaps), len(found.outside), len(found.mismatches.points)


def test_a_gap_and_what_lies_beside_it() -> None:
    cells = polygons(box(0, 0, 10, 10), box(13, 0, 20, 10))
    found = faults(cells, box(0, 0, 20, 10))
    assert counts(found) == (1, 0, 0, 0)
    assert found.gaps[0].equals(box(10, 0, 13, 10))
    sides = found.gap_sides
    assert sides.face.tolist() == [0, 0, 0]
    assert sides.polygon.tolist() == [0, 1, 2]  # 2: the parent's outline
    assert sides.length.tolist() == [10, 10, 6]


def test_without_parents_holes_are_gaps_and_islands_in_them_are_none() -> None:
    ring = box(0, 0, 10, 10).difference(box(2, 2, 8, 8))
    found = faults(polygons(ring, box(4, 4, 6, 6)))
    assert counts(found) == (1, 0, 0, 0)
    assert found.gaps[0].equals(box(2, 2, 8, 8).difference(box(4, 4, 6, 6)))
    assert found.gap_sides.polygon.tolist() == [0, 1]
    assert found.gap_sides.length.tolist() == [24, 8]


def test_an_overlap_over_a_hidden_edge_is_told_for_each_pair() -> None:
    left, right, over = box(0, 0, 10, 10), box(10, 0, 20, 10), box(8, 2, 12, 4)
    found = faults(polygons(left, right, over), box(0, 0, 20, 10))
    assert found.overlap_pairs.tolist() == [[0, 2], [1, 2]]
    assert found.overlaps[0].equals(box(8, 2, 10, 4))
    assert found.overlaps[1].equals(box(10, 2, 12, 4))


def test_a_spill_over_the_outline_of_a_neighbour_is_overlap_inside_and_outside_beyond() -> None:
    left, right = box(0, 0, 10, 10), box(10, 0, 20, 10)
    spill = box(15, 2, 25, 4)
    found = faults(polygons(left, right, spill), shapely.coverage_union_all([left, right]))
    assert found.overlap_pairs.tolist() == [[1, 2]]
    assert found.overlaps[0].equals(box(15, 2, 20, 4))
    assert found.outside_polygon.tolist() == [2]
    assert found.outside[0].equals(box(20, 2, 25, 4))


def test_a_polygon_that_is_not_there_does_not_hide_what_lies_outside() -> None:
    found = faults(polygons(box(0, 0, 12, 10), None), box(0, 0, 10, 10))
    assert counts(found) == (0, 0, 1, 0)
    assert found.outside[0].equals(box(10, 0, 12, 10))


def test_duplicates_and_contained_ones() -> None:
    whole = box(0, 0, 10, 10)
    found = faults(polygons(whole, whole, box(2, 2, 3, 3)), whole)
    assert found.overlap_pairs.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert shapely.area(found.overlaps).tolist() == [100, 1, 1]


def test_a_corner_on_a_neighbours_edge_is_a_mismatch_and_no_gap() -> None:
    lower, left, right = box(0, 0, 9, 3), box(0, 3, 4, 6), box(4, 3, 9, 6)
    outline = Polygon([(0, 0), (9, 0), (9, 3), (9, 6), (4, 6), (0, 6), (0, 3)])
    found = faults(polygons(lower, left, right), outline)
    assert counts(found) == (0, 0, 0, 1)
    assert found.mismatches.points.tolist() == [[4, 3]]
    assert found.mismatches.polygon.tolist() == [0, 1, 2]
    assert found.mismatches.apart.tolist() == [0]


def test_what_agrees_within_the_snapping_distance_is_no_fault() -> None:
    district = make_district(60, 5)
    outline = shapely.coverage_union_all(district)
    random = np.random.default_rng(1)
    moved = polygons(
        *(
            Polygon(
                shapely.get_coordinates(cell)[:-1]
                + random.uniform(-2e-7, 2e-7, (len(cell.exterior.coords) - 1, 2))
            )
            for cell in district
        )
    )
    assert counts(faults(moved, outline)) == (0, 0, 0, 0)
    assert len(Chain.of(moved, polygons(outline)).residual) > 0


def test_lakes_are_no_gaps() -> None:
    cells = make_district(60, 6)
    parent = shapely.coverage_union_all(cells).difference(cells[20])
    assert counts(faults(np.delete(cells, 20), parent)) == (0, 0, 0, 0)


def test_nothing_is_no_trouble() -> None:
    assert counts(faults(NOBODY)) == (0, 0, 0, 0)
    assert counts(faults(NOBODY, box(0, 0, 1, 1))) == (1, 0, 0, 0)
    assert counts(faults(polygons(box(0, 0, 1, 1)), box(0, 0, 1, 1))) == (0, 0, 0, 0)
    assert counts(faults(polygons(box(0, 0, 1, 1)), box(2, 0, 3, 1))) == (1, 0, 1, 0)


def test_cutting_comes_to_an_end_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noding, "_ROUNDS", 1)  # as if every cut led to another one
    cells = polygons(box(0, 0, 4, 4), box(2, 2, 6, 6))
    assert counts(faults(cells)) == (0, 0, 0, 0)  # all corners have become one
    monkeypatch.undo()
    assert counts(faults(cells)) == (0, 1, 0, 0)


corners = st.tuples(st.integers(0, 9), st.integers(0, 9))
shapes = st.lists(corners, min_size=3, max_size=6).map(Polygon).filter(lambda p: p.is_valid and p.area > 0)


@settings(max_examples=200, deadline=None)
@given(
    drawn=st.lists(shapes, min_size=1, max_size=9),
    degrees=st.sampled_from([0.0, 17.0, 45.0]),
    has_parent=st.booleans(),
)
def test_faults_are_what_overlays_say(drawn: list[Polygon], degrees: float, *, has_parent: bool) -> None:
    def placed(shape: shapely.Geometry) -> shapely.Geometry:
        turned = shapely.affinity.rotate(shape, degrees, origin=(0, 0))
        return shapely.transform(turned, lambda at: at * 37.77 + (6e5, 3.5e6) if degrees else at)

    cells = polygons(*(placed(shape) for shape in drawn))
    parents = polygons(placed(box(1, 1, 8, 8))) if has_parent else NOBODY
    land = (
        parents[0]
        if has_parent
        else shapely.union_all([p.exterior for p in shapely.get_parts(cells)]).envelope
    )
    found = faults_of(Chain.of(cells, parents), snap=SNAP)
    close = 1e-3 if degrees else 1e-5
    shared = dict(zip(map(tuple, found.overlap_pairs.tolist()), shapely.area(found.overlaps), strict=True))
    for i in range(len(cells)):
        for j in range(i + 1, len(cells)):
            expected = shapely.area(shapely.intersection(cells[i], cells[j], grid_size=1e-7))
            assert shared.get((i, j), 0.0) == pytest.approx(expected, abs=close)
    if has_parent:
        beyond = dict(zip(found.outside_polygon.tolist(), shapely.area(found.outside), strict=True))
        for i, cell in enumerate(cells):
            expected = shapely.area(shapely.difference(cell, land, grid_size=1e-7))
            assert beyond.get(i, 0.0) == pytest.approx(expected, abs=close)
        covered = shapely.union_all(cells, grid_size=1e-7)
        blank = shapely.area(shapely.difference(land, covered, grid_size=1e-7))
        assert shapely.area(found.gaps).sum() == pytest.approx(blank, abs=close)


@given(st.randoms(use_true_random=False), st.lists(shapes, min_size=2, max_size=7))
@settings(max_examples=60, deadline=None)
def test_order_and_drawing_do_not_matter(random: object, drawn: list[Polygon]) -> None:
    numbers = list(range(len(drawn)))
    random.shuffle(numbers)  # type: ignore[attr-defined] # a random.Random
    cells = polygons(*drawn)
    redrawn = [
        Polygon(np.roll(shapely.get_coordinates(cell)[:-1], 2, axis=0)[:: -1 if i % 2 else 1])
        for i, cell in enumerate(drawn)
    ]
    one = faults(cells, box(1, 1, 8, 8))
    other = faults(polygons(*(redrawn[i] for i in numbers)), box(1, 1, 8, 8))
    named = {
        tuple(sorted((numbers[i], numbers[j]))): shapely.normalize(place)
        for (i, j), place in zip(other.overlap_pairs.tolist(), other.overlaps, strict=True)
    }
    assert named.keys() == set(map(tuple, one.overlap_pairs.tolist()))
    for pair, place in zip(map(tuple, one.overlap_pairs.tolist()), one.overlaps, strict=True):
        assert shapely.equals_exact(named[pair], shapely.normalize(place), 1e-9)
    assert sorted(shapely.to_wkt(shapely.normalize(one.gaps), 9)) == sorted(
        shapely.to_wkt(shapely.normalize(other.gaps), 9)
    )
