"""Boxes that come and go, found by where they are."""

from __future__ import annotations

from math import floor, frexp
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

    Box: TypeAlias = tuple[float, float, float, float]
    Cells: TypeAlias = dict[tuple[int, int], list["Thing"]]

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
        west, south, east, north = box[0] - within, box[1] - within, box[2] + within, box[3] + within
        found: set[Thing] = set()
        for level, cells in self._levels.items():
            columns, rows = _span(west, east, level), _span(south, north, level)
            if len(columns) * len(rows) > len(cells):
                found.update(
                    *(things for cell, things in cells.items() if cell[0] in columns and cell[1] in rows)
                )
            else:
                found.update(*(cells.get((column, row), ()) for column in columns for row in rows))
        boxes = self._boxes
        near = set()
        for thing in found:
            its = boxes[thing]
            if its[0] <= east and its[2] >= west and its[1] <= north and its[3] >= south:
                near.add(thing)
        return near


def _cells_of(box: Box) -> tuple[int, list[tuple[int, int]]]:
    west, south, east, north = box
    exponent = max(_FINEST, frexp(max(east - west, north - south))[1])
    level = -(-exponent // _STEP) * _STEP
    rows = _span(south, north, level)
    return level, [(column, row) for column in _span(west, east, level) for row in rows]


def _span(low: float, high: float, level: int) -> range:
    size = 2.0**level
    return range(floor(low / size), floor(high / size) + 1)
