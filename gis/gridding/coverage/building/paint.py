"""Who covers each fine cell at its left side, on its middle latitude: counted along every row at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.outlines import ranges

if TYPE_CHECKING:
    from gis.gridding.coverage.building.raster import Drawn, Window
    from gis.gridding.coverage.outlines import Edges, Floats, Integers


# Whole numbers below 2 ** 53 are exact in a double: so a million polygons may lie over one another.
COUNTED = float(1 << 32)


@dataclass(frozen=True, slots=True)
class Painted:
    """The polygons between their crossings, row by row.

    A fine cell's place is row * stride + column; one more place stands at the end of each row.

    Attributes:
        stride: Places in a row.
        cover: What covers each place, flat: COUNTED for each polygon, plus its number.
        starts, ends, polygon: The stretches from each entry to the next exit, by row and polygon.
        keys: The crossings as ascending numbers made of row, polygon and column.
        bits: How many bits polygon and column take in those.
    """

    stride: int
    cover: Floats
    starts: Integers
    ends: Integers
    polygon: Integers
    keys: Integers
    bits: tuple[int, int]

    def count(self, row: Integers, column: Integers) -> Integers:
        """Return how many polygons cover fine cells."""
        counted: Integers = (self.cover[row * self.stride + column] * (1 / COUNTED)).astype(np.int64)
        return counted

    def owner(self, row: Integers, column: Integers) -> Integers:
        """Return the number of the polygon that alone covers fine cells; -1 for none, -2 for several."""
        cover = self.cover[row * self.stride + column]
        number = np.where(cover >= COUNTED, cover - COUNTED, -1.0)
        return np.where(cover >= 2 * COUNTED, -2.0, number).astype(np.int64)

    def crossings_before(self, row: Integers, polygon: Integers, column: Integers) -> Integers:
        """Count crossings of earlier rows and polygons, and of this one left of a column.

        Each polygon crosses a row an even number of times, so the parity is that of this row and polygon.
        """
        return np.searchsorted(self.keys, _key(row, polygon, column, self.bits))


def paint(edges: Edges, drawn: Drawn, window: Window) -> Painted:
    """Pair the crossings of each polygon in each row, and cover what lies between."""
    stride = window.columns * window.scale + 1
    size = window.rows * window.scale * stride
    crossing = edges.polygon[drawn.cross_edge]
    bits = int(crossing.max(initial=0)).bit_length(), stride.bit_length()
    # crossings in one column may stand in any order: nothing is covered between them
    keys = np.sort(_key(drawn.cross_row, crossing, drawn.column(drawn.cross_u), bits))
    row = keys >> sum(bits)
    polygon = keys[0::2] >> bits[1] & ((1 << bits[0]) - 1)
    column = (keys & ((1 << bits[1]) - 1)) - 1
    place = row * stride + np.maximum(column, 0)
    starts, ends = place[0::2], place[1::2]
    weights = polygon + COUNTED
    cover = np.bincount(starts, weights=weights, minlength=size).astype(np.float64, copy=False)
    cover -= np.bincount(ends, weights=weights, minlength=size)
    np.cumsum(cover, out=cover)
    return Painted(stride, cover, starts, ends, polygon, keys, bits)


def _key(row: Integers, polygon: Integers, column: Integers, bits: tuple[int, int]) -> Integers:
    """Return numbers that sort by row, polygon and column."""
    return ((row << bits[0] | polygon) << bits[1]) | (column + 1)


def cover_places(painted: Painted, places: Integers) -> tuple[Integers, Integers]:
    """List every polygon over each of some places.

    Args:
        painted: What covers what.
        places: Places, ascending, shape (n,).

    Returns:
        Pairs of a number in `places` and a polygon.
    """
    first = np.searchsorted(places, painted.starts)
    counts = np.searchsorted(places, painted.ends) - first
    over = np.flatnonzero(counts > 0)
    return ranges(first[over], counts[over]), np.repeat(painted.polygon[over], counts[over])
