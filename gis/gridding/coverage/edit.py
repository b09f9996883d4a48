"""Change some polygons of an index in time that depends on them and not on the others.

The cells that the old and the new outlines touch are built anew behind everything that is there, and then
their values are switched, each at once. So one thread may edit while others look up: they see every cell
as it was or as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gis.gridding.coverage.building.blocks import build_window
from gis.gridding.coverage.building.raster import Window
from gis.gridding.coverage.building.windows import DEPTH, WINDOW_CELLS, surroundings
from gis.gridding.coverage.layout import BEHIND, LAST, NONE, RUNS_SHIFT, UNIT
from gis.gridding.coverage.lookup import Tables, fine_values, levels_of
from gis.gridding.coverage.outlines import Outlines, distinct, ranges
from gis.gridding.coverage.pool import Pool
from gis.gridding.coverage.squares import mark_squares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from gis.gridding.coverage.outlines import Flags, Floats, Integers, Polygons

GROWING = ("vertices", "ring_offsets", "ring_is_shell", "polygon_rings", "asks_geos")
WRITTEN = ("polygon_rings", "asks_geos")


@dataclass(frozen=True, slots=True)
class Change:
    """Polygons that were stored: their positions, and the cells that they or those before them reach into.

    Attributes:
        positions: Shape (p,).
        boxes: First column, first row, last column, last row, shape (n, 4).
    """

    positions: Integers
    boxes: Integers


class Editor:
    """The arrays of an index with room at their ends.

    Attributes:
        ids: The lasting id of each position; new polygons get positions behind all others.
        outlines: The polygons as they are now.
        tables: The look-up tables as they are now.
    """

    def __init__(self, ids: Integers, outlines: Outlines, tables: Tables) -> None:
        self._frame = tables.frame
        self._cells = np.array(tables.cells)
        self._ids = Pool(ids)
        self._pools = {name: Pool(getattr(outlines, name)) for name in GROWING}
        for name in WRITTEN:  # in place: the index they come from stays as it is
            self._pools[name] = Pool(np.array(self._pools[name].content))
        self._blocks, self._words = Pool(tables.blocks), Pool(tables.words)
        self._squares = tables.squares.copy()
        self._position = {int(one): place for place, one in enumerate(ids)}
        self._see()

    def store(self, ids: Sequence[int], polygons: Polygons) -> Change | None:
        """Put polygons in the place of those with the same ids; None takes one away, a new id adds one.

        Args:
            ids: Lasting ids, each once.
            polygons: As for `CoverageIndex.build`, or None, shape of `ids`.

        Returns:
            What to rebuild; None where a polygon reaches beyond the raster: then nothing was changed, and
            the index is to be built anew.
        """
        there = np.array([polygon is not None for polygon in polygons], dtype=bool)
        more = Outlines.of(np.asarray(polygons, dtype=object)[there])
        if not self._are_inside(more.vertices):
            return None
        known = [self._position[one] for one in ids if one in self._position]
        before = self._boxes(np.array(known, dtype=np.int64))
        places = self._take_outlines(np.asarray(ids, dtype=np.int64), there, more)
        self._see()
        return Change(places[there], np.concatenate((before, self._boxes(places[there]))))

    def rebuild(self, change: Change) -> None:
        """Build the cells anew that old and new outlines touch, and switch them."""
        for window in _windows(change.boxes):
            self._rebuild(window, change.positions)

    def _are_inside(self, vertices: Floats) -> bool:
        if not (len(vertices) and self._frame.is_usable):
            return self._frame.is_usable
        u, v = self._frame.place(*vertices.T)
        frame = self._frame
        return bool(u.min() > 0 and v.min() > 0 and u.max() < frame.columns and v.max() < frame.rows)

    def _take_outlines(self, ids: Integers, there: Flags, more: Outlines) -> Integers:
        """Store new outlines; return the position of each id."""
        pools = self._pools
        rings, vertices = len(pools["ring_is_shell"].content), len(pools["vertices"].content)
        self._extend(pools["vertices"], more.vertices)
        pools["ring_offsets"].extend(more.ring_offsets[1:] + vertices)
        pools["ring_is_shell"].extend(more.ring_is_shell)
        new = [int(one) for one in ids if int(one) not in self._position]
        self._position |= {one: len(self._ids.content) + i for i, one in enumerate(new)}
        self._ids.extend(np.array(new, dtype=np.int64))
        pools["polygon_rings"].extend(np.zeros((len(new), 2), dtype=np.int64))
        pools["asks_geos"].extend(np.zeros(len(new), dtype=bool))
        places = np.array([self._position[int(one)] for one in ids], dtype=np.int64)
        self._write("polygon_rings", places[~there], 0)
        self._write("polygon_rings", places[there], more.polygon_rings + rings)
        self._write("asks_geos", places, False)  # noqa: FBT003 - a value, not a switch
        self._write("asks_geos", places[there], more.asks_geos)
        return places

    def _extend(self, pool: Pool, more: NDArray[Any]) -> None:
        """Append what cells are to refer to."""
        if not pool.has_room_for(len(more)):
            # whoever still reads the array that is left must not meet references beyond it
            self._cells = self._cells.copy()
        pool.extend(more)

    def _write(self, name: str, places: Integers, values: NDArray[Any] | int) -> None:
        self._pools[name].content[places] = values

    def _see(self) -> None:
        """Show the arrays as they are now.

        Tables are shown with the room behind them: who looks up in earlier ones meets cells that were
        switched since, and what those refer to must be there.
        """
        self.ids: Integers = self._ids.content
        self.outlines = Outlines(**{name: pool.content for name, pool in self._pools.items()})
        blocks = self._blocks.with_room
        self.tables = Tables(
            self._frame,
            self._cells,
            blocks,
            blocks.view(np.int32),
            self._words.with_room,
            self._pools["vertices"].with_room,
            self._squares,
        )

    def _boxes(self, places: Integers) -> Integers:
        """Return first column, first row, last column and last row of polygons that are there, in cells."""
        first, end = self.outlines.ring_offsets[self.outlines.polygon_rings[places]].T
        first, end = first[first < end], end[first < end]
        if not len(first):
            return np.empty((0, 4), dtype=np.int64)
        counts = end - first
        uv = np.stack(self._frame.place(*self.outlines.vertices[ranges(first, counts)].T), axis=1)
        starts = counts.cumsum() - counts
        # an outline on the side of a cell may count as in the next one
        least, most = np.minimum.reduceat(uv, starts) - 0.01, np.maximum.reduceat(uv, starts) + 0.01
        last = (self._frame.columns - 1, self._frame.rows - 1)
        low, high = np.maximum(np.floor(least), 0), np.minimum(np.floor(most), last)
        return np.concatenate((low, high), axis=1).astype(np.int64)

    def _rebuild(self, window: Window, new: Integers) -> None:
        """Build a window from all that reaches into it, and switch its cells."""
        near = distinct(np.concatenate((positions_in(self.tables, window), new)))
        near = near[self.outlines.polygon_rings[near, 1] > self.outlines.polygon_rings[near, 0]]
        near = near[np.argsort(self.ids[near], kind="stable")]
        around = surroundings(self.outlines, self._frame, near)
        built = build_window(around, window, len(self._words.content), len(self._blocks.content) // UNIT)
        self._extend(self._words, np.append(built.words, np.zeros(BEHIND, dtype=np.int32)))
        self._extend(self._blocks, built.blocks)
        rows = self._cells[:-1].reshape(self._frame.rows, self._frame.columns)
        columns = slice(window.first_column, window.end_column)
        cells = built.cells.reshape(window.rows, window.columns)
        row, column = np.nonzero(cells < NONE)
        # before the cells: a search must not pass over one that is switched already
        mark_squares(self._frame, self._squares, row + window.first_row, column + window.first_column)
        rows[window.first_row : window.end_row, columns] = cells
        self._see()


def positions_in(tables: Tables, window: Window) -> Integers:
    """List every polygon that reaches into a window."""
    rows = tables.cells[:-1].reshape(tables.frame.rows, tables.frame.columns)
    value = rows[window.first_row : window.end_row, window.first_column : window.end_column].ravel()
    found = [value[value >= 0]]
    records = palette_values(tables, value[value < NONE])
    found.append(records[records >= 0])
    word = -2 - distinct(records[records < NONE]).astype(np.int64)
    while len(word):
        found.append(tables.words[word])
        head = tables.words[word + 1]
        goes_on = (head & LAST) == 0
        word = (word + 2 + 2 * (head >> RUNS_SHIFT))[goes_on]
    return distinct(np.concatenate(found)).astype(np.int64)


def palette_values(tables: Tables, references: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the values of all fine cells of divided cells, one cell after another."""
    block = -2 - references
    size = np.left_shift(1, 2 * levels_of(block)).astype(np.int64)
    return fine_values(tables, block.repeat(size), ranges(np.zeros_like(size), size))


def _windows(boxes: Integers) -> Iterator[Window]:
    """Yield windows over all boxes: those that overlap enough in one, those that are large in bands."""
    kept = np.empty((0, 4), dtype=np.int64)
    for box in boxes[np.argsort(-_size(boxes), kind="stable")]:
        wide = np.concatenate((np.minimum(kept[:, :2], box[:2]), np.maximum(kept[:, 2:], box[2:])), axis=1)
        fits = np.flatnonzero(_size(wide) <= _size(kept) + _size(box))
        if len(fits):
            kept[fits[0]] = wide[fits[0]]
        else:
            kept = np.concatenate((kept, box[None]))
    for west, south, east, north in kept.tolist():
        rows = max(1, (WINDOW_CELLS >> (2 * DEPTH)) // (east + 1 - west))
        for row in range(south, north + 1, rows):
            yield Window(west, row, east + 1, min(row + rows, north + 1), DEPTH)


def _size(box: Integers) -> Integers:
    """Count the cells of boxes, shape (..., 4)."""
    size: Integers = (box[..., 2] - box[..., 0] + 1) * (box[..., 3] - box[..., 1] + 1)
    return size
