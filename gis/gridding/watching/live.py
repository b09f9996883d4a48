"""Faults that follow edits: what an edit does not touch is not looked at again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gis.gridding.chain.edges import Edges, canonical_ends
from gis.gridding.chain.faults import Chain
from gis.gridding.chain.rings import Rings
from gis.gridding.watching import compiled
from gis.gridding.watching.gathering import gather
from gis.gridding.watching.ground import Ground
from gis.gridding.watching.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gis.gridding.chain.faults import Faults
    from gis.gridding.chain.residual import Residual
    from gis.gridding.chain.rings import Polygons
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
        left, boxes = _summed(changed_edges(both, count))
        self._ground.put(changes, both[:count])
        return Edited(*self._places.update(left, boxes))


def left_of(edges: Edges, residual: Residual) -> dict[Edge, Left]:
    """Return what is left of each edge of a residual, by its ends."""
    ends = map(tuple, canonical_ends(edges.rings.vertices, residual.edges).tolist())
    left = zip(residual.nets.tolist(), edges.keys[residual.edges].tolist(), strict=True)
    return dict(zip(ends, left, strict=True))


def changed_edges(both: Polygons, count: int) -> Iterable[tuple[int, Edge, Left]]:
    """List the edges that a polygon has only before, or only after, an edit.

    Args:
        both: `count` polygons as they will be, and as they are.
        count: How many polygons are edited.

    Returns:
        Which polygon, the edge, and what the edit adds to what is left of it.

    Raises:
        ValueError: One of them is no polygon.
    """
    if compiled.watch is not None:
        told = compiled.watch.changed_edges(compiled.as_bytes(both), count)
        if told is not None:
            return told
    edges = Edges.of(Rings.of(both))
    which = np.flatnonzero(edges.signs)
    polygon = edges.rings.polygon_of(which)
    signs = np.where(polygon < count, edges.signs[which], -edges.signs[which])
    found: dict[tuple[int, Edge], Left] = {}
    for ends, owner, sign, key in zip(
        map(tuple, canonical_ends(edges.rings.vertices, which).tolist()),
        (polygon % count).tolist(),
        signs.tolist(),
        edges.keys[which].tolist(),
        strict=True,
    ):
        found[owner, ends] = found.get((owner, ends), (0, key))[0] + sign, key
    return ((owner, edge, left) for (owner, edge), left in found.items() if left[0])


def _summed(changed: Iterable[tuple[int, Edge, Left]]) -> tuple[dict[Edge, Left], Iterable[Box]]:
    """Add up what an edit does to each edge; return that, and a box around the changes of each polygon."""
    left: dict[Edge, Left] = {}
    boxes: dict[int, Box] = {}
    for owner, edge, (more, key) in changed:
        left[edge] = left.get(edge, (0, key))[0] + more, key
        a, b, c, d = edge
        west, south, east, north = boxes.get(owner, (a, b, c, d))
        boxes[owner] = min(west, a), min(south, b, d), max(east, c), max(north, b, d)
    return {edge: its for edge, its in left.items() if its[0]}, boxes.values()
