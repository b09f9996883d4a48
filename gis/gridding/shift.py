"""The two shifted coordinate systems of Chinese web maps: GCJ-02 (国测局) and BD-09 (百度).

All functions take and give arrays (or numbers) of degrees, longitude first, of equal shape. NaN and
infinite values give NaN. Outside the box of China nothing is shifted. The inverses are iterated on the
forward formula until the next step would be below 1e-12 degrees, because the closed ones err by decimetres
to metres. Whether there is a shift to take away is told from the point received: of the two places that a
point just outside the box may come from, the inverse gives the unshifted one.
Source: the formulas in public use; the providers' own maps differ by about 0.65 m.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    LonLat: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
    _Formula: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.float64]], "_Image"]

SEMI_MAJOR_M = 6378245.0  # Krassowsky 1940, which the formula is built on
ECCENTRICITY_SQUARED = 0.00669342162296594323
BAIDU_PI = np.pi * 3000.0 / 180.0
SHIFTED_BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north of the shifted part of the world."""

_ROUNDS = 6
_LAST_STEP_DEGREES = 1e-6  # Newton's next step would be below 1e-12
_BLOCK = 16_384  # points


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Shift WGS 84 (or CGCS2000) to GCJ-02, which Gaode, Tencent and WeChat use."""
    return _forward(_gcj02, lon, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Take the GCJ-02 shift away, iterated on `wgs84_to_gcj02`."""
    return _inverse(_gcj02, lon, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Shift GCJ-02 to BD-09, which Baidu uses."""
    return _forward(_bd09, lon, lat)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Take the BD-09 shift away, iterated on `gcj02_to_bd09`."""
    return _inverse(_bd09, lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Shift WGS 84 (or CGCS2000) to BD-09 by way of GCJ-02."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Take both shifts away."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


class _Image(NamedTuple):
    """Where a formula moves points to, and how that changes with longitude and latitude, in degrees."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    lon_by_lon: NDArray[np.float64]
    lon_by_lat: NDArray[np.float64]
    lat_by_lon: NDArray[np.float64]
    lat_by_lat: NDArray[np.float64]


def _forward(formula: _Formula, lon: ArrayLike, lat: ArrayLike) -> LonLat:
    return _move_inside(lambda x, y: formula(x, y)[:2], lon, lat)


def _inverse(formula: _Formula, lon: ArrayLike, lat: ArrayLike) -> LonLat:
    return _move_inside(lambda x, y: _solve(formula, x, y), lon, lat)


def _move_inside(move: Callable[..., LonLat], lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Move the points inside the shifted box; by blocks, so that intermediate arrays stay in the cache."""
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    usable = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(usable, x, np.nan), np.where(usable, y, np.nan)
    west, south, east, north = SHIFTED_BOX
    inside = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for start in range(0, len(inside), _BLOCK):
        block = inside[start : start + _BLOCK]
        flat_x[block], flat_y[block] = move(flat_x[block], flat_y[block])
    return x, y


def _solve(formula: _Formula, target_x: NDArray[np.float64], target_y: NDArray[np.float64]) -> LonLat:
    """Find what a formula moves to the targets, by Newton's method."""
    x, y = target_x, target_y
    for _ in range(_ROUNDS):
        image = formula(x, y)
        off_x, off_y = target_x - image.lon, target_y - image.lat
        scale = 1.0 / (image.lon_by_lon * image.lat_by_lat - image.lon_by_lat * image.lat_by_lon)
        step_x = scale * (image.lat_by_lat * off_x - image.lon_by_lat * off_y)
        step_y = scale * (image.lon_by_lon * off_y - image.lat_by_lon * off_x)
        x, y = x + step_x, y + step_y
        if max(np.abs(step_x).max(), np.abs(step_y).max()) < _LAST_STEP_DEGREES:
            break
    return x, y


def _gcj02(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> _Image:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    whole_x, third_x, twelfth_x, thirtieth_x = _waves(x)
    whole_y, third_y, twelfth_y, thirtieth_y = _waves(y)
    twice_x = _double(whole_x)
    sixfold_x = _triple(twice_x)
    ripple = 20.0 * sixfold_x[0] + 20.0 * twice_x[0]
    north_m = (
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
        + (2.0 / 3.0) * (
            ripple + 20.0 * whole_y[0] + 40.0 * third_y[0] + 160.0 * twelfth_y[0] + 320.0 * thirtieth_y[0]
        )
    )  # fmt: skip
    east_m = (
        300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
        + (2.0 / 3.0) * (
            ripple + 20.0 * whole_x[0] + 40.0 * third_x[0] + 150.0 * twelfth_x[0] + 300.0 * thirtieth_x[0]
        )
    )  # fmt: skip
    # the slopes leave out the root and the flattening: what they add is too little to cost Newton a round
    ripple_slope = np.pi * (120.0 * sixfold_x[1] + 40.0 * twice_x[1])
    north_by_x = 2.0 + 0.1 * y + (2.0 / 3.0) * ripple_slope
    north_by_y = 3.0 + 0.4 * y + 0.1 * x + (2.0 * np.pi / 3.0) * (
        20.0 * whole_y[1] + 40.0 / 3.0 * third_y[1] + 40.0 / 3.0 * twelfth_y[1] + 32.0 / 3.0 * thirtieth_y[1]
    )  # fmt: skip
    east_by_x = 1.0 + 0.2 * x + 0.1 * y + (2.0 / 3.0) * (
        ripple_slope
        + np.pi * (20.0 * whole_x[1] + 40.0 / 3.0 * third_x[1] + 12.5 * twelfth_x[1] + 10.0 * thirtieth_x[1])
    )  # fmt: skip
    east_by_y = 2.0 + 0.1 * x
    phi = np.radians(lat)
    sine, cosine = np.sin(phi), np.cos(phi)
    flattening = 1.0 - ECCENTRICITY_SQUARED * sine * sine
    curved = np.sqrt(flattening)
    degrees_by_m_north = np.degrees(flattening * curved / (SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED)))
    degrees_by_m_east = np.degrees(curved / (SEMI_MAJOR_M * cosine))
    return _Image(
        lon=lon + east_m * degrees_by_m_east,
        lat=lat + north_m * degrees_by_m_north,
        lon_by_lon=1.0 + east_by_x * degrees_by_m_east,
        lon_by_lat=(east_by_y + east_m * np.radians(sine / cosine)) * degrees_by_m_east,
        lat_by_lon=north_by_x * degrees_by_m_north,
        lat_by_lat=1.0 + north_by_y * degrees_by_m_north,
    )


def _bd09(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> _Image:
    sine_x, cosine_x = np.sin(lon * BAIDU_PI), np.cos(lon * BAIDU_PI)
    sine_y, cosine_y = np.sin(lat * BAIDU_PI), np.cos(lat * BAIDU_PI)
    length = np.sqrt(lon * lon + lat * lat)
    stretch = 1.0 + 0.00002 * sine_y / length
    # turned by so small an angle around 0, 0 that two terms of its sine and cosine are exact
    turn = 0.000003 * cosine_x
    sine, cosine = turn * (1.0 - turn * turn / 6.0), 1.0 - turn * turn / 2.0
    turn_by_lon = -0.000003 * BAIDU_PI * sine_x
    stretch_by_lat = 0.00002 * BAIDU_PI * cosine_y / length
    return _Image(
        lon=stretch * (lon * cosine - lat * sine) + 0.0065,
        lat=stretch * (lat * cosine + lon * sine) + 0.006,
        lon_by_lon=stretch - lat * turn_by_lon,
        lon_by_lat=lon * stretch_by_lat - turn,
        lat_by_lon=lon * turn_by_lon + turn,
        lat_by_lat=stretch + lat * stretch_by_lat,
    )


def _waves(x: NDArray[np.float64]) -> tuple[LonLat, LonLat, LonLat, LonLat]:
    """Return sine and cosine of pi x, and of its third, twelfth and thirtieth part.

    They are worked out from those of the sixtieth part: sines are what a shift costs most, and what the
    multiplications lose is far below a nanometre.
    """
    sixtieth = np.sin(np.pi / 60.0 * x), np.cos(np.pi / 60.0 * x)
    twelfth = _fivefold(sixtieth)
    third = _double(_double(twelfth))
    return _triple(third), third, twelfth, _double(sixtieth)


def _double(wave: LonLat) -> LonLat:
    sine, cosine = wave
    return 2.0 * sine * cosine, 1.0 - 2.0 * sine * sine


def _triple(wave: LonLat) -> LonLat:
    sine, cosine = wave
    return sine * (3.0 - 4.0 * sine * sine), cosine * (4.0 * cosine * cosine - 3.0)


def _fivefold(wave: LonLat) -> LonLat:
    sine, cosine = wave
    s2, c2 = sine * sine, cosine * cosine
    return sine * (5.0 + s2 * (16.0 * s2 - 20.0)), cosine * (5.0 + c2 * (16.0 * c2 - 20.0))
