"""Which edges matter in which fine cell, and how finely each cell is divided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.frame import FINEST, MARGIN
from gis.gridding.coverage.outlines import distinct

if TYPE_CHECKING:
    from gis.gridding.coverage.building.raster import Drawn, Window
    from gis.gridding.coverage.outlines import Edges, Flags, Floats, Integers

NUMBER_BITS = 2 * FINEST
# Fine cells a cell's width of outline is divided into.
FINENESS = 2.0


@dataclass(frozen=True, slots=True)
class Division:
    """How each cell of a window is divided.

    A fine cell is named by its cell, row by row in the window, shifted left by NUMBER_BITS, and its number
    in the cell, row by row.

    Attributes:
        window: The cells.
        level: Each way into 2 ** level fine cells; -1 for a cell no outline touches.
    """

    window: Window
    level: Integers

    def samples(self, cell: Integers) -> tuple[Integers, Integers]:
        """Return row and column, as drawn, on the middle latitude and at the left side of fine cells."""
        whole, number = cell >> NUMBER_BITS, cell & ((1 << NUMBER_BITS) - 1)
        depth, level = self.window.depth, self.level[whole]
        shift = depth - level
        row, column = number >> level, number & ((1 << level) - 1)
        cell_row, cell_column = np.divmod(whole, self.window.columns)
        return (
            (cell_row << depth) + (row << shift) + ((1 << shift) >> 1),
            (cell_column << depth) + (column << shift),
        )

    def box(self, cell: Integers) -> tuple[Integers, Integers, Integers]:
        """Return bottom, top and left of fine cells, in fine cells of the whole raster as drawn."""
        row, column = self.samples(cell)
        shift = self.window.depth - self.level[cell >> NUMBER_BITS]
        bottom = (row - ((1 << shift) >> 1)) + self.window.first_row * self.window.scale
        return bottom, bottom + (1 << shift), column + self.window.first_column * self.window.scale


def divide(drawn: Drawn, window: Window, needs_block: Flags) -> Division:
    """Divide each cell by how much outline runs through it.

    Args:
        drawn: The outlines.
        window: The cells.
        needs_block: Cells that are to have a block even without an outline, flat.

    Returns:
        The division; its levels may be more than the window's depth, which is then to be drawn deeper.
    """
    side = window.scale
    touched = np.zeros((window.rows, side, window.columns, side), dtype=bool)
    flat = (drawn.touch_row * (window.columns * side)) + drawn.touch_column
    touched.reshape(-1)[flat] = True
    length = touched.sum(axis=(1, 3)).ravel() / side
    with np.errstate(divide="ignore"):
        wanted = np.ceil(np.log2(length * FINENESS))
    level = np.clip(wanted, 1, FINEST).astype(np.int64)
    return Division(window, np.where(length > 0, level, np.where(needs_block, 0, -1)))


def touched_cells(drawn: Drawn, division: Division, edge_bits: int) -> Integers:
    """Return each fine cell with each edge that may touch it: cell << edge_bits | edge, ascending."""
    depth = division.window.depth
    whole = (drawn.touch_row >> depth) * division.window.columns + (drawn.touch_column >> depth)
    level = division.level[whole]
    shift = depth - level
    inner = division.window.scale - 1
    number = (((drawn.touch_row & inner) >> shift) << level) | ((drawn.touch_column & inner) >> shift)
    return distinct((((whole << NUMBER_BITS) | number) << edge_bits) | drawn.touch_edge)


def extend(pairs: Integers, edges: Edges, division: Division, edge_bits: int) -> Integers:
    """Add the edges west of a cell in which an outline goes on inside the cell's latitudes.

    A point's place is told from the crossings west of it. With these edges added, those that are left out
    are crossed at every latitude of the cell or at none, so that one bit a cell stands for them.
    """
    scale = division.window.scale
    new = pairs
    while len(new):
        cell, edge = new >> edge_bits, new & ((1 << edge_bits) - 1)
        bottom, top, left = division.box(cell)
        found = []
        for u, v, neighbour in (
            (edges.u2, edges.v2, edges.after),
            (edges.u1, edges.v1, edges.before),
        ):
            goes_on = _is_west_between(u[edge] * scale, v[edge] * scale, bottom, top, left)
            found.append((cell[goes_on] << edge_bits) | neighbour[edge[goes_on]])
        candidates = distinct(np.concatenate(found))
        place = np.searchsorted(pairs, candidates)
        known = pairs[np.minimum(place, len(pairs) - 1)] == candidates
        new = candidates[~known]
        pairs = np.concatenate((pairs, new))
        pairs.sort(kind="stable")  # two ascending runs: merged in one pass
    return pairs


def _is_west_between(u: Floats, v: Floats, bottom: Integers, top: Integers, left: Integers) -> Flags:
    between = (v >= bottom - MARGIN) & (v <= top + MARGIN)
    west: Flags = between & (u < left + MARGIN)
    return west


def find_twins(edges: Edges, vertices: Floats) -> Flags:
    """Say which edges stand exactly twice, once each way: they part two polygons without gap or overlap.

    Args:
        edges: The edges.
        vertices: The pool they are from, shape (v, 2).
    """
    start = np.ascontiguousarray(vertices[edges.vertex] + 0.0).view(np.uint64)  # + 0.0: no negative zero
    end = np.ascontiguousarray(vertices[edges.vertex + 1] + 0.0).view(np.uint64)
    one, other = _mixed(start), _mixed(end)
    order = np.argsort(one + other, kind="stable")
    key = (one + other)[order]
    same = key[1:] == key[:-1]
    lone_before, lone_after = np.r_[True, ~same], np.r_[~same, True]
    first = np.flatnonzero(np.r_[same, False] & lone_before & np.r_[lone_after[1:], False])
    a, b = order[first], order[first + 1]
    meet = (start[a] == end[b]).all(axis=1) & (end[a] == start[b]).all(axis=1)
    meet &= edges.polygon[a] != edges.polygon[b]
    twin = np.zeros(len(edges), dtype=bool)
    twin[a[meet]] = twin[b[meet]] = True
    return twin


def _mixed(corner: Integers) -> Integers:
    """Mix the bits of x and y into one number; equal ends are compared bit by bit afterwards."""
    mixed = corner[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ corner[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return mixed
