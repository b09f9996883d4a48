"""Edges that do not cancel, each once: what is kept of polygons that have been read and let go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gis.gridding.chain.edges import canonical_ends, group_edges
from gis.gridding.chain.grouping import distinct_points, least_connected
from gis.gridding.chain.residual import residual_of
from gis.gridding.watching.spots import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.gridding.chain.edges import Edges, Keys
    from gis.gridding.chain.rings import Floats, Integers

    Edge: TypeAlias = tuple[float, float, float, float]
    """The ends of an edge in its canonical direction: x, y, x, y."""
    Left: TypeAlias = tuple[int, int]
    """What is left of an edge: how many more polygons lie to its left than to its right, and its key."""

# So many edges wait at least before they are added up.
_FEW = 100_000


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Edges, each once, and what is left of each.

    Attributes:
        ends: x, y, x, y in canonical direction, shape (k, 4).
        keys: Shape (k,).
        nets: How many more polygons lie to the left than to the right, never 0, shape (k,).
    """

    ends: Floats
    keys: Keys
    nets: Integers

    @classmethod
    def of(cls, edges: Edges) -> Unmatched:
        """Add up edges and keep what does not cancel."""
        residual = residual_of(edges)
        ends, keys = canonical_ends(edges.rings.vertices, residual.edges), edges.keys[residual.edges]
        order, starts = group_edges(keys, ends)
        first = order[starts]
        return cls(ends[first], keys[first], residual.nets[first].astype(np.int64))

    def where(self, which: Integers) -> Unmatched:
        """Take some of the edges."""
        return Unmatched(self.ends[which], self.keys[which], self.nets[which])

    def __len__(self) -> int:
        """Count the edges."""
        return len(self.keys)

    @classmethod
    def sum_of(cls, parts: Sequence[Unmatched]) -> Unmatched:
        """Add up the edges of one or more and keep what does not cancel."""
        ends = np.concatenate([part.ends for part in parts])
        keys = np.concatenate([part.keys for part in parts])
        order, starts = group_edges(keys, ends)
        if not len(order):
            return parts[0]
        nets = np.add.reduceat(np.concatenate([part.nets for part in parts])[order], starts)
        first = order[starts][nets != 0]
        return cls(ends[first], keys[first], nets[nets != 0])

    def spots(self, within: float) -> tuple[Integers, Floats]:
        """Sort the edges into spots whose boxes are farther from each other than a distance.

        Returns:
            The spot of each edge, shape (k,), and the box of each spot, shape (s, 4).
        """
        points, place = distinct_points(self.ends.reshape(-1, 2))
        least = least_connected(place[0::2], place[1::2], len(points))[place[0::2]]
        low, high = (
            np.minimum(self.ends[:, :2], self.ends[:, 2:]),
            np.maximum(self.ends[:, :2], self.ends[:, 2:]),
        )
        return together(least, np.hstack((low, high)), within)


class Passing:
    """Edges that pass and cancel, added up now and then: not all that wait are sorted for each that comes."""

    def __init__(self, first: Unmatched) -> None:
        self._parts = [first]

    def add(self, part: Unmatched) -> None:
        """Take more edges."""
        self._parts.append(part)
        if sum(map(len, self._parts[1:])) > max(len(self._parts[0]), _FEW):
            self.rest()

    def rest(self) -> Unmatched:
        """Return what has not cancelled so far."""
        self._parts = [Unmatched.sum_of(self._parts)]
        return self._parts[0]
