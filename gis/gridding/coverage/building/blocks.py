"""Blocks: the values of all fine cells of a window, one byte a fine cell and a palette for each cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.building.paint import paint
from gis.gridding.coverage.building.raster import draw_edges
from gis.gridding.coverage.building.records import fine_cells, list_entries, write_records
from gis.gridding.coverage.building.touches import NUMBER_BITS, Division, divide
from gis.gridding.coverage.frame import FINEST
from gis.gridding.coverage.layout import LEVEL_BITS, NONE, UNIT, WORD
from gis.gridding.coverage.outlines import distinct, ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.coverage.building.paint import Painted
    from gis.gridding.coverage.building.raster import Window
    from gis.gridding.coverage.outlines import Edges, Floats, Integers


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
class Built:
    """A window, built: the values of its cells and what they refer to, counted from its own beginnings."""

    cells: Integers
    blocks: NDArray[np.uint8]
    words: NDArray[np.int32]


def build_window(around: Surroundings, window: Window, first_word: int, first_unit: int) -> Built:
    """Build the cells of a window.

    Args:
        around: Every polygon that reaches into it.
        window: The cells.
        first_word: Where its records will stand.
        first_unit: Where its blocks will stand, in units of 64 bytes.
    """
    drawn = draw_edges(around.edges, window)
    painted = paint(around.edges, drawn, window)
    plain = _sampled(painted, _undivided(window), around.positions)
    asked = _asked_cells(around, window)
    needs_block = plain < NONE
    needs_block[asked[:, 0]] = True
    division = divide(drawn, window, needs_block)
    deepest = int(division.level.max())
    if deepest > window.depth:
        return build_window(around, replace(window, depth=deepest), first_word, first_unit)
    entries, runs = list_entries(
        around.edges, around.vertices, drawn, painted, division, _asked_fine(asked, division)
    )
    words, cell, start = write_records(entries, runs, around.positions)
    blocks = _write_blocks(painted, division, around.positions, cell, -2 - (first_word + start))
    cells = np.where(division.level >= 0, 0, plain)
    reference = ((first_unit + blocks.units) << LEVEL_BITS) | division.level[blocks.whole]
    cells[blocks.whole] = -2 - reference
    return Built(cells, blocks.content, words)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Cells that are divided, where the block of each stands, and all blocks."""

    whole: Integers
    units: Integers
    content: NDArray[np.uint8]


def _undivided(window: Window) -> tuple[Integers, Integers]:
    """Return row and column of the finest cell at the left side and on the middle latitude of each cell."""
    row, column = np.divmod(np.arange(window.rows * window.columns), window.columns)
    return row * window.scale + window.scale // 2, column * window.scale


def _sampled(painted: Painted, sample: tuple[Integers, Integers], positions: Integers) -> Integers:
    """Return who has each place: a position, -1 for none, -2 for several."""
    number = painted.owner(*sample)
    return np.where(number >= 0, np.append(positions, NONE)[number], number)


def _asked_cells(around: Surroundings, window: Window) -> Integers:
    """List each cell with each polygon whose box it meets and only GEOS can answer for, shape (n, 2)."""
    found = [np.empty((0, 2), dtype=np.int64)]
    for number, (west, south, east, north) in zip(around.asked, around.asked_boxes, strict=True):
        columns = np.arange(max(int(west), window.first_column), min(int(east) + 1, window.end_column))
        rows = np.arange(max(int(south), window.first_row), min(int(north) + 1, window.end_row))
        cell = ((rows - window.first_row)[:, None] * window.columns + columns - window.first_column).ravel()
        found.append(np.stack((cell, np.full(len(cell), number)), axis=1))
    return np.concatenate(found)


def _asked_fine(asked: Integers, division: Division) -> Integers:
    """Repeat pairs of a cell and a polygon for all fine cells of the cell."""
    counts = 1 << (2 * division.level[asked[:, 0]])
    cell = np.repeat(asked[:, 0] << NUMBER_BITS, counts) | ranges(np.zeros_like(counts), counts)
    return np.stack((cell, np.repeat(asked[:, 1], counts)), axis=1)


def _write_blocks(
    painted: Painted, division: Division, positions: Integers, record_cell: Integers, record: Integers
) -> _Blocks:
    """Write all blocks: for each level the fine cells' values, their palettes, and the bytes."""
    made: list[tuple[Integers, Integers, NDArray[np.uint8]]] = []
    for level in range(FINEST + 1):
        whole = np.flatnonzero(division.level == level)
        if len(whole):
            cell = fine_cells(division, level)
            value = _sampled(painted, division.samples(cell), positions)
            low, high = np.searchsorted(record_cell, (cell[0], cell[-1] + 1))
            own = slice(int(low), int(high))
            # records of cells on other levels lie between those of this one
            here = division.level[record_cell[own] >> NUMBER_BITS] == level
            value[np.searchsorted(cell, record_cell[own][here])] = record[own][here]
            made.append((whole, *_with_palette(value, level)))
    if not made:
        none = np.empty(0, dtype=np.int64)
        return _Blocks(none, none, np.empty(0, dtype=np.uint8))
    firsts = np.cumsum([0, *(len(content) // UNIT for *_, content in made)])
    return _Blocks(
        whole=np.concatenate([whole for whole, *_ in made]),
        units=np.concatenate([first + units for first, (_, units, _) in zip(firsts, made, strict=False)]),
        content=np.concatenate([content for *_, content in made]),
    )


def _with_palette(value: Integers, level: int) -> tuple[Integers, NDArray[np.uint8]]:
    """Turn the values of fine cells into blocks: where each block starts, in units, and the bytes."""
    size = 1 << (2 * level)
    block = np.arange(len(value)) >> (2 * level)
    # values repeat from cell to cell: only where one changes it is looked at
    change = np.flatnonzero(np.r_[True, (value[1:] != value[:-1]) | (block[1:] != block[:-1])])
    lowest = int(value.min())
    bits = (int(value.max()) - lowest).bit_length()
    keys = (block[change] << bits) | (value[change] - lowest)
    kinds = distinct(keys)
    which = np.searchsorted(kinds, keys)
    kind_block = kinds >> bits
    first_kind = np.searchsorted(kind_block, np.arange(len(value) // size + 1))
    counts = np.diff(first_kind)
    head = max(size, WORD)
    units = -(-(head + WORD * counts) // UNIT)
    starts = np.cumsum(units) - units
    content = np.zeros(int(units.sum()) * UNIT, dtype=np.uint8)
    code = (which - first_kind[block[change]]).astype(np.uint8)
    lengths = np.diff(np.r_[change, len(value)])
    content[np.repeat(starts * UNIT, size) + (np.arange(len(value)) & (size - 1))] = np.repeat(code, lengths)
    palette = (np.repeat(starts * UNIT + head, counts) // WORD) + ranges(np.zeros_like(counts), counts)
    content.view(np.int32)[palette] = (kinds & ((1 << bits) - 1)) + lowest
    return starts, content
