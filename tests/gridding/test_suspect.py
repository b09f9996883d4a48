from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
import shapes
from strategies import coverage

from gis.gridding import crs
from gis.gridding.suspect import SuspicionKind, null_island, suspect_outlines, suspect_system

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Shift = Callable[
        [NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]
    ]

# A district of 8 x 8 communities of some 1 km, and 200 grids' corners on and between their outlines.
DRAWN = coverage(8, 8, 6, np.random.default_rng(5))
COMMUNITIES = np.array([shapes.stored(shapely.transform(c, lambda xy: xy * 10)) for c in DRAWN.cells])
DISTRICT = shapes.stored(shapely.transform(DRAWN.outline, lambda xy: xy * 10))


def events(count: int = 3000) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(1)
    west, south, east, north = DISTRICT.bounds
    lon, lat = rng.uniform(west, east, 2 * count), rng.uniform(south, north, 2 * count)
    inside = shapely.contains_xy(DISTRICT, lon, lat)
    return lon[inside][:count], lat[inside][:count]


def shifted(polygons: NDArray[np.object_], shift: Shift) -> NDArray[np.object_]:
    return np.asarray(shapely.transform(polygons, lambda c: np.column_stack(shift(c[:, 0], c[:, 1]))))


def moved_by(metres: float, degrees: float) -> Shift:
    angle = np.radians(degrees)

    def move(
        lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return lon + metres * np.sin(angle) / 94_400, lat + metres * np.cos(angle) / 110_900

    return move


CASES = [
    (crs.wgs84_to_gcj02, "wgs84", SuspicionKind.GCJ02_AS_WGS84, "gcj02"),
    (crs.wgs84_to_bd09, "wgs84", SuspicionKind.BD09_AS_WGS84, "bd09"),
    (crs.wgs84_to_gcj02, "EPSG:4549", SuspicionKind.GCJ02_AS_WGS84, "gcj02"),
    (crs.gcj02_to_wgs84, "gcj02", SuspicionKind.WGS84_AS_GCJ02, "wgs84"),
    (crs.bd09_to_wgs84, "bd09", SuspicionKind.WGS84_AS_BD09, "wgs84"),
    (crs.gcj02_to_bd09, "gcj02", SuspicionKind.BD09_AS_GCJ02, "bd09"),
    (crs.bd09_to_gcj02, "bd09", SuspicionKind.GCJ02_AS_BD09, "gcj02"),
]
"""What was done to true coordinates, what they are said to be, and what is to be found."""


@pytest.mark.parametrize(("shift", "claimed", "kind", "fits"), CASES)
def test_shifted_outlines_are_named(shift: Shift, claimed: str, kind: SuspicionKind, fits: str) -> None:
    for grids in (COMMUNITIES, COMMUNITIES[:20]):
        found = suspect_outlines(shifted(grids, shift), COMMUNITIES, claimed=claimed)
        assert found is not None
        assert (found.kind, found.fits) == (kind, fits)
        assert fits in found.message
        assert 0.5 < found.share <= 1


@pytest.mark.parametrize(("shift", "claimed", "kind", "fits"), CASES)
def test_shifted_events_are_named(shift: Shift, claimed: str, kind: SuspicionKind, fits: str) -> None:
    found = suspect_system(*shift(*events()), DISTRICT, claimed=claimed)
    assert found is not None
    assert (found.kind, found.fits) == (kind, fits)


@pytest.mark.parametrize("claimed", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize("metres", [0, 50, 100])
def test_honest_data_off_by_up_to_100_m_raise_no_alarm(claimed: str, metres: float) -> None:
    for degrees in range(0, 360, 45) if metres == 100 else [0]:
        move = moved_by(metres, degrees)
        assert suspect_outlines(shifted(COMMUNITIES, move), COMMUNITIES, claimed=claimed) is None
        assert suspect_outlines(shifted(COMMUNITIES, move), DISTRICT, claimed=claimed) is None
        assert suspect_outlines(shifted(COMMUNITIES[:9], move), COMMUNITIES, claimed=claimed) is None
        assert suspect_system(*move(*events()), DISTRICT, claimed=claimed) is None


def test_strays_outside_the_district_are_no_shift() -> None:
    lon, lat = events()
    west, south, east, north = DISTRICT.bounds
    middle = shapely.contains_xy(shapely.box(west + 0.02, south + 0.02, east - 0.02, north - 0.02), lon, lat)
    lon, lat = lon[middle], lat[middle]
    up = np.linspace(south + 0.02, north - 0.02, 40)
    near = np.full(40, DISTRICT.bounds[2] + 0.004)  # a correction by GCJ-02 would bring these in
    few = suspect_system(np.append(lon, near[:5]), np.append(lat, up[:5]), DISTRICT)
    assert few is None
    far = np.full(40, DISTRICT.bounds[0] - 0.02)  # but not these
    both = suspect_system(np.concatenate((lon, near, far)), np.concatenate((lat, up, up)), DISTRICT)
    assert both is None
    many = suspect_system(np.append(lon, near), np.append(lat, up), DISTRICT)
    assert many is not None  # all that is known speaks for it


def test_swapped_columns_are_named_with_and_without_an_outline() -> None:
    lon, lat = events()
    box = DISTRICT.bounds
    for found in (
        suspect_system(lat, lon),
        suspect_system(lat, lon, DISTRICT),
        suspect_system(lat, lon, box),
    ):
        assert found is not None
        assert found.kind is SuspicionKind.SWAPPED
    far = suspect_system([53.4] * 3, [-2.9] * 3, (-3.2, 53.2, -2.6, 53.7))
    assert far is not None
    assert far.kind is SuspicionKind.SWAPPED


def test_metres_labelled_degrees_are_named_with_the_system_that_fits() -> None:
    east, north = crs.points_to_metres(*events(), "EPSG:4549")
    plain = suspect_system(east, north)
    assert plain is not None
    assert (plain.kind, plain.fits) == (SuspicionKind.METRES_AS_DEGREES, None)
    known = suspect_system(east, north, DISTRICT)
    assert known is not None
    assert (known.kind, known.fits) == (SuspicionKind.METRES_AS_DEGREES, "EPSG:4549")


def test_degrees_labelled_metres_are_named() -> None:
    found = suspect_system(*crs.to_stored(*events(), "EPSG:4549"), claimed="EPSG:4549")
    assert found is not None
    assert found.kind is SuspicionKind.DEGREES_AS_METRES


def test_the_wrong_zone_is_elsewhere_and_the_right_one_is_told() -> None:
    east, north = crs.points_to_metres(*events(), "EPSG:4549")
    found = suspect_system(*crs.to_stored(east, north, "EPSG:4548"), DISTRICT, claimed="EPSG:4548")
    assert found is not None
    assert (found.kind, found.fits) == (SuspicionKind.ELSEWHERE, "EPSG:4549")


def test_zero_zero_is_a_missing_position() -> None:
    found = suspect_system([0.0, 0.0, 118.8], [0.0, 0.0, 31.9])
    assert found is not None
    assert found.kind is SuspicionKind.NULL_ISLAND
    assert found.share == pytest.approx(2 / 3)
    assert suspect_system([0.0, 118.8, 118.9], [0.0, 31.9, 31.9]) is None
    assert null_island([0.0, 118.8, np.nan], [0.0, 31.9, 0.0]).tolist() == [True, False, False]


def test_nothing_to_judge_is_no_suspicion() -> None:
    assert suspect_system([], []) is None
    assert suspect_system([np.nan], [np.nan], DISTRICT) is None
    assert suspect_outlines([None], DISTRICT) is None
    assert suspect_outlines(COMMUNITIES) is None
    assert suspect_outlines(COMMUNITIES, []) is None


def test_a_system_in_degrees_with_a_number_is_no_map_system() -> None:
    lon, lat = np.linspace(133.1, 134.5, 50), np.linspace(35.0, 35.6, 50)
    assert suspect_system(lon, lat, claimed="EPSG:4612") is None  # JGD2000, longitude and latitude
