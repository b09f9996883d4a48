"""Compiled code and NumPy build the same windows, and it cannot be brought to read what is not there."""

from __future__ import annotations

import runpy
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import coverings
import numpy as np
import pytest
import shapely
from shapely import affinity

from benchmarks.coverages import make_coverage
from gis.gridding.coverage.building import blocks, compiled, windows
from gis.gridding.coverage.building.raster import Window
from gis.gridding.coverage.frame import Frame
from gis.gridding.coverage.index import CoverageIndex
from gis.gridding.coverage.layout import LAYOUT
from gis.gridding.coverage.outlines import Outlines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.coverage.building.raster import Surroundings

DEPTHS = ((3, 4), (2, 2), (0, 4), (0, 0))  # at first, and at most
BUILDABLE = [kind for kind in coverings.KINDS if kind not in {"invalid", "vast", "minute"}]


def around(polygons: NDArray[np.object_]) -> tuple[Surroundings, Frame]:
    outlines = Outlines.of(polygons)
    frame = Frame.over(outlines.vertices)
    return windows.surroundings(outlines, frame, np.arange(len(outlines))), frame


def require_same(near: Surroundings, window: Window) -> None:
    assert compiled.can_build(near, window)
    made, expected = blocks.build_window(near, window, 9, 5), blocks.drawn_window(near, window, 9, 5)
    for name in blocks.Built.__slots__:
        np.testing.assert_array_equal(getattr(made, name), getattr(expected, name), err_msg=name)


@pytest.mark.parametrize("kind", BUILDABLE)
def test_compiled_code_and_numpy_build_the_same_windows(kind: str) -> None:
    rng = np.random.default_rng(21)
    near, frame = around(coverings.KINDS[kind](rng))
    for depth, deepest in DEPTHS:
        row, column = int(rng.integers(frame.rows)), int(rng.integers(frame.columns))
        east, north = min(column + 60, frame.columns), min(row + 40, frame.rows)
        require_same(near, Window(column, row, east, north, depth, deepest))


def test_windows_without_outlines_are_the_same_too() -> None:
    large = [shapely.box(0, 0, 8, 8), shapely.box(2, 2, 6, 6), shapely.box(0, 8, 0.01, 8.01)]
    near, frame = around(coverings.objects(large))
    for column, row in ((3, 3), (frame.columns // 2, frame.rows // 2), (frame.columns - 1, frame.rows - 1)):
        require_same(near, Window(column, row, column + 1, row + 1, 2, 2))
    none = replace(near, edges=near.edges.only(np.arange(0)))
    require_same(none, Window(0, 0, 3, 3, 2))


@pytest.mark.parametrize("kind", ["invalid", "vast"])
def test_what_only_geos_can_tell_is_left_to_numpy(kind: str) -> None:
    near, frame = around(coverings.KINDS[kind](np.random.default_rng(21)))
    assert not compiled.can_build(near, Window(0, 0, frame.columns, frame.rows, 2))


def test_a_window_of_more_cells_than_can_be_numbered_is_left_to_numpy() -> None:
    near, _ = around(make_coverage(60, 1))
    assert compiled.can_build(near, Window(0, 0, 1 << 12, 1 << 6, 3))
    assert not compiled.can_build(near, Window(0, 0, 1 << 12, 1 + (1 << 6), 3))
    with pytest.raises(ValueError, match="no cells, or more"):
        build(near, (0, 0, 1 << 12, 1 + (1 << 6), 3, 4))


def test_edits_leave_the_same_tables_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    polygons = make_coverage(200, 7)
    changed = [affinity.scale(polygon, 1.2, 0.9) for polygon in polygons]
    made, expected = (CoverageIndex.build(polygons, np.arange(len(polygons))) for _ in range(2))
    for one in range(40, 160, 7):
        made.replace([one], coverings.objects([changed[one]]))
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "build", None)
        for one in range(40, 160, 7):
            expected.replace([one], coverings.objects([changed[one]]))
    for name, array in made.arrays().items():
        np.testing.assert_array_equal(array, expected.arrays()[name], err_msg=name)


# --- what the compiled code is given ------------------------------------------------------------------


def build(near: Surroundings, window: tuple[int, ...], **changed: NDArray[Any]) -> Any:
    module: Any = compiled.build  # types are left to the module
    arrays = {name: getattr(near.edges, name) for name in ("u1", "v1", "u2", "v2")}
    arrays |= {name: getattr(near.edges, name) for name in ("vertex", "polygon", "before", "after")}
    arrays |= {"positions": near.positions, "vertices": near.vertices} | changed
    return module.build_window(window, 0, 0, *arrays.values())


def test_edges_are_looked_at_before_they_are_used() -> None:
    near, frame = around(make_coverage(60, 1))
    window = (0, 0, frame.columns, frame.rows, 2, 2)
    edges, count = near.edges, len(near.edges)
    assert build(near, window)
    ends = {"vertex": len(near.vertices) - 1, "polygon": 60, "before": count, "after": count}
    for name, end in ends.items():
        for wrong in (-1, end):
            numbers = getattr(edges, name).copy()
            numbers[-1] = wrong
            with pytest.raises(ValueError, match="refers to what is not there"):
                build(near, window, **{name: numbers})
    for far in (np.nan, np.inf, 1e12):
        places = edges.v2.copy()
        places[3] = far
        with pytest.raises(ValueError, match="far from the raster"):
            build(near, window, v2=places)
    with pytest.raises(ValueError, match="in its polygon's place"):
        build(near, window, polygon=edges.polygon[::-1].copy())
    with pytest.raises(ValueError, match="as many numbers as edges"):
        build(near, window, u1=edges.u1[:-1])
    with pytest.raises(ValueError, match="no pairs"):
        build(near, window, vertices=near.vertices.ravel())
    with pytest.raises(TypeError, match="vertex: an array of int64"):
        build(near, window, vertex=edges.vertex.astype(np.int32))
    for bad in ((0, 0, 0, 1, 2, 2), (-1, 0, 1, 1, 2, 2), (0, 0, 1, 1, 2, 5), (0, 0, 1, 1, 3, 2)):
        with pytest.raises(ValueError, match="no cells"):
            build(near, bad)


def test_edges_that_are_no_rings_are_built_without_harm() -> None:
    rng = np.random.default_rng(22)
    near, _ = around(make_coverage(12, 1))
    count = len(near.edges)
    for _ in range(5):
        ends = {name: rng.uniform(-3.0, 23.0, count) for name in ("u1", "v1", "u2", "v2")}
        build(near, (0, 0, 20, 20, 2, 2), after=rng.integers(count, size=count), **ends)


@pytest.mark.parametrize("number", [LAYOUT - 1, LAYOUT + 1, None])
def test_a_module_from_other_sources_is_refused(number: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ModuleType("_build")
    if number is not None:
        other.LAYOUT = number  # type: ignore[attr-defined] # a module made up
    monkeypatch.setattr("gis.gridding.coverage.building._build", other, raising=False)
    found = runpy.run_path(str(compiled.__file__))
    assert (found["build"], found["IS_OUTDATED"]) == (None, True)
