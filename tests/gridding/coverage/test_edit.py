"""An edited index answers like one built anew, while others look up, at a cost of the edit's own size."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import coverings
import numpy as np
import pytest
import shapely
from shapely import affinity

from benchmarks.coverages import make_coverage
from gis.gridding.coverage.index import CoverageIndex
from gis.gridding.coverage.nearness import around_points, outlines_near, place_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gis.gridding.coverage.index import Way

POINTS = 6_000
RADIUS_M = 400.0
EDITS = 16
Polygons = dict[int, shapely.Geometry]
Change = dict[int, shapely.Geometry | None]


def reshape(now: Polygons, one: int, _: int, rng: np.random.Generator) -> Change:
    return {one: affinity.translate(affinity.scale(now[one], 0.9, 0.9), *rng.uniform(-1e-4, 1e-4, 2))}


def with_a_vertex_moved(polygon: shapely.Geometry, number: int, share: float) -> shapely.Polygon:
    """Move one vertex of a polygon a part of the way to the middle."""
    ring = shapely.get_coordinates(shapely.get_exterior_ring(polygon))[:-1]
    number %= len(ring)
    ring[number] += share * (ring.mean(axis=0) - ring[number])
    return shapely.Polygon(ring)


def dent(now: Polygons, one: int, _: int, rng: np.random.Generator) -> Change:
    if now[one].geom_type != "Polygon":
        return {}
    return {one: with_a_vertex_moved(now[one], int(rng.integers(100)), float(rng.uniform(-0.2, 0.3)))}


def remove(_: Polygons, one: int, __: int, ___: np.random.Generator) -> Change:
    return {one: None}


def add(now: Polygons, one: int, _: int, rng: np.random.Generator) -> Change:
    # lower ids than all others too: they come first, whatever their position
    new = min(now) - 1 if rng.random() < 0.5 else max(now) + 1
    return {new: affinity.scale(now[one], 0.5, 0.5)}


def split(now: Polygons, one: int, _: int, __: np.random.Generator) -> Change:
    west, south, east, north = now[one].bounds
    half = shapely.box(west - 1, south - 1, (west + east) / 2, north + 1)
    parts = [shapely.intersection(now[one], half), shapely.difference(now[one], half)]
    kept = [part for part in parts if part.geom_type in {"Polygon", "MultiPolygon"} and not part.is_empty]
    return dict(zip((one, max(now) + 1), kept, strict=False))


def merge(now: Polygons, one: int, other: int, _: np.random.Generator) -> Change:
    return {one: shapely.union(now[one], now[other]), other: None}


def overlap(now: Polygons, one: int, other: int, _: np.random.Generator) -> Change:
    return {one: now[other], other: affinity.scale(now[other], 1.5, 1.5)}


def spoil(now: Polygons, one: int, _: int, __: np.random.Generator) -> Change:
    west, south, east, north = now[one].bounds
    return {one: shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])}


def reach_out(now: Polygons, one: int, _: int, __: np.random.Generator) -> Change:
    return {one: affinity.translate(now[one], 2.0, 1.0)}


CHANGES = (reshape, dent, remove, add, split, merge, overlap, spoil, reach_out)


def change(now: Polygons, kind: int, rng: np.random.Generator) -> Change:
    """Choose polygons and change them; those that GEOS cannot put together stay."""
    sound = [one for one, polygon in now.items() if polygon.is_valid]
    one, other = rng.choice(sound, 2, replace=False).tolist()
    made = CHANGES[kind](now, one, other, rng)
    polygonal = {"Polygon", "MultiPolygon"}
    return {i: p for i, p in made.items() if p is None or (p.geom_type in polygonal and not p.is_empty)}


def count_different(edited: CoverageIndex, now: Polygons, rng: np.random.Generator) -> int:
    """Compare with an index built anew, by id, in every way of asking."""
    ids = np.array(sorted(now))
    polygons = coverings.objects([now[one] for one in ids.tolist()])
    anew = CoverageIndex.build(polygons, ids)
    x, y = coverings.telling_points(polygons, POINTS, rng)
    different = 0
    ways: tuple[Way, ...] = ("compiled", "numpy")
    for way in ways:
        one, on = edited.first(x, y, way)
        other, other_on = anew.first(x, y, way)
        different += int((np.append(edited.ids, -9999)[one] != np.append(anew.ids, -9999)[other]).sum())
        different += int((on != other_on).sum())
    (point, polygon), (other_point, other_polygon) = edited.all(x, y), anew.all(x, y)
    pairs = set(zip(point.tolist(), edited.ids[polygon].tolist(), strict=True))
    different += len(pairs ^ set(zip(other_point.tolist(), anew.ids[other_polygon].tolist(), strict=True)))
    place = {int(one): i for i, one in enumerate(edited.ids)}
    stored = edited.polygons(np.array([place[int(one)] for one in ids]))
    return different + int((~shapely.equals_exact(stored, anew.polygons(np.arange(len(ids))))).sum())


@pytest.mark.parametrize("kind", ["wiggly", "dirty", "islands", "layers"])
def test_an_edited_index_answers_like_one_built_anew(kind: str) -> None:
    rng = np.random.default_rng(11)
    polygons = coverings.KINDS[kind](rng)
    ids = rng.permutation(len(polygons)) * 3 + 10
    now = dict(zip(ids.tolist(), polygons, strict=True))
    index = CoverageIndex.build(polygons, ids)
    kinds = np.append(rng.integers(len(CHANGES) - 1, size=EDITS - 2), (len(CHANGES) - 1, 0))
    for number, what in enumerate((*range(len(CHANGES) - 1), *kinds.tolist())):
        made = change(now, what, rng)
        index.replace(list(made), coverings.objects(list(made.values())))
        now = {one: p for one, p in {**now, **made}.items() if p is not None}
        assert count_different(index, now, rng) == 0, f"edit {number}: {CHANGES[what].__name__}"


def test_many_edits_at_once_answer_like_an_index_built_anew() -> None:
    rng = np.random.default_rng(12)
    polygons = make_coverage(400, 12)
    now = dict(enumerate(polygons))
    index = CoverageIndex.build(polygons, np.arange(len(polygons)))
    made: Change = {int(i): affinity.scale(polygons[i], 0.8, 1.1) for i in rng.permutation(380)[:60] + 10}
    made |= {4000 + i: affinity.scale(polygons[i], 0.1, 0.1) for i in range(5)}
    made |= dict.fromkeys(range(5))
    index.replace(list(made), coverings.objects(list(made.values())))
    now = {one: p for one, p in {**now, **made}.items() if p is not None}
    assert count_different(index, now, rng) == 0


def feet(index: CoverageIndex, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return point, id and distance of every outline near points."""
    near = outlines_near(index.tables, around_points(lon, lat, np.full(len(lon), RADIUS_M)))
    found = np.stack((near.point, index.ids[near.polygon], near.distance_m), axis=1)
    return found[np.lexsort(found.T[::-1])]


def compiled_feet(index: CoverageIndex, lon: float, lat: float) -> list[tuple[int, float]]:
    return sorted((int(index.ids[p]), d) for p, _, _, d in index.near_one(place_at(lon, lat), RADIUS_M))


def rows_of_many_vertices(_: np.random.Generator) -> NDArray[np.object_]:
    """Boxes whose level sides are cut into edges shorter than cells: records go far along them."""
    boxes = [shapely.box(118.7, 31.7 + 0.02 * i, 118.8, 31.72 + 0.02 * i) for i in range(5)]
    return shapely.segmentize(coverings.objects(boxes), 0.002)


@pytest.mark.parametrize("make", [coverings.wiggly, rows_of_many_vertices])
def test_outlines_near_points_are_those_of_an_index_built_anew(
    make: Callable[[np.random.Generator], NDArray[np.object_]],
) -> None:
    rng = np.random.default_rng(15)
    polygons = make(rng)
    index = CoverageIndex.build(polygons, np.arange(len(polygons)))
    edited = rng.integers(len(polygons), size=20)
    for one in edited.tolist():
        # some come to cross themselves, and some no longer do
        share = 0.2 if rng.random() < 0.6 else 1.4
        polygons[one] = with_a_vertex_moved(polygons[one], int(rng.integers(100)), share)
        index.replace([one], polygons[[one]])
    anew = CoverageIndex.build(polygons, np.arange(len(polygons)))
    lon, lat = coverings.telling_points(polygons[edited], POINTS, rng)
    finite = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    lon, lat = lon[finite], lat[finite]
    np.testing.assert_array_equal(feet(index, lon, lat), feet(anew, lon, lat))
    for x, y in zip(lon[::20].tolist(), lat[::20].tolist(), strict=True):
        assert compiled_feet(index, x, y) == compiled_feet(anew, x, y)


@pytest.mark.parametrize("way", ["compiled", "numpy"])
def test_who_looks_up_during_edits_sees_each_place_as_it_was_or_is(way: Way) -> None:
    rng = np.random.default_rng(13)
    polygons = make_coverage(300, 13)
    index = CoverageIndex.build(polygons, np.arange(len(polygons)))
    middle = 150
    bounds = shapely.bounds(polygons[middle])
    x, y = rng.uniform(bounds[[0, 1]], bounds[[2, 3]], (3_000, 2)).T
    small = affinity.scale(polygons[middle], 0.7, 0.7)
    was = index.first(x, y)[0]
    index.replace([middle], coverings.objects([small]))
    then = index.first(x, y)[0]
    assert (was != then).sum() > 100
    done, wrong, rounds = Event(), [0], [0]

    def look_up() -> None:
        wrong[0] = -1
        count = 0
        while not done.is_set() or not rounds[0]:
            found = index.first(x, y, way)[0]
            count += int(((found != was) & (found != then)).sum())
            rounds[0] += 1
        wrong[0] = count

    reader = Thread(target=look_up)
    reader.start()
    for number in range(400):
        index.replace([middle], coverings.objects([(polygons[middle], small)[number % 2]]))
    done.set()
    reader.join()
    # -1: the reader ended with an error
    assert wrong == [0]


def written(index: CoverageIndex) -> tuple[int, int]:
    editor = index._editor  # noqa: SLF001 - how much is in use shows nowhere else
    assert editor is not None
    return len(editor._words.content), len(editor._blocks.content)  # noqa: SLF001 - as above


def appended(grids: int) -> tuple[int, int]:
    """Return the words and bytes of blocks that an edit appends that is the same in every district."""
    polygons = make_coverage(200, 14)
    more = []
    for i in range(grids - 200):
        place = i // 200 + 1  # to the east and to the west of the first ones by turns
        more.append(affinity.translate(polygons[i % 200], 0.6 * (place // 2 + 1) * (-1) ** place, 0.0))
    index = CoverageIndex.build(coverings.objects([*polygons, *more]), np.arange(grids))
    shape = affinity.scale(polygons[100], 0.9, 0.9)
    index.replace([100], coverings.objects([shape]))
    words, blocks = written(index)
    index.replace([100], coverings.objects([polygons[100]]))
    more_words, more_blocks = written(index)
    return more_words - words, more_blocks - blocks


def test_what_an_edit_appends_does_not_grow_with_the_district() -> None:
    (words, blocks), (more_words, more_blocks) = appended(200), appended(2_000)
    assert words > 0
    assert blocks > 0
    assert more_words < 1.5 * words
    assert more_blocks < 1.5 * blocks


def test_an_edit_appends_what_its_changed_edges_need() -> None:
    polygons = make_coverage(200, 16)
    index = CoverageIndex.build(polygons, np.arange(len(polygons)))
    index.replace([100], coverings.objects([affinity.scale(polygons[100], 0.9, 0.9)]))
    index.replace([100], polygons[[100]])
    of_all = written(index)
    index.replace([100], coverings.objects([with_a_vertex_moved(polygons[100], 1, 0.1)]))
    of_one = written(index)
    index.replace([100], polygons[[100]])
    assert 0 < of_one[0] - of_all[0] < of_all[0] / 100
    before = written(index)
    ring = shapely.get_coordinates(polygons[100])[:-1]
    index.replace([100], coverings.objects([shapely.Polygon(np.roll(ring, 3, axis=0)[::-1])]))
    assert written(index) == before
