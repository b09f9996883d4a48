"""Polygons as they are now, over parents that stay, and the part of their chain that is near a place."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
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

    from gis.gridding.chain.rings import Polygons
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
        self.put(range(len(polygons)), polygons)

    def put(self, positions: Iterable[int], polygons: Polygons) -> None:
        """Put polygons, or None, in positions; those between the end and a new position are None."""
        boxes = shapely.bounds(polygons).tolist()
        for position, polygon, box in zip(positions, polygons, boxes, strict=True):
            self.polygons.extend([None] * (position + 1 - len(self.polygons)))
            self.polygons[position] = polygon
            self._where.put(position, None if isnan(box[0]) else tuple(box))

    def is_covered(self, x: float, y: float) -> bool:
        """Say whether a point lies in a polygon."""
        return any(shapely.contains_xy(self.polygons[i], x, y) for i in self._where.near((x, y, x, y)))

    def near(self, box: Box) -> Near:
        """Return what is near a box."""
        positions = sorted(self._where.near(box))
        # a chain without parents would stand for one whose parents are not known
        parents = sorted(self._parent_where.near(box)) or [0][: len(self.parents)]
        polygons = np.empty(len(positions), dtype=object)
        polygons[:] = [self.polygons[position] for position in positions]
        names = [*positions, *(-1 - parent for parent in parents)]
        runs = sorted(self._run_where.near(box))
        return Near(polygons, self.parents[parents], names, self._runs, runs)


@dataclass(frozen=True, slots=True)
class Near:
    """Polygons near a place, the parents there, and what is near of the parents' outlines.

    Attributes:
        polygons: Shape (n,).
        parents: Shape (p,).
        names: The positions of the polygons, and -1, -2, ... for the first, second, ... of all parents, as a
            chain of both numbers them.
        outlines: Of all parents.
        runs: Those of the outlines that are near, ascending.
    """

    polygons: Polygons
    parents: Polygons
    names: list[int]
    outlines: Runs
    runs: list[int]

    def owners(self) -> list[int]:
        """Say which parent each run is of, as a chain of polygons and parents numbers it."""
        return [self.names.index(-1 - parent) for parent in self.outlines.parent[self.runs].tolist()]

    def edges(self) -> Edges:
        """Return the edges of the polygons and, behind them, of the runs; each run counts as a ring."""
        own = Edges.of(Rings.of(self.polygons))
        return self.outlines.behind(own, np.array(self.runs, dtype=np.int64), np.array(self.owners()))

    def chain(self, left: Mapping[Edge, Left]) -> Chain:
        """Return the chain of polygons and parents, with a part of the residual of the whole.

        Args:
            left: What is left of some edges; all their copies are near.
        """
        edges = self.edges()
        return Chain(self.polygons, self.parents, edges, copies_in(edges, left))


def boxes_of(bounds: NDArray[np.float64], there: NDArray[np.bool_]) -> Boxes[int]:
    """Put boxes in their places, by number."""
    boxes: Boxes[int] = Boxes()
    for number in np.flatnonzero(there).tolist():
        boxes.add(number, tuple(bounds[number].tolist()))
    return boxes
