"""The nearest outline is the nearest of all, however far the point, and found without looking at most."""

from __future__ import annotations

import sys
import time
from threading import Event, Thread
from typing import TYPE_CHECKING

import coverings
import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely import affinity

from benchmarks.coverages import make_coverage
from gis.gridding.coverage.index import CoverageIndex
from gis.gridding.coverage.kernel import IS_COMPILED
from gis.gridding.coverage.nearest import FAR_M, MORE, SLACK_M, nearest_outlines
from gis.gridding.coverage.nearness import outlines_near, place_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gis.gridding.coverage.nearness import Foot, Place

    Floats = NDArray[np.float64]
    Ask = Callable[[CoverageIndex, Place], list[Foot]]

ELLIPSOID = Geod(ellps="GRS80")
ANYWHERE_M = 3e7
POINTS = 120


def ask_numpy(index: CoverageIndex, place: Place) -> list[Foot]:
    return nearest_outlines(index.tables, place, ANYWHERE_M)


def ask_compiled(index: CoverageIndex, place: Place) -> list[Foot]:
    assert index.is_compiled or not IS_COMPILED
    return index.nearest_one(place, ANYWHERE_M)


WAYS = pytest.mark.parametrize("ask", [ask_compiled, ask_numpy], ids=["compiled", "numpy"])


class Edges:
    """Every edge of every polygon that is valid: whose it is, and its two ends."""

    def __init__(self, index: CoverageIndex) -> None:
        outlines, whose, starts = index.outlines, [], []
        for polygon, (first, end) in enumerate(outlines.polygon_rings):
            for ring in range(first, end) if not outlines.asks_geos[polygon] else ():
                vertices = np.arange(outlines.ring_offsets[ring], outlines.ring_offsets[ring + 1] - 1)
                starts.append(vertices)
                whose.append(np.full(len(vertices), polygon))
        start = np.concatenate(starts)
        self.whose = np.concatenate(whose)
        self.one, self.other = outlines.vertices[start], outlines.vertices[start + 1]

    def nearest(self, place: Place) -> dict[int, tuple[float, float, float]]:
        """By polygon the nearest place in the plane of a point, of those near enough."""
        x1, y1 = (self.one - (place.x, place.y)).T * [[place.x_m], [place.y_m]]
        dx, dy = (self.other - self.one).T * [[place.x_m], [place.y_m]]
        share = np.clip(-(x1 * dx + y1 * dy) / (dx * dx + dy * dy), 0.0, 1.0)
        x, y = x1 + share * dx, y1 + share * dy
        distance = np.sqrt(x * x + y * y)
        found: dict[int, tuple[float, float, float]] = {}
        for i in np.flatnonzero(distance <= MORE * distance.min() + SLACK_M):
            polygon = int(self.whose[i])
            if polygon not in found or distance[i] < found[polygon][2]:
                found[polygon] = (place.x + x[i] / place.x_m, place.y + y[i] / place.y_m, float(distance[i]))
        return found

    def nearest_geodesic(self, place: Place) -> tuple[int, float]:
        """The nearest polygon along geodesics to many places of each edge, and how far it is."""
        length_m = np.hypot(*((self.other - self.one) * 111e3).T).max()
        ends = geodesics(place, self.one)
        near = np.flatnonzero(ends <= ends.min() + length_m)
        share = np.linspace(0, 1, 33)[:, None, None]
        between = self.one[near] + share * (self.other - self.one)[near]
        distances = geodesics(place, between.reshape(-1, 2)).reshape(len(share), -1).min(axis=0)
        return int(self.whose[near[distances.argmin()]]), float(distances.min())


def geodesics(place: Place, to: Floats) -> Floats:
    metres: Floats = ELLIPSOID.inv(np.full(len(to), place.x), np.full(len(to), place.y), *to.T)[2]
    return metres


def two_towns(rng: np.random.Generator) -> coverings.Polygons:
    """Two small towns with nothing between them, and a hamlet in one corner."""
    parts = []
    for east, north, size in ((0.0, 0.0, 0.05), (0.15, 0.13, 0.04), (0.0, 0.17, 0.005)):
        cells = affinity.scale(
            shapely.MultiPolygon(list(make_coverage(60, int(rng.integers(1 << 30))))),
            size,
            size,
            origin=(118.6, 31.6),
        )
        parts += affinity.translate(cells, east, north).geoms
    return coverings.objects(parts)


KINDS = {
    name: coverings.KINDS[name]
    for name in (
        "wiggly",
        "varied",
        "islands",
        "slivers",
        "t_junctions",
        "dirty",
        "in_parts",
        "layers",
        "invalid",
    )
} | {"two_towns": two_towns}


def places_near(polygons: coverings.Polygons, rng: np.random.Generator) -> list[Place]:
    """Points in, on and around polygons, none farther than the plane is good for."""
    x, y = coverings.telling_points(polygons, POINTS, rng)
    west, south, east, north = shapely.total_bounds(polygons)
    beside = rng.uniform((west - 0.06, south - 0.06), (east + 0.06, north + 0.06), (POINTS, 2))
    points = np.concatenate((np.column_stack((x, y)), beside))
    return [place_at(*point) for point in points[np.isfinite(points).all(axis=1)].tolist()]


@WAYS
@pytest.mark.parametrize("kind", KINDS)
def test_the_nearest_is_the_nearest_of_all_to_the_last_bit(kind: str, ask: Ask) -> None:
    rng = np.random.default_rng(21)
    polygons = KINDS[kind](rng)
    index = CoverageIndex.build(polygons, np.arange(len(polygons)))
    edges, asked = Edges(index), 0
    for place in places_near(polygons, rng):
        expected = edges.nearest(place)
        if min(foot[2] for foot in expected.values()) > FAR_M:
            continue
        asked += 1
        assert {foot[0]: foot[1:] for foot in ask(index, place)} == expected, place
    assert asked > POINTS


@WAYS
def test_of_equally_near_places_of_one_outline_the_first_is_told(ask: Ask) -> None:
    index = CoverageIndex.build(coverings.objects([shapely.box(118, 31, 118.0625, 31.03125)]), np.arange(1))
    middle = place_at(118.03125, 31.015625)
    (found,) = ask(index, middle)
    assert found[1:] == Edges(index).nearest(middle)[0]


def far_places(rng: np.random.Generator) -> list[tuple[float, Place]]:
    """Points at distances from outside the plane to the other side of the earth, in all directions."""
    found = []
    for metres in (45e3, 100e3, 300e3, 1e6, 3e6, 10e6, 19e6, 20.0e6):
        for azimuth in (0.0, 90.0, 180.0, 270.0, *rng.uniform(0, 360, 4)):
            lon, lat, _ = ELLIPSOID.fwd(118.85, 31.85, azimuth, metres)
            found.append((metres, place_at(lon, lat)))
    odd = ((-61.15, -31.85), (118.85, 90.0), (-180.0, 32.0), (180.0, 32.0), (298.85, 10.0), (0.0, -90.0))
    return [*found, *((2e7, place_at(*point)) for point in odd)]


@WAYS
@pytest.mark.parametrize("grids", [60, 300])
def test_far_away_the_nearest_is_so_along_the_geodesic(grids: int, ask: Ask) -> None:
    rng = np.random.default_rng(22)
    index = CoverageIndex.build(make_coverage(grids, 23), np.arange(grids))
    edges = Edges(index)
    for metres, place in far_places(rng):
        polygon, least_m = edges.nearest_geodesic(place)
        feet = ask(index, place)
        found = geodesics(place, np.array([foot[1:3] for foot in feet]))
        if metres <= 1e6:
            assert found.min() == pytest.approx(least_m, abs=0.01), place
            assert feet[found.argmin()][0] == polygon, place
        # on the other side of the earth everything is about equally far
        assert found.min() <= least_m * (1 + (2e-5 if metres <= 1e7 else 1e-3)), place


@WAYS
def test_nowhere_on_earth_has_no_nearest(ask: Ask) -> None:
    index = CoverageIndex.build(make_coverage(60, 23), np.arange(60))
    assert ask(index, place_at(118.85, 100.0)) == []
    assert ask(index, place_at(1e300, -1e300)) == []
    none = CoverageIndex.build(coverings.objects([]), np.empty(0, dtype=np.int64))
    assert ask(none, place_at(118.85, 31.85)) == []
    for kind in ("vast", "minute"):  # no raster can be laid over them
        polygons = coverings.KINDS[kind](np.random.default_rng(24))
        assert ask(CoverageIndex.build(polygons, np.arange(len(polygons))), place_at(0.0, 0.0)) == []


@WAYS
def test_an_edit_is_found_where_there_was_nothing(ask: Ask) -> None:
    polygons = two_towns(np.random.default_rng(25))
    index = CoverageIndex.build(polygons, np.arange(len(polygons)))
    middle = place_at(118.675, 31.6525)
    assert ask(index, middle)[0][3] > 6_000
    house = shapely.box(118.69, 31.69, 118.6901, 31.6901)  # many cells away
    index.replace([7000], coverings.objects([house]))
    (found,) = ask(index, middle)
    assert found[:3] == (len(polygons), 118.69, 31.69)
    index.replace([7000], coverings.objects([None]))
    expected = Edges(CoverageIndex.build(polygons, np.arange(len(polygons)))).nearest(middle)
    assert {foot[0]: foot[1:] for foot in ask(index, middle)} == expected


@pytest.mark.skipif(not IS_COMPILED, reason="NumPy takes milliseconds")
def test_far_points_and_empty_country_cost_less_than_a_millisecond() -> None:
    towns = two_towns(np.random.default_rng(26))
    district = make_coverage(2_000, 27)
    for polygons, points in (
        (towns, [(118.675, 31.6525), (118.74, 31.61), (118.605, 31.7)]),
        (district, [(119.2, 31.85), (119.2, 32.2), (120.0, 31.0), (100.0, 31.85), (-70.0, -20.0)]),
    ):
        index = CoverageIndex.build(polygons, np.arange(len(polygons)))
        for place in (place_at(*point) for point in points):
            taken = []
            for _ in range(7):
                began = time.perf_counter()
                index.nearest_one(place, ANYWHERE_M)
                taken.append(time.perf_counter() - began)
            assert min(taken) < 0.001, place


@pytest.mark.skipif(not IS_COMPILED, reason="NumPy takes turns with other threads anyway")
def test_others_go_on_while_a_long_search_runs() -> None:
    polygons = make_coverage(2_000, 28)
    index = CoverageIndex.build(polygons, np.arange(len(polygons)))
    began, ended, went_on = Event(), Event(), False
    before = sys.getswitchinterval()

    def search() -> None:
        began.set()
        index.near_one(place_at(118.85, 31.85), 1e5)
        ended.set()

    sys.setswitchinterval(100)  # nobody is made to give way
    try:
        for _ in range(20):
            began.clear()
            ended.clear()
            thread = Thread(target=search)
            thread.start()
            began.wait()
            went_on |= not ended.is_set()
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert went_on


def test_all_that_is_within_a_wide_radius_is_found_both_ways() -> None:
    index = CoverageIndex.build(make_coverage(700, 29), np.arange(700))
    place = place_at(118.85, 31.85)
    for radius_m, least in ((1_000.0, 1), (3_000.0, 9), (9_000.0, 50)):
        found = sorted(index.near_one(place, radius_m))
        assert found == outlines_near(index.tables, place.within(radius_m)).feet()
        assert len(found) >= least
