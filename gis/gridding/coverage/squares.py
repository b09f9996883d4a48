"""Squares of cells, larger and larger: which of them hold outlines. A search passes over the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gis.gridding.coverage.layout import NONE, SQUARE_BITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.coverage.frame import Frame
    from gis.gridding.coverage.outlines import Flags, Integers

    Levels: TypeAlias = list[NDArray[np.bool_]]

SIDE = 1 << SQUARE_BITS


def fill_squares(frame: Frame, cells: NDArray[np.int32]) -> Flags:
    """Say of each square of a raster whether it holds a divided cell.

    Args:
        frame: The raster.
        cells: As in the tables of an index.

    Returns:
        All levels, one behind the other.
    """
    squares = np.zeros(sum(rows * columns for rows, columns in _sizes(frame)), dtype=bool)
    held = (cells[:-1] < NONE).reshape(frame.rows, frame.columns)
    for level in levels_of_squares(frame, squares):
        rows, columns = level.shape
        padded = np.zeros((rows * SIDE, columns * SIDE), dtype=bool)
        padded[: held.shape[0], : held.shape[1]] = held
        # first the one along which memory lies: this reads all cells of a large district
        level[:] = padded.reshape(rows, SIDE, -1).any(axis=1).reshape(rows, columns, SIDE).any(axis=2)
        held = level
    return squares


def mark_squares(frame: Frame, squares: Flags, row: Integers, column: Integers) -> None:
    """Note, in place, that some cells are divided."""
    for level in levels_of_squares(frame, squares):
        row, column = row >> SQUARE_BITS, column >> SQUARE_BITS
        level[row, column] = True


def levels_of_squares(frame: Frame, squares: Flags) -> Levels:
    """Return the levels from the smallest squares to the one over everything: views, row by column."""
    found, start = [], 0
    for rows, columns in _sizes(frame):
        found.append(squares[start : start + rows * columns].reshape(rows, columns))
        start += rows * columns
    return found


def _sizes(frame: Frame) -> list[tuple[int, int]]:
    """Return rows and columns of every level."""
    rows, columns = frame.rows, frame.columns
    sizes: list[tuple[int, int]] = []
    while not sizes or rows * columns > 1:
        rows, columns = -(-rows // SIDE), -(-columns // SIDE)
        sizes.append((rows, columns))
    return sizes
