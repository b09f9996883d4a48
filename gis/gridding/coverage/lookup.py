"""Answer points from a coverage index with NumPy: the reference for the compiled kernel, and its stand-in.

A point is decided by the signs of a few determinants. A sign is believed when it exceeds what rounding can
do to it (Shewchuk 1997, with a wider bound); else it is computed exactly where the differences of the
coordinates are exact, which they are for points near the edge; what is still open goes to GEOS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gis.gridding.coverage.exact import exact_signs
from gis.gridding.coverage.frame import Frame
from gis.gridding.coverage.layout import (
    ASK,
    CLEAN,
    COVERS,
    KIND_BITS,
    LAST,
    NONE,
    OPEN,
    OTHERWISE,
    PARITY,
    RUNS_SHIFT,
    UNIT,
    WIDE,
    WIDER,
    WORD,
)
from gis.gridding.coverage.outlines import ranges
from gis.gridding.coverage.squares import fill_squares

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gis.gridding.coverage.outlines import Flags, Floats, Integers

    Positions = NDArray[np.int32]

# Points answered at once: their columns stay in the processor's cache.
POINTS_AT_ONCE = 1 << 15
RECORDS_AT_ONCE = 1 << 16
ON = 2  # where a point may be, beside 0 for outside, 1 for inside, and OPEN
SAFE_ERROR = 1e-15
# Below this, products of differences may have lost bits to underflow.
SMALLEST_SUM = 1e-250


@dataclass(frozen=True, slots=True)
class Tables:
    """What a look-up reads.

    Attributes:
        frame: The raster.
        cells: The value of each cell, row by row, and of everything outside at the end.
        blocks: The blocks of divided cells.
        palettes: The same bytes as numbers of 32 bits.
        words: The records.
        vertices: The pool of vertices, shape (v, 2).
        squares: Which squares of cells hold a divided one.
    """

    frame: Frame
    cells: NDArray[np.int32]
    blocks: NDArray[np.uint8]
    palettes: NDArray[np.int32]
    words: NDArray[np.int32]
    vertices: Floats
    squares: Flags

    @classmethod
    def of(
        cls,
        frame: Frame,
        cells: NDArray[np.int32],
        blocks: NDArray[np.uint8],
        words: NDArray[np.int32],
        vertices: Floats,
    ) -> Tables:
        """Take built arrays; `blocks` starts at a multiple of four bytes."""
        squares = fill_squares(frame, cells)
        return cls(frame, cells, blocks, blocks.view(np.int32), words, vertices, squares)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that are no outlines by name, for a file."""
        return {
            "frame": self.frame.as_array(),
            "cells": self.cells,
            "blocks": self.blocks,
            "words": self.words,
            # they follow from the cells, but to find them all cells must be read
            "squares": self.squares,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], vertices: Floats) -> Tables:
        """Take the arrays of `arrays` back, without a copy."""
        blocks = arrays["blocks"]
        return cls(
            Frame.from_array(arrays["frame"]),
            arrays["cells"],
            blocks,
            blocks.view(np.int32),
            arrays["words"],
            vertices,
            arrays["squares"],
        )


def find_first(tables: Tables, x: Floats, y: Floats) -> tuple[Positions, Flags]:
    """Find the first polygon each point meets.

    Args:
        tables: The index.
        x: Shape (n,); NaN lies nowhere.
        y: Shape (n,).

    Returns:
        Positions (-1 for none, -2 where GEOS must be asked) and whether the point lies on an outline.
    """
    position = np.empty(len(x), dtype=np.int32)
    on_outline = np.zeros(len(x), dtype=bool)
    for start in range(0, len(x), POINTS_AT_ONCE):
        part = slice(start, start + POINTS_AT_ONCE)
        position[part] = values_at(tables, x[part], y[part])
    left = np.flatnonzero(position < NONE)
    for start in range(0, len(left), RECORDS_AT_ONCE):
        point = left[start : start + RECORDS_AT_ONCE]
        record = -2 - position[point].astype(np.int64)
        position[point], on_outline[point] = _first_of(tables, record, x[point], y[point])
    return position, on_outline


def find_all(tables: Tables, value: Positions, x: Floats, y: Floats) -> tuple[Integers, Integers]:
    """Find every polygon each point meets.

    Args:
        tables: The index.
        value: Of `values_at`, shape (n,).
        x: Shape (n,).
        y: Shape (n,).

    Returns:
        Pairs of a point and a position; -2 where GEOS must be asked about the point.
    """
    alone = np.flatnonzero(value >= 0)
    left = np.flatnonzero(value < NONE)
    point, position, sign = _entries_of(tables, -2 - value[left], x[left], y[left])
    met = sign != 0
    return (
        np.concatenate((alone, left[point[met]])),
        np.concatenate((value[alone], np.where(sign == OPEN, OPEN, position)[met])).astype(np.int64),
    )


def values_at(tables: Tables, x: Floats, y: Floats) -> NDArray[np.int32]:
    """Return what stands in each point's fine cell: a position, -1, or -2 - r for the record at word r."""
    frame = tables.frame
    u, v = frame.place(x, y)
    with np.errstate(invalid="ignore"):
        column, row = u.astype(np.int32), v.astype(np.int32)
    # NaN is in no raster either
    outside = ~((u >= 0) & (u < frame.columns) & (v >= 0) & (v < frame.rows))
    cell = row * np.int32(frame.columns) + column
    cell[outside] = len(tables.cells) - 1
    value = tables.cells.take(cell)
    divided = np.flatnonzero(value < NONE)
    if len(divided):
        reference = -2 - value[divided]
        level = levels_of(reference)
        side = np.left_shift(1, level)
        fine_column = ((u[divided] - column[divided]) * side).astype(np.int32)
        fine_row = ((v[divided] - row[divided]) * side).astype(np.int32)
        value[divided] = fine_values(tables, reference, (fine_row << level) | fine_column)
    return value


def levels_of(reference: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return how finely referenced blocks are divided: 2 ** level fine cells each way."""
    kind = reference & ((1 << KIND_BITS) - 1)
    level: NDArray[np.int32] = kind - WIDER * (kind >= WIDE).astype(np.int32)
    return level


def fine_values(
    tables: Tables, reference: NDArray[np.int32], number: NDArray[np.integer[Any]]
) -> NDArray[np.int32]:
    """Return the values of fine cells by the reference to their block and their number in it."""
    is_narrow = ((reference & ((1 << KIND_BITS) - 1)) < WIDE).astype(np.int32)
    start = (reference >> KIND_BITS).astype(np.int64) * UNIT
    size = np.left_shift(1, 2 * levels_of(reference)) >> is_narrow
    code = tables.blocks.take(start + (number >> is_narrow)).astype(np.int32)
    half = (code >> ((number & is_narrow) << 2)) & (0xFF >> (is_narrow << 2))
    values: NDArray[np.int32] = tables.palettes.take((start + np.maximum(size, WORD)) // WORD + half)
    return values


def record_polygons(tables: Tables, x: Floats, y: Floats) -> tuple[Integers, Integers]:
    """List every polygon named in the record of each point: pairs of a point and a position."""
    value = values_at(tables, x, y)
    left = np.flatnonzero(value < NONE)
    point, position, _ = _entries_of(tables, -2 - value[left], x[left], y[left])
    return left[point], position


def _first_of(tables: Tables, record: Integers, x: Floats, y: Floats) -> tuple[Integers, Flags]:
    """Find the first polygon of each point's record that has it."""
    words = tables.words
    head = words.take(record + 1)
    # most records part two polygons by one run of edges: who is not in the first is in the second
    simple = (head & (CLEAN | COVERS | ASK | LAST | OTHERWISE | -1 << RUNS_SHIFT)) == CLEAN | 1 << RUNS_SHIFT
    simple &= (words.take(record + 5, mode="clip") & OTHERWISE) != 0
    easy, hard = np.flatnonzero(simple), np.flatnonzero(~simple)
    position = np.empty(len(record), dtype=np.int64)
    on_outline = np.empty(len(record), dtype=bool)
    word = record[easy]
    sign = _tested_runs(tables, word + 2, head[easy] & PARITY, x[easy], y[easy])
    inside = words.take(np.where(sign != 0, word, word + 4))
    position[easy], on_outline[easy] = np.where(sign == OPEN, OPEN, inside), sign == ON
    position[hard], on_outline[hard] = _first_by_turns(tables, record[hard], x[hard], y[hard])
    return position, on_outline


def _first_by_turns(tables: Tables, record: Integers, x: Floats, y: Floats) -> tuple[Integers, Flags]:
    """Go through records until a polygon has the point; in a ragged one to the end, for outlines."""
    position = np.full(len(record), NONE, dtype=np.int64)
    on_outline = np.zeros(len(record), dtype=bool)
    words = tables.words
    active, word = np.arange(len(record)), record
    while len(active):
        polygon, head = words.take(word).astype(np.int64), words.take(word + 1)
        sign = _tested(tables, word, head, x[active], y[active])
        is_first = position[active] == NONE
        meets = (sign != 0) | ((head & OTHERWISE) != 0) & is_first
        position[active[meets & is_first]] = polygon[meets & is_first]
        on_outline[active[sign == ON]] = True
        position[active[sign == OPEN]] = OPEN
        done = ((head & LAST) != 0) | (sign == OPEN) | (meets & ((head & CLEAN) != 0))
        word = (word + 2 + 2 * (head >> RUNS_SHIFT))[~done]
        active = active[~done]
    return position, on_outline


def _entries_of(
    tables: Tables, record: Integers, x: Floats, y: Floats
) -> tuple[Integers, Integers, Integers]:
    """Test every polygon of every point's record: the point, the position, and where the point lies."""
    points, positions, signs = [], [], []
    active, word = np.arange(len(record)), record.astype(np.int64)
    while len(active):
        head = tables.words.take(word + 1)
        points.append(active)
        positions.append(tables.words.take(word).astype(np.int64))
        signs.append(_tested(tables, word, head & ~OTHERWISE, x[active], y[active]))
        goes_on = (head & LAST) == 0
        word = (word + 2 + 2 * (head >> RUNS_SHIFT))[goes_on]
        active = active[goes_on]
    none = np.empty(0, dtype=np.int64)
    return (
        np.concatenate([none, *points]),
        np.concatenate([none, *positions]),
        np.concatenate([none, *signs]),
    )


def _tested(tables: Tables, word: Integers, head: NDArray[np.int32], x: Floats, y: Floats) -> Integers:
    """Say where points lie against the entry at each word: 0 outside, 1 inside, 2 on its outline, -2 open."""
    sign = np.where((head & COVERS) != 0, 1, np.where((head & ASK) != 0, OPEN, 0)).astype(np.int64)
    runs = np.where((head & OTHERWISE) != 0, 0, head >> RUNS_SHIFT)
    tested = np.flatnonzero(runs)
    if not len(tested):
        return sign
    counts = runs[tested]
    run = ranges(word[tested] + 2, 2 * counts)[0::2]
    whose = np.repeat(tested, counts)
    sums = _tested_runs(tables, run, np.zeros(len(run), dtype=np.int32), x[whose], y[whose])
    first = np.cumsum(counts) - counts
    odd = (np.add.reduceat(sums == 1, first, dtype=np.int64) + (head[tested] & PARITY)) & 1
    odd[np.logical_or.reduceat(sums == ON, first)] = ON
    odd[np.logical_or.reduceat(sums == OPEN, first)] = OPEN
    sign[tested] = odd
    return sign


def _tested_runs(tables: Tables, run: Integers, parity: NDArray[np.int32], x: Floats, y: Floats) -> Integers:
    """Count the edges of one run of each point that the way west crosses: even 0, odd 1; or on, or open."""
    length = tables.words.take(run + 1).astype(np.int64)
    edge = ranges(tables.words.take(run).astype(np.int64), length)
    point = np.repeat(np.arange(len(run)), length)
    crossed, sure = _crossings(tables.vertices, edge, x.take(point), y.take(point))
    first = np.cumsum(length) - length
    sign = (
        np.bitwise_xor.reduceat(crossed, first).astype(np.int64) ^ parity
        if len(run)
        else parity.astype(np.int64)
    )
    doubtful = np.unique(point[~sure])
    if len(doubtful):
        again = ranges(first[doubtful], length[doubtful])
        sign[doubtful] = _carefully(
            tables.vertices, edge[again], length[doubtful], parity[doubtful], (x[doubtful], y[doubtful])
        )
    return sign


def _crossings(vertices: Floats, edge: Integers, x: Floats, y: Floats) -> tuple[Flags, Flags]:
    """Say whether the way west from each point crosses its edge, and whether that is certain."""
    flat, first = vertices.reshape(-1), 2 * edge
    x1, y1 = flat.take(first) - x, flat.take(first + 1) - y
    x2, y2 = flat.take(first + 2) - x, flat.take(first + 3) - y
    left, right = x1 * y2, x2 * y1
    turn, size = left - right, np.abs(left) + np.abs(right)
    up = y1 > 0
    straddles = up != (y2 > 0)
    certain = (np.abs(turn) > SAFE_ERROR * size) & (size > SMALLEST_SUM)
    # an edge whose latitudes the point's only touches may have the point on it
    sure = np.where(straddles, certain, (y1 != 0) & (y2 != 0))
    return straddles & ((turn < 0) != up), sure


def _carefully(
    vertices: Floats,
    edge: Integers,
    length: Integers,
    parity: NDArray[np.int32],
    points: tuple[Floats, Floats],
) -> Integers:
    """Test runs of which some edge was not certain, every case in its place."""
    x, y = np.repeat(points[0], length), np.repeat(points[1], length)
    one, other = vertices.take(edge, axis=0), vertices.take(edge + 1, axis=0)
    x1, y1, x2, y2 = one[:, 0] - x, one[:, 1] - y, other[:, 0] - x, other[:, 1] - y
    left, right = x1 * y2, x2 * y1
    size = np.abs(left) + np.abs(right)
    signs = np.sign(left - right)
    unsure = np.flatnonzero(~((np.abs(left - right) > SAFE_ERROR * size) & (size > SMALLEST_SUM)))
    signs[unsure] = exact_signs(one[unsure], other[unsure], x[unsure], y[unsure])
    straddles = (y1 > 0) != (y2 > 0)
    at_an_end = ((x1 == 0) & (y1 == 0)) | ((x2 == 0) & (y2 == 0))
    level = (y1 == 0) & (y2 == 0) & ((x1 > 0) != (x2 > 0))
    on = np.where(straddles, signs == 0, at_an_end | level)
    first = np.cumsum(length) - length
    crossed = straddles & ((signs < 0) != (y1 > 0))
    sign = np.bitwise_xor.reduceat(crossed, first).astype(np.int64) ^ parity
    sign[np.logical_or.reduceat(on, first)] = ON
    # whether the point is on another edge does not matter where GEOS is asked anyway
    sign[np.logical_or.reduceat(straddles & np.isnan(signs), first)] = OPEN
    return sign
