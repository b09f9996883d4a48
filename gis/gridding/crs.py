"""Coordinate systems: name them, bring coordinates into the stored system, and into metres.

Stored coordinates are EPSG:4490 (CGCS2000), longitude first, in degrees. WGS 84 differs from it by
centimetres to decimetres and is taken as equal, so coordinates in either pass through bit-identical.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from gis.errors import CoordinateSystemError
from gis.gridding.shift import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from gis.nouns import STORED_CRS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    LonLat: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
    Geometries: TypeAlias = NDArray[np.object_]

__all__ = [
    "NAMED_SYSTEMS",
    "bd09_to_gcj02",
    "bd09_to_wgs84",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "geometries_to_stored",
    "metric_crs_for",
    "on_earth",
    "parse_system",
    "point_to_stored",
    "points_to_metres",
    "points_to_stored",
    "stored_to",
    "to_metres",
    "to_stored",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
]

NAMED_SYSTEMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
"""Systems that have a name of their own; every other one is an EPSG code."""

_AS_STORED = ("wgs84", "cgcs2000")
_LARGEST_LON, _LARGEST_LAT = 180, 90

_POSSIBLE = (
    "wgs84 (GPS), cgcs2000, gcj02 (Gaode, Tencent, WeChat), bd09 (Baidu) or an EPSG code like EPSG:4549"
)

# Keys are lower case without blanks, hyphens, underscores and stops.
_ALIASES = {
    "wgs84": "wgs84",
    "wgs1984": "wgs84",
    "gcswgs1984": "wgs84",
    "gps": "wgs84",
    "crs84": "wgs84",
    "ogc:crs84": "wgs84",
    "epsg:4326": "wgs84",
    "cgcs2000": "cgcs2000",
    "cgcs2k": "cgcs2000",
    "chinageodeticcoordinatesystem2000": "cgcs2000",
    "gcschinageodeticcoordinatesystem2000": "cgcs2000",
    "国家2000": "cgcs2000",
    "国家2000坐标系": "cgcs2000",
    "2000国家大地坐标系": "cgcs2000",
    "epsg:4490": "cgcs2000",
    "gcj02": "gcj02",
    "gcj": "gcj02",
    "gaode": "gcj02",
    "amap": "gcj02",
    "tencent": "gcj02",
    "wechat": "gcj02",
    "高德": "gcj02",
    "腾讯": "gcj02",
    "微信": "gcj02",
    "国测局": "gcj02",
    "火星坐标": "gcj02",
    "火星坐标系": "gcj02",
    "bd09": "bd09",
    "bd09ll": "bd09",
    "baidu": "bd09",
    "百度": "bd09",
    "百度坐标": "bd09",
}

_EPSG = re.compile(r"(?:^|epsg(?:/\d+/|:\d*:|[:/\s_]*))(\d{4,6})$")
_OGC_CRS84 = re.compile(r"ogc[:/][\w.]*[:/]crs84$")

# PROJ also takes strings of its own, which may name a file to open (`+init=`), and JSON of any depth.
_WKT_OR_NAME = re.compile(r"\s*\w+\s*[\[(].*|[^={}\[\]]*", re.DOTALL)
_OPENS_A_FILE = "init="

# A coarse outline of China. It only chooses between two projections that are equally good near its edge.
CHINA = shapely.from_wkt(
    "POLYGON ((73 39, 80 45, 82.5 48, 87 49.5, 91 45.5, 97 43, 105 41.8, 111 43.5, 112 45.3, 116 46.5, "
    "115.5 48, 119.5 50, 120 53, 123 54, 126.5 53, 131 48, 135.5 48.6, 133 45, 131 42.3, 128 41.5, "
    "124.5 39.8, 123 37, 123 30, 122.5 24, 120.5 21, 111 17.5, 108 18, 108 21.3, 106 22.5, 102 21, "
    "99 21.5, 97.3 24, 98.5 27.8, 92 27, 86 27.7, 81 30, 78.5 32.5, 78 35, 74.5 37, 73 39))"
)
_FIRST_GK_MERIDIAN, _LAST_GK_MERIDIAN, _FIRST_GK_EPSG = 75, 135, 4534


def parse_system(text: str) -> str:
    """Name a coordinate system in its one canonical spelling.

    Args:
        text: A name or alias ("WGS-84", "高德"), an EPSG code in any usual spelling, an OGC URN or URL,
            or the WKT of a `.prj` file.

    Returns:
        "wgs84", "cgcs2000", "gcj02", "bd09", or "EPSG:" with a number.

    Raises:
        CoordinateSystemError: The text names no two-dimensional system; the message lists what is possible.

    >>> parse_system("WGS-84"), parse_system("4549"), parse_system("urn:ogc:def:crs:OGC:1.3:CRS84")
    ('wgs84', 'EPSG:4549', 'wgs84')
    """
    squeezed = text.strip().lower()
    key = re.sub(r"[\s_.()（）-]+", "", squeezed)
    if key in _ALIASES:
        return _ALIASES[key]
    if _OGC_CRS84.search(squeezed):
        return "wgs84"
    match = _EPSG.search(squeezed)
    number = int(match.group(1)) if match else _epsg_of_wkt(text)
    if number is None:
        raise _unknown(text)
    system = f"EPSG:{number}"
    if system.lower() in _ALIASES:
        return _ALIASES[system.lower()]
    _usable_crs(system)
    return system


def in_degrees(system: str) -> bool:
    """Return whether a system, spelled as `parse_system` does, measures in degrees."""
    return system in NAMED_SYSTEMS or bool(_usable_crs(system).is_geographic)


def to_stored(x: ArrayLike, y: ArrayLike, system: str) -> LonLat:
    """Bring coordinates as received into stored longitude and latitude.

    Args:
        x: Longitudes in degrees, or eastings, shape (n,). East comes first whatever the EPSG axis order.
        y: Latitudes in degrees, or northings, shape (n,).
        system: A name as `parse_system` gives or takes.

    Returns:
        Longitude and latitude arrays in EPSG:4490. NaN where either coordinate is NaN or infinite, or
        cannot be in that system.

    Raises:
        CoordinateSystemError: The system is unknown.
    """
    return _step_to_stored(parse_system(system))(*_float_arrays(x, y))


@overload
def on_earth(lon: float, lat: float) -> bool: ...
@overload
def on_earth(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]: ...
def on_earth(lon: Any, lat: Any) -> Any:
    """Tell whether stored coordinates, one pair or arrays, are a place on earth; NaN and infinity are not.

    >>> on_earth(118.84, 31.95), on_earth(31.95, 118.84), on_earth(float("nan"), 31.95)
    (True, False, False)
    """
    return (abs(lon) <= _LARGEST_LON) & (abs(lat) <= _LARGEST_LAT)


def points_to_stored(x: ArrayLike, y: ArrayLike, system: str) -> LonLat:
    """Bring points as received into stored coordinates like `to_stored`; NaN where they are not on earth."""
    lon, lat = to_stored(x, y, system)
    usable = on_earth(lon, lat)
    return np.where(usable, lon, np.nan), np.where(usable, lat, np.nan)


def point_to_stored(x: float, y: float, system: str) -> tuple[float, float] | None:
    """Bring one point as received into stored coordinates; None where `points_to_stored` has NaN."""
    lon, lat = x, y
    if system not in _AS_STORED:
        lon, lat = (float(moved[0]) for moved in to_stored([x], [y], system))
    return (lon, lat) if on_earth(lon, lat) else None


def stored_to(lon: ArrayLike, lat: ArrayLike, system: str) -> LonLat:
    """Bring stored longitude and latitude into another system: the inverse of `to_stored`."""
    return _step_from_stored(parse_system(system))(*_float_arrays(lon, lat))


def geometries_to_stored(geometries: ArrayLike, system: str) -> Geometries:
    """Bring geometries as received into stored coordinates.

    Args:
        geometries: Shapely geometries or None, shape (n,), x east and y north.
        system: A name as `parse_system` gives or takes.

    Returns:
        The same objects untouched for wgs84 and cgcs2000, else new ones, two-dimensional. A coordinate that
        cannot be in that system becomes infinite, which makes the geometry invalid.

    Raises:
        CoordinateSystemError: The system is unknown.
    """
    array = np.asarray(geometries, dtype=object)
    canonical = parse_system(system)
    if canonical in _AS_STORED:
        return array
    return _transform(array, _step_to_stored(canonical))


def metric_crs_for(lon: float, lat: float, setting: str = "auto") -> str:
    """Choose the projected system in which metres are measured around a place.

    Args:
        lon: Longitude of the place, usually the middle of the district.
        lat: Latitude of the place.
        setting: "auto", or a system to use instead, like EPSG:4549.

    Returns:
        In China the CGCS2000 3-degree Gauss-Krüger zone, EPSG 4534 + (central meridian - 75) / 3; the
        UTM zone elsewhere.

    Raises:
        CoordinateSystemError: The setting is no projected system in metres, or the place is no place.

    >>> metric_crs_for(118.84, 31.95), metric_crs_for(-2.9, 53.4)
    ('EPSG:4549', 'EPSG:32630')
    """
    if setting.strip().lower() != "auto":
        return _metric(parse_system(setting))
    if not on_earth(lon, lat):
        raise CoordinateSystemError(
            f"No projected zone for longitude {lon}, latitude {lat}: these are no degrees. "
            "State the coordinate system of the data, or set district_crs.",
        )
    if shapely.intersects_xy(CHINA, lon, lat):
        meridian = min(max(3 * round(lon / 3), _FIRST_GK_MERIDIAN), _LAST_GK_MERIDIAN)
        return f"EPSG:{_FIRST_GK_EPSG + (meridian - _FIRST_GK_MERIDIAN) // 3}"
    zone = min(int((lon + 180) // 6) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def to_metres(geometries: ArrayLike, metric_crs: str) -> Geometries:
    """Project stored geometries (EPSG:4490) into `metric_crs`; None stays, the impossible is infinite."""
    return _transform(np.asarray(geometries, dtype=object), _step_from_stored(parse_system(metric_crs)))


def points_to_metres(lon: ArrayLike, lat: ArrayLike, metric_crs: str) -> LonLat:
    """Project stored coordinates into eastings and northings of `metric_crs`; NaN where impossible."""
    return stored_to(lon, lat, metric_crs)


def _unknown(text: str) -> CoordinateSystemError:
    shown = text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - a WKT would fill the screen
    return CoordinateSystemError(f"Unknown coordinate system {shown!r}; possible: {_POSSIBLE}.", field="crs")


def _epsg_of_wkt(text: str) -> int | None:
    """Return the EPSG code of a WKT or of a registered name; nothing in it may make PROJ open a file."""
    if not _WKT_OR_NAME.fullmatch(text) or _OPENS_A_FILE in text.lower():
        return None
    try:
        found = CRS.from_user_input(text).to_epsg(min_confidence=60)
    except CRSError:
        return None
    return None if found is None else int(found)


@lru_cache(maxsize=256)
def _usable_crs(system: str) -> CRS:
    try:
        crs = CRS.from_user_input(system)
    except CRSError as error:
        raise _unknown(system) from error
    if len(crs.axis_info) != 2 or not (crs.is_projected or crs.is_geographic):  # noqa: PLR2004 - east and north
        raise CoordinateSystemError(
            f"{system} ({crs.name}) is no two-dimensional map or longitude/latitude system; "
            f"possible: {_POSSIBLE}.",
            field="crs",
        )
    return crs


def _metric(system: str) -> str:
    named = system in NAMED_SYSTEMS
    crs = None if named else _usable_crs(system)
    if crs is None or not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
        raise CoordinateSystemError(
            f"{system} does not measure in metres; set district_crs to auto or to a projected system "
            "in metres like EPSG:4549.",
            field="district_crs",
        )
    return system


def _step_to_stored(system: str) -> Callable[[NDArray[np.float64], NDArray[np.float64]], LonLat]:
    if system in _AS_STORED:
        return lambda x, y: (x, y)
    if system == "gcj02":
        return gcj02_to_wgs84
    if system == "bd09":
        return bd09_to_wgs84
    return lambda x, y: _project(_transformers(system)[0], x, y)


def _step_from_stored(system: str) -> Callable[[NDArray[np.float64], NDArray[np.float64]], LonLat]:
    if system in _AS_STORED:
        return lambda x, y: (x, y)
    if system == "gcj02":
        return wgs84_to_gcj02
    if system == "bd09":
        return wgs84_to_bd09
    return lambda x, y: _project(_transformers(system)[1], x, y)


@lru_cache(maxsize=64)
def _transformers(system: str) -> tuple[Transformer, Transformer]:
    crs = _usable_crs(system)
    # A system on CGCS2000 goes there without any datum; every other one goes to its equal, WGS 84, for
    # which PROJ knows the datum shifts.
    geodetic = crs.geodetic_crs
    stored = STORED_CRS if geodetic is not None and geodetic.to_epsg() == int(STORED_CRS[5:]) else "EPSG:4326"
    return (
        Transformer.from_crs(crs, stored, always_xy=True),
        Transformer.from_crs(stored, crs, always_xy=True),
    )


def _project(transformer: Transformer, x: NDArray[np.float64], y: NDArray[np.float64]) -> LonLat:
    moved_x, moved_y = transformer.transform(x, y)
    return _nan_pairs(np.asarray(moved_x, dtype=np.float64), np.asarray(moved_y, dtype=np.float64))


def _float_arrays(x: ArrayLike, y: ArrayLike) -> LonLat:
    a, b = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    return _nan_pairs(a, b)


def _nan_pairs(x: NDArray[np.float64], y: NDArray[np.float64]) -> LonLat:
    usable = np.isfinite(x) & np.isfinite(y)
    if usable.all():
        return x, y
    return np.where(usable, x, np.nan), np.where(usable, y, np.nan)


def _transform(
    geometries: Geometries,
    step: Callable[[NDArray[np.float64], NDArray[np.float64]], LonLat],
) -> Geometries:
    def both(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = np.column_stack(step(*_float_arrays(coordinates[:, 0], coordinates[:, 1])))
        # GEOS calls a ring unclosed whose ends are NaN; infinite ends keep it a geometry, and an invalid one.
        return np.where(np.isnan(moved), np.inf, moved)

    return np.asarray(shapely.transform(geometries, both), dtype=object)
