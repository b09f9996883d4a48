"""The quick way against the arrays: the same faults of the same chain."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from faultless import polygons, require_same
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from benchmarks.damage import make_district
from gis.gridding.chain.edges import Edges
from gis.gridding.chain.faults import Chain, Faults, faults_of
from gis.gridding.chain.rings import Rings
from gis.gridding.watching import compiled, quick
from gis.gridding.watching.ground import Ground
from gis.gridding.watching.live import left_of
from gis.gridding.watching.quick import quick_faults_of
from gis.gridding.watching.runs import copies_in, renamed, residual_in
from gis.gridding.watching.unmatched import Unmatched

SNAP = 1e-6
NOBODY = np.empty(0, dtype=object)

corners = st.tuples(st.integers(0, 9), st.integers(0, 9))
shapes = st.lists(corners, min_size=3, max_size=6).map(Polygon).filter(lambda p: p.is_valid and p.area > 0)


@pytest.fixture(params=["compiled", "python"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "python":
        monkeypatch.setattr(compiled, "watch", None)


def both_ways(cells: np.ndarray, parents: np.ndarray) -> tuple[Faults, Faults]:
    """Find all faults of cells as after an edit, and as in a full check."""
    chain = Chain.of(cells, parents)
    around = shapely.total_bounds(np.concatenate((cells, parents)))
    near = Ground(cells, parents).near(tuple(around.tolist()))
    left = left_of(chain.edges, chain.residual)
    found = quick_faults_of(near, left, snap=SNAP, usual=1 - bool(len(parents)))
    return found, renamed(faults_of(chain, snap=SNAP), np.array(near.names))


@settings(max_examples=100, deadline=None)
@given(
    drawn=st.lists(shapes, min_size=1, max_size=6),
    degrees=st.sampled_from([0.0, 17.0, 45.0]),
    has_parent=st.booleans(),
)
def test_both_ways_find_the_same(drawn: list[Polygon], degrees: float, *, has_parent: bool) -> None:
    def placed(shape: shapely.Geometry) -> shapely.Geometry:
        turned = shapely.affinity.rotate(shape, degrees, origin=(0, 0))
        return shapely.transform(turned, lambda at: at * 37.77 + (6e5, 3.5e6) if degrees else at)

    cells = polygons(*(placed(shape) for shape in drawn))
    parents = polygons(placed(box(1, 1, 8, 8))) if has_parent else NOBODY
    found, expected = both_ways(cells, parents)
    require_same(found, expected, close=1e-5 if degrees else 1e-9)


def test_the_quick_way_does_what_edits_bring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "faults_of", None)
    left, right, upper = box(0, 0, 10, 10), box(10, 0, 20, 10), box(0, 10, 20, 20)

    def found(*cells: shapely.Geometry) -> tuple[int, int, int, int]:
        its, expected = both_ways(polygons(*cells), polygons(box(0, 0, 20, 20)))
        require_same(its, expected)
        return len(its.gaps), len(its.overlaps), len(its.outside), len(its.mismatches.points)

    # upper lacks the corner between the two others, and the outline all but its own
    assert found(left, right, upper) == (0, 0, 0, 4)
    assert found(left, box(12, 0, 20, 10), upper) == (1, 0, 0, 2)
    assert found(left, box(8, 0, 20, 10), upper) == (0, 1, 0, 2)
    assert found(left, box(10, 0, 22, 10), upper) == (0, 0, 1, 3)
    assert found(box(0, 0, 12, 12), right, upper)[:3] == (0, 2, 0)


def test_copies_of_a_few_edges_are_those_found_with_arrays() -> None:
    cells = make_district(60, 1)
    edges = Edges.of(Rings.of(cells))
    there = Unmatched.of(Edges.of(Rings.of(cells[:20])))
    wanted = {
        tuple(ends): (net, key)
        for ends, net, key in zip(there.ends.tolist(), there.nets.tolist(), there.keys.tolist(), strict=True)
    }
    # the same keys for edges that are not there
    wanted |= {(a + 1.0, b, c, d): left for (a, b, c, d), left in list(wanted.items())[::3]}
    for edge in list(wanted)[:40:7]:
        del wanted[edge]
    ends = np.array(list(wanted))
    nets, keys = zip(*wanted.values(), strict=True)
    expected = residual_in(edges, Unmatched(ends, np.array(keys, np.uint64), np.array(nets)))
    found = copies_in(edges, wanted)
    assert len(found) > len(there)
    np.testing.assert_array_equal(found.edges, expected.edges)
    np.testing.assert_array_equal(found.nets, expected.nets)
    assert not len(copies_in(edges, {}))
