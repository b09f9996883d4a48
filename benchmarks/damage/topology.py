"""Which grid lies behind each edge of a clean coverage, its lines between nodes, and who touches whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Polygons = NDArray[Any]

OUTSIDE = -1


@dataclass(frozen=True, slots=True)
class Line:
    """The line a grid has in common with one neighbour, from node to node.

    Attributes:
        grid: Whose ring it is.
        behind: The neighbour, or OUTSIDE.
        places: Positions in the ring, in its direction, both nodes included; shape (k,).
        vertices: Metres, shape (k, 2).
    """

    grid: int
    behind: int
    places: Ints
    vertices: Floats


@dataclass(frozen=True, slots=True)
class Topology:
    """The edges of a clean coverage of polygons.

    Attributes:
        vertices: Of all rings, each without the closing one; shape (v, 2), metres.
        point: The number of each vertex's point: equal where vertices coincide; shape (v,).
        behind: The grid on the other side of the edge that starts at each vertex, or OUTSIDE; shape (v,).
        start: Where each grid's vertices start; shape (n + 1,).
        is_plain: Grids that are one ring; lines and rings are asked of these only. Shape (n,).
        on_outline: Grids with an edge or a vertex on the outline; shape (n,).
        touching_start, touching: Grids that share at least a vertex with grid i are
            `touching[touching_start[i] : touching_start[i + 1]]`.
    """

    vertices: Floats
    point: Ints
    behind: Ints
    start: Ints
    is_plain: NDArray[np.bool_]
    on_outline: NDArray[np.bool_]
    touching_start: Ints
    touching: Ints

    def ring(self, grid: int) -> Floats:
        """Return the vertices of a grid's ring, without the closing one."""
        return self.vertices[self.start[grid] : self.start[grid + 1]]

    def neighbours(self, grid: int) -> Ints:
        """Return the grids that share at least a vertex with a grid, ascending."""
        return self.touching[self.touching_start[grid] : self.touching_start[grid + 1]]

    def beside(self, grid: int) -> Ints:
        """Return the grids that share an edge with a grid, ascending."""
        behind = self.behind[self.start[grid] : self.start[grid + 1]]
        return np.unique(behind[behind != OUTSIDE])

    def lines(self, grid: int) -> list[Line]:
        """Return the lines of a grid, in the direction of its ring; none where all of it is one line."""
        first, last = self.start[grid], self.start[grid + 1]
        behind, ring = self.behind[first:last], self.vertices[first:last]
        count = last - first
        nodes = np.flatnonzero(behind != np.roll(behind, 1))
        lines = []
        for node, following in zip(nodes, np.append(nodes[1:], nodes[:1] + count), strict=True):
            places = np.arange(node, following + 1) % count
            lines.append(Line(grid, int(behind[node]), places, ring[places]))
        return lines


def read_topology(polygons: Polygons) -> Topology:
    """Read the edges of an exactly valid coverage, all rings anticlockwise outside."""
    rings, grid_of_ring = shapely.get_rings(polygons, return_index=True)
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    closing = np.append(ring[1:] != ring[:-1], True)
    vertices, ring = vertices[~closing], ring[~closing]
    grid = grid_of_ring[ring]
    # complex numbers sort by both coordinates at once
    _, point = np.unique(vertices.view(np.complex128)[:, 0], return_inverse=True)
    following = np.arange(1, len(ring) + 1)
    ends = np.append(np.flatnonzero(ring[1:] != ring[:-1]), len(ring) - 1)
    following[ends] = np.append(0, ends[:-1] + 1)
    behind = _behind(point, point[following], grid)
    start = np.searchsorted(grid, np.arange(len(polygons) + 1))
    open_ = behind == OUTSIDE
    is_open = np.zeros(len(point), dtype=bool)
    is_open[point[open_]] = True
    on_outline = np.zeros(len(polygons), dtype=bool)
    on_outline[grid[is_open[point]]] = True
    one, other = _touching(point, grid)
    is_plain = np.bincount(grid_of_ring, minlength=len(polygons)) == 1
    touching_start = np.searchsorted(one, np.arange(len(polygons) + 1))
    return Topology(vertices, point, behind, start, is_plain, on_outline, touching_start, other)


def _behind(from_: Ints, to: Ints, grid: Ints) -> Ints:
    """Return the grid of the opposite edge, or OUTSIDE, for each edge."""
    many = np.int64(len(from_))
    key = from_ * many + to
    order = np.argsort(key)
    place = np.searchsorted(key[order], to * many + from_)
    match = order[np.minimum(place, len(order) - 1)]
    return np.where(key[match] == to * many + from_, grid[match], OUTSIDE)


def _touching(point: Ints, grid: Ints) -> tuple[Ints, Ints]:
    """Return the pairs of grids that share a vertex, both ways, ascending."""
    order = np.argsort(point, kind="stable")
    point, grid = point[order], grid[order]
    pairs = [np.empty((0, 2), dtype=np.int64)]
    step = 1
    while (same := np.flatnonzero(point[step:] == point[:-step])).size:
        pairs.append(np.stack([grid[same], grid[same + step]], axis=-1))
        step += 1
    both = np.concatenate([*pairs, *(pair[:, ::-1] for pair in pairs)])
    both = both[both[:, 0] != both[:, 1]]
    many = np.int64(grid.max() + 1)
    one, other = np.divmod(np.unique(both[:, 0] * many + both[:, 1]), many)
    return one, other
