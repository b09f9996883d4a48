"""Polygons as they are now, over parents that stay, and the part of their chain that is near a place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from gis.gridding.chain.edges import Edges, canonical_ends, keys_of
from gis.gridding.chain.faults import Chain
from gis.gridding.chain.residual import Residual
from gis.gridding.chain.rings import Rings
from gis.gridding.coverage.outlines import ranges
from gis.gridding.watching.boxes import Boxes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gis.gridding.chain.faults import Faults
    from gis.gridding.chain.rings import Integers, Polygons
    from gis.gridding.watching.boxes import Box

    Edge: TypeAlias = tuple[float, float, float, float]
    """The ends of an edge in its canonical direction: x, y, x, y."""

# So many edges of a parent's outline in a row are looked up together.
_RUN = 32


class Ground:
    """Polygons by position, and parents, found by where they are."""

    def __init__(self, polygons: Polygons, parents: Polygons) -> None:
        self.polygons: list[Any] = []
        self.parents = parents
        shapely.prepare(parents)
        self._where: Boxes[int] = Boxes()
        self._runs = _Runs.of(parents)
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

    def chain_near(self, box: Box, edges: Sequence[Edge], nets: Sequence[int]) -> tuple[Chain, Integers]:
        """Return the chain of what is near a box, with a residual of these edges.

        Args:
            box: Holds the edges.
            edges: Of the residual of the whole.
            nets: How many more polygons lie to the left of each than to the right.

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
        all_edges = self._runs.behind(own, runs, len(near), parents) if len(runs) else own
        chain = Chain(polygons, self.parents[parents], all_edges, _residual(all_edges, edges, nets))
        return chain, np.concatenate((np.array(near, dtype=np.int64), -1 - np.array(parents, dtype=np.int64)))


@dataclass(frozen=True, slots=True)
class _Runs:
    """The edges of parents, with their sides exchanged, in runs.

    Attributes:
        edges: Of the parents.
        first, end: The first vertex of each run, and the one behind its last edge's end, shape (r,).
        parent: Whose it is, ascending, shape (r,).
    """

    edges: Edges
    first: Integers
    end: Integers
    parent: Integers

    @classmethod
    def of(cls, parents: Polygons) -> _Runs:
        edges = Edges.of(Rings.of(parents))
        np.negative(edges.signs, out=edges.signs)
        starts, ends = edges.rings.offsets[:-1], edges.rings.offsets[1:]
        counts = -(-(ends - starts - 1) // _RUN)
        first = np.repeat(starts, counts) + _RUN * ranges(np.zeros_like(counts), counts)
        end = np.minimum(first + _RUN + 1, np.repeat(ends, counts))
        return cls(edges, first, end, np.repeat(edges.rings.polygon, counts))

    def boxes(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the box of each, and that each has one."""
        counts = self.end - self.first
        vertices = self.edges.rings.vertices[ranges(self.first, counts)]
        starts = np.cumsum(counts) - counts
        if not len(starts):
            return np.empty((0, 4)), np.empty(0, dtype=bool)
        low, high = (
            reduce(vertices, starts, axis=0) for reduce in (np.minimum.reduceat, np.maximum.reduceat)
        )
        return np.hstack((low, high)), np.ones(len(starts), dtype=bool)

    def behind(self, own: Edges, runs: Integers, count: int, parents: Sequence[int]) -> Edges:
        """Put runs behind the edges of `count` polygons; each counts as a ring of its parent."""
        lengths = self.end[runs] - self.first[runs]
        which = ranges(self.first[runs], lengths)
        ends = np.cumsum(lengths)
        signs = self.edges.signs[which]
        signs[ends - 1] = 0
        rings = Rings(
            np.concatenate((own.rings.vertices, self.edges.rings.vertices[which])),
            np.concatenate((own.rings.offsets, len(own.rings.vertices) + ends)),
            np.concatenate((own.rings.is_shell, np.ones(len(runs), dtype=bool))),
            np.concatenate((own.rings.polygon, count + np.searchsorted(parents, self.parent[runs]))),
        )
        return Edges(
            rings, np.concatenate((own.keys, self.edges.keys[which])), np.concatenate((own.signs, signs))
        )


def renamed(faults: Faults, names: Integers) -> Faults:
    """Call polygons and parents by other names."""
    return replace(
        faults,
        gap_sides=replace(faults.gap_sides, polygon=names[faults.gap_sides.polygon]),
        overlap_pairs=names[faults.overlap_pairs],
        outside_polygon=names[faults.outside_polygon],
        mismatches=replace(faults.mismatches, polygon=names[faults.mismatches.polygon]),
    )


def boxes_of(bounds: NDArray[np.float64], there: NDArray[np.bool_]) -> Boxes[int]:
    """Put boxes in their places, by number."""
    boxes: Boxes[int] = Boxes()
    for number in np.flatnonzero(there).tolist():
        boxes.add(number, tuple(bounds[number].tolist()))
    return boxes


def _residual(edges: Edges, wanted: Sequence[Edge], nets: Sequence[int]) -> Residual:
    """Find the copies of edges."""
    ends = np.array(wanted, dtype=np.float64).reshape(-1, 4)
    maybe = np.flatnonzero(np.isin(edges.keys, keys_of(ends)) & (edges.signs != 0)).astype(np.int32)
    net_of = dict(zip(wanted, nets, strict=True))
    net = np.array(
        [net_of.get(tuple(edge), 0) for edge in canonical_ends(edges.rings.vertices, maybe).tolist()],
        dtype=np.int32,
    )
    return Residual(maybe[net != 0], net[net != 0])
