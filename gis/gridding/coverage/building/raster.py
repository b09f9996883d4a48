"""Draw edges on the raster: which fine cells each one may touch, and where it crosses each fine row's middle.

Everything here is in fine cells of the finest division. An edge is taken from its lower end to its upper
one, so that the two copies of a shared edge give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.frame import FINEST, MARGIN
from gis.gridding.coverage.outlines import ranges

if TYPE_CHECKING:
    from gis.gridding.coverage.outlines import Edges, Flags, Floats, Integers


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of cells: columns and rows from the first to before the end.

    Each cell is drawn as 2 ** depth fine cells each way, at most as 2 ** deepest.
    """

    first_column: int
    first_row: int
    end_column: int
    end_row: int
    depth: int
    deepest: int = FINEST

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
class Surroundings:
    """The polygons that reach into a window, lowest id first.

    Attributes:
        edges: Of all valid ones; `polygon` is their number here.
        positions: The position of each.
        vertices: The pool of all polygons.
        asked: Numbers of those only GEOS can answer for.
        asked_boxes: West, south, east, north of those, in cells of the whole raster, shape (n, 4).
    """

    edges: Edges
    positions: Integers
    vertices: Floats
    asked: Integers
    asked_boxes: Floats

    def only(self, members: Integers) -> Surroundings:
        """Keep some of the edges, ascending."""
        return replace(self, edges=self.edges.only(members))


@dataclass(frozen=True, slots=True)
class Drawn:
    """Edges as drawn in a window; columns and rows count fine cells from the window's lower left corner.

    Attributes:
        u, v, top: The lower end of each edge, and the height of the upper one, shape (e,).
        slope: How far it goes east for each row up; not finite for a level edge.
        touch_edge, touch_cell: Each edge with each fine cell it may touch: the cell, row by row in the
            window, shifted left by twice the depth, and the fine cell's number in it, row by row.
        cross_edge, cross_row: Each edge with each fine row whose middle it crosses.
        width: Of the window.
    """

    u: Floats
    v: Floats
    top: Floats
    slope: Floats
    touch_edge: Integers
    touch_cell: Integers
    cross_edge: Integers
    cross_row: Integers
    width: int

    def crosses(self, edge: Integers, row: Integers) -> Flags:
        """Say whether edges cross the middles of rows."""
        middle = row + 0.5
        answer: Flags = (self.v[edge] > middle) != (self.top[edge] > middle)
        return answer

    def crossing_column(self, edge: Integers, row: Integers) -> Integers:
        """Return the columns where edges cross the middles of rows they cross: the same whoever asks.

        -1 stands for everything left of the window, its width for everything right of it.
        """
        place = np.floor(self.u[edge] + ((row - self.v[edge]) + 0.5) * self.slope[edge])
        return np.minimum(np.maximum(place, -1), self.width).astype(np.int64)


def draw_edges(edges: Edges, window: Window) -> Drawn:
    """Draw edges in a window of the raster."""
    low, left, scale = window.first_row, window.first_column, window.scale
    height, width = window.rows * scale, window.columns * scale
    flip = edges.v1 > edges.v2
    u, far = (
        (np.where(flip, edges.u2, edges.u1) - left) * scale,
        (np.where(flip, edges.u1, edges.u2) - left) * scale,
    )
    v = (np.minimum(edges.v1, edges.v2) - low) * scale
    top = (np.maximum(edges.v1, edges.v2) - low) * scale
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slope = (far - u) / (top - v)

    first = np.maximum(v - MARGIN, 0).astype(np.int64)
    last = np.minimum(np.floor(top + MARGIN), height - 1).astype(np.int64)
    counts = np.maximum(last - first + 1, 0)
    edge = np.arange(len(edges)).repeat(counts)
    row = ranges(first, counts)
    start = v[edge]
    west, east = _extent_in_row(u, far, slope, edge, row - start)
    from_column = np.maximum(west - MARGIN, 0).astype(np.int64)
    to_column = np.minimum(np.floor(east + MARGIN), width - 1).astype(np.int64)
    cells = np.maximum(to_column - from_column + 1, 0)

    depth, inner = window.depth, scale - 1
    of_row = ((row >> depth) * window.columns << 2 * depth) + ((row & inner) << depth)
    column = ranges(from_column, cells)
    middle = row + 0.5
    crossing = ((start > middle) != (top[edge] > middle)).nonzero()[0]
    return Drawn(
        u=u,
        v=v,
        top=top,
        slope=slope,
        touch_edge=edge.repeat(cells),
        touch_cell=of_row.repeat(cells) + ((column >> depth) << 2 * depth) + (column & inner),
        cross_edge=edge[crossing],
        cross_row=row[crossing],
        width=width,
    )


def _extent_in_row(
    u: Floats, far: Floats, slope: Floats, edge: Integers, up: Floats
) -> tuple[Floats, Floats]:
    """Return where edges are in rows a margin higher than they are, from west to east.

    Args:
        u: Of the lower ends.
        far: Of the upper ends.
        slope: As drawn.
        edge: Which edge each row is asked for.
        up: How far above the edge's lower end each row begins.
    """
    west, east = np.minimum(u, far)[edge], np.maximum(u, far)[edge]
    start, steep = u[edge], slope[edge]
    with np.errstate(invalid="ignore", over="ignore"):
        enters, leaves = start + (up - MARGIN) * steep, start + (up + 1.0 + MARGIN) * steep
    # a level edge, whose slope is not finite, lies in its row from end to end
    level = ~np.isfinite(steep)
    if level.any():
        enters[level], leaves[level] = west[level], east[level]
    return (
        np.minimum(np.maximum(np.minimum(enters, leaves), west), east),
        np.minimum(np.maximum(np.maximum(enters, leaves), west), east),
    )
