"""Who lies beyond each edge of the polygons of a clean coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.sample.land.ground import from_degrees

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gis.sample.land.ground import Lattice

OUTSIDE = -1
"""The neighbour of an edge no other polygon has."""


@dataclass(frozen=True)
class Chain:
    """Consecutive vertices of a ring along which it has one neighbour; its own polygon lies to the left."""

    ring: Lattice  # open, begins with the first vertex of the chain
    vertices: Lattice
    neighbour: int

    def replaced_by(self, vertices: Lattice) -> Lattice:
        """Return the open ring with other vertices instead of the chain's."""
        return np.concatenate([vertices, self.ring[len(self.vertices) :]])


class Borders:
    """The edges of polygons without holes that share every vertex with their neighbours.

    Args:
        shapes: Polygons in EPSG:4490, a clean coverage, shape (n,).
    """

    def __init__(self, shapes: NDArray[np.object_]) -> None:
        turned = shapely.orient_polygons(shapes)
        self._rings = [from_degrees(shapely.get_coordinates(shape))[:-1] for shape in turned]
        self._tree = shapely.STRtree(shapes)
        edges = [_edges(ring) for ring in self._rings]
        owner = {edge: number for number, own in enumerate(edges) for edge in own}
        # the neighbour runs along the same edge the other way
        self._beyond = [np.array([owner.get((b, a), OUTSIDE) for a, b in own]) for own in edges]

    def neighbours(self, shape: int) -> list[int]:
        """Return the polygons that share an edge with one, in ascending order."""
        return [int(n) for n in np.unique(self._beyond[shape]) if n != OUTSIDE]

    def around(self, geometry: BaseGeometry) -> NDArray[np.int64]:
        """Return the polygons whose boxes meet a geometry's."""
        return np.asarray(self._tree.query(geometry))

    def longest_chain(self, shape: int, *, outside: bool = False) -> Chain | None:
        """Return the chain with most edges towards one neighbour, or towards the outside; None if none is.

        A polygon all of whose edges have one neighbour gives None, for it has no ends to hold on to.
        """
        beyond = self._beyond[shape]
        turns = np.flatnonzero(beyond != np.roll(beyond, 1))
        if not len(turns):
            return None
        lengths = np.diff(np.append(turns, turns[0] + len(beyond)))
        fits = (beyond[turns] == OUTSIDE) == outside
        if not fits.any():
            return None
        best = int(np.where(fits, lengths, 0).argmax())
        ring = np.roll(self._rings[shape], -int(turns[best]), axis=0)
        return Chain(ring, ring[: int(lengths[best]) + 1], int(beyond[turns[best]]))


def _edges(ring: Lattice) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    corners: list[tuple[int, int]] = [(x, y) for x, y in ring.tolist()]
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))
