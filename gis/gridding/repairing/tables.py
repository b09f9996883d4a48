"""Small tables as arrays: who has which border, and rows brought together by a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.outlines import ranges

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Floats, Integers


@dataclass(frozen=True, slots=True)
class Users:
    """The borders that each polygon's outline runs along, ordered by border, then by polygon.

    Attributes:
        border, polygon: Shape (n,); each pair once.
        side: 1 where the polygon lies to the left of the border, -1 where it lies to the right; those of the
            parents exchanged.
    """

    border: Integers
    polygon: Integers
    side: Integers

    def changed_by(self, border: Integers, polygon: Integers, side: Integers) -> Users:
        """Add sides; what cancels falls away."""
        return users_of(
            np.concatenate((self.border, border)),
            np.concatenate((self.polygon, polygon)),
            np.concatenate((self.side, side)),
        )

    def keys(self, polygons: int) -> Integers:
        """Return a number for each row, ascending, given how many polygons there are at most."""
        keys: Integers = self.border * polygons + self.polygon
        return keys


def users_of(border: Integers, polygon: Integers, side: Integers) -> Users:
    """Add up the sides of each border and polygon, and keep what is not zero."""
    most = 1 + int(polygon.max(initial=0))
    both, sums = summed(border.astype(np.int64) * most + polygon, side)
    kept = sums != 0
    return Users(both[kept] // most, both[kept] % most, sums[kept].astype(np.int64))


def summed(keys: Integers, values: Floats | Integers) -> tuple[Integers, Floats]:
    """Return each key once, ascending, and the sum of its values."""
    distinct, which = np.unique(keys, return_inverse=True)
    sums = np.zeros(len(distinct))
    np.add.at(sums, which, values)
    return distinct, sums


def matches(ordered: Integers, wanted: Integers) -> tuple[Integers, Integers]:
    """Find all rows of an ascending column that equal each wanted number: place in `wanted`, and row.

    >>> [found.tolist() for found in matches(np.array([1, 3, 3, 7]), np.array([3, 4, 1]))]
    [[0, 0, 2], [1, 2, 0]]
    """
    first = np.searchsorted(ordered, wanted)
    counts = np.searchsorted(ordered, wanted, side="right") - first
    return np.arange(len(wanted)).repeat(counts), ranges(first, counts)


def is_among(ordered: Integers, wanted: Integers) -> Integers:
    """Return the row of an ascending column without repeats that equals each wanted number, or -1."""
    row = np.searchsorted(ordered, wanted)
    row[row == len(ordered)] = 0
    found: Integers = np.where(ordered[row] == wanted, row, -1) if len(ordered) else np.full(len(wanted), -1)
    return found
