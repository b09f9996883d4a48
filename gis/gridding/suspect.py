"""Tell when coordinates are not in the system they are said to be in. Nothing is ever repaired here.

How it decides, in this order; shares are of the usable positions, and one spot counts once:

1. Most positions are at (0, 0): a missing position was written as a number.
2. Most lie beyond 180 or 90 degrees: metres labelled degrees, or latitude before longitude.
3. Said to be metres, and most numbers are degrees.
4. An outline is known and most positions lie far from it: swapped, or elsewhere altogether.
5. An outline is known and a shifted system fits it better (GCJ-02, BD-09 or none). Two tests, and a
   shift is only named when it wins one of them clearly. Honest data that are off by up to 100 m (an old
   datum) raise no alarm: they are never far outside, and fit the edges neither way.
   a. *Misses*: positions more than 150 m outside the outline. At least 8 and 0.3 % as labelled, and at
      most a quarter of them under the other system.
   b. *Edges* (only for the corners of polygons): corners within 5, 15 or 40 m of an outline's edge. At
      least 20 and 3 % under the other system, at most a third of them as labelled, and at most half of
      them after a shift of the same length in any of seven other directions, which is what chance gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from gis.gridding.crs import CHINA, NAMED_SYSTEMS, in_degrees, parse_system, stored_to, to_stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    Outline: TypeAlias = BaseGeometry | Sequence[BaseGeometry] | tuple[float, float, float, float]
    Floats: TypeAlias = NDArray[np.float64]

MOST = 0.5
SAME_SPOT_DEGREES = 1e-4
MISS_M = 150.0
LEAST_MISSES, LEAST_MISS_SHARE, MISSES_LEFT = 8, 0.003, 0.25
EDGE_RADII_M = (5.0, 15.0, 40.0)
LEAST_EDGE_HITS, LEAST_EDGE_SHARE, EDGE_HITS_LEFT, CHANCE_HITS = 20, 0.03, 1 / 3, 1 / 2
_LARGEST_SAMPLE = 5000
_METRES_PER_DEGREE = 111_320.0
_SHIFTED = ("wgs84", "gcj02", "bd09")
# CGCS2000 3-degree zones, the same with the zone's number before the easting, web Mercator.
_USUAL_METRIC = tuple(f"EPSG:{code}" for code in (*range(4534, 4555), *range(4513, 4534), 3857))


class SuspicionKind(StrEnum):
    """What coordinates may really be; the names are stable."""

    NULL_ISLAND = "null_island"
    METRES_AS_DEGREES = "metres_as_degrees"
    DEGREES_AS_METRES = "degrees_as_metres"
    SWAPPED = "swapped"
    ELSEWHERE = "elsewhere"
    GCJ02_AS_WGS84 = "gcj02_as_wgs84"
    BD09_AS_WGS84 = "bd09_as_wgs84"
    WGS84_AS_GCJ02 = "wgs84_as_gcj02"
    BD09_AS_GCJ02 = "bd09_as_gcj02"
    WGS84_AS_BD09 = "wgs84_as_bd09"
    GCJ02_AS_BD09 = "gcj02_as_bd09"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why coordinates seem not to be in the system they are said to be in.

    Attributes:
        kind: What they seem to be.
        message: The sentence for the user, with the remedy.
        share: Share of the positions that speak for it, 0 to 1.
        fits: The system under which the data would fit the outline, if one was found.
    """

    kind: SuspicionKind
    message: str
    share: float
    fits: str | None = None


def suspect_system(
    lon: ArrayLike,
    lat: ArrayLike,
    outline: Outline | None = None,
    *,
    claimed: str = "wgs84",
) -> Suspicion | None:
    """Judge positions (events, addresses) that were read as being in `claimed`.

    Args:
        lon: Longitudes as stored, that is after `to_stored`, shape (n,). NaN is left out.
        lat: Latitudes as stored, shape (n,).
        outline: Where they should lie: polygons in EPSG:4490, or (west, south, east, north), or None.
        claimed: The system the data are said to be in.

    Returns:
        The weightiest suspicion, or None.
    """
    return _suspect(*_usable(lon, lat), _polygons(outline), parse_system(claimed), edges=False)


def suspect_outlines(
    geometries: ArrayLike,
    parents: Outline | None = None,
    *,
    claimed: str = "wgs84",
) -> Suspicion | None:
    """Judge polygons (grids, areas) that were read as being in `claimed`, by their corners.

    Args:
        geometries: Polygons as stored, shape (n,); None is left out.
        parents: Outlines that should share edges with them (communities, streets, the district), or
            (west, south, east, north), or None.
        claimed: The system the data are said to be in.

    Returns:
        The weightiest suspicion, or None.
    """
    corners = shapely.get_coordinates(np.asarray(geometries, dtype=object))
    return _suspect(*_usable(*corners.T), _polygons(parents), parse_system(claimed), edges=True)


def null_island(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Mark positions at exactly (0, 0): a missing position written as a number."""
    mask: NDArray[np.bool_] = (np.asarray(lon) == 0) & (np.asarray(lat) == 0)
    return mask


def _suspect(
    lon: Floats, lat: Floats, polygons: NDArray[np.object_], claimed: str, *, edges: bool
) -> Suspicion | None:
    if not len(lon):
        return None
    found = _suspect_numbers(lon, lat, claimed, polygons)
    if found is not None or not len(polygons):
        return found
    return _suspect_place(lon, lat, polygons, claimed) or _suspect_shift(
        lon, lat, polygons, claimed, edges=edges
    )


def _suspect_numbers(
    lon: Floats, lat: Floats, claimed: str, polygons: NDArray[np.object_]
) -> Suspicion | None:
    zero = _share(null_island(lon, lat))
    if zero > MOST:
        return Suspicion(
            SuspicionKind.NULL_ISLAND,
            f"{zero:.0%} of the positions are (0, 0), which stands for a missing position: leave them empty.",
            zero,
        )
    swapped = _share(shapely.intersects_xy(CHINA, lat, lon) & ~shapely.intersects_xy(CHINA, lon, lat))
    turned = _share((np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90))  # noqa: PLR2004 - degrees
    if max(swapped, turned) > MOST:
        return _swapped(max(swapped, turned))
    beyond = _share((np.abs(lon) > 180) | (np.abs(lat) > 90))  # noqa: PLR2004 - degrees
    if beyond > MOST:
        return _metres_as_degrees(beyond, lon, lat, polygons)
    if in_degrees(claimed):
        return None
    x, y = stored_to(lon, lat, claimed)
    small = _share((np.abs(x) <= 180) & (np.abs(y) <= 180))  # noqa: PLR2004 - degrees
    if small > MOST:
        return Suspicion(
            SuspicionKind.DEGREES_AS_METRES,
            f"{small:.0%} of the coordinates are numbers of degrees, but are said to be metres in {claimed}: "
            "state wgs84, cgcs2000, gcj02 or bd09.",
            small,
        )
    return None


def _swapped(share: float) -> Suspicion:
    return Suspicion(
        SuspicionKind.SWAPPED,
        f"{share:.0%} of the positions only make sense with longitude and latitude swapped: "
        "exchange the two columns (longitude comes first).",
        share,
    )


def _metres_as_degrees(share: float, x: Floats, y: Floats, polygons: NDArray[np.object_]) -> Suspicion:
    fits = _fitting_system(x, y, polygons) if len(polygons) else None
    advice = f"they fit the outline as {fits}" if fits else "find out the projected system, like EPSG:4549"
    return Suspicion(
        SuspicionKind.METRES_AS_DEGREES,
        f"{share:.0%} of the coordinates are too large for degrees, so they are metres labelled degrees: "
        f"state the coordinate system; {advice}.",
        share,
        fits,
    )


def _suspect_place(lon: Floats, lat: Floats, polygons: NDArray[np.object_], claimed: str) -> Suspicion | None:
    box = shapely.total_bounds(polygons)
    near = _near(lon, lat, box)
    if _share(near) > MOST:
        return None
    turned = _share(_near(lat, lon, box))
    if turned > MOST:
        return _swapped(turned)
    x, y = stored_to(lon, lat, claimed)
    fits = None if claimed in NAMED_SYSTEMS else _fitting_system(x, y, polygons)
    away = 1 - _share(near)
    middle = (box[:2] + box[2:]) / 2
    advice = f"they fit it as {fits}" if fits else "state the right coordinate system or the right file"
    return Suspicion(
        SuspicionKind.ELSEWHERE,
        f"{away:.0%} of the positions lie elsewhere altogether, around {np.median(lon):.4f}, "
        f"{np.median(lat):.4f}; the outline lies around {middle[0]:.4f}, {middle[1]:.4f}: {advice}.",
        away,
        fits,
    )


def _suspect_shift(
    lon: Floats, lat: Floats, polygons: NDArray[np.object_], claimed: str, *, edges: bool
) -> Suspicion | None:
    label = claimed if claimed in _SHIFTED else "wgs84"
    kept = _near(lon, lat, shapely.total_bounds(polygons))
    lon, lat = lon[kept], lat[kept]
    fit = _Fit(polygons, edges=edges)
    best: tuple[float, str] | None = None
    for other in _SHIFTED:
        if other == label:
            continue
        share = fit.preference(lon, lat, *to_stored(*stored_to(lon, lat, label), other))
        if share is not None and (best is None or share > best[0]):
            best = (share, other)
    if best is None:
        return None
    share, other = best
    names = {"wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09"}
    return Suspicion(
        SuspicionKind(f"{other}_as_{label}"),
        f"The data are labelled {names[label]} but fit the known outlines as {names[other]} "
        f"({share:.0%} of the deciding positions): state {other} if that is what they are.",
        share,
        other,
    )


@dataclass(frozen=True, slots=True)
class _Measure:
    """How positions lie to the outline: their number, those outside, and those on its edges by radius."""

    count: int
    misses: int
    hits: NDArray[np.intp]


class _Fit:
    """Measures positions against outlines, in a plane of metres that is good enough for 20 m."""

    def __init__(self, polygons: NDArray[np.object_], *, edges: bool) -> None:
        west, south, east, north = shapely.total_bounds(polygons)
        self._origin = np.array([(west + east) / 2, (south + north) / 2])
        self._scale = _METRES_PER_DEGREE * np.array([np.cos(np.radians(self._origin[1])), 1.0])
        flat = shapely.transform(polygons, lambda corners: (corners - self._origin) * self._scale)
        self._polygons = shapely.STRtree(flat)
        self._edges = shapely.STRtree(_segments(flat)) if edges else None

    def preference(self, lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> float | None:
        """Say how clearly the other positions fit better (0 to 1), or None where they do not."""
        here, there = self._flat(lon, lat), self._flat(other_lon, other_lat)
        labelled, other = self._measure(here), self._measure(there)
        enough = max(LEAST_MISSES, LEAST_MISS_SHARE * labelled.count)
        if labelled.misses >= enough and other.misses <= MISSES_LEFT * labelled.misses:
            return 1 - other.misses / labelled.misses
        enough = max(LEAST_EDGE_HITS, LEAST_EDGE_SHARE * labelled.count)
        better = (other.hits >= enough) & (labelled.hits <= EDGE_HITS_LEFT * other.hits)
        for eighths in range(1, 8):
            if not better.any():
                return None
            better &= self._measure(here + (there - here) @ _turn(eighths)).hits <= CHANCE_HITS * other.hits
        radius = int(np.argmax(better))
        return float(1 - labelled.hits[radius] / other.hits[radius]) if better.any() else None

    def _flat(self, lon: Floats, lat: Floats) -> Floats:
        return np.asarray((np.column_stack((lon, lat)) - self._origin) * self._scale)

    def _measure(self, places: Floats) -> _Measure:
        points = np.asarray(shapely.points(places), dtype=object)
        inside = self._polygons.query(points, predicate="dwithin", distance=MISS_M)[0]
        misses = len(points) - len(np.unique(inside))
        if self._edges is None:
            return _Measure(len(points), misses, np.zeros(len(EDGE_RADII_M), dtype=np.intp))
        (near, _), distance = self._edges.query_nearest(
            points, max_distance=EDGE_RADII_M[-1], return_distance=True, all_matches=False
        )
        hits = [len(np.unique(near[distance <= radius])) for radius in EDGE_RADII_M]
        return _Measure(len(points), misses, np.array(hits))


def _turn(eighths: int) -> Floats:
    angle = eighths * np.pi / 4
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def _segments(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    rings = shapely.get_rings(polygons)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    pairs = np.stack((corners[:-1][joined], corners[1:][joined]), axis=1)
    return np.asarray(shapely.linestrings(pairs), dtype=object)


def _fitting_system(x: Floats, y: Floats, polygons: NDArray[np.object_]) -> str | None:
    box = shapely.total_bounds(polygons)
    for system in _USUAL_METRIC:
        if _share(_near(*to_stored(x, y, system), box)) > 1 - MOST / 5:
            return system
    return None


def _near(lon: Floats, lat: Floats, box: Floats) -> NDArray[np.bool_]:
    west, south, east, north = box
    margin = max(0.05, 0.5 * max(east - west, north - south))
    inside: NDArray[np.bool_] = (
        (lon >= west - margin) & (lon <= east + margin) & (lat >= south - margin) & (lat <= north + margin)
    )
    return inside


def _usable(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    usable = np.isfinite(x) & np.isfinite(y)
    x, y = x[usable], y[usable]
    _, first = np.unique(np.round(np.column_stack((x, y)) / SAME_SPOT_DEGREES), axis=0, return_index=True)
    if len(first) < len(x) and not null_island(x, y).mean() > MOST:
        chosen = np.sort(first)
        x, y = x[chosen], y[chosen]
    every = max(1, -(-len(x) // _LARGEST_SAMPLE))
    return x[::every], y[::every]


def _polygons(outline: Outline | None) -> NDArray[np.object_]:
    if outline is None:
        return np.empty(0, dtype=object)
    if isinstance(outline, tuple) and len(outline) == 4 and not isinstance(outline[0], shapely.Geometry):  # noqa: PLR2004 - a box
        return np.array([shapely.box(*outline)], dtype=object)
    polygons = np.atleast_1d(np.asarray(outline, dtype=object))
    usable = ~(shapely.is_missing(polygons) | shapely.is_empty(polygons))
    return np.asarray(polygons[usable], dtype=object)


def _share(mask: NDArray[np.bool_]) -> float:
    return float(np.mean(mask)) if len(mask) else 0.0
