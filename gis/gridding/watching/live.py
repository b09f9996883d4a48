"""Faults that follow edits: what an edit does not touch is not looked at again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gis.gridding.chain.edges import Edges, canonical_ends
from gis.gridding.chain.faults import Chain
from gis.gridding.chain.residual import residual_of
from gis.gridding.chain.rings import Rings
from gis.gridding.watching.gathering import gather
from gis.gridding.watching.ground import Ground
from gis.gridding.watching.places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gis.gridding.chain.faults import Faults
    from gis.gridding.chain.residual import Residual
    from gis.gridding.chain.rings import Floats, Polygons
    from gis.gridding.watching.boxes import Box
    from gis.gridding.watching.places import Place
    from gis.gridding.watching.unmatched import Edge, Left


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit did to the faults.

    Attributes:
        gone: The places that are no more.
        new: Those that are there instead, or for the first time.
    """

    gone: list[Place]
    new: list[Place]


class LiveFaults:
    """Faults of polygons over parents, kept up to date.

    An edit takes time for what it changes, and for the places of the residual that it touches, whatever the
    number of polygons. Without parents the outline of all polygons is one place, with all that lies in it.
    """

    def __init__(self, polygons: Polygons, parents: Polygons, *, snap: float) -> None:
        """Find the faults of polygons.

        Args:
            polygons: Valid polygons and multipolygons in metres; None and empty ones count for nothing,
                shape (n,).
            parents: What they should fill; valid, not overlapping each other, shape (p,). They stay.
            snap: As in `gis.gridding.chain.faults.faults_of`.

        Raises:
            ValueError: One of them is no polygon.
        """
        chain = Chain.of(polygons, parents)
        self._ground = Ground(polygons, parents)
        self._places = Places(self._ground, snap)
        self._places.update(left_of(chain.edges, chain.residual), ())

    def __len__(self) -> int:
        """Count the positions, those of polygons that are gone included."""
        return len(self._ground.polygons)

    @property
    def is_partition(self) -> bool:
        """Whether the polygons fill the parents exactly, to the last bit."""
        return not len(self._places)

    @property
    def places(self) -> list[Place]:
        """Where the polygons do not; a place that no edit touches stays the same object."""
        return self._places.all()

    def faults(self) -> Faults:
        """Return all faults together, as a full check has them."""
        return gather([place.faults for place in self.places], len(self))

    def edit(self, changes: Mapping[int, Any]) -> Edited:
        """Put other polygons in positions; the faults follow.

        Args:
            changes: A valid polygon, or None for none, by position; one behind the last adds a polygon.

        Raises:
            ValueError: One of them is no polygon; nothing has changed then.
            IndexError: A position is negative.
        """
        if any(position < 0 for position in changes):
            raise IndexError("A position is negative.")
        count = len(changes)
        both = np.empty(2 * count, dtype=object)
        known = self._ground.polygons
        both[:count] = list(changes.values())
        both[count:] = [known[position] if position < len(known) else None for position in changes]
        rings = Rings.of(both)
        edges = Edges.of(rings)
        first = rings.offsets[np.searchsorted(rings.polygon, count)]
        around = _box_around(rings.vertices)
        is_near = around is not None and self._places.is_near(around)
        changed = _changed_boxes(edges, first, count) if is_near else ()
        np.negative(edges.signs[first:], out=edges.signs[first:])
        self._ground.put(changes.items())
        return Edited(*self._places.update(left_of(edges, residual_of(edges)), changed))


def left_of(edges: Edges, residual: Residual) -> dict[Edge, Left]:
    """Return what is left of each edge of a residual, by its ends."""
    ends = map(tuple, canonical_ends(edges.rings.vertices, residual.edges).tolist())
    left = zip(residual.nets.tolist(), edges.keys[residual.edges].tolist(), strict=True)
    return dict(zip(ends, left, strict=True))


def _box_around(vertices: Floats) -> Box | None:
    if not len(vertices):
        return None
    (west, south), (east, north) = vertices.min(axis=0).tolist(), vertices.max(axis=0).tolist()
    return west, south, east, north


def _changed_boxes(edges: Edges, first: int, count: int) -> list[Box]:
    """Return a box around the edges of each polygon that it has only before, or only after, an edit.

    Args:
        edges: Of `count` polygons as they will be, and as they are.
        first: Where those of the second kind start.
        count: How many polygons are edited.
    """
    which = np.flatnonzero(edges.signs)
    owner = edges.rings.polygon_of(which) % count
    order = np.lexsort((edges.signs[which], edges.keys[which], owner))
    which, owner = which[order], owner[order]
    keys, signs, is_new = edges.keys[which], edges.signs[which], which < first
    same = (keys[1:] == keys[:-1]) & (signs[1:] == signs[:-1]) & (owner[1:] == owner[:-1])
    same &= is_new[1:] != is_new[:-1]
    changed = np.ones(len(which), dtype=bool)
    changed[1:] &= ~same
    changed[:-1] &= ~same
    which, owner = which[changed], owner[changed]
    if not len(which):
        return []
    start, end = edges.rings.vertices[which], edges.rings.vertices[which + 1]
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    low = np.minimum.reduceat(np.minimum(start, end), starts, axis=0)
    high = np.maximum.reduceat(np.maximum(start, end), starts, axis=0)
    return [tuple(box) for box in np.hstack((low, high)).tolist()]
