"""The quick way against the arrays: the same faults of the same chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from faultless import polygons, require_same
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from gis.gridding.chain.faults import Chain, faults_of
from gis.gridding.watching import quick
from gis.gridding.watching.quick import quick_faults_of

if TYPE_CHECKING:
    import pytest

SNAP = 1e-6
NOBODY = np.empty(0, dtype=object)

corners = st.tuples(st.integers(0, 9), st.integers(0, 9))
shapes = st.lists(corners, min_size=3, max_size=6).map(Polygon).filter(lambda p: p.is_valid and p.area > 0)


@settings(max_examples=200, deadline=None)
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
    chain = Chain.of(cells, polygons(placed(box(1, 1, 8, 8))) if has_parent else NOBODY)
    found = quick_faults_of(chain, snap=SNAP, usual=0 if has_parent else 1)
    require_same(found, faults_of(chain, snap=SNAP), close=1e-5 if degrees else 1e-9)


def test_the_quick_way_does_what_edits_bring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "faults_of", None)
    left, right, upper = box(0, 0, 10, 10), box(10, 0, 20, 10), box(0, 10, 20, 20)

    def found(*cells: shapely.Geometry) -> tuple[int, int, int, int]:
        chain = Chain.of(polygons(*cells), polygons(box(0, 0, 20, 20)))
        its = quick_faults_of(chain, snap=SNAP, usual=0)
        require_same(its, faults_of(chain, snap=SNAP))
        return len(its.gaps), len(its.overlaps), len(its.outside), len(its.mismatches.points)

    # upper lacks the corner between the two others, and the outline all but its own
    assert found(left, right, upper) == (0, 0, 0, 4)
    assert found(left, box(12, 0, 20, 10), upper) == (1, 0, 0, 2)
    assert found(left, box(8, 0, 20, 10), upper) == (0, 1, 0, 2)
    assert found(left, box(10, 0, 22, 10), upper) == (0, 0, 1, 3)
    assert found(box(0, 0, 12, 12), right, upper)[:3] == (0, 2, 0)
