"""Every answer is GEOS' own: on clean and dirty coverages, for points anywhere and on the last bit."""

from __future__ import annotations

import os

import coverings
import numpy as np
import pytest
import shapely

from gis.gridding.coverage.index import CoverageIndex
from gis.gridding.coverage.kernel import IS_COMPILED

POINTS = 1_000_000 // len(coverings.KINDS) + 1
ROUNDS_AT_NIGHT = 10


def count_different(kind: str, points: int, seed: int) -> dict[str, int]:
    """Compare both ways of looking up, and all pairs, with GEOS; ids are shuffled against positions."""
    rng = np.random.default_rng(seed)
    polygons = coverings.KINDS[kind](rng)
    x, y = coverings.telling_points(polygons, points, rng)
    ids = rng.permutation(len(polygons)) * 7
    order = np.argsort(ids)
    index = CoverageIndex.build(polygons, ids)
    polygons = polygons[order]
    expected_pairs = coverings.all_of_geos(polygons, x, y)
    expected, on_outline = coverings.first_of_pairs(polygons, x, y, expected_pairs)
    different: dict[str, int] = {}
    for way in ("compiled", "numpy"):
        first, on = index.first(x, y, way)  # type: ignore[arg-type] # both are ways
        different[way] = int((first != expected).sum())
        different[f"{way} outlines"] = int((on != on_outline).sum())
    # as one number each: a set of so many pairs takes longer than finding them
    pairs, others = (point * len(polygons) + polygon for point, polygon in (index.all(x, y), expected_pairs))
    different["pairs"] = len(np.setxor1d(pairs, others)) + abs(len(pairs) - len(others))
    some = rng.integers(len(x), size=500)
    different["one"] = sum(index.locate_one(x[i], y[i]) != expected[i] for i in some)
    return {what: number for what, number in different.items() if number}


@pytest.mark.parametrize("kind", coverings.KINDS)
def test_a_million_answers_are_those_of_geos(kind: str) -> None:
    assert count_different(kind, POINTS, seed=1) == {}


@pytest.mark.nightly
@pytest.mark.parametrize("kind", coverings.KINDS)
def test_ten_million_answers_are_those_of_geos(kind: str) -> None:
    for seed in range(2, 2 + ROUNDS_AT_NIGHT):
        assert count_different(kind, POINTS, seed=seed) == {}, f"seed {seed}"


def test_the_oracle_tells_a_wrong_index_from_a_right_one() -> None:
    rng = np.random.default_rng(0)
    polygons = coverings.wiggly(rng)
    x, y = coverings.telling_points(polygons, 20_000, rng)
    moved = CoverageIndex.build(shapely.transform(polygons, lambda xy: xy + 1e-7), np.arange(len(polygons)))
    assert (moved.first(x, y)[0] != coverings.first_of_geos(polygons, x, y)[0]).sum() > 100


def test_the_answer_does_not_depend_on_how_polygons_are_written() -> None:
    rng = np.random.default_rng(3)
    polygons = coverings.dirty(rng)
    x, y = coverings.telling_points(polygons, 40_000, rng)
    ids = np.arange(len(polygons))
    one = CoverageIndex.build(polygons, ids)
    turned = []
    for polygon in polygons:
        ring = shapely.get_coordinates(polygon)[:-1]
        ring = np.roll(ring, int(rng.integers(len(ring))), axis=0)
        turned.append(shapely.Polygon(ring[:: rng.choice((-1, 1))]))
    shuffled = rng.permutation(len(polygons))
    other = CoverageIndex.build(coverings.objects(turned)[shuffled], ids[shuffled])
    assert (one.ids == other.ids).all()
    assert (one.first(x, y)[0] == other.first(x, y)[0]).all()


def test_the_raster_own_corners_are_answered_exactly() -> None:
    rng = np.random.default_rng(4)
    polygons = coverings.wiggly(rng)
    index = CoverageIndex.build(polygons, np.arange(len(polygons)))
    frame = index.tables.frame
    column, row = rng.integers(0, (frame.columns * 8, frame.rows * 8), (100_000, 2)).T / 8
    x, y = column / frame.x_scale + frame.west, row / frame.y_scale + frame.south
    for _ in range(2):
        x = np.nextafter(x, rng.choice((-np.inf, np.inf), len(x)))
    assert (index.first(x, y)[0] == coverings.first_of_geos(polygons, x, y)[0]).all()


def test_no_polygons_have_no_points() -> None:
    index = CoverageIndex.build(np.empty(0, dtype=object), np.empty(0, dtype=np.int64))
    assert index.first([118.8, np.nan], [31.9, 0.0])[0].tolist() == [-1, -1]
    assert index.all([118.8], [31.9])[0].tolist() == []
    assert index.first([], [])[0].tolist() == []


def test_the_kernel_is_compiled_where_set_up_says_so() -> None:
    # set-up compiles it wherever there is a compiler, and the tests need one to compare both ways
    assert IS_COMPILED or os.environ.get("WANGGE_NO_KERNEL"), "run `make setup` on a machine with a compiler"
