"""Small tools for arrays of numbers that stand for things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Floats, Integers


def lines_between(start: Floats, end: Floats) -> NDArray[Any]:
    """Draw a line from each start to each end, shape (n, 2) both."""
    return np.asarray(shapely.linestrings(np.stack((start, end), axis=1)), dtype=object)


def mean_width(polygons: NDArray[Any]) -> Floats:
    """Return twice the area of polygons by their perimeter; 0 of empty ones."""
    perimeter = shapely.length(polygons)
    width: Floats = np.divide(
        2 * shapely.area(polygons), perimeter, out=np.zeros_like(perimeter), where=perimeter > 0
    )
    return width


def distinct_points(points: Floats) -> tuple[Floats, Integers]:
    """Return each place once, from west to east and south to north, and where each point is among them."""
    order = np.lexsort((points[:, 1], points[:, 0]))
    ordered = points[order]
    new = np.ones(len(points), dtype=bool)
    np.any(ordered[1:] != ordered[:-1], axis=1, out=new[1:])
    place = np.empty(len(points), dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    return ordered[new], place


def least_connected(one: Integers, other: Integers, count: int) -> Integers:
    """Return, for each of `count` numbers, the least one it is connected with by pairs.

    >>> least_connected(np.array([3, 2]), np.array([2, 1]), 5)
    array([0, 1, 1, 1, 4])
    """
    least = np.arange(count)
    while True:
        here = np.minimum(least[one], least[other])
        before = least.copy()
        np.minimum.at(least, one, here)
        np.minimum.at(least, other, here)
        least = least[least]
        if np.array_equal(before, least):
            return least
