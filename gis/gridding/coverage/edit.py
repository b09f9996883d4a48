"""Change some polygons of an index in time that depends on them and not on the others.

The cells around the edges that come or go are built anew behind everything that is there, and then their
values are switched, each at once. So one thread may edit while others look up: they see every cell as it
was or as it is. Elsewhere records go on with the vertices of the old outline, which stay where they are: its
edges there are those of the new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gis.gridding.coverage.building.blocks import build_window
from gis.gridding.coverage.building.raster import Window
from gis.gridding.coverage.building.windows import WINDOW_CELLS, surroundings
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
# Edited cells are divided less finely than built ones: that halves the time, and look-ups there are as exact.
DEPTH = 2
NO_VERTICES = np.empty((0, 2))
NO_WORDS = np.zeros(BEHIND, dtype=np.int32)

Box: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north."""
Outline: TypeAlias = "tuple[Floats, bool]"
"""The vertices of a polygon, ring after ring, and whether only GEOS can answer for it."""


@dataclass(frozen=True, slots=True)
class Change:
    """Polygons that were stored: their positions, and the cells that are other than before.

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
        self._see_outlines()
        self._see_tables()

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
        before = [self._outline(one) for one in ids]
        stored = self._take_outlines(ids, there, more)
        self._see_outlines()
        after = [self._outline(one) for one in ids]
        changed = [_changed_box(was, now) for was, now in zip(before, after, strict=True)]
        boxes = [self._in_cells(box) for box in changed if box]
        return Change(stored, np.array(boxes).reshape(-1, 4).astype(np.int64))

    def rebuild(self, change: Change) -> None:
        """Build the cells anew that are to change, and switch them."""
        for window in _windows(change.boxes):
            self._rebuild(window, change.positions)

    def _are_inside(self, vertices: Floats) -> bool:
        frame = self._frame
        if not (len(vertices) and frame.is_usable):
            return frame.is_usable
        west, south, east, north = self._in_cells(
            (*vertices.min(axis=0).tolist(), *vertices.max(axis=0).tolist())
        )
        return west >= 0 and south >= 0 and east < frame.columns and north < frame.rows

    def _in_cells(self, box: Box) -> Box:
        """Return a box in cells, a little wider: an outline on a cell's side may count as in the next."""
        west, south = self._frame.place(box[0], box[1])
        east, north = self._frame.place(box[2], box[3])
        return west - 0.01, south - 0.01, east + 0.01, north + 0.01

    def _take_outlines(self, ids: Sequence[int], there: Flags, more: Outlines) -> Integers:
        """Store new outlines; return where each of them stands."""
        pools = self._pools
        rings, vertices = len(pools["ring_is_shell"].content), len(pools["vertices"].content)
        self._extend(pools["vertices"], more.vertices)
        pools["ring_offsets"].extend(more.ring_offsets[1:] + vertices)
        pools["ring_is_shell"].extend(more.ring_is_shell)
        new = [one for one in ids if one not in self._position]
        if new:
            self._position |= {one: len(self._ids.content) + i for i, one in enumerate(new)}
            self._ids.extend(np.array(new, dtype=np.int64))
            pools["polygon_rings"].extend(np.zeros((len(new), 2), dtype=np.int64))
            pools["asks_geos"].extend(np.zeros(len(new), dtype=bool))
        places = np.array([self._position[one] for one in ids], dtype=np.int64)
        pools["polygon_rings"].content[places] = 0
        pools["asks_geos"].content[places] = False
        stored = places[there]
        pools["polygon_rings"].content[stored] = more.polygon_rings + rings
        pools["asks_geos"].content[stored] = more.asks_geos
        return stored

    def _extend(self, pool: Pool, more: NDArray[Any]) -> None:
        """Append what cells are to refer to."""
        if not pool.has_room_for(len(more)):
            # whoever still reads the array that is left must not meet references beyond it
            self._cells = self._cells.copy()
        pool.extend(more)

    def _see_outlines(self) -> None:
        """Show the outlines as they are now."""
        self.ids: Integers = self._ids.content
        self.outlines = Outlines(**{name: pool.content for name, pool in self._pools.items()})

    def _see_tables(self) -> None:
        """Show the tables as they are now, with the room behind them.

        Who looks up in earlier ones meets cells that were switched since, and what those refer to must be
        there.
        """
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

    def _outline(self, one: int) -> Outline:
        """Return the vertices of a polygon, ring after ring, and whether only GEOS can answer for it."""
        if one not in self._position:
            return NO_VERTICES, False
        place = self._position[one]
        first, end = self.outlines.ring_offsets[self.outlines.polygon_rings[place]].tolist()
        return self.outlines.vertices[first:end], bool(self.outlines.asks_geos[place])

    def _rebuild(self, window: Window, new: Integers) -> None:
        """Build a window from all that reaches into it, and switch its cells."""
        near = distinct(np.concatenate((*positions_in(self.tables, window), new)))
        first, end = self.outlines.polygon_rings[near].T
        near = near[end > first]
        near = near[self.ids[near].argsort(kind="stable")]
        around = surroundings(self.outlines, self._frame, near)
        built = build_window(around, window, len(self._words.content), len(self._blocks.content) // UNIT)
        self._extend(self._words, np.concatenate((built.words, NO_WORDS)))
        self._extend(self._blocks, built.blocks)
        rows = self._cells[:-1].reshape(self._frame.rows, self._frame.columns)
        columns = slice(window.first_column, window.end_column)
        cells = built.cells.reshape(window.rows, window.columns)
        row, column = np.nonzero(cells < NONE)
        # before the cells: a search must not pass over one that is switched already
        mark_squares(self._frame, self._squares, row + window.first_row, column + window.first_column)
        rows[window.first_row : window.end_row, columns] = cells
        self._see_tables()


def _changed_box(was: Outline, now: Outline) -> Box | None:
    """Return west, south, east and north of the cells to build anew for an outline, if there are any.

    The way from one ring to the next counts as an edge: at most there is more than needed.
    """
    vertices = np.concatenate((was[0], now[0]))
    old, new = (set(pairwise(one.view(np.complex128).ravel().tolist())) for one, _ in (was, now))
    changed = old | new if was[1] or now[1] else old ^ new
    if not changed:
        return None
    ends = [*chain.from_iterable(changed)]
    x, y = [end.real for end in ends], [end.imag for end in ends]
    # records of cells in the east hold edges of the west too
    return min(x), min(y), float(vertices[:, 0].max()), max(y)


def positions_in(tables: Tables, window: Window) -> list[Integers]:
    """List every polygon that reaches into a window, some several times."""
    rows = tables.cells[:-1].reshape(tables.frame.rows, tables.frame.columns)
    cells = rows[window.first_row : window.end_row, window.first_column : window.end_column].ravel()
    palettes = palette_values(tables, cells[cells < NONE])
    values = distinct(np.concatenate((np.maximum(cells, NONE), palettes))).astype(np.int64)
    records = values.searchsorted(NONE)
    found: list[Integers] = [values[values >= 0]]
    word = -2 - values[:records]
    while len(word):
        found.append(tables.words[word])
        head = tables.words[word + 1]
        goes_on = (head & LAST) == 0
        word = (word + 2 + 2 * (head >> RUNS_SHIFT))[goes_on]
    return found


def palette_values(tables: Tables, references: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the values of all fine cells of divided cells, one cell after another."""
    block = -2 - references
    size = np.left_shift(1, 2 * levels_of(block)).astype(np.int64)
    return fine_values(tables, block.repeat(size), ranges(0, size))


def _windows(boxes: Integers) -> Iterator[Window]:
    """Yield windows over all boxes: those that overlap enough in one, those that are large in bands."""
    ordered = boxes[np.argsort(-_size(boxes), kind="stable")]
    kept = ordered[:1]
    for box in ordered[1:]:
        wide = np.concatenate((np.minimum(kept[:, :2], box[:2]), np.maximum(kept[:, 2:], box[2:])), axis=1)
        fits = np.flatnonzero(_size(wide) <= _size(kept) + _size(box))
        if len(fits):
            kept[fits[0]] = wide[fits[0]]
        else:
            kept = np.concatenate((kept, box[None]))
    for west, south, east, north in kept.tolist():
        rows = max(1, (WINDOW_CELLS >> (2 * DEPTH)) // (east + 1 - west))
        for row in range(south, north + 1, rows):
            yield Window(west, row, east + 1, min(row + rows, north + 1), DEPTH, DEPTH)


def _size(box: Integers) -> Integers:
    """Count the cells of boxes, shape (..., 4)."""
    size: Integers = (box[..., 2] - box[..., 0] + 1) * (box[..., 3] - box[..., 1] + 1)
    return size
