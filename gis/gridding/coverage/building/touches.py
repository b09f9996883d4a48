"""Which edges matter in which fine cell, and how finely each cell is divided."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.frame import FINEST, MARGIN
from gis.gridding.coverage.outlines import changes, distinct, lone_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.coverage.building.raster import Drawn, Window
    from gis.gridding.coverage.outlines import Edges, Flags, Floats, Integers

NUMBER_BITS = 2 * FINEST
# Fine cells a cell's width of outline is divided into.
FINENESS = 6.0
# A window drawn deeper costs four times as much: a cell that wants it a little does without.
USUAL = 3


@dataclass(frozen=True, slots=True)
class Numbering:
    """The fine cells of one cell at every level, in a window drawn to one depth.

    Attributes:
        level: To which level a cell is divided in which so many fine cells as drawn are touched.
        number: By level << 2 * depth | number as drawn: the number of the fine cell it is part of.
        row, column: By level << NUMBER_BITS | number: where in the cell a fine cell is sampled, as drawn.
    """

    level: Integers
    number: Integers
    row: Integers
    column: Integers


@cache
def numbering(depth: int) -> Numbering:
    """Number the fine cells of one cell."""
    touched = np.arange(1, (1 << 2 * depth) + 1)
    wanted = np.ceil(np.log2(touched / (1 << depth) * FINENESS))
    wanted = np.where(wanted > USUAL + 1, wanted - 1, np.minimum(wanted, USUAL)).clip(1, FINEST)
    side = np.arange(1 << depth)
    numbers, rows, columns = [], [], []
    for level in range(FINEST + 1):
        shift = max(depth - level, 0)
        numbers.append(((side >> shift)[:, None] << level | side >> shift).ravel())
        fine = np.arange(1 << NUMBER_BITS)
        rows.append((fine >> level << shift) + (1 << shift >> 1))
        columns.append((fine & ((1 << level) - 1)) << shift)
    return Numbering(
        np.concatenate(([-1], wanted.astype(np.int64))),
        np.concatenate(numbers),
        np.concatenate(rows),
        np.concatenate(columns),
    )


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
        whole, depth, inner = cell >> NUMBER_BITS, self.window.depth, numbering(self.window.depth)
        at = (self.level[whole] << NUMBER_BITS) | (cell & ((1 << NUMBER_BITS) - 1))
        cell_row = whole // self.window.columns
        cell_column = whole - cell_row * self.window.columns
        return (cell_row << depth) + inner.row[at], (cell_column << depth) + inner.column[at]

    def places(self, cell: Integers, stride: int) -> Integers:
        """Return where fine cells are sampled, by row * stride + column."""
        row, column = self.samples(cell)
        return row * stride + column


def divide(drawn: Drawn, window: Window) -> Division:
    """Divide each cell by how much outline runs through it.

    Returns:
        The division; its levels may be more than the window's depth, which is then to be drawn deeper.
    """
    depth, cells = window.depth, window.rows * window.columns
    touched = np.zeros(cells << 2 * depth, dtype=bool)
    touched[drawn.touch_cell] = True
    counts = np.bincount(touched.nonzero()[0] >> 2 * depth, minlength=cells)
    return Division(window, np.minimum(numbering(depth).level[counts], window.deepest))


@dataclass(frozen=True, slots=True)
class Touching:
    """The fine cells that outlines may touch, each with the edges that matter there.

    Attributes:
        cells: The fine cells, ascending, shape (c,).
        row, column: Where each is sampled, as drawn.
        touched: Place in `cells` << bits | edge for each edge that may touch one, ascending.
        pairs: The same, and the edges west of it beside; see `_extended`.
        bits: How many bits an edge takes.
    """

    cells: Integers
    row: Integers
    column: Integers
    touched: Integers
    pairs: Integers
    bits: int


def touching(drawn: Drawn, division: Division, edges: Edges) -> Touching:
    """Find the fine cells that outlines touch, and the edges that matter in each."""
    depth, bits = division.window.depth, len(edges).bit_length()
    whole, inner = drawn.touch_cell >> 2 * depth, drawn.touch_cell & ((1 << 2 * depth) - 1)
    number = numbering(depth).number[(division.level[whole] << 2 * depth) | inner]
    keys = distinct((((whole << NUMBER_BITS) | number) << bits) | drawn.touch_edge)
    cell = keys >> bits
    first = changes(cell)
    cells = cell[first]
    row, column = division.samples(cells)
    touched = (first.cumsum() - 1 << bits) | (keys & ((1 << bits) - 1))
    high = np.left_shift(1, depth - division.level[cells >> NUMBER_BITS])
    pairs = _extended(touched, bits, edges, _west_of(division.window, row - (high >> 1), high, column))
    return Touching(cells, row, column, touched, pairs, bits)


def _west_of(
    window: Window, bottom: Integers, high: Integers, left: Integers
) -> tuple[Floats, Floats, Floats]:
    """Return the latitudes of fine cells and their left sides, a margin wider, in cells of the raster."""
    bottom = bottom + window.first_row * window.scale
    left = left + window.first_column * window.scale
    return (
        (bottom - MARGIN) / window.scale,
        (bottom + high + MARGIN) / window.scale,
        (left + MARGIN) / window.scale,
    )


def _extended(touched: Integers, bits: int, edges: Edges, west_of: tuple[Floats, Floats, Floats]) -> Integers:
    """Add the edges west of a cell in which an outline goes on inside the cell's latitudes.

    A point's place is told from the crossings west of it. With these edges added, those that are left out
    are crossed at every latitude of the cell or at none, so that one bit a cell stands for them.

    Every outline is followed both ways from each edge that touches the cell, to the next one that does.
    """
    low, high, left = west_of
    count = len(edges)
    # a step leads over the end of an edge, or, from `count` on, over its start
    u, v = np.concatenate((edges.u2, edges.u1)), np.concatenate((edges.v2, edges.v1))
    follow = np.concatenate((edges.after, edges.before + count))
    cell, edge = touched >> bits, touched & ((1 << bits) - 1)
    cell, step = np.concatenate((cell, cell)), np.concatenate((edge, edge + count))
    found = [touched]
    while len(step):
        height = v[step]
        goes_on = ((height >= low[cell]) & (height <= high[cell]) & (u[step] < left[cell])).nonzero()[0]
        cell, step = cell[goes_on], follow[step[goes_on]]
        pair = (cell << bits) | np.where(step >= count, step - count, step)
        new = (touched.take(touched.searchsorted(pair), mode="clip") != pair).nonzero()[0]
        cell, step = cell[new], step[new]
        found.append(pair[new])
    return distinct(np.concatenate(found))


def find_twins(edges: Edges, vertices: Floats) -> Flags:
    """Say which edges stand exactly twice, once each way: they part two polygons without gap or overlap.

    Args:
        edges: The edges.
        vertices: The pool they are from, shape (v, 2).
    """
    corners = vertices.view(np.complex128).ravel()
    start, end = corners.take(edges.vertex) + 0.0, corners.take(edges.vertex + 1) + 0.0  # no negative zero
    hashes = _mixed(start.view(np.uint64) + end.view(np.uint64))
    a, b = lone_pairs(hashes)  # which may differ: compared bit by bit
    meet = (start[a] == end[b]) & (end[a] == start[b])
    meet &= edges.polygon[a] != edges.polygon[b]
    twin = np.zeros(len(edges), dtype=bool)
    twin[a[meet]] = twin[b[meet]] = True
    return twin


def _mixed(corner: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix the bits of x and y, by turns, into one number; equal ends are compared afterwards."""
    mixed = corner[0::2] * np.uint64(0x9E3779B97F4A7C15) ^ corner[1::2] * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return mixed
