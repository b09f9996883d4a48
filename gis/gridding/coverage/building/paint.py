"""Who covers each fine cell at its left side, on its middle latitude: counted along every row at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.layout import NONE
from gis.gridding.coverage.outlines import ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.coverage.building.raster import Drawn, Window
    from gis.gridding.coverage.outlines import Edges, Integers

SEVERAL = -2
# Numbers of polygons stay below this, and a sum of them and of counts below 2 ** 63.
COUNTED_BITS = 32


@dataclass(frozen=True, slots=True)
class Painted:
    """The polygons between their crossings, row by row.

    A fine cell's place is row * stride + column; one more place stands at the end of each row.

    Attributes:
        stride: Places in a row.
        owner: The position of the polygon that alone covers each place; -1 for none, -2 for several.
        overlaps: Whether there are places that several cover.
        changes, counts: From which place on how many polygons cover, ascending; the last of equal ones holds.
        starts, ends, polygon: The stretches from each entry to the next exit, by row and polygon.
        keys: The crossings as ascending numbers made of row, polygon and column.
        bits: How many bits polygon and column take in those.
    """

    stride: int
    owner: NDArray[np.int32]
    overlaps: bool
    changes: Integers
    counts: Integers
    starts: Integers
    ends: Integers
    polygon: Integers
    keys: Integers
    bits: tuple[int, int]

    def count(self, place: Integers) -> Integers:
        """Return how many polygons cover places."""
        covers = self.owner[place]
        count = (covers >= 0).astype(np.int64)
        if self.overlaps:
            several = (covers == SEVERAL).nonzero()[0]
            count[several] = self.counts[self.changes.searchsorted(place[several], "right") - 1]
        return count

    def is_inside(self, polygon: Integers, row: Integers, column: Integers) -> Integers:
        """Return 1 for each place a polygon covers, else 0.

        A polygon crosses a row an even number of times: the parity is that of its crossings up to a place.
        """
        return self.keys.searchsorted(_key(row, polygon, column, self.bits), "right") & 1


def paint(edges: Edges, drawn: Drawn, window: Window, positions: Integers) -> Painted:
    """Pair the crossings of each polygon in each row, and cover what lies between.

    Args:
        edges: The edges.
        drawn: They, as drawn.
        window: Where.
        positions: The position of each polygon.
    """
    stride = drawn.width + 1
    bits = len(positions).bit_length(), stride.bit_length()
    column = drawn.crossing_column(drawn.cross_edge, drawn.cross_row)
    # crossings in one column may stand in any order: nothing is covered between them
    keys = np.sort(_key(drawn.cross_row, edges.polygon[drawn.cross_edge], column, bits))
    polygon = (keys[0::2] >> bits[1]) & ((1 << bits[0]) - 1)
    place = (keys >> sum(bits)) * stride + np.maximum((keys & ((1 << bits[1]) - 1)) - 1, 0)

    turn = len(place).bit_length()
    ordered = np.sort((place << turn) | np.arange(len(place)))
    weights = (polygon + (1 << COUNTED_BITS)).repeat(2)
    weights[1::2] *= -1
    cover = weights[ordered & ((1 << turn) - 1)].cumsum()
    counts, changes = cover >> COUNTED_BITS, ordered >> turn
    value = np.full(len(cover) + 1, NONE, dtype=np.int32)
    alone = (counts == 1).nonzero()[0]
    value[alone + 1] = positions[cover[alone] & ((1 << COUNTED_BITS) - 1)]
    value[1:][counts > 1] = SEVERAL
    bounds = np.concatenate(([0], changes, [window.rows * window.scale * stride]))
    lengths = bounds[1:] - bounds[:-1]
    return Painted(
        stride=stride,
        owner=value.repeat(lengths),
        overlaps=bool(lengths[value == SEVERAL].any()),
        changes=changes,
        counts=counts,
        starts=place[0::2],
        ends=place[1::2],
        polygon=polygon,
        keys=keys,
        bits=bits,
    )


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
    first = places.searchsorted(painted.starts)
    counts = places.searchsorted(painted.ends) - first
    over = (counts > 0).nonzero()[0]
    return ranges(first[over], counts[over]), painted.polygon[over].repeat(counts[over])
