"""The two shifted coordinate systems of Chinese web maps: GCJ-02 (国测局) and BD-09 (百度).

All functions take and give arrays (or numbers) of degrees, longitude first, of equal shape. NaN and
infinite values give NaN. Outside the box of China nothing is shifted. The inverses are iterated on the
forward formula until they move less than 1e-12 degrees, because the closed ones err by decimetres to
metres. Source: the formulas in public use; the providers' own maps differ by about 0.65 m.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    LonLat: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
    _Formula: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.float64]], LonLat]

SEMI_MAJOR_M = 6378245.0  # Krassowsky 1940, which the formula is built on
ECCENTRICITY_SQUARED = 0.00669342162296594323
BAIDU_PI = np.pi * 3000.0 / 180.0
SHIFTED_BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north of the shifted part of the world."""

_ROUNDS = 6
_CONVERGED_DEGREES = 1e-12


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


def _forward(formula: _Formula, lon: ArrayLike, lat: ArrayLike) -> LonLat:
    x, y = _finite(lon, lat)
    moved_x, moved_y = formula(x, y)
    inside = _in_shifted_box(x, y)
    return np.where(inside, moved_x, x), np.where(inside, moved_y, y)


def _inverse(formula: _Formula, lon: ArrayLike, lat: ArrayLike) -> LonLat:
    target_x, target_y = _finite(lon, lat)
    x, y = target_x.copy(), target_y.copy()
    for _ in range(_ROUNDS):
        image_x, image_y = _forward(formula, x, y)
        step_x, step_y = target_x - image_x, target_y - image_y
        x, y = x + step_x, y + step_y
        largest = max(
            np.abs(step_x).max(initial=0.0, where=np.isfinite(step_x)),
            np.abs(step_y).max(initial=0.0, where=np.isfinite(step_y)),
        )
        if largest < _CONVERGED_DEGREES:
            break
    return x, y


def _finite(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    usable = np.isfinite(x) & np.isfinite(y)
    return np.where(usable, x, np.nan), np.where(usable, y, np.nan)


def _in_shifted_box(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    west, south, east, north = SHIFTED_BOX
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _gcj02(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> LonLat:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north_m = (
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
        + (2.0 / 3.0) * (
            ripple
            + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)
            + 160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)
        )
    )  # fmt: skip
    east_m = (
        300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
        + (2.0 / 3.0) * (
            ripple
            + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)
            + 150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)
        )
    )  # fmt: skip
    phi = np.radians(lat)
    flattening = 1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / flattening**1.5
    parallel_m = SEMI_MAJOR_M / np.sqrt(flattening) * np.cos(phi)
    with np.errstate(divide="ignore", invalid="ignore"):  # the poles lie outside the box anyway
        return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _bd09(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> LonLat:
    distance = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BAIDU_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BAIDU_PI)
    return distance * np.cos(angle) + 0.0065, distance * np.sin(angle) + 0.006
