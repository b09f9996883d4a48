"""Random coverages for hypothesis: exactly matching polygons, drawn in metres like those of `shapes`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from hypothesis import strategies as st
from shapely import Polygon

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

CELL_M = 100.0


@dataclass(frozen=True)
class DrawnCoverage:
    """Cells that fill the outline exactly: no gap, no overlap, every shared corner the same number."""

    cells: list[Polygon]
    outline: Polygon


@st.composite
def coverages(draw: Callable[[st.SearchStrategy[int]], int], *, largest: int = 4) -> DrawnCoverage:
    """Draw a lattice with jittered corners and edges, each edge once, so that neighbours share them."""
    columns = draw(st.integers(1, largest))
    rows = draw(st.integers(1, largest))
    bends = draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return coverage(columns, rows, bends, rng)


def coverage(columns: int, rows: int, bends: int, rng: np.random.Generator) -> DrawnCoverage:
    """Build a jittered lattice of columns x rows cells with `bends` extra corners on every edge."""
    corners = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0)), axis=-1) * CELL_M
    corners += rng.uniform(-0.15, 0.15, corners.shape) * CELL_M
    across = [
        [_edge(corners[r, c], corners[r, c + 1], bends, rng) for c in range(columns)] for r in range(rows + 1)
    ]
    up = [
        [_edge(corners[r, c], corners[r + 1, c], bends, rng) for c in range(columns + 1)] for r in range(rows)
    ]
    cells = [
        Polygon(
            np.concatenate((across[r][c][:-1], up[r][c + 1][:-1], across[r + 1][c][:0:-1], up[r][c][:0:-1]))
        )
        for r in range(rows)
        for c in range(columns)
    ]
    ring = [edge[:-1] for edge in across[0]] + [row[-1][:-1] for row in up]
    ring += [edge[:0:-1] for edge in reversed(across[-1])] + [row[0][:0:-1] for row in reversed(up)]
    return DrawnCoverage(cells, Polygon(np.concatenate(ring)))


def _edge(
    start: NDArray[np.float64], end: NDArray[np.float64], bends: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    along = np.linspace(0, 1, bends + 2)[:, None]
    edge = start + along * (end - start)
    edge[-1] = end  # what the sum misses by one bit
    edge[1:-1] += rng.uniform(-0.05, 0.05, (bends, 2)) * CELL_M * (4 * along * (1 - along))[1:-1]
    return np.asarray(edge)


def turned(polygon: Polygon, steps: int, *, reverse: bool) -> Polygon:
    """Give the same polygon with rings that start elsewhere and may turn the other way."""

    def ring(line: shapely.LinearRing) -> NDArray[np.float64]:
        corners = np.roll(shapely.get_coordinates(line)[:-1], steps, axis=0)
        return corners[::-1] if reverse else corners

    return Polygon(ring(polygon.exterior), [ring(hole) for hole in polygon.interiors])
