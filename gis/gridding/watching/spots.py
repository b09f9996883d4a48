"""Boxes brought together where they meet, until none meet any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.grouping import least_connected

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Floats, Integers, Polygons


def together(groups: Integers, boxes: Floats, within: float) -> tuple[Integers, Floats]:
    """Join groups of boxes as long as the box around one comes near that of another.

    Args:
        groups: The group of each box, any numbers, shape (n,).
        boxes: West, south, east, north, shape (n, 4).
        within: How far from each other they count as near.

    Returns:
        The spot of each box, shape (n,), and the box around each spot, shape (s, 4).

    >>> boxes = np.array([[0, 0, 1, 1], [5, 0, 6, 1], [0, 2, 2, 9], [4, 8, 5, 9]])
    >>> together(np.array([7, 7, 8, 9]), boxes, 0.5)[0].tolist()
    [0, 0, 1, 2]
    """
    _, spot = np.unique(groups, return_inverse=True)
    around = _around(spot, boxes)
    while len(around):
        near = around + np.array([-within, -within, within, within]) / 2
        shapes = drawn(near)
        one, other = shapely.STRtree(shapes).query(shapes)
        pairs = one < other
        if not pairs.any():
            break
        _, joined = np.unique(least_connected(one[pairs], other[pairs], len(around)), return_inverse=True)
        spot, around = joined[spot], _around(joined, around)
    return spot, around


def drawn(boxes: Floats) -> Polygons:
    """Draw boxes, shape (n, 4)."""
    return np.asarray(shapely.box(*boxes.T), dtype=object)


def _around(groups: Integers, boxes: Floats) -> Floats:
    """Return the box around each group of boxes, by its number."""
    if not len(groups):
        return np.empty((0, 4))
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    low = np.minimum.reduceat(boxes[order, :2], starts, axis=0)
    return np.hstack((low, np.maximum.reduceat(boxes[order, 2:], starts, axis=0)))
