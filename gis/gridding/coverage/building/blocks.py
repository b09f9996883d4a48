"""Blocks: the values of all fine cells of a window, a code for each and a palette for each cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gis.errors import InputError
from gis.gridding.coverage.building import compiled
from gis.gridding.coverage.building.paint import SEVERAL, paint
from gis.gridding.coverage.building.raster import draw_edges
from gis.gridding.coverage.building.records import Scene, list_entries, write_records
from gis.gridding.coverage.building.touches import NUMBER_BITS, divide, numbering
from gis.gridding.coverage.frame import FINEST
from gis.gridding.coverage.layout import (
    KIND_BITS,
    MOST_UNITS,
    MOST_VERTICES,
    MOST_WORDS,
    NARROW,
    UNIT,
    WIDER,
    WORD,
)
from gis.gridding.coverage.outlines import changes, distinct, lengths, ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.coverage.building.paint import Painted
    from gis.gridding.coverage.building.raster import Surroundings, Window
    from gis.gridding.coverage.building.touches import Division
    from gis.gridding.coverage.outlines import Flags, Integers

LEVELS = np.arange(-1, FINEST + 1)


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
        first_unit: Where its blocks will stand, in units.

    Raises:
        InputError: The index is so large that its numbers cannot refer to all of it.
    """
    if compiled.can_build(around, window):
        built = _compiled_window(around, window, first_word, first_unit)
    else:
        built = drawn_window(around, window, first_word, first_unit)
    words, units = first_word + len(built.words), first_unit + len(built.blocks) // UNIT
    _require_references(len(around.vertices), words, units)
    return built


def _compiled_window(around: Surroundings, window: Window, first_word: int, first_unit: int) -> Built:
    edges = around.edges
    cells, blocks, words = compiled.build.build_window(
        (
            *(window.first_column, window.first_row, window.columns, window.rows),
            *(window.depth, window.deepest),
        ),
        first_word,
        first_unit,
        *(edges.u1, edges.v1, edges.u2, edges.v2),
        *(edges.vertex, edges.polygon, edges.before, edges.after),
        around.positions,
        around.vertices,
    )
    return Built(
        np.frombuffer(cells, dtype=np.int32),
        np.frombuffer(blocks, dtype=np.uint8),
        np.frombuffer(words, dtype=np.int32),
    )


def drawn_window(around: Surroundings, window: Window, first_word: int, first_unit: int) -> Built:
    """Build the cells of a window with NumPy: the reference for the compiled building, and its stand-in."""
    drawn = draw_edges(around.edges, window)
    division = divide(drawn, window)
    deepest = int(division.level.max())
    if deepest > window.depth:
        return drawn_window(around, replace(window, depth=deepest), first_word, first_unit)
    painted = paint(around.edges, drawn, window, around.positions)
    # a cell that is not divided is sampled at its left side and on its middle latitude
    cells = painted.owner.reshape(-1, painted.stride)[window.scale // 2 :: window.scale, : -1 : window.scale]
    cells = cells.reshape(-1).copy()
    asked = _asked_cells(around, window)
    needs_block = cells == SEVERAL
    needs_block[asked[:, 0]] = True
    division.level[needs_block & (division.level < 0)] = 0
    fine = _sampled(painted, division)
    several = fine.cells((fine.value == SEVERAL).nonzero()[0]) if painted.overlaps else asked[:0, 0]
    scene = Scene(around, drawn, painted, division, _asked_fine(asked, division), several)
    words, cell, start = write_records(*list_entries(scene), around.positions)
    fine.value[fine.first[cell >> NUMBER_BITS] + (cell & ((1 << NUMBER_BITS) - 1))] = -2 - (
        first_word + start
    )
    units, is_wide, blocks = _with_palettes(fine)
    kind = division.level[fine.whole] + WIDER * is_wide
    cells[fine.whole] = -2 - (((first_unit + units) << KIND_BITS) | kind)
    return Built(cells, blocks, words)


def _require_references(vertices: int, words: int, units: int) -> None:
    """Refuse what numbers of 32 bits cannot refer to; they would wrap and lead elsewhere."""
    for count, most, what in (
        (vertices, MOST_VERTICES, "vertices"),
        (words, MOST_WORDS, "words of records"),
        (units, MOST_UNITS, "blocks"),
    ):
        if count > most:
            raise InputError(
                f"One index cannot refer to {count} {what}, {most} at most; index fewer polygons at once"
            )


@dataclass(frozen=True, slots=True)
class _Fine:
    """The fine cells of divided cells.

    Attributes:
        whole: The divided cells, shape (n,).
        sizes: Fine cells of each.
        first: Where each cell of the window starts in `value`, if it is divided.
        value: Of each fine cell, one divided cell after another.
    """

    whole: Integers
    sizes: Integers
    first: Integers
    value: NDArray[np.int32]

    def cells(self, number: Integers) -> Integers:
        """Name fine cells, by where they stand in `value`."""
        start = self.first[self.whole]
        of = start.searchsorted(number, "right") - 1
        return (self.whole[of] << NUMBER_BITS) | (number - start[of])


def _sampled(painted: Painted, division: Division) -> _Fine:
    """Sample all fine cells of divided cells, level by level."""
    window = division.window
    rows, columns = np.arange(window.rows)[:, None], np.arange(window.columns)
    corner = ((rows * painted.stride + columns) << window.depth).ravel()
    inner = numbering(window.depth)
    by_level = division.level.astype(np.int8).argsort(kind="stable")
    ends = division.level[by_level].searchsorted(LEVELS, "right").tolist()
    values = [np.empty(0, dtype=np.int32)]
    for level, (start, end) in enumerate(pairwise(ends)):
        if start < end:
            numbers = slice(level << NUMBER_BITS, (level << NUMBER_BITS) + (1 << 2 * level))
            within = inner.row[numbers] * painted.stride + inner.column[numbers]
            values.append(painted.owner.take(corner[by_level[start:end]][:, None] + within).ravel())
    whole = by_level[ends[0] :]
    sizes = np.left_shift(1, 2 * division.level[whole])
    first = np.zeros(len(division.level), dtype=np.int64)
    first[whole] = sizes.cumsum() - sizes
    return _Fine(whole, sizes, first, np.concatenate(values))


def _asked_cells(around: Surroundings, window: Window) -> Integers:
    """List each cell with each polygon whose box it meets and only GEOS can answer for, shape (n, 2)."""
    found = [np.empty((0, 2), dtype=np.int64)]
    for number, (west, south, east, north) in zip(around.asked, around.asked_boxes, strict=True):
        columns = np.arange(max(int(west), window.first_column), min(int(east) + 1, window.end_column))
        rows = np.arange(max(int(south), window.first_row), min(int(north) + 1, window.end_row))
        cell = ((rows - window.first_row)[:, None] * window.columns + columns - window.first_column).ravel()
        found.append(np.stack((cell, np.full(len(cell), number)), axis=1))
    return np.concatenate(found)


def _asked_fine(asked: Integers, division: Division) -> tuple[Integers, Integers]:
    """Repeat pairs of a cell and a polygon for all fine cells of the cell."""
    if not len(asked):
        return asked[:, 0], asked[:, 1]
    counts = np.left_shift(1, 2 * division.level[asked[:, 0]])
    cell = (asked[:, 0] << NUMBER_BITS).repeat(counts) | ranges(0, counts)
    return cell, asked[:, 1].repeat(counts)


def _with_palettes(fine: _Fine) -> tuple[Integers, Flags, NDArray[np.uint8]]:
    """Turn the values of fine cells into blocks: where each starts in units, if it is wide, the bytes."""
    count, value = len(fine.whole), fine.value
    if not count:
        return fine.whole, np.empty(0, dtype=bool), np.empty(0, dtype=np.uint8)
    # values repeat from cell to cell: only where one changes it is looked at
    new_block = np.zeros(len(value), dtype=bool)
    new_block[fine.first[fine.whole]] = True
    change = (changes(value) | new_block).nonzero()[0]
    block = new_block[change].cumsum() - 1
    lowest = int(value.min())
    bits = (int(value.max()) - lowest).bit_length()
    keys = (block << bits) | (value[change] - np.int64(lowest))
    kinds = distinct(keys)
    first_kind = (kinds >> bits).searchsorted(np.arange(count + 1))
    counts = first_kind[1:] - first_kind[:-1]
    code = (kinds.searchsorted(keys) - first_kind[block]).astype(np.uint8)
    codes = code.repeat(lengths(change, len(value)))

    is_wide = counts > NARROW
    head = np.maximum(fine.sizes >> (1 - is_wide), WORD)
    units = -(-(head + WORD * counts) // UNIT)
    starts = units.cumsum() - units
    content = np.zeros(int(units.sum()) * UNIT, dtype=np.uint8)
    _write_codes(content, codes, fine, starts * UNIT, is_wide)
    palette = ranges((starts * UNIT + head) // WORD, counts)
    content.view(np.int32)[palette] = (kinds & ((1 << bits) - 1)) + lowest
    return starts, is_wide, content


def _write_codes(
    content: NDArray[np.uint8], codes: NDArray[np.uint8], fine: _Fine, starts: Integers, is_wide: Flags
) -> None:
    """Write the codes of fine cells from where their blocks start: two in a byte, or one in wide ones."""
    first = fine.first[fine.whole]
    pairs = np.where(is_wide, 0, fine.sizes >> 1)
    step = ranges(0, pairs)
    lower = first.repeat(pairs) + 2 * step
    content[starts.repeat(pairs) + step] = codes[lower] | (codes[lower + 1] << 4)
    if is_wide.any():
        wide = np.where(is_wide, fine.sizes, 0)
        content[ranges(starts, wide)] = codes[ranges(first, wide)]
