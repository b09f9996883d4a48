"""Polygons as they are now, over parents that stay, and the part of their chain that is near a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gis.gridding.chain.edges import Edges
from gis.gridding.chain.faults import Chain
from gis.gridding.chain.rings import Rings
from gis.gridding.watching.boxes import Boxes
from gis.gridding.watching.runs import Runs, copies_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Integers, Polygons
    from gis.gridding.watching.boxes import Box
    from gis.gridding.watching.unmatched import Edge, Left


class Ground:
    """Polygons by position, and parents, found by where they are."""

    def __init__(self, polygons: Polygons, parents: Polygons) -> None:
        self.polygons: list[Any] = []
        self.parents = parents
        shapely.prepare(parents)
        self._where: Boxes[int] = Boxes()
        self._runs = Runs.of(parents)
        self._run_where = boxes_of(*self._runs.boxes())
        self._parent_where = boxes_of(shapely.bounds(parents), ~shapely.is_empty(parents))
        self.put(enumerate(polygons))

    def put(self, changes: Iterable[tuple[int, Any]]) -> None:
        """Put polygons, or None, in positions; those between the end and a new position are None."""
        for position, polygon in changes:
            if position in self._where:
                self._where.remove(position)
            self.polygons.extend([None] * (position + 1 - len(self.polygons)))
            self.polygons[position] = polygon
            if polygon is not None and not polygon.is_empty:
                self._where.add(position, polygon.bounds)

    def is_covered(self, x: float, y: float) -> bool:
        """Say whether a point lies in a polygon."""
        return any(shapely.contains_xy(self.polygons[i], x, y) for i in self._where.near((x, y, x, y)))

    def chain_near(self, box: Box, residual: Mapping[Edge, Left]) -> tuple[Chain, Integers]:
        """Return the chain of what is near a box, with a part of the residual of the whole.

        Args:
            box: Holds the edges.
            residual: Edges in the box, and what is left of them.

        Returns:
            The chain, and what its polygons and parents are: the positions of polygons, and -1, -2, ... for
            the first, second, ... parent.
        """
        near = sorted(self._where.near(box))
        polygons = np.empty(len(near), dtype=object)
        polygons[:] = [self.polygons[position] for position in near]
        # a chain without parents would stand for one whose parents are not known
        parents = sorted(self._parent_where.near(box)) or [0][: len(self.parents)]
        own = Edges.of(Rings.of(polygons))
        runs = np.array(sorted(self._run_where.near(box)), dtype=np.int64)
        edges = self._runs.behind(own, runs, len(near), parents)
        chain = Chain(polygons, self.parents[parents], edges, copies_in(edges, residual))
        return chain, np.concatenate((np.array(near, dtype=np.int64), -1 - np.array(parents, dtype=np.int64)))


def boxes_of(bounds: NDArray[np.float64], there: NDArray[np.bool_]) -> Boxes[int]:
    """Put boxes in their places, by number."""
    boxes: Boxes[int] = Boxes()
    for number in np.flatnonzero(there).tolist():
        boxes.add(number, tuple(bounds[number].tolist()))
    return boxes
