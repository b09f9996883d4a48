"""Nested levels simplified at once: seamless, nested edge for edge, valid, and nothing vanishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely
from districts import make_district
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box
from shapes import block, bow_tie, square, stored, t_junction, two_by_two, with_gap, with_overlap
from strategies import coverage

from gis.gridding.chain.faults import Chain
from gis.gridding.simplifying.following import Leaders
from gis.gridding.simplifying.nested import Level, simplify_levels
from gis.gridding.simplifying.outlines import are_partitioned, outlines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gis.gridding.simplifying.nested import Simplified


def array(*shapes: Any) -> NDArray[np.object_]:
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


def level(shapes: Sequence[Any], *parent: int) -> Level:
    return Level(array(*map(stored, shapes)), np.array(parent, dtype=np.int64))


def district_levels(side: int = 6) -> list[Level]:
    grids, areas = make_district(side)
    below = grids[grids["kind"] == "natural"].rename(columns={"community_code": "parent_code"})
    levels = []
    for name in ("community", "street", "district"):
        above = areas[areas["level"] == name]
        parent = pd.Index(above["code"]).get_indexer(below["parent_code"])
        levels.append(Level(below.geometry.to_numpy(), parent))
        below = above
    return [*levels, Level(below.geometry.to_numpy(), np.full(len(below), -1))]


def residuals(found: Simplified) -> list[int]:
    pairs = zip(found.levels, found.levels[1:], strict=False)
    return [len(Chain.of(below, above).residual) for below, above in pairs]


def corners(polygons: Sequence[Any]) -> set[tuple[float, ...]]:
    return {tuple(at) for at in shapely.get_coordinates(polygons).tolist()}


def count(polygons: Sequence[Any]) -> int:
    return int(shapely.get_num_coordinates(polygons).sum())


@pytest.mark.parametrize("tolerance_m", [20, 200, 2000])
def test_a_district_stays_seamless_and_nested_edge_for_edge(tolerance_m: float) -> None:
    levels = district_levels()
    found = simplify_levels(levels, tolerance_m)
    assert residuals(found) == [0, 0, 0]
    assert all(flags.all() for flags in found.seamless)
    for before, after in zip(levels, found.levels, strict=True):
        assert shapely.is_valid(after).all()
        assert (shapely.area(after) > 0).all()
        assert corners(after) <= corners(before.polygons)
        assert count(after) < count(before.polygons)
    for at, above in enumerate(found.levels[1:]):
        for number, outline in enumerate(above):
            parts = found.levels[at][levels[at].parent == number]
            united = shapely.coverage_union_all(parts)
            assert shapely.equals(outline, united)
            assert corners([outline]) == corners([united])


def test_a_larger_tolerance_leaves_fewer_corners() -> None:
    levels = district_levels()
    counts = [count(simplify_levels(levels, metres).levels[0]) for metres in (1, 30, 100, 300, 1000)]
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) == len(counts)


@pytest.mark.parametrize(("tolerance_m", "left"), [(9, 11), (11, 3)])
def test_the_tolerance_is_the_root_of_a_triangle_in_square_metres(tolerance_m: float, left: int) -> None:
    # teeth of 20 m by 10 m between two squares: triangles of 100 m²
    teeth = [(100 + 10 * (i % 2), 10 * i) for i in range(11)]
    west = Polygon([(0, 0), *teeth, (0, 100)])
    east = Polygon([(200, 0), (200, 100), *reversed(teeth)])
    found = simplify_levels([level([west, east], 0, 0), level([box(0, 0, 200, 100)], -1)], tolerance_m)
    # two more make the first and the last tooth only half as large
    assert count(found.levels[0]) <= 2 * (3 + left)
    shared = corners([found.levels[0][0]]) & corners([found.levels[0][1]])
    assert (len(shared) > 3) == (tolerance_m < 10)


def test_the_order_of_rows_does_not_matter_and_twice_is_the_same() -> None:
    levels = district_levels()
    order = np.random.default_rng(3).permutation(len(levels[0].polygons))
    shuffled = [Level(levels[0].polygons[order], levels[0].parent[order]), *levels[1:]]
    first, again, other = (simplify_levels(given, 150) for given in (levels, levels, shuffled))
    for one, two in zip(first.levels, again.levels, strict=True):
        assert shapely.to_wkb(one).tolist() == shapely.to_wkb(two).tolist()
    assert shapely.equals_exact(
        shapely.normalize(first.levels[0][order]), shapely.normalize(other.levels[0])
    ).all()
    for one, two in zip(first.levels[1:], other.levels[1:], strict=True):
        assert shapely.equals_exact(shapely.normalize(one), shapely.normalize(two)).all()


def test_areas_without_grids_keep_the_edges_of_their_neighbours() -> None:
    levels = district_levels()
    gone = np.isin(levels[0].parent, (0, 4))
    few = [Level(levels[0].polygons[~gone], levels[0].parent[~gone]), *levels[1:]]
    found, full = simplify_levels(few, 150), simplify_levels(levels, 150)
    assert residuals(found)[1:] == [0, 0]
    assert all(flags.all() for flags in found.seamless)
    there = np.setdiff1d(np.arange(len(levels[1].polygons)), (0, 4))
    assert len(Chain.of(found.levels[0], found.levels[1][there]).residual) == 0
    assert count(found.levels[1]) < count(levels[1].polygons)
    assert shapely.equals(found.levels[2], full.levels[2]).all()


def wavy(shapes: Sequence[Polygon]) -> list[Polygon]:
    """The shapes with corners every 10 m, moved a little, the same ones where they are common."""

    def moved(at: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = at.T
        inside = (x > 0) & (x < 200) & (y > 0) & (y < 200)
        return np.column_stack((x + inside * np.sin(y * 0.7), y + inside * np.sin(x * 0.9)))

    return [shapely.transform(shapely.segmentize(shape, 10), moved) for shape in shapes]


def two_streets(grids: Sequence[Polygon], *parent: int) -> list[Level]:
    """Grids in a western and an eastern community of one street."""
    halves = wavy([box(0, 0, 100, 200), box(100, 0, 200, 200)])
    return [level(grids, *parent), level(halves, 0, 0), level(wavy([block()]), -1)]


PARENTS = (0, 1, 0, 1)


def test_a_gap_is_said_and_its_edges_count() -> None:
    grids = wavy(list(with_gap(20).values()))
    levels = two_streets(grids, *PARENTS)
    found = simplify_levels(levels, 6)
    assert [flags.tolist() for flags in found.seamless] == [[False] * 4, [False, False], [True]]
    assert residuals(found)[1] == 0
    assert shapely.is_valid(found.levels[0]).all()
    # the communities hold grids and gap, and both lost corners
    left = shapely.area(found.levels[1]).sum() - shapely.area(found.levels[0]).sum()
    assert left == pytest.approx(
        shapely.area(levels[1].polygons).sum() - shapely.area(levels[0].polygons).sum(), rel=0.2
    )
    assert count(found.levels[1]) < 0.6 * count(levels[1].polygons)
    for grid in found.levels[0]:
        assert min(shapely.area(shapely.difference(grid, found.levels[1]))) < 1e-12


@pytest.mark.parametrize("faulty", [with_overlap, t_junction])
def test_what_is_no_coverage_is_said_and_still_drawn(faulty: Any) -> None:
    grids = wavy(list(faulty(6).values())) if faulty is with_overlap else wavy(list(faulty().values())[:2])
    if faulty is t_junction:
        grids.append(shapely.segmentize(list(faulty().values())[2], 13))
    levels = [level(grids, *[0] * len(grids)), level(wavy([block()]), -1)]
    found = simplify_levels(levels, 6)
    assert not np.concatenate(found.seamless).any()
    for before, after in zip(levels, found.levels, strict=True):
        assert shapely.is_valid(after).all()
        assert shapely.area(after) == pytest.approx(shapely.area(before.polygons), rel=0.1)
        assert count(after) < count(before.polygons)


def test_a_fault_in_one_community_leaves_the_others_seamless() -> None:
    west = wavy([box(0, 0, 100, 100), box(0, 95, 100, 200)])
    east = wavy([box(100, 0, 200, 100), box(100, 100, 200, 200)])
    found = simplify_levels(two_streets([*west, *east], 0, 0, 1, 1), 6)
    assert [flags.tolist() for flags in found.seamless] == [[False, False, True, True], [False, True], [True]]
    assert residuals(found)[1] == 0
    assert len(Chain.of(found.levels[0][2:], found.levels[1][1:]).residual) == 0


def test_what_is_no_polygon_stays_and_a_place_without_levels_too() -> None:
    grids = [*wavy(list(two_by_two().values()))[:3], bow_tie(), None, Polygon()]
    levels = two_streets(grids, *PARENTS, 1, -1)
    found = simplify_levels(levels, 6)
    for at in (3, 4, 5):
        assert found.levels[0][at] is levels[0].polygons[at]
    assert [flags.tolist() for flags in found.seamless][1] == [True, False]
    assert residuals(found)[1] == 0
    empty = simplify_levels([level([]), level([])], 5)
    assert [len(polygons) for polygons in empty.levels] == [0, 0]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(1, 8), st.sampled_from([1.0, 10.0, 60.0]))
def test_random_coverages_stay_partitions(seed: int, side: int, bends: int, tolerance_m: float) -> None:
    rng = np.random.default_rng(seed)
    drawn = coverage(side, side, bends, rng)
    cells = array(*map(stored, drawn.cells))
    parent = rng.integers(0, 3, len(cells))
    parents = outlines_of(cells, parent, 3)
    kept = np.array([outline is not None for outline in parents])
    number = np.cumsum(kept) - 1
    levels = [
        Level(cells, number[parent]),
        Level(parents[kept], np.zeros(kept.sum(), dtype=np.int64)),
        Level(outlines_of(cells, np.zeros(len(cells), dtype=np.int64), 1), np.array([-1])),
    ]
    found = simplify_levels(levels, tolerance_m)
    assert residuals(found) == [0, 0]
    assert all(flags.all() for flags in found.seamless)
    for after in found.levels:
        assert shapely.is_valid(after).all()
        assert (shapely.area(after) > 0).all()


def test_outlines_of_children_around_a_hole_and_of_parts_that_touch() -> None:
    ring = [box(0, 0, 3, 1), box(0, 1, 1, 2), box(2, 1, 3, 2), box(0, 2, 3, 3)]
    lattice = [shapely.segmentize(shape, 1) for shape in ring]
    pair = [box(10, 0, 11, 1), box(11, 1, 12, 2)]
    made = outlines_of(array(*lattice, *pair), np.array([0, 0, 0, 0, 2, 2]), 3)
    assert made[0].equals(box(0, 0, 3, 3).difference(box(1, 1, 2, 2)))
    assert made[1] is None
    assert shapely.get_num_geometries(made[2]) == 2
    twice = outlines_of(array(square(), square()), np.array([0, 0]), 1)
    assert twice[0] is None


def test_a_partition_is_told_for_each_parent() -> None:
    cells = array(*two_by_two().values())
    parents = array(shapely.segmentize(block(), 100), square(0, 0), None, box(0, 0, 200, 100))
    parent = np.array([0, 0, 0, 0, 1, 2, 3])
    children = np.concatenate((cells, array(square(0, 0), square(0, 0), square(0, 0))))
    assert are_partitioned(children, parent, parents).tolist() == [True, True, False, False]
    assert are_partitioned(cells, np.zeros(4, dtype=np.int64), array(square(), square())).tolist() == [
        False,
        False,
    ]


def test_what_lies_over_a_coverage_drops_the_corners_that_went() -> None:
    base = wavy([box(0, 0, 100, 200), box(100, 0, 200, 200)])
    after = shapely.coverage_simplify(array(*base), 6)
    over = wavy([box(100, 50, 150, 150)])
    followed, follows = Leaders(array(*base), after).follow(array(*over), 6)
    common = corners(base) & corners(over)
    assert corners(followed) & common == corners(after) & common
    assert shapely.is_valid(followed).all()
    assert follows.all()
    alone, _ = Leaders(array(), array()).follow(array(*over), 6)
    assert corners(alone) == corners(shapely.coverage_simplify(array(*over), 6))


def test_a_ring_that_would_lose_all_its_corners_keeps_them() -> None:
    pond = box(40, 40, 60, 60)
    gone = Leaders(array(pond), array(box(500, 500, 600, 600)))
    made, follows = gone.follow(array(square().difference(pond), pond), 1e-9)
    assert made[0].equals(square().difference(pond))
    assert made[1].equals(pond)
    assert follows.all()


def test_what_would_be_invalid_by_following_is_simplified_by_itself() -> None:
    # without the corner at (50, -100) the lower edge would run through the tip of the notch
    notched = Polygon([(0, 0), (50, -100), (100, 0), (100, 100), (55, 100), (50, -50), (45, 100), (0, 100)])
    below = Polygon([(0, 0), (50, -100), (100, 0), (50, -200)])
    leaders = Leaders(array(below), array(Polygon([(0, 0), (100, 0), (50, -200)])))
    made, follows = leaders.follow(array(notched, below), 1e-9)
    assert made[0].equals(notched)
    assert corners([made[1]]) == {(0, 0), (100, 0), (50, -200)}
    assert follows.tolist() == [False, True]


@pytest.mark.parametrize("tolerance_m", [2, 3, 4, 5])
def test_a_border_with_fewer_corners_on_one_side_stays_common_above(tolerance_m: float) -> None:
    west = [shapely.simplify(shape, 0.4) for shape in wavy([box(0, 0, 100, 100), box(0, 100, 100, 200)])]
    east = wavy([box(100, 0, 200, 100), box(100, 100, 200, 200)])
    found = simplify_levels(two_streets([*west, *east], 0, 0, 1, 1), tolerance_m)
    assert [flags.tolist() for flags in found.seamless] == [[False, False, True, True], [False, True], [True]]
    assert residuals(found)[1] == 0
    assert len(Chain.of(found.levels[0][2:], found.levels[1][1:]).residual) == 0
