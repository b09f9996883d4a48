"""Draw edges on the raster: which fine cells each one may touch, and where it crosses each fine row's middle.

Everything here is in fine cells of the finest division. An edge is taken from its lower end to its upper
one, so that the two copies of a shared edge give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.frame import MARGIN
from gis.gridding.coverage.outlines import ranges

if TYPE_CHECKING:
    from gis.gridding.coverage.outlines import Edges, Flags, Floats, Integers


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of cells: columns and rows from the first to before the end.

    Each cell is drawn as 2 ** depth fine cells each way.
    """

    first_column: int
    first_row: int
    end_column: int
    end_row: int
    depth: int

    @property
    def columns(self) -> int:
        """How many cells wide."""
        return self.end_column - self.first_column

    @property
    def rows(self) -> int:
        """How many cells high."""
        return self.end_row - self.first_row

    @property
    def scale(self) -> int:
        """How many fine cells a cell is wide."""
        return 1 << self.depth


@dataclass(frozen=True, slots=True)
class Drawn:
    """Edges as drawn in a window; columns and rows count fine cells from the window's lower left corner.

    Attributes:
        u, v, top: The lower end of each edge, and the height of the upper one, shape (e,).
        slope: How far it goes east for each row up; not finite for a level edge.
        touch_edge, touch_column, touch_row: Each edge with each fine cell it may touch.
        cross_edge, cross_row, cross_u: Each edge with each fine row whose middle it crosses, and where.
        width: Of the window.
    """

    u: Floats
    v: Floats
    top: Floats
    slope: Floats
    touch_edge: Integers
    touch_column: Integers
    touch_row: Integers
    cross_edge: Integers
    cross_row: Integers
    cross_u: Floats
    width: int

    def crosses(self, edge: Integers, row: Integers) -> Flags:
        """Say whether edges cross the middles of rows."""
        middle = row + 0.5
        answer: Flags = (self.v[edge] > middle) != (self.top[edge] > middle)
        return answer

    def column(self, cross_u: Floats) -> Integers:
        """Return the columns of crossings: -1 left of the window, its width right of it."""
        return np.clip(np.floor(cross_u), -1, self.width).astype(np.int64)

    def place_of_crossing(self, edge: Integers, row: Integers) -> Floats:
        """Return where edges cross the middles of rows they cross: the same bits whoever asks."""
        place: Floats = self.u[edge] + ((row - self.v[edge]) + 0.5) * self.slope[edge]
        return place


def draw_edges(edges: Edges, window: Window) -> Drawn:
    """Draw edges in a window of the raster."""
    low, left, scale = window.first_row, window.first_column, window.scale
    height, width = window.rows * scale, window.columns * scale
    flip = (edges.v1 > edges.v2) | ((edges.v1 == edges.v2) & (edges.u1 > edges.u2))
    u, far = (
        (np.where(flip, edges.u2, edges.u1) - left) * scale,
        (np.where(flip, edges.u1, edges.u2) - left) * scale,
    )
    v, top = (
        (np.where(flip, edges.v2, edges.v1) - low) * scale,
        (np.where(flip, edges.v1, edges.v2) - low) * scale,
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slope = (far - u) / (top - v)

    first = np.maximum(np.floor(v - MARGIN), 0).astype(np.int64)
    last = np.minimum(np.floor(top + MARGIN), height - 1).astype(np.int64)
    counts = np.maximum(last - first + 1, 0)
    edge = np.repeat(np.arange(len(edges)), counts)
    row = ranges(first, counts)
    one, other = _ends_in_row(u[edge], far[edge], row - v[edge], slope[edge])
    from_column = np.maximum(np.floor(np.minimum(one, other) - MARGIN), 0).astype(np.int64)
    to_column = np.minimum(np.floor(np.maximum(one, other) + MARGIN), width - 1).astype(np.int64)
    cells = np.maximum(to_column - from_column + 1, 0)

    middle = row + 0.5
    crossing = np.flatnonzero((v[edge] > middle) != (top[edge] > middle))
    drawn = Drawn(
        u=u,
        v=v,
        top=top,
        slope=slope,
        touch_edge=np.repeat(edge, cells),
        touch_column=ranges(from_column, cells),
        touch_row=np.repeat(row, cells),
        cross_edge=edge[crossing],
        cross_row=row[crossing],
        cross_u=np.empty(0),
        width=width,
    )
    return replace(drawn, cross_u=drawn.place_of_crossing(drawn.cross_edge, drawn.cross_row))


def _ends_in_row(u: Floats, far: Floats, up: Floats, slope: Floats) -> tuple[Floats, Floats]:
    """Return where edges enter and leave rows a margin higher than they are; `up` is from their lower end."""
    with np.errstate(invalid="ignore", over="ignore"):
        enters, leaves = u + (up - MARGIN) * slope, u + (up + 1.0 + MARGIN) * slope
    west, east = np.minimum(u, far), np.maximum(u, far)
    # a level edge, whose slope is not finite, lies in its row from end to end
    steep = np.isfinite(slope)
    return (
        np.where(steep, np.clip(enters, west, east), west),
        np.where(steep, np.clip(leaves, west, east), east),
    )
