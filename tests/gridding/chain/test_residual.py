"""Adding up edges: compiled and in NumPy, exact whatever the keys are."""

from __future__ import annotations

import runpy
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from benchmarks.damage import make_district
from gis.gridding.chain import compiled
from gis.gridding.chain.edges import Edges, canonical_ends, exact_turn
from gis.gridding.chain.faults import Chain
from gis.gridding.chain.residual import residual_of
from gis.gridding.chain.rings import Rings
from gis.gridding.chain.validity import are_valid

NOBODY = np.empty(0, dtype=object)
HOLED = box(0, 0, 10, 10).difference(box(2, 2, 3, 3))
ISLANDS = shapely.MultiPolygon([box(20, 0, 30, 10), box(40, 0, 50, 10).difference(box(42, 2, 43, 3))])


def polygons(*items: shapely.Geometry | None) -> np.ndarray:
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made


@pytest.fixture(params=["compiled", "numpy"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test on either path."""
    if request.param == "numpy":
        monkeypatch.setattr(compiled, "chain", None)
    elif compiled.chain is None:
        pytest.fail("the chain's functions are not compiled; run make setup")
    return str(request.param)


def test_rings_keep_order_and_say_what_they_are() -> None:
    rings = Rings.of(polygons(HOLED, None, box(0, 0, 1, 1), Polygon(), ISLANDS))
    assert rings.polygon.tolist() == [0, 0, 2, 4, 4, 4]
    assert rings.is_shell.tolist() == [True, False, True, True, True, False]
    assert np.diff(rings.offsets).tolist() == [5, 5, 5, 5, 5, 5]
    assert rings.polygon_of(np.array([0, 7, 12, 29])).tolist() == [0, 0, 2, 4]


def test_the_canonical_direction_is_from_west_to_east_then_from_south_to_north() -> None:
    points = np.array([(0, 0), (2, 5), (2, 1), (1, 3), (-1, 3), (-1, 3), (-1, 4), (0, 0)], dtype=np.float64)
    expected = [
        (*one, *other) if one <= other else (*other, *one) for one, other in pairwise(points.tolist())
    ]
    assert canonical_ends(points, np.arange(7)).tolist() == [list(ends) for ends in expected]
    strided = np.asfortranarray(points)
    assert canonical_ends(strided, np.array([3, 1])).tolist() == [list(expected[3]), list(expected[1])]


def test_lines_have_no_rings() -> None:
    with pytest.raises(ValueError, match="Only polygons"):
        Rings.of(polygons(shapely.LineString([(0, 0), (1, 1)])))


def test_both_paths_give_the_same_keys_signs_and_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    district = make_district(300, 1)
    cells = np.concatenate((district[:150], polygons(HOLED, ISLANDS), shapely.reverse(district[150:])))
    edges = Edges.of(Rings.of(cells))
    rest = residual_of(edges)
    monkeypatch.setattr(compiled, "chain", None)
    others = Edges.of(edges.rings)
    np.testing.assert_array_equal(others.keys, edges.keys)
    np.testing.assert_array_equal(others.signs, edges.signs)
    other_rest = residual_of(edges)
    np.testing.assert_array_equal(other_rest.edges, rest.edges)
    np.testing.assert_array_equal(other_rest.nets, rest.nets)


@pytest.mark.parametrize("mask", [0, 7])
def test_equal_keys_of_different_edges_do_no_harm(path: str, mask: int) -> None:
    edges = Edges.of(Rings.of(make_district(100, 2)))
    rest = residual_of(edges)
    colliding = residual_of(Edges(edges.rings, edges.keys & np.uint64(mask), edges.signs))
    np.testing.assert_array_equal(colliding.edges, rest.edges)
    np.testing.assert_array_equal(colliding.nets, rest.nets)


def test_a_partition_leaves_nothing(path: str) -> None:
    cells = make_district(300, 3)
    parent = polygons(shapely.coverage_union_all(cells))
    assert len(Chain.of(cells, parent).residual) == 0
    lake = 7
    without = np.delete(cells, lake)
    assert len(Chain.of(without, polygons(parent[0].difference(cells[lake]))).residual) == 0
    assert len(Chain.of(without, parent).residual) == shapely.get_num_coordinates(cells[lake]) - 1


def test_one_ulp_is_seen(path: str) -> None:
    cells = polygons(box(0, 0, 1, 1), box(1, 0, 2, 1))
    moved = polygons(
        cells[0], shapely.transform(cells[1], lambda at: np.where(at == 1, np.nextafter(1, 2), at))
    )
    parent = polygons(Polygon([(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)]))
    assert len(Chain.of(cells, parent).residual) == 0
    assert len(Chain.of(moved, parent).residual) > 0


def test_zero_has_no_sign(path: str) -> None:
    cells = polygons(box(-1, 0, 0, 1), Polygon([(-0.0, -0.0), (1, -0.0), (1, 1), (-0.0, 1)]))
    parent = polygons(Polygon([(-1, 0), (0, 0), (1, 0), (1, 1), (0, 1), (-1, 1)]))
    assert len(Chain.of(cells, parent).residual) == 0


def test_the_turn_of_a_thin_ring_is_exact(path: str) -> None:
    step = np.spacing(1e7)
    thin = np.array(
        [[1e7, 1e7], [1e7 + 8 * step, 1e7 + 8 * step], [1e7 + 4 * step, 1e7 + 5 * step], [1e7, 1e7]]
    )
    assert exact_turn(thin) == 1
    assert exact_turn(thin[::-1]) == -1
    for ring in (thin, thin[::-1]):
        edges = Edges.of(Rings.of(polygons(Polygon(ring))))
        direct = Edges.of(Rings.of(polygons(Polygon(thin - thin[0]))))
        assert sorted(edges.signs.tolist()) == sorted(direct.signs.tolist())


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=9))
def test_validity_is_that_of_geos(corners: list[tuple[int, int]]) -> None:
    cells = polygons(Polygon(corners), Polygon(np.array(corners) * 0.1 + 1e5), HOLED, None)
    rings = Rings.of(cells)
    expected = shapely.is_valid(cells) | shapely.is_missing(cells)
    np.testing.assert_array_equal(are_valid(cells, rings), expected)


def test_validity_of_a_district_and_of_bad_numbers(path: str) -> None:
    cells = make_district(200, 4)
    assert are_valid(cells, Rings.of(cells)).all()
    with np.errstate(invalid="ignore"):
        bad = polygons(
            Polygon([(0, 0), (1, 0), (np.nan, 1)]), Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), cells[0]
        )
        assert are_valid(bad, Rings.of(bad)).tolist() == [False, False, True]


@pytest.mark.parametrize(
    "offsets",
    [[0, 4], [0, 5, 5], [1, 5], [0, 9], [5, 0], []],
    ids=["short", "an empty ring", "late start", "too long", "descending", "none"],
)
def test_arrays_that_do_not_fit_are_refused(offsets: list[int]) -> None:
    ring = shapely.get_coordinates(box(0, 0, 1, 1))
    count = max(len(offsets) - 1, 0)
    bad = np.array(offsets, dtype=np.int64)
    assert compiled.chain is not None
    with pytest.raises(ValueError, match="do not fit"):
        compiled.chain.surely_simple(ring, bad, np.empty(count, np.uint8))
    with pytest.raises(ValueError, match="do not fit"):
        compiled.chain.ring_edges(
            ring,
            bad,
            np.ones(count, bool),
            np.zeros(1, np.uint64),
            np.empty(5, np.uint64),
            np.empty(5, np.int8),
            np.empty(count, np.int8),
        )
    with pytest.raises(ValueError, match="do not fit"):
        compiled.chain.residual(
            ring, np.empty(5, np.uint64), np.ones(5, np.int8), np.empty(5, np.int32), np.empty(5, np.int32)
        )
    with pytest.raises(TypeError, match="number of arrays"):
        compiled.chain.residual(ring)


@pytest.mark.parametrize("calls", [compiled.CALLS - 1, compiled.CALLS + 1, None])
def test_functions_from_other_sources_are_refused(calls: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ModuleType("_chain")
    if calls is not None:
        other.CALLS = calls  # type: ignore[attr-defined] # a module made up
    monkeypatch.setattr("gis.gridding.chain._chain", other, raising=False)
    found = runpy.run_path(str(compiled.__file__))
    assert (found["chain"], found["IS_OUTDATED"]) == (None, True)
