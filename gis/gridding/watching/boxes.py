"""Boxes that come and go, found by where they are."""

from __future__ import annotations

from math import frexp
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

    Box: TypeAlias = tuple[float, float, float, float]
    Cell: TypeAlias = tuple[float, float]
    Cells: TypeAlias = dict[Cell, list["Thing"]]

Thing = TypeVar("Thing", bound="Hashable")

# Cells of a level are so many times (2 to this) as wide as those of the next finer one.
_STEP = 2
# Boxes smaller than 2 to this, in the units of the coordinates, are kept with those of that size.
_FINEST = 0


class Boxes(Generic[Thing]):
    """Things with boxes, in cells of a size like their own: a box lies in four cells at most."""

    def __init__(self) -> None:
        self._levels: dict[int, Cells[Thing]] = {}
        self._boxes: dict[Thing, Box] = {}

    def __len__(self) -> int:
        """Count the things."""
        return len(self._boxes)

    def __contains__(self, thing: object) -> bool:
        """Say whether a thing is there."""
        return thing in self._boxes

    def add(self, thing: Thing, box: Box) -> None:
        """Put a thing, which is not there yet, in its place: west, south, east, north."""
        self._boxes[thing] = box
        level, cells = _cells_of(box)
        there = self._levels.setdefault(level, {})
        for cell in cells:
            there.setdefault(cell, []).append(thing)

    def put(self, thing: Thing, box: Box | None) -> None:
        """Put a thing in its place, wherever it was; take it away if it has none."""
        before = self._boxes.get(thing)
        if before == box:
            return
        if before is not None:
            self.remove(thing)
        if box is not None:
            self.add(thing, box)

    def remove(self, thing: Thing) -> None:
        """Take a thing away."""
        level, cells = _cells_of(self._boxes.pop(thing))
        there = self._levels[level]
        for cell in cells:
            in_cell = there[cell]
            in_cell.remove(thing)
            if not in_cell:
                del there[cell]
        if not there:
            del self._levels[level]

    def near(self, box: Box, within: float = 0.0) -> set[Thing]:
        """Return the things whose boxes meet a box that is made wider by a distance all around."""
        west, south, east, north = wide = (box[0] - within, box[1] - within, box[2] + within, box[3] + within)
        found: set[Thing] = set()
        for level, cells in self._levels.items():
            first, lowest, last, highest = span = _span(wide, level)
            if (last - first + 1) * (highest - lowest + 1) > len(cells):
                for (column, row), things in cells.items():
                    if first <= column <= last and lowest <= row <= highest:
                        found.update(things)
            else:
                for cell in _cells(span):
                    found.update(cells.get(cell, ()))
        boxes = self._boxes
        near = set()
        for thing in found:
            its = boxes[thing]
            if its[0] <= east and its[2] >= west and its[1] <= north and its[3] >= south:
                near.add(thing)
        return near


def _cells_of(box: Box) -> tuple[int, list[Cell]]:
    west, south, east, north = box
    exponent = max(_FINEST, frexp(max(east - west, north - south))[1])
    level = -(-exponent // _STEP) * _STEP
    return level, _cells(_span(box, level))


def _span(box: Box, level: int) -> Box:
    """Return the first column and row of the cells that a box meets, and the last ones."""
    size = 2.0**level
    return box[0] // size, box[1] // size, box[2] // size, box[3] // size


def _cells(span: Box) -> list[Cell]:
    first, lowest, last, highest = span
    if first == last and lowest == highest:  # most often
        return [(first, lowest)]
    columns, rows = range(int(first), int(last) + 1), range(int(lowest), int(highest) + 1)
    return [(column, row) for column in columns for row in rows]
