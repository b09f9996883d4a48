"""The frame of a coverage index: a raster of cells over the polygons, each divisible into fine cells."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from gis.gridding.coverage.outlines import Floats

Numbers = TypeVar("Numbers", float, "Floats")

FINEST = 4
"""A cell is divided into at most 2 ** FINEST fine cells each way: one byte can tell all of them apart."""

CELLS_PER_VERTEX = 2.0
FEWEST_CELLS, MOST_CELLS = 64, 1 << 24
# Points are placed with an error of some 1e-11 cells; what comes this near to a fine cell counts as in it.
MARGIN = 1e-6
# Beyond these widths even GEOS' arithmetic loses bits: to give its answers there, it is asked.
SMALLEST, LARGEST = 1e-140, 1e140


@dataclass(frozen=True, slots=True)
class Frame:
    """A raster: cell (column, row) holds the points with floor((x - west) * x_scale) == column, likewise y.

    Attributes:
        west, south: Its lower left corner.
        x_scale, y_scale: Cells a unit of x and y; 0 where the polygons are too large, small or thin for one.
        columns, rows: Its size in cells.
    """

    west: float
    south: float
    x_scale: float
    y_scale: float
    columns: int
    rows: int

    @classmethod
    def over(cls, vertices: Floats) -> Frame:
        """Lay a raster over vertices, half a cell wider than they are, with as many cells as they need."""
        if not len(vertices):
            return cls(0.0, 0.0, 0.0, 0.0, 1, 1)
        cells = min(max(CELLS_PER_VERTEX * len(vertices), FEWEST_CELLS), MOST_CELLS)
        (west, south), (east, north) = vertices.min(axis=0).tolist(), vertices.max(axis=0).tolist()
        width, height = east - west, north - south
        # a layer may be one long strip; then cells are as long as they must
        aspect = min(max(width / height if height > 0 else cells, 1 / cells), cells)
        columns = max(1, round(math.sqrt(cells * aspect)))
        rows = max(1, round(cells / columns))

        if not (SMALLEST < width < LARGEST and SMALLEST < height < LARGEST):
            return cls(0.0, 0.0, 0.0, 0.0, 1, 1)
        return cls(
            west - 0.5 * width / columns,
            south - 0.5 * height / rows,
            columns / width,
            rows / height,
            columns + 1,
            rows + 1,
        )

    @property
    def is_usable(self) -> bool:
        """Whether there is a raster at all; else every question goes to GEOS."""
        return self.x_scale > 0

    def place(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        """Return positions in cells from the lower left corner."""
        with np.errstate(invalid="ignore", over="ignore"):  # infinite coordinates lie nowhere
            return (x - self.west) * self.x_scale, (y - self.south) * self.y_scale

    def as_array(self) -> Floats:
        """Return the six numbers, for a file and for the compiled kernel."""
        return np.array(astuple(self), dtype=np.float64)

    @classmethod
    def from_array(cls, numbers: Floats) -> Frame:
        """Take the numbers of `as_array` back."""
        west, south, x_scale, y_scale, columns, rows = numbers.tolist()
        return cls(west, south, x_scale, y_scale, int(columns), int(rows))
