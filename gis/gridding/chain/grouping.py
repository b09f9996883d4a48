"""Small tools for arrays of numbers that stand for things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.integer[Any]]


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

