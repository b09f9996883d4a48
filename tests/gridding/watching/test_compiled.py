"""The compiled part of following edits against its twin in Python, to the last bit, and against nonsense."""

from __future__ import annotations

import runpy
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from faultless import polygons
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from gis.gridding.chain.edges import canonical_ends, keys_of
from gis.gridding.chain.faults import Chain
from gis.gridding.watching import compiled
from gis.gridding.watching.drawing import draw
from gis.gridding.watching.ground import Ground, Near
from gis.gridding.watching.live import changed_edges, left_of
from gis.gridding.watching.tracing import UnsureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.gridding.watching.unmatched import Edge, Left

SNAP = 1e-6
NOBODY = np.empty(0, dtype=object)
HOLED = box(0, 0, 9, 9).difference(box(2, 2, 4, 4)).difference(box(5, 5, 7, 8))
ISLANDS = MultiPolygon([box(1, 1, 3, 3), box(4, 4, 8, 8).difference(box(5, 5, 6, 6))])

# most are on a lattice, some a little off it: about as far as points are taken as one
places = st.integers(0, 9).map(float) | st.tuples(st.integers(0, 9), st.integers(-9, 9)).map(
    lambda both: both[0] + 0.6 * SNAP * both[1]
)
corners = st.lists(st.tuples(places, places), min_size=3, max_size=7)
odd = st.sampled_from([HOLED, ISLANDS, box(-0.0, -0.0, 9, 9), box(0, 0, 0.1, 0.1)])
tiles = st.sampled_from([box(x, y, x + 3, y + 3) for x in (0, 3, 6) for y in (0, 3, 6)])
shapes = corners.map(Polygon).filter(lambda one: one.is_valid and one.area > 0.1) | odd | tiles


@pytest.fixture(autouse=True)
def watch() -> Any:
    if compiled.watch is None:
        pytest.fail("the functions that follow edits are not compiled; run make setup")
    return compiled.watch


def surroundings(cells: np.ndarray, parents: np.ndarray) -> tuple[Near, dict[Edge, Left]]:
    chain = Chain.of(cells, parents)
    around = shapely.total_bounds(np.concatenate((cells, parents)))
    return Ground(cells, parents).near(tuple(around.tolist())), left_of(chain.edges, chain.residual)


@contextmanager
def in_python() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "watch", None)
        yield


def drawn(near: Near, left: dict[Edge, Left], usual: int) -> list[Any] | None:
    try:
        found = draw(near, left, SNAP, usual)
    except UnsureError:
        return None
    faces = [shapely.to_wkb(faces).tolist() for faces in (found.empty, found.crowded)]
    return [*faces, found.beside, found.cuts, found.passing]


@settings(max_examples=200, deadline=None)
@given(
    cells=st.lists(shapes, min_size=1, max_size=5),
    degrees=st.sampled_from([0.0, 17.0, 45.0]),
    has_parent=st.booleans(),
    usual=st.sampled_from([-1, 0, 0, 1, 1, 2]),
    passes=st.booleans(),
)
def test_the_same_is_drawn(
    cells: list[Any], degrees: float, *, has_parent: bool, usual: int, passes: bool
) -> None:
    def placed(shape: shapely.Geometry) -> shapely.Geometry:
        turned = shapely.affinity.rotate(shape, degrees, origin=(0, 0))
        return shapely.transform(turned, lambda at: at * 37.77 + (6e5, 3.5e6) if degrees else at)

    parents = polygons(placed(box(1, 1, 8, 8)), placed(box(8, 1, 9, 9))) if has_parent else NOBODY
    near, left = surroundings(polygons(*(placed(cell) for cell in cells)), parents)
    if passes:  # as an edge that cancels and passes through a face
        edges = near.edges()
        which = np.flatnonzero(edges.signs)[:2]
        ends = canonical_ends(edges.rings.vertices, which)
        left |= {tuple(its): (0, int(key)) for its, key in zip(ends.tolist(), keys_of(ends), strict=True)}
    found = drawn(near, left, usual)
    with in_python():
        assert drawn(near, left, usual) == found


def test_many_segments_are_left_to_arrays() -> None:
    def woven(count: int) -> tuple[Near, dict[Edge, Left]]:
        across = [box(0, 3 * i, 100, 3 * i + 1) for i in range(count)]
        return surroundings(polygons(*across, *(box(3 * i, -1, 3 * i + 1, 99) for i in range(count))), NOBODY)

    apart = surroundings(polygons(*(box(3 * i, 0, 3 * i + 1, 1) for i in range(126))), NOBODY)
    few, many = drawn(*woven(6), 1), drawn(*woven(8), 1)
    assert few is not None
    assert (len(few[1]), many, drawn(*apart, 1)) == (36, None, None)
    with in_python():
        assert (drawn(*woven(6), 1), drawn(*woven(8), 1), drawn(*apart, 1)) == (few, None, None)


@pytest.mark.parametrize(
    ("one", "other", "ends", "count"),
    [
        (box(0, 0, 1, 1), box(3, 0, 4, 1), [(1, 1), (3, 1)], 2),
        # without the edge between them one may lie in the other
        (Polygon([(0, 0), (5, 0), (5, 1), (1, 1), (1, 5), (0, 5)]), box(3, 3, 4, 4), [(5, 1), (4, 3)], None),
    ],
)
def test_an_edge_between_two_faces_bounds_neither(
    one: Polygon, other: Polygon, ends: list[tuple[int, int]], count: int | None
) -> None:
    near, left = surroundings(polygons(one, other, Polygon([*ends, (9, 9)])), NOBODY)
    bridge = {edge: its for edge, its in left.items() if 9.0 not in edge}
    assert len(bridge) == len(left) - 2
    found = drawn(near, bridge, 0)
    assert (found and len(found[1])) == count
    with in_python():
        assert drawn(near, bridge, 0) == found


@settings(max_examples=100, deadline=None)
@given(both=st.lists(shapes | st.sampled_from([None, Polygon(), MultiPolygon()]), max_size=8))
def test_the_same_has_changed(both: list[Any]) -> None:
    count = len(both) // 2
    found = list(changed_edges(polygons(*both[: 2 * count]), count))
    with in_python():
        assert list(changed_edges(polygons(*both[: 2 * count]), count)) == found


def test_what_it_cannot_read_or_tell_it_leaves_to_python(watch: Any) -> None:
    near, left = surroundings(polygons(box(0, 0, 10, 10), box(9, 0, 20, 10)), NOBODY)
    whole = compiled.as_bytes(near.polygons)
    rest = *near.outlines.arrays(), near.runs, near.owners(), left, SNAP, 1
    assert watch.draw(whole, *rest) is not None
    flat = Polygon([(0, 0), (1e-200, 1e-200), (2e-200, 3e-200)])
    strange = [shapely.to_wkb(one) for one in (Point(1, 1), Point(), flat)]
    strange += [shapely.to_wkb(ISLANDS, byte_order=0), b"", b"\1"]
    parts = shapely.to_wkb(ISLANDS)
    strange += [parts[:size] for size in range(2, len(parts), 5)]
    strange += [parts[:5] + b"\xff" * 4 + parts[9:], whole[0][:9] + b"\xff" * 4 + whole[0][13:]]
    for one in strange:
        assert watch.draw([whole[0], one], *rest) is None
        assert watch.changed_edges([whole[0], one], 1) is None


def test_arguments_that_do_not_fit_are_refused(watch: Any) -> None:
    near, left = surroundings(polygons(box(0, 0, 10, 10)), polygons(box(0, 0, 20, 10)))
    arrays = near.outlines.arrays()
    good = [compiled.as_bytes(near.polygons), *arrays, near.runs, near.owners(), left, SNAP, 0]
    assert watch.draw(*good) is not None
    vertices, keys, signs, first, end = arrays
    edge = next(iter(left))
    for place, bad in [
        (1, vertices[1:]),
        (1, None),
        (2, keys[1:]),
        (3, signs[1:]),
        (4, first[1:]),
        (4, first + 100),
        (4, first - 1),
        (5, end + 1),
        (6, [1]),
        (6, [-1]),
        (7, []),
        (7, ["mine"]),
        (8, {edge: 3}),
        (8, {(1.0, 2.0): (1, 2)}),
        (8, {edge: ("one", 2)}),
        (8, []),
        (9, "near"),
        (0, ["bytes"]),
        (0, None),
    ]:
        with pytest.raises((ValueError, TypeError, SystemError)):
            watch.draw(*good[:place], bad, *good[place + 1 :])
    with pytest.raises(TypeError, match="number of arguments"):
        watch.draw(*good[:-1])
    with pytest.raises(TypeError, match="number of arguments"):
        watch.changed_edges([])
    with pytest.raises(ValueError, match="two for each"):
        watch.changed_edges(good[0], 1)
    with pytest.raises((TypeError, ValueError, SystemError)):
        watch.changed_edges(None, 1)
    with pytest.raises(TypeError, match="integer"):
        watch.changed_edges(good[0], "two")


class Fickle:
    """Another number each time it is asked."""

    def __init__(self) -> None:
        self.numbers = iter((0, 1 << 40))

    def __index__(self) -> int:
        return next(self.numbers)


class Multiplying:
    """A number that puts others into a dictionary, or takes all out of it."""

    def __init__(self, left: dict[Any, Any], more: int) -> None:
        self.left, self.more = left, more

    def __float__(self) -> float:
        if not self.more:
            self.left.clear()
        self.left |= {(1.0 * i, 0.0, 1.0, 1.0): (1, i) for i in range(self.more)}
        return 0.0


def test_what_changes_while_it_is_read_does_no_harm(watch: Any) -> None:
    near, left = surroundings(polygons(box(0, 0, 10, 10)), polygons(box(0, 0, 20, 10)))
    good = [
        compiled.as_bytes(near.polygons),
        *near.outlines.arrays(),
        near.runs,
        near.owners(),
        left,
        SNAP,
        0,
    ]
    with pytest.raises(ValueError, match="no such run"):
        watch.draw(*good[:6], [Fickle()], [0], *good[8:])
    for more in (0, 10_000):
        changing: dict[Any, Any] = {}
        changing[Multiplying(changing, more), 1.0, 2.0, 3.0] = (1, 2)
        watch.draw(*good[:8], changing, *good[9:])


@pytest.mark.parametrize("calls", [compiled.CALLS - 1, compiled.CALLS + 1, None])
def test_functions_from_other_sources_are_refused(calls: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ModuleType("_watch")
    if calls is not None:
        other.CALLS = calls  # type: ignore[attr-defined] # a module made up
    monkeypatch.setattr("gis.gridding.watching._watch", other, raising=False)
    found = runpy.run_path(str(compiled.__file__))
    assert (found["watch"], found["IS_OUTDATED"]) == (None, True)
