"""Buildings, workers and events of the published district."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely

from gis.gridding.crs import to_stored
from gis.nouns import Grade, Source
from gis.sample import make_buildings, make_events, make_workers
from gis.sample.life.catalogue import CATALOGUE
from gis.sample.life.events import COLUMNS

if TYPE_CHECKING:
    import geopandas as gpd

    from gis.sample import SampleDistrict, Workforce

UNTIL = date(2025, 7, 1)


@pytest.fixture(scope="module")
def buildings(district: SampleDistrict) -> gpd.GeoDataFrame:
    return make_buildings(district, 7)


@pytest.fixture(scope="module")
def events(district: SampleDistrict) -> pd.DataFrame:
    return make_events(district, UNTIL, 60_000, seed=7)


@pytest.fixture(scope="module")
def places(events: pd.DataFrame) -> np.ndarray:
    """Where the events are, EPSG:4490, read as an importer would."""
    lonlat = np.full((len(events), 2), np.nan)
    for system, rows in events.groupby("crs").indices.items():
        lonlat[rows] = np.column_stack(to_stored(events["x"].iloc[rows], events["y"].iloc[rows], system))
    return lonlat


@pytest.fixture(scope="module")
def workforce(district: SampleDistrict) -> Workforce:
    return make_workers(district, UNTIL, 7)


def test_households_of_the_buildings_of_a_grid_are_the_grids(
    buildings: gpd.GeoDataFrame, natural: gpd.GeoDataFrame
) -> None:
    assert 60_000 <= len(buildings) <= 100_000
    counted = buildings.groupby("grid_code")["households"].sum().reindex(natural["code"], fill_value=0)
    assert (counted.to_numpy() == natural["households"].to_numpy()).all()
    assert buildings["households"].min() >= 1
    assert buildings["storeys"].between(1, 33).all()


def test_no_boundary_cuts_a_building(
    buildings: gpd.GeoDataFrame, natural: gpd.GeoDataFrame, district: SampleDistrict
) -> None:
    homes = natural.set_index("code").geometry[buildings["grid_code"]].to_numpy()
    shapes = buildings.geometry.to_numpy()
    assert shapely.contains_properly(homes, shapes).all()
    assert not len(shapely.STRtree(shapes).query(district.grids_of("dedicated").geometry, "intersects")[0])


def test_no_building_stands_in_another(buildings: gpd.GeoDataFrame) -> None:
    shapes = buildings.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (one == other).all()


def test_every_grid_has_one_leader_on_every_day(district: SampleDistrict, workforce: Workforce) -> None:
    staffed = district.grids[district.grids["kind"] != "special"]
    duties = workforce.duties[workforce.duties["role"] == "leader"]
    for day in (UNTIL - timedelta(days=365), date(2024, 12, 24), UNTIL - timedelta(days=1)):
        begun = duties["valid_from"] <= day
        going_on = duties["valid_to"].isna() | (duties["valid_to"].fillna(UNTIL) >= day)
        assert sorted(duties.loc[begun & going_on, "grid_code"]) == sorted(staffed["code"])


def test_some_duties_change_hands_and_the_last_leader_is_the_grids(
    district: SampleDistrict, workforce: Workforce
) -> None:
    duties = workforce.duties.merge(workforce.workers, left_on="worker_id", right_on="id")
    share = duties["valid_to"].notna().sum() / duties["valid_to"].isna().sum()
    assert 0.08 < share < 0.16
    last = duties[(duties["role"] == "leader") & duties["valid_to"].isna()].set_index("grid_code")["name"]
    assert (last == district.grids.set_index("code")["leader"][last.index]).all()


def test_units_are_the_centres_and_departments(workforce: Workforce) -> None:
    units = workforce.units
    assert units["code"].is_unique
    assert units["name"].is_unique
    assert units["level"].value_counts()["street_centre"] == 10
    assert set(workforce.workers["unit_code"]) <= set(units["code"])
    assert {small.department for small in CATALOGUE} == {
        name.removeprefix("云麓区") for name in units.loc[units["level"] == "department", "name"]
    }


def test_the_catalogue_has_nine_big_and_twenty_two_small_classes() -> None:
    assert len({small.big for small in CATALOGUE}) == 9
    assert len({small.code for small in CATALOGUE}) == len(CATALOGUE) == 22
    assert len({small.name for small in CATALOGUE}) == 22
    assert all(
        small.code[:2] == f"{1 + number:02d}"
        for number, small in enumerate(
            next(s for s in CATALOGUE if s.big == big) for big in dict.fromkeys(s.big for s in CATALOGUE)
        )
    )


def test_events_have_the_columns_and_values_of_reports(events: pd.DataFrame) -> None:
    assert list(events.columns) == COLUMNS
    assert len(events) == 60_000
    assert set(events["source"]) == {source.value for source in Source}
    assert set(events["grade"]) == {grade.value for grade in Grade}
    assert set(events["category"]) == {small.name for small in CATALOGUE}
    assert set(events["crs"]) == {"wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4549"}
    assert not events.duplicated(["source", "source_id"]).any()
    assert events["text"].str.len().between(6, 60).all()
    assert events["grade"].value_counts(normalize=True)["ordinary"] > 0.85


def test_events_fill_the_year_before_the_date(events: pd.DataFrame) -> None:
    at = events["reported_at"]
    assert at.is_monotonic_increasing
    assert at.min() >= pd.Timestamp("2024-07-01", tz="Asia/Shanghai")
    assert at.max() < pd.Timestamp("2025-07-01", tz="Asia/Shanghai")
    assert at.dt.date.nunique() == 365


def test_events_follow_day_week_and_season(events: pd.DataFrame) -> None:
    at = events["reported_at"]
    hours = at.dt.hour.value_counts()
    assert hours[9] > 8 * hours[3]
    weekdays = at.dt.day_of_week.value_counts()
    assert weekdays[0] > 1.5 * weekdays[6]
    ponding = events.loc[events["category"] == "道路积水", "reported_at"].dt.month.value_counts()
    assert ponding[7] > 3 * ponding[12]


def test_events_gather_at_hot_spots(events: pd.DataFrame, places: np.ndarray) -> None:
    known = ~np.isnan(places[:, 0])
    cells = pd.DataFrame(np.floor(places[known] * 400).astype(int))
    cells["big"] = (
        events.loc[known, "category"].map({small.name: small.big for small in CATALOGUE}).to_numpy()
    )
    counts = cells.value_counts()  # evenly spread, the fullest cell has 12 times the mean
    assert counts.iloc[:20].min() > 25 * counts.mean()


def test_nearly_all_events_lie_in_the_district(
    places: np.ndarray, district: SampleDistrict, events: pd.DataFrame
) -> None:
    missing = np.isnan(places[:, 0])
    assert 0.002 < missing.mean() < 0.01
    assert events["accuracy_m"].isna().equals(events["x"].isna())
    whole = district.district.geometry.iloc[0]
    shapely.prepare(whole)
    outside = ~shapely.contains_xy(whole, places[~missing])
    assert 0.002 < outside.mean() < 0.01


def test_some_events_lie_beside_a_boundary(places: np.ndarray, natural: gpd.GeoDataFrame) -> None:
    points = shapely.points(places[~np.isnan(places[:, 0])])
    tree = shapely.STRtree(natural.boundary.to_numpy())
    near = np.unique(tree.query(points, predicate="dwithin", distance=1e-5)[0])
    assert 0.015 < len(near) / len(points) < 0.05  # 0.009 by chance


def test_some_matters_are_reported_again(events: pd.DataFrame, places: np.ndarray) -> None:
    known = ~np.isnan(places[:, 0])
    points = shapely.points(places[known])
    at = events.loc[known, "reported_at"].dt.tz_convert(None).to_numpy()
    kind = events.loc[known, "category"].to_numpy()
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=2e-4)
    pairs = (one < other) & (kind[one] == kind[other])
    soon = np.abs(at[one] - at[other]) < np.timedelta64(20, "h")
    assert len(np.unique(one[pairs & soon])) > 0.03 * len(points)


@pytest.mark.parametrize("count", [0, 1, 50])
def test_a_few_events_are_as_many(district: SampleDistrict, count: int) -> None:
    assert len(make_events(district, UNTIL, count, seed=7)) == count


def test_events_repeat_for_a_seed_and_differ_for_another(district: SampleDistrict) -> None:
    first = make_events(district, UNTIL, 2_000, seed=1)
    pd.testing.assert_frame_equal(first, make_events(district, UNTIL, 2_000, seed=1))
    assert not first["x"].equals(make_events(district, UNTIL, 2_000, seed=2)["x"])


def test_a_moment_may_end_the_year(district: SampleDistrict) -> None:
    end = datetime(2025, 3, 10, 6, 30, tzinfo=UTC)
    at = make_events(district, end, 3_000, seed=5)["reported_at"]
    assert at.max() < end
    assert at.min() >= end - timedelta(days=365)


def test_a_year_of_events_is_made_in_seconds(district: SampleDistrict) -> None:
    start = time.process_time()
    make_events(district, UNTIL, 80_000, seed=7)
    assert time.process_time() - start < 5


def test_buildings_and_workers_repeat_for_a_seed(
    district: SampleDistrict, buildings: gpd.GeoDataFrame, workforce: Workforce
) -> None:
    again = make_buildings(district, 7)
    assert again.drop(columns="geometry").equals(buildings.drop(columns="geometry"))
    assert (shapely.to_wkb(again.geometry) == shapely.to_wkb(buildings.geometry)).all()
    pd.testing.assert_frame_equal(make_workers(district, UNTIL, 7).duties, workforce.duties)
