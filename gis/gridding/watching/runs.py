"""Outlines of parents in runs of edges, so that a chain of a few polygons holds only what is near them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.chain.edges import Edges, canonical_ends
from gis.gridding.chain.residual import Residual
from gis.gridding.chain.rings import Rings
from gis.gridding.coverage.outlines import ranges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gis.gridding.chain.edges import Keys, Signs
    from gis.gridding.chain.faults import Faults
    from gis.gridding.chain.rings import Floats, Integers, Polygons
    from gis.gridding.watching.unmatched import Edge, Left, Unmatched

# So many edges of a parent's outline in a row are looked up together.
_RUN = 32


@dataclass(frozen=True, slots=True)
class Runs:
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
    def of(cls, parents: Polygons) -> Runs:
        """Cut the outlines of parents into runs."""
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

    def arrays(self) -> tuple[Floats, Keys, Signs, Integers, Integers]:
        """Return all but the parents as arrays: vertices, keys, signs, and where each run starts and ends."""
        return self.edges.rings.vertices, self.edges.keys, self.edges.signs, self.first, self.end

    def behind(self, own: Edges, runs: Integers, owners: Integers) -> Edges:
        """Put some runs behind the edges of polygons; each counts as a ring of its owner."""
        if not len(runs):
            return own
        lengths = self.end[runs] - self.first[runs]
        vertices = ranges(self.first[runs], lengths)
        ends = np.cumsum(lengths)
        signs = self.edges.signs[vertices]
        signs[ends - 1] = 0
        rings = Rings(
            np.concatenate((own.rings.vertices, self.edges.rings.vertices[vertices])),
            np.concatenate((own.rings.offsets, len(own.rings.vertices) + ends)),
            np.concatenate((own.rings.is_shell, np.ones(len(runs), dtype=bool))),
            np.concatenate((own.rings.polygon, owners)),
        )
        return Edges(
            rings, np.concatenate((own.keys, self.edges.keys[vertices])), np.concatenate((own.signs, signs))
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


def residual_in(edges: Edges, wanted: Unmatched) -> Residual:
    """Find the copies of some edges.

    Args:
        edges: Where to look for them.
        wanted: What is left of each in the whole.
    """
    order = np.argsort(wanted.keys)
    keys, ends, nets = wanted.keys[order], wanted.ends[order], wanted.nets[order]
    place = np.searchsorted(keys, edges.keys)
    place[edges.signs == 0] = len(keys)
    found = np.zeros(len(place), dtype=np.int32)
    # keys only bring near what may be equal
    while True:
        which = np.flatnonzero(place < len(keys))
        which = which[keys[place[which]] == edges.keys[which]]
        if not len(which):
            break
        same = (ends[place[which]] == canonical_ends(edges.rings.vertices, which)).all(axis=1)
        found[which[same]] = nets[place[which[same]]]
        place += 1
    copies = np.flatnonzero(found).astype(np.int32)
    return Residual(copies, found[copies])


def copies_in(edges: Edges, wanted: Mapping[Edge, Left]) -> Residual:
    """Find the copies of a few edges, as `residual_in` does, but without arrays: in a fraction of the time.

    Args:
        edges: Where to look for them.
        wanted: What is left of each in the whole.
    """
    keys = {key for _, key in wanted.values()}
    near = [place for place, key in enumerate(edges.keys.tolist()) if key in keys]
    ends = map(tuple, canonical_ends(edges.rings.vertices, np.array(near, dtype=np.int64)).tolist())
    there = edges.signs[near].tolist()
    # keys only bring near what may be equal
    found = [
        (place, wanted[edge][0])
        for place, edge, sign in zip(near, ends, there, strict=True)
        if sign and edge in wanted
    ]
    copies, nets = np.array(found, dtype=np.int32).reshape(-1, 2).T
    return Residual(copies, nets)
