"""Random points in polygons, and the metres to move them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.sample.land.ground import METRES_PER_UNIT, UNITS_PER_DEGREE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

METRES_PER_DEGREE = METRES_PER_UNIT * UNITS_PER_DEGREE
"""Metres of one degree east and north in the middle of the district; true to 0.5 % elsewhere in it."""


def points_in(polygons: NDArray[np.object_], chosen: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Draw one point in each chosen polygon, evenly over its area.

    Args:
        polygons: Polygons with some area, shape (m,).
        chosen: Positions in `polygons`, shape (n,), repeats allowed.
        rng: Draws the points.

    Returns:
        x and y, shape (n, 2).
    """
    shapely.prepare(polygons)
    bounds = shapely.bounds(polygons)[chosen]
    low, size = bounds[:, :2], bounds[:, 2:] - bounds[:, :2]
    points = np.empty((len(chosen), 2))
    missing = np.arange(len(chosen))
    while len(missing):
        tries = low[missing] + rng.random((len(missing), 2)) * size[missing]
        points[missing] = tries
        inside = shapely.contains_xy(polygons[chosen[missing]], tries[:, 0], tries[:, 1])
        missing = missing[~inside]
    return points


def moved(lonlat: Floats, metres: Floats) -> Floats:
    """Return points moved by metres east and north, both shape (n, 2)."""
    return np.asarray(lonlat + metres / METRES_PER_DEGREE)
