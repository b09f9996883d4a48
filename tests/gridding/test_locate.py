from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapes
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import owner, touches
from pyproj import Proj
from shapely import box
from strategies import DrawnCoverage, coverage, coverages, turned

from gis.errors import InputError
from gis.gridding.locate import GridIndex
from gis.nouns import Chain, GridKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.gridding.located import Located

PARK, MALL, FIRE, RIVER = (shapes.code(f"{i}") for i in (101, 102, 201, 202))


def frame_of(*frames: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    whole = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs="EPSG:4490")
    return whole.assign(id=range(1, len(whole) + 1))


def city() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Grids 1-4 fill the block as one reads; park 5 lies over its middle, fire 6, river 7 over the left."""
    grids = frame_of(
        shapes.grids_frame(shapes.two_by_two()),
        shapes.grids_frame({PARK: shapes.square(80, 80, 40)}, kind="dedicated"),
        shapes.grids_frame({FIRE: box(-50, 0, 50, 200)}, kind="special", task="fire", community=None),
        shapes.grids_frame({RIVER: box(0, 0, 20, 200)}, kind="special", task="river", community=None),
    )
    communities = {shapes.COMMUNITY: shapes.block(), shapes.OTHER_COMMUNITY: box(200, 0, 400, 200)}
    return grids, shapes.areas_frame(communities)


DISTRICT_ID, STREET_ID, COMMUNITY_ID, OTHER_ID = 1, 2, 3, 4
INDEX = GridIndex.build(*city())


def degrees(*points: tuple[float, float]) -> tuple[list[float], list[float]]:
    placed = [shapes.stored(shapely.Point(point)) for point in points]
    return [point.x for point in placed], [point.y for point in placed]


def locate(east: float, north: float, accuracy_m: float | None = None) -> Located:
    (lon,), (lat,) = degrees((east, north))
    return INDEX.locate(lon, lat, accuracy_m)


def areas_of(community: int | None = COMMUNITY_ID) -> dict[str, int | None]:
    return {"community": community, "street": STREET_ID, "district": DISTRICT_ID}


def test_a_point_has_one_natural_grid_and_the_dedicated_one_answers() -> None:
    assert locate(150, 150).chain == Chain(natural=2, **areas_of())  # type: ignore[arg-type] # ids by name
    in_park = locate(90, 90)
    assert in_park.chain == Chain(natural=3, dedicated=5, **areas_of())  # type: ignore[arg-type] # likewise
    assert in_park.chain.answers == 5
    assert locate(10, 10).chain.special == (6, 7)
    assert locate(30, 150).chain.special == (6,)


def test_a_point_outside_all_grids_has_the_nearest_one_with_distance_and_direction() -> None:
    east = locate(230, 150)
    assert east.chain == Chain(**areas_of(OTHER_ID))  # type: ignore[arg-type] # by the areas' outlines
    assert not east.is_located
    assert east.nearest is not None
    assert (east.nearest.grid_id, east.nearest.kind) == (2, GridKind.NATURAL)
    assert east.nearest.distance_m == pytest.approx(30, abs=0.01)
    assert east.direction == pytest.approx(270, abs=1)  # the zone's north is not quite north
    assert locate(150, 240).direction == pytest.approx(180, abs=1)
    only_special = locate(-20, 50)
    assert only_special.chain == Chain(special=(6,))
    assert only_special.nearest is not None
    assert only_special.nearest.grid_id == 3


def test_distances_to_outlines_and_candidates_are_in_metres() -> None:
    near = locate(103, 150, accuracy_m=5)
    assert near.boundary_m == pytest.approx(3, abs=0.01)
    assert near.near_boundary
    assert not near.on_boundary
    assert [(c.grid_id, round(c.distance_m, 2)) for c in near.candidates] == [(2, 0), (1, 3)]
    assert [c.name for c in near.candidates] == ["grid 002", "grid 001"]
    sure = locate(103, 150, accuracy_m=2)
    assert not sure.near_boundary
    assert [c.grid_id for c in sure.candidates] == [2]
    assert [c.grid_id for c in locate(103, 150).candidates] == [2]
    assert locate(30, 150, accuracy_m=float("nan")).candidates == locate(30, 150).candidates


def corner(grid: int, position: int) -> tuple[float, float]:
    lon, lat = shapely.get_coordinates(city()[0].geometry[grid - 1])[position]
    return float(lon), float(lat)


def test_a_shared_corner_belongs_to_the_lowest_id_and_is_on_the_boundary() -> None:
    middle = set(map(corner, [1] * 5, range(5))) & set(map(corner, [4] * 5, range(5)))
    ((lon, lat),) = middle
    found = INDEX.locate(lon, lat)
    assert found.chain.natural == 1
    assert found.on_boundary
    assert found.near_boundary
    assert found.boundary_m == 0
    assert sorted(c.grid_id for c in found.candidates) == [1, 2, 3, 4, 5]
    assert {c.distance_m for c in found.candidates} == {0.0}


def test_ids_decide_ties_not_rows() -> None:
    grids, areas = city()
    ((lon, lat),) = set(map(corner, [1] * 5, range(5))) & set(map(corner, [4] * 5, range(5)))
    renamed = grids.assign(id=[40, 30, 20, 10, 5, 6, 7])
    assert GridIndex.build(renamed, areas).locate(lon, lat).chain.natural == 10


def test_of_two_grids_equally_near_the_lowest_id_is_the_nearest() -> None:
    roofs = {
        shapes.code("001"): shapely.Polygon([(100, 200), (0, 100), (100, 100)]),
        shapes.code("002"): shapely.Polygon([(100, 200), (200, 100), (100, 100)]),
    }
    grids, areas = shapes.grids_frame(roofs), city()[1]
    lon, lat = degrees((100, 230))  # above the ridge they share
    for ids in ([1, 2], [2, 1]):
        index = GridIndex.build(grids.assign(id=ids), areas)
        found, distance = index.nearest_many(lon, lat)
        assert found.tolist() == [1]
        assert distance[0] == pytest.approx(30, abs=0.01)


@pytest.mark.parametrize(
    "place", [(np.nan, 31.9), (118.8, np.nan), (np.inf, 31.9), (0.0, 0.0), (-60.0, -30.0)]
)
def test_nowhere_is_nowhere(place: tuple[float, float]) -> None:
    found = INDEX.locate(*place, accuracy_m=20)
    assert found.chain == Chain()
    assert not found.on_boundary
    assert not found.near_boundary
    assert found.candidates == ()
    many = INDEX.locate_many([place[0]], [place[1]])
    assert many.chain(0) == Chain()
    assert INDEX.near_boundary_many([place[0]], [place[1]], 20).tolist() == [False]
    ids, distance = INDEX.nearest_many([np.nan], [np.nan])
    assert ids.tolist() == [-1]
    assert np.isnan(distance[0])


def test_arrays_say_the_same_as_single_points() -> None:
    points = [(150, 150), (90, 90), (10, 10), (230, 150), (-20, 50), (100, 100), (5000, 5000)]
    lon, lat = degrees(*points)
    many = INDEX.locate_many(lon, lat)
    singles = [INDEX.locate(*place, accuracy_m=5) for place in zip(lon, lat, strict=True)]
    assert len(many) == len(points)
    assert [many.chain(i) for i in range(len(points))] == [single.chain for single in singles]
    assert many.on_boundary.tolist() == [single.on_boundary for single in singles]
    assert [a if a >= 0 else None for a in many.answers] == [single.chain.answers for single in singles]
    near = INDEX.near_boundary_many(lon, lat, np.full(len(points), 5.0))
    assert near.tolist() == [single.near_boundary for single in singles]
    ids, distance = INDEX.nearest_many(lon, lat)
    for i, single in enumerate(singles):
        if single.nearest is not None:
            assert (ids[i], distance[i]) == (single.nearest.grid_id, single.nearest.distance_m)
        else:
            assert distance[i] == 0
    assert INDEX.near_boundary_many(lon[:1], lat[:1], np.nan).tolist() == [False]


def test_the_nearest_grid_of_a_place_reported_often_is_looked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[tuple[float, float]] = []
    look = GridIndex._nearest  # noqa: SLF001 - how often it looks shows nowhere else

    def count(index: GridIndex, lon: float, lat: float) -> object:
        looked.append((lon, lat))
        return look(index, lon, lat)

    monkeypatch.setattr(GridIndex, "_nearest", count)
    lon, lat = degrees((230, 150), (-20, 50), (150, 150))
    ids, distance = INDEX.nearest_many(lon * 50, lat * 50)
    assert len(looked) == 2
    once, distance_once = INDEX.nearest_many(lon, lat)
    assert ids.tolist() == once.tolist() * 50
    assert distance.tolist() == distance_once.tolist() * 50


def test_a_point_on_the_other_side_of_the_earth_has_its_nearest_grid() -> None:
    ids, distance = INDEX.nearest_many([-140.0, 60.0], [10.0, -75.0])
    assert set(ids) <= {1, 2, 3, 4, 5}
    assert (distance > 9e6).all()


def test_an_index_of_nothing_answers_nothing() -> None:
    grids, areas = city()
    empty = GridIndex.build(grids.iloc[:0], areas.iloc[:0])
    found = empty.locate(118.82, 31.95, 10)
    assert (found.chain, found.candidates, found.nearest, found.boundary_m) == (Chain(), (), None, None)
    assert empty.near_boundary_many([118.82], [31.95], 10.0).tolist() == [False]
    assert len(empty.locate_many([], [])) == 0
    with pytest.raises(InputError, match="community_code"):
        GridIndex.build(grids.drop(columns="community_code"), areas)


def test_frames_indexed_by_id_and_missing_outlines_are_taken() -> None:
    grids, areas = city()
    grids.loc[[3], "geometry"] = None
    index = GridIndex.build(grids.set_index("id", drop=False), areas.set_index("id", drop=False))
    lon, lat = degrees((150, 150), (150, 50))
    assert index.locate_many(lon, lat).natural.tolist() == [2, -1]


# --- against the oracle -----------------------------------------------------------------------------


def index_of(cells: Sequence[shapely.Polygon], order: Sequence[int]) -> GridIndex:
    grids = gpd.GeoDataFrame(
        {"id": order, "code": [str(i) for i in order], "name": "", "kind": "natural", "community_code": None},
        geometry=[cells[i] for i in order],
        crs="EPSG:4490",
    )
    columns: dict[str, list[Any]] = {name: [] for name in ("id", "code", "name", "level", "parent_code")}
    areas = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs="EPSG:4490"))
    return GridIndex.build(grids, areas)


def telling_points(cells: Sequence[shapely.Polygon], rng: np.random.Generator) -> np.ndarray:
    """Points everywhere, on corners, in the middle of edges, and one bit beside them."""
    corners = shapely.get_coordinates(np.array(cells))
    middles = (corners[1:] + corners[:-1]) / 2
    west, south, east, north = shapely.total_bounds(np.array(cells))
    anywhere = np.column_stack((rng.uniform(west, east, 40), rng.uniform(south, north, 40)))
    sharp = np.concatenate((corners, middles))
    return np.concatenate((anywhere, sharp, np.nextafter(sharp, np.inf), np.nextafter(sharp, -np.inf)))


@settings(max_examples=8, deadline=None)
@given(coverages(largest=3), st.data())
def test_every_point_is_located_as_exact_arithmetic_does(drawn: DrawnCoverage, data: st.DataObject) -> None:
    cells = [shapes.stored(cell) for cell in drawn.cells]
    order = data.draw(st.permutations(range(len(cells))))
    steps, reverse = data.draw(st.integers(0, 5)), data.draw(st.booleans())
    points = telling_points(cells, np.random.default_rng(data.draw(st.integers(0, 99))))
    found = index_of([turned(cell, steps, reverse=reverse) for cell in cells], order).locate_many(*points.T)
    by_id = dict(enumerate(cells))
    expected = [owner(by_id, *point) for point in points]
    assert found.natural.tolist() == expected
    edges = [
        e >= 0 and touches(by_id[e], *point) == "edge" for e, point in zip(expected, points, strict=True)
    ]
    assert found.on_boundary.tolist() == edges


@settings(max_examples=10, deadline=None)
@given(coverages(largest=3), st.floats(0, 30))
def test_nearness_is_the_distance_to_the_outlines(drawn: DrawnCoverage, accuracy: float) -> None:
    cells = [shapes.stored(cell) for cell in drawn.cells]
    rng = np.random.default_rng(0)
    flat = rng.uniform(-100, 500, (60, 2))
    lon, lat = degrees(*map(tuple, flat))
    index = index_of(cells, range(len(cells)))
    # the projected zone, in which the shapes are drawn, stretches what is geodesic by 150 ppm here
    stretch = Proj(shapes.METRIC_CRS).get_factors(lon[0], lat[0]).meridional_scale
    lines = shapely.union_all([cell.boundary for cell in drawn.cells])
    distance = shapely.distance(shapely.points(flat), lines) / stretch
    sure = np.abs(distance - accuracy) > 0.01
    assert (index.near_boundary_many(lon, lat, accuracy) == (distance <= accuracy))[sure].all()
    ids, metres = index.nearest_many(lon, lat)
    every = shapely.distance(shapely.points(flat)[:, None], np.array(drawn.cells)[None, :]) / stretch
    np.testing.assert_allclose(metres, every.min(axis=1), rtol=2e-6, atol=1e-3)
    np.testing.assert_allclose(every[range(len(ids)), ids], every.min(axis=1), rtol=2e-6, atol=1e-3)


def test_threads_get_the_same_answers() -> None:
    drawn = coverage(8, 8, 3, np.random.default_rng(2))
    index = index_of([shapes.stored(cell) for cell in drawn.cells], range(64))
    lon, lat = degrees(*map(tuple, np.random.default_rng(3).uniform(0, 800, (5000, 2))))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: index.locate_many(lon, lat).natural.tolist(), range(16)))
    assert all(answer == answers[0] for answer in answers)
