"""Bring repaired polygons back to stored coordinates: what was there keeps its bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.crs import to_stored

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags, Floats, Integers, Polygons


@dataclass(frozen=True, slots=True)
class KnownVertices:
    """Vertices in both systems.

    Attributes:
        metres, stored: x and y, shape (v, 2).
        polygon: Whose each is, shape (v,).
    """

    metres: Floats
    stored: Floats
    polygon: Integers

    @classmethod
    def of(cls, metres: Polygons, stored: Polygons) -> KnownVertices:
        """Take the vertices of polygons in both systems, in the same order."""
        projected, polygon = shapely.get_coordinates(metres, return_index=True)
        return cls(projected, shapely.get_coordinates(stored), polygon)

    def near(self, vertices: Floats) -> KnownVertices:
        """Take those that may be among some vertices, in an order that is not that of polygons."""
        there = np.isin(self.metres[:, 0], vertices[:, 0]) & np.isin(self.metres[:, 1], vertices[:, 1])
        which = np.flatnonzero(there)
        which = which[np.lexsort((*self.stored[which].T, self.polygon[which]))]
        return KnownVertices(self.metres[which], self.stored[which], self.polygon[which])


def bring_back(polygons: Polygons, changed: Flags, known: KnownVertices, metric_crs: str) -> Polygons:
    """Bring changed polygons back to stored coordinates.

    1. A vertex that was the polygon's own has the stored coordinates it had.
    2. One that was another's has those of that one; of several that fell together in metres, the least.
    3. Only what is new is transformed.

    Args:
        polygons: Repaired, in metres, shape (n,).
        changed: Which of them are wanted, shape (n,).
        known: All vertices there were; `polygon` is the position among `polygons`, others' are above it.
        metric_crs: The system of the metres.

    Returns:
        Those that are wanted, in their order.
    """
    which = np.flatnonzero(changed)
    vertices, position = shapely.get_coordinates(polygons[which], return_index=True)
    near = known.near(vertices)
    _, number = np.unique(np.concatenate((near.metres, vertices)), axis=0, return_inverse=True)
    theirs, mine = number[: len(near.metres)], number[len(near.metres) :]
    most = 1 + max(int(near.polygon.max(initial=0)), len(polygons))
    own = _first(theirs * most + near.polygon, mine * most + which[position])
    least = np.lexsort((near.stored[:, 1], near.stored[:, 0]))
    other = _first(theirs[least], mine)
    row = np.where(own >= 0, own, least[other] if len(least) else -1)
    is_new = (own < 0) & (other < 0)
    stored = np.empty_like(vertices)
    stored[~is_new] = near.stored[row[~is_new]]
    stored[is_new] = np.column_stack(to_stored(vertices[is_new, 0], vertices[is_new, 1], metric_crs))
    return np.asarray(shapely.transform(polygons[which], lambda _: stored), dtype=object)


def _first(keys: Integers, wanted: Integers) -> Integers:
    """Find the first row with each wanted key, -1 where there is none."""
    if not len(keys):
        return np.full(len(wanted), -1)
    order = np.argsort(keys, kind="stable")
    row = np.searchsorted(keys[order], wanted)
    row[row == len(keys)] = 0
    found: Integers = np.where(keys[order[row]] == wanted, order[row], -1)
    return found
