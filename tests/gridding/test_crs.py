from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from canaries import watched_file
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from gis.errors import CoordinateSystemError
from gis.gridding import crs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Shift = Callable[..., tuple[np.ndarray, np.ndarray]]

MM = 1e-8  # degrees, a little over a millimetre of latitude
CM = 1e-7
ULP = 1.5e-14  # one unit in the last place of a longitude

VECTORS = [
    (crs.wgs84_to_gcj02, (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), MM),
    (crs.wgs84_to_gcj02, (116.377817, 39.911954), (116.38404722455657, 39.91334545536069), MM),
    (crs.wgs84_to_gcj02, (116.404, 39.915), (116.41024449916938, 39.91640428150164), MM),
    (crs.gcj02_to_bd09, (116.404, 39.915), (116.41036949371029, 39.92133699351021), ULP),
    (crs.wgs84_to_gcj02, (118.8317447, 31.9565713), (118.83684884, 31.95445754), MM),
    (crs.wgs84_to_bd09, (118.8317447, 31.9565713), (118.84340128, 31.96033746), MM),
    (crs.wgs84_to_gcj02, (118.65, 31.60), (118.65502516, 31.59789751), MM),
    (crs.wgs84_to_bd09, (119.05, 32.07), (119.06186904, 32.07435155), MM),
    (crs.gcj02_to_wgs84, (123.0, 45.0), (122.993955810, 44.998040618), CM),
    (crs.wgs84_to_gcj02, (183.0, 45.0), (183.0, 45.0), 0.0),
    (crs.gcj02_to_wgs84, (183.0, 45.0), (183.0, 45.0), 0.0),
]


@pytest.mark.parametrize(("shift", "point", "expected", "tolerance"), VECTORS)
def test_published_points(
    shift: Shift, point: tuple[float, float], expected: tuple[float, float], tolerance: float
) -> None:
    lon, lat = shift(*point)
    assert abs(float(lon) - expected[0]) <= tolerance
    assert abs(float(lat) - expected[1]) <= tolerance


# Half a shift away from the edge of the shifted box, where a shifted point may come from either side.
china = st.tuples(st.floats(72.1, 137.7), st.floats(0.9, 55.7))


@given(st.lists(china, min_size=1, max_size=20))
def test_round_trips(points: list[tuple[float, float]]) -> None:
    lon, lat = np.array(points).T
    for there, back in (
        (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84),
        (crs.gcj02_to_bd09, crs.bd09_to_gcj02),
        (crs.wgs84_to_bd09, crs.bd09_to_wgs84),
    ):
        lon_again, lat_again = back(*there(lon, lat))
        np.testing.assert_allclose(lon_again, lon, rtol=0, atol=1e-9)
        np.testing.assert_allclose(lat_again, lat, rtol=0, atol=1e-9)


def test_no_number_stays_no_number() -> None:
    lon, lat = crs.to_stored([118.8, np.nan, np.inf, 118.8], [31.9, 31.9, 31.9, np.nan], "gcj02")
    assert np.isnan(lon).tolist() == [False, True, True, True]
    assert np.isnan(lat).tolist() == [False, True, True, True]
    lon, lat = crs.to_stored([500000.0, np.nan, 1e300], [3_537_000.0, 1.0, 0.0], "EPSG:4549")
    assert np.isnan(lon).tolist() == [False, True, True]


def test_the_ends_of_the_earth() -> None:
    lon = np.array([180.0, -180.0, 0.0, np.nextafter(180, 181), -181.0, 31.9, np.nan, np.inf, 0.0])
    lat = np.array([90.0, -90.0, 0.0, 0.0, 0.0, 118.8, 0.0, 0.0, np.nextafter(90, 91)])
    told = [True] * 3 + [False] * 6
    assert crs.on_earth(lon, lat).tolist() == told
    assert [crs.on_earth(x, y) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)] == told


@pytest.mark.parametrize(
    "system", ["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4549", "EPSG:3857", "EPSG:4267"]
)
def test_points_that_are_not_on_earth_have_no_place(system: str) -> None:
    values = [-1e300, -2e7, -180.0, -90.0, 0.0, 31.9, 118.8, 180.1, 500_000.0, 3_537_000.0, np.inf, np.nan]
    x, y = (axis.ravel() for axis in np.meshgrid(values, values))
    lon, lat = crs.points_to_stored(x, y, system)
    plain_lon, plain_lat = crs.to_stored(x, y, system)
    one_by_one = [crs.point_to_stored(*point, system) for point in zip(x.tolist(), y.tolist(), strict=True)]
    for i, point in enumerate(one_by_one):
        is_place = -180 <= plain_lon[i] <= 180 and -90 <= plain_lat[i] <= 90
        assert (point is not None) == is_place
        if is_place:
            assert point == (lon[i], lat[i]) == (plain_lon[i], plain_lat[i])
        else:
            assert np.isnan([lon[i], lat[i]]).all()
    assert 0 < sum(point is not None for point in one_by_one) < len(x)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wgs84", "wgs84"),
        (" WGS-84 ", "wgs84"),
        ("GPS", "wgs84"),
        ("EPSG:4326", "wgs84"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "wgs84"),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "wgs84"),
        ("CGCS2000", "cgcs2000"),
        ("4490", "cgcs2000"),
        ("urn:ogc:def:crs:EPSG::4490", "cgcs2000"),
        ("GCJ-02", "gcj02"),
        ("高德", "gcj02"),
        ("AMap", "gcj02"),
        ("bd09ll", "bd09"),
        ("百度", "bd09"),
        ("epsg:4549", "EPSG:4549"),
        ("EPSG 4549", "EPSG:4549"),
        ("4549", "EPSG:4549"),
        ("http://www.opengis.net/def/crs/EPSG/0/4549", "EPSG:4549"),
        (CRS.from_epsg(4549).to_wkt(), "EPSG:4549"),
        (CRS.from_epsg(4549).to_wkt("WKT1_ESRI"), "EPSG:4549"),
        (CRS.from_epsg(4326).to_wkt("WKT1_ESRI"), "wgs84"),
    ],
)
def test_systems_have_one_spelling(text: str, expected: str) -> None:
    assert crs.parse_system(text) == expected
    assert crs.parse_system(expected) == expected


@pytest.mark.parametrize("text", ["", "moon", "EPSG:999999", "bd09mc", "EPSG:4978", "EPSG:5773"])
def test_unknown_systems_are_refused_with_the_possible_ones(text: str) -> None:
    with pytest.raises(CoordinateSystemError, match=r"wgs84 .*gcj02 .*EPSG:4549"):
        crs.parse_system(text)


def test_named_degrees_pass_bit_identical() -> None:
    squares = np.array([shapely.box(118.8, 31.9, 118.9, 32.0), None], dtype=object)
    for system in ("wgs84", "cgcs2000", "EPSG:4326", "EPSG:4490"):
        assert crs.geometries_to_stored(squares, system)[0] is squares[0]
        lon, lat = crs.to_stored([118.123456789012345], [31.987654321098765], system)
        assert (lon[0], lat[0]) == (118.123456789012345, 31.987654321098765)


def test_geometries_and_points_agree_and_nothing_stays_nothing() -> None:
    ring = [(667_000.0, 3_537_000.0), (668_000.0, 3_537_000.0), (668_000.0, 3_538_000.0)]
    stored = crs.geometries_to_stored([shapely.Polygon(ring), None], "EPSG:4549")
    assert stored[1] is None
    lon, lat = crs.to_stored(*np.array(ring).T, "EPSG:4549")
    assert shapely.get_coordinates(stored[0])[:3].tolist() == np.column_stack((lon, lat)).tolist()
    back = crs.to_metres(stored, "EPSG:4549")
    np.testing.assert_allclose(shapely.get_coordinates(back[0])[:3], ring, rtol=0, atol=1e-6)


def test_a_polygon_that_cannot_be_in_the_system_stays_one_and_is_invalid() -> None:
    far = crs.geometries_to_stored(np.array([shapely.box(1e9, 1e9, 2e9, 2e9)], dtype=object), "EPSG:4549")
    assert far[0].geom_type == "Polygon"
    assert np.isinf(shapely.get_coordinates(far[0])).all()
    assert not shapely.is_valid(far[0])


def test_central_meridian_has_easting_500_km() -> None:
    east, north = crs.points_to_metres([120.0], [31.95], "EPSG:4549")
    assert east[0] == pytest.approx(500_000, abs=1e-6)
    assert north[0] == pytest.approx(3_536_500, abs=3_000)  # the meridian's arc from the equator


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        (118.84, 31.95, "EPSG:4549"),  # Nanjing's Jiangning district
        (116.4, 39.9, "EPSG:4548"),  # Beijing
        (114.1, 22.5, "EPSG:4547"),  # Shenzhen
        (75.99, 39.47, "EPSG:4534"),  # Kashgar
        (134.2, 48.3, "EPSG:4554"),  # Fuyuan
        (-2.98, 53.4, "EPSG:32630"),  # Liverpool
        (134.2, 35.5, "EPSG:32653"),  # Tottori
        (-58.4, -34.6, "EPSG:32721"),  # Buenos Aires
        (180.0, 10.0, "EPSG:32660"),
    ],
)
def test_zone_of_metres(lon: float, lat: float, expected: str) -> None:
    assert crs.metric_crs_for(lon, lat) == expected


def test_zone_of_metres_can_be_set_but_must_measure_metres() -> None:
    assert crs.metric_crs_for(0, 0, "4548") == "EPSG:4548"
    for bad in ("wgs84", "gcj02", "EPSG:2263"):  # the last one measures in US feet
        with pytest.raises(CoordinateSystemError, match="metres"):
            crs.metric_crs_for(118.8, 31.9, bad)
    for lon, lat in ((float("nan"), 31.0), (668_000.0, 3_537_000.0)):
        with pytest.raises(CoordinateSystemError, match="no degrees"):
            crs.metric_crs_for(lon, lat)


WGS84_WKT = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433]{}]'
)


@pytest.mark.parametrize(
    "text",
    [
        "+init={}:wgs84",
        "init={}:wgs84",
        "+type=crs +init={}:wgs84",
        "+proj=pipeline +step +init={}:wgs84",
        "+proj=longlat +ellps=GRS80 +nadgrids={} +type=crs",
        "+proj=longlat +datum=WGS84 +nadgrids=@{} +type=crs",
        WGS84_WKT.format(',EXTENSION["PROJ4","+init={}:wgs84"]'),
        WGS84_WKT.format(',EXTENSION ( "PROJ4" , "+proj=longlat +nadgrids={}" )'),
        '{}"type":"BoundCRS","source_crs":'.format("{") * 20_000,
        "A[" * 30_000,
        "{}",
        "file://{}",
        "urn:ogc:def:crs:{}",
    ],
)
def test_no_text_opens_a_file_or_breaks_the_parser(tmp_path: Path, text: str) -> None:
    file = tmp_path / "canary"
    file.write_text("<wgs84> +proj=longlat +datum=WGS84 +no_defs <>\n")
    with watched_file(file) as was_opened:
        try:
            found = crs.parse_system(text.replace("{}", str(file)))
        except CoordinateSystemError:
            found = None
        assert not was_opened()
        assert found in {None, "wgs84"}
        assert file.read_text()
        assert was_opened()  # the watch does see it
