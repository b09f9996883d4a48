"""Geodesic measures of stored geometries: area, length and mean width on the ellipsoid, in metres.

Edges are geodesics, as in PostGIS' `geography`; in the `straight_` measures they are straight in degrees,
so that the parts of a cut shape add up to the whole. A projected zone is off by up to 500 ppm at its rim;
these are not. Source: Karney (2013), "Algorithms for geodesics", through PROJ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Geod

from gis.gridding.overlay import polygon_parts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Geometries = NDArray[np.object_]
    Positions = NDArray[np.intp]

_ELLIPSOID = Geod(ellps="GRS80")  # CGCS2000's, within 0.1 mm of WGS 84's
_SEMI_MAJOR_M, _ECCENTRICITY = 6_378_137.0, 0.0818191910428158  # GRS80, the ellipsoid of CGCS2000
_NODE = 1 / np.sqrt(3)  # of Gauss' quadrature with two points
_LEAST_RING = 4
_LINE = 1


def area_m2(geometries: ArrayLike) -> Floats:
    """Measure the area of polygons: shells less holes, whatever their direction.

    Args:
        geometries: Geometries in EPSG:4490, shape (n,); None, empty and non-polygons have area 0.

    Returns:
        Square metres, shape (n,); NaN where a coordinate is no number.
    """
    return _areas_and_perimeters(np.asarray(geometries, dtype=object))[0]


def length_m(geometries: ArrayLike) -> Floats:
    """Measure the length of lines, and the perimeter of polygons with that of their holes.

    Args:
        geometries: Geometries in EPSG:4490, shape (n,); None, empty and points have length 0.

    Returns:
        Metres, shape (n,).
    """
    array = np.asarray(geometries, dtype=object)
    lines, owner = shapely.get_parts(shapely.boundary(array), return_index=True)
    own_lines, own_owner = shapely.get_parts(array, return_index=True)
    is_line = np.isin(shapely.get_type_id(own_lines), (1, 2))
    keep = np.isin(shapely.get_type_id(lines), (1, 2))
    lines = np.concatenate((lines[keep], own_lines[is_line]))
    owner = np.concatenate((owner[keep], own_owner[is_line]))
    corners, line = shapely.get_coordinates(lines, return_index=True)
    joined = line[1:] == line[:-1]
    start, end = corners[:-1][joined], corners[1:][joined]
    steps = _ELLIPSOID.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2] if len(start) else np.empty(0)
    return _sums(owner[line[1:][joined]], np.asarray(steps, dtype=np.float64), len(array))


def width_m(geometries: ArrayLike) -> Floats:
    """Measure the mean width of polygons, 2 x area / perimeter.

    It is the thickness of a long sliver, and half the side of a square.

    Args:
        geometries: Polygons in EPSG:4490, shape (n,).

    Returns:
        Metres, shape (n,); 0 where there is no perimeter.
    """
    area, perimeter = _areas_and_perimeters(np.asarray(geometries, dtype=object))
    return np.divide(2 * area, perimeter, out=np.zeros_like(area), where=perimeter > 0)


def straight_area_m2(shapes: Geometries) -> Floats:
    """Measure polygons whose edges are straight in degrees, so that parts of a cut shape add up to the whole.

    `area_m2` takes edges as geodesics: its pieces of a long edge enclose a little more or less than the edge.

    Args:
        shapes: Geometries in EPSG:4490, shape (n,); None, empty and non-polygons have area 0.

    Returns:
        Square metres, shape (n,).
    """
    polygons, owner = polygon_parts(shapes)
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    lon, lat, step = _radians(rings)
    starts = np.concatenate(([True], step[1:] != step[:-1]))[: len(step)]
    first = lat[starts][step]
    joined = ~starts[1:]
    middle, half = (lat[1:] + lat[:-1]) / 2, (lat[1:] - lat[:-1]) / 2 * _NODE
    height = (_authalic(middle - half, first[1:]) + _authalic(middle + half, first[1:])) / 2
    swept = np.bincount(step[1:][joined], (np.diff(lon) * height)[joined], len(rings))
    is_hole = np.concatenate(([False], polygon[1:] == polygon[:-1]))[: len(polygon)]
    square_metres = np.abs(swept) * np.where(is_hole, -1, 1) * _SEMI_MAJOR_M**2 / 2
    return np.asarray(np.bincount(owner[polygon], square_metres, len(shapes)), dtype=np.float64)


def straight_length_m(shapes: Geometries) -> Floats:
    """Measure lines along edges that are straight in degrees, as `straight_area_m2` has them.

    Args:
        shapes: Geometries in EPSG:4490, shape (n,); None, empty, points and polygons have length 0.

    Returns:
        Metres, shape (n,).
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    lines, inner = shapely.get_parts(parts, return_index=True)
    is_line = shapely.get_dimensions(lines) == _LINE
    lines, owner = lines[is_line], owner[inner][is_line]
    lon, lat, line = _radians(lines)
    joined = line[1:] == line[:-1]
    middle, half = (lat[1:] + lat[:-1]) / 2, np.diff(lat) / 2 * _NODE
    steps = np.diff(lon), np.diff(lat)
    metres = (_metres(*steps, middle - half) + _metres(*steps, middle + half)) / 2
    return np.asarray(np.bincount(owner[line[1:][joined]], metres[joined], len(shapes)), dtype=np.float64)


def distance_m(lon: float, lat: float, to_lon: float, to_lat: float) -> tuple[float, float]:
    """Measure from one place to another, both in EPSG:4490.

    Returns:
        Metres along the geodesic, and its direction at the first place in degrees clockwise from north.
    """
    azimuth, _, metres = _ELLIPSOID.inv(lon, lat, to_lon, to_lat)
    return float(metres), float(azimuth) % 360


def _areas_and_perimeters(geometries: NDArray[np.object_]) -> tuple[Floats, Floats]:
    parts, owner = shapely.get_parts(geometries, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, counts = shapely.get_coordinates(rings), shapely.get_num_coordinates(rings)
    ends = np.cumsum(counts)
    is_hole = np.concatenate(([False], part[1:] == part[:-1])) if len(part) else np.empty(0, dtype=bool)
    area, perimeter = np.zeros(len(rings)), np.zeros(len(rings))
    for i in np.flatnonzero(counts >= _LEAST_RING):
        lon, lat = corners[ends[i] - counts[i] : ends[i] - 1].T
        signed, perimeter[i] = _ELLIPSOID.polygon_area_perimeter(lon, lat)
        area[i] = -abs(signed) if is_hole[i] else abs(signed)
    owner_of_ring = owner[part]
    return _sums(owner_of_ring, area, len(geometries)), _sums(owner_of_ring, perimeter, len(geometries))


def _sums(owner: NDArray[np.intp], values: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(owner, weights=values, minlength=count), dtype=np.float64)


def _radians(lines: Geometries) -> tuple[Floats, Floats, Positions]:
    corners, line = shapely.get_coordinates(lines, return_index=True)
    lon, lat = np.radians(corners).T
    return lon, lat, line


def _authalic(lat: Floats, first: Floats) -> Floats:
    """Give the area between two latitudes, as a multiple of half the squared axis and of the longitude swept.

    Written with the difference of the sines throughout, so that small shapes keep their digits.
    Source: Snyder (1987), "Map projections: a working manual", formula 3-12.
    """
    e2 = _ECCENTRICITY**2
    s, s0 = np.sin(lat), np.sin(first)
    rise = 2 * np.cos((lat + first) / 2) * np.sin((lat - first) / 2)
    fraction = rise * (1 + e2 * s * s0) / ((1 - e2 * s**2) * (1 - e2 * s0**2))
    logarithm = np.arctanh(_ECCENTRICITY * rise / (1 - e2 * s * s0)) / _ECCENTRICITY
    return np.asarray((1 - e2) * (fraction + logarithm))


def _metres(east: Floats, north: Floats, lat: Floats) -> Floats:
    """Give the length of small steps in radians at a latitude, by the radii of curvature there."""
    flat = 1 - _ECCENTRICITY**2 * np.sin(lat) ** 2
    meridian = _SEMI_MAJOR_M * (1 - _ECCENTRICITY**2) / flat**1.5
    prime_vertical = _SEMI_MAJOR_M / np.sqrt(flat)
    return np.hypot(meridian * north, prime_vertical * np.cos(lat) * east)
