"""Overlay of polygon arrays that never raises, and nothing but polygons in its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.errors import GEOSException

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    _Operation = Callable[..., Any]

_SNAP_DIGITS = 12


def intersections(left: Geometries, right: Geometries) -> Geometries:
    """Intersect valid polygons pair by pair, shape (n,)."""
    return _pairwise(shapely.intersection, left, right)


def differences(left: Geometries, right: Geometries) -> Geometries:
    """Take the right polygons from the left ones, pair by pair, shape (n,)."""
    return _pairwise(shapely.difference, left, right)


def union(polygons: Geometries, *, disjoint: Geometries | None = None) -> shapely.Geometry:
    """Unite valid polygons.

    Args:
        polygons: Any valid polygons.
        disjoint: Further ones that are known to form a clean coverage among themselves, which can be
            united by cancelling their shared edges.
    """
    clean = np.empty(0, dtype=object) if disjoint is None else disjoint
    try:
        return shapely.union_all([shapely.coverage_union_all(clean), *polygons])
    except GEOSException:
        everything = np.concatenate((clean, polygons))
        return shapely.union_all(everything, grid_size=_finest(everything))


def polygon_parts(geometries: Geometries) -> tuple[Geometries, NDArray[np.intp]]:
    """Take geometries apart into their polygons; lines and points fall away.

    Returns:
        The polygons, and for each the position of the geometry it came from.
    """
    parts, owner = shapely.get_parts(geometries, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # collections may hold multi-polygons
    kept = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON.value
    kept &= ~shapely.is_empty(parts)
    return parts[kept], owner[inner][kept]


def _pairwise(operation: _Operation, left: Geometries, right: Geometries) -> Geometries:
    try:
        return np.asarray(operation(left, right), dtype=object)
    except GEOSException:
        return np.array([_one(operation, a, b) for a, b in zip(left, right, strict=True)], dtype=object)


def _one(operation: _Operation, a: shapely.Geometry, b: shapely.Geometry) -> Any:  # noqa: ANN401 - as GEOS has it
    try:
        return operation(a, b)
    except GEOSException:
        return operation(a, b, grid_size=_finest(np.array([a, b], dtype=object)))


def _finest(geometries: Geometries) -> float:
    """Choose a grid for GEOS' snap rounding, which cannot fail: finer than anything that is measured."""
    return float(np.abs(shapely.total_bounds(geometries)).max()) * 10.0**-_SNAP_DIGITS
