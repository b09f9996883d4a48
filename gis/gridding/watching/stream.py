"""Faults of polygons that are read batch by batch, twice: they need never be in memory together."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.edges import Edges
from gis.gridding.chain.faults import Chain, faults_of
from gis.gridding.chain.rings import Rings
from gis.gridding.coverage.outlines import ranges
from gis.gridding.watching.gathering import gather
from gis.gridding.watching.reading import read
from gis.gridding.watching.runs import Runs, renamed, residual_in
from gis.gridding.watching.spots import drawn
from gis.gridding.watching.unmatched import Passing, Unmatched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from gis.gridding.chain.faults import Faults
    from gis.gridding.chain.rings import Floats, Integers, Polygons
    from gis.gridding.watching.reading import Batch, Read

    Progress = Callable[[int, int], object]

# So many spots are laid out together at most.
_MOST_SPOTS = 2000


@dataclass(frozen=True, slots=True)
class Streamed:
    """Faults of batches.

    Attributes:
        faults: As of all polygons together; positions go on from batch to batch.
        invalid: Polygons that are invalid and count for nothing, ascending.
        count: How many polygons there are.
    """

    faults: Faults
    invalid: Integers
    count: int


def stream_faults(
    batches: Sequence[Batch],
    parents: Polygons,
    *,
    snap: float,
    workers: int = 1,
    progress: Progress | None = None,
) -> Streamed:
    """Find the faults of polygons that come in batches.

    1. All batches are read, and edges cancel as they pass. What is kept: edges whose partner has not come
       yet, the boxes of the polygons, and which are invalid.
    2. Of each batch what is near an edge that did not cancel is read again, and let go as soon as no spot
       waits for it any more.

    Neighbours should mostly be in one batch, and the polygons should mostly follow the parents' outline, or
    much is kept. Without parents all that lies within the outline is one spot, so everything is.

    Args:
        batches: Each reads some polygons and multipolygons in metres.
        parents: What they should fill; valid, not overlapping each other, shape (p,).
        snap: As in `gis.gridding.chain.faults.faults_of`.
        workers: How many processes do the first reading; a batch must then be fit to be sent to one.
        progress: Is told how many readings are done, of how many.

    Raises:
        ValueError: Something is no polygon.
    """
    tell = progress or (lambda done, of: None)  # noqa: ARG005 - nobody listens
    runs = Runs.of(parents)
    passing = Passing(Unmatched.of(runs.edges))
    boxes, invalid, starts = [], [], [0]
    with _reading(batches, workers) as readings:
        for reading in readings:
            passing.add(reading.unmatched)
            boxes.append(reading.boxes)
            invalid.append(reading.invalid + starts[-1])
            starts.append(starts[-1] + len(reading.boxes))
            tell(len(boxes), 2 * len(batches))
    spots = _Spots.of(passing.rest(), boxes, np.array(starts), snap)
    boxes.clear()
    site = _Site(parents, runs, spots, snap)
    parts = []
    for number, batch in enumerate(batches):
        parts += site.settle(number, batch)
        tell(len(batches) + number + 1, 2 * len(batches))
    parts += site.rest()
    bad = np.concatenate([np.empty(0, dtype=np.int64), *invalid])
    return Streamed(gather(parts, starts[-1]), bad, starts[-1])


@contextmanager
def _reading(batches: Sequence[Batch], workers: int) -> Iterator[Iterable[Read]]:
    if workers == 1:
        yield map(read, batches)
        return
    # a process that is forked from one with threads may hang
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield pool.map(read, batches)


@dataclass(frozen=True, slots=True)
class _Spots:
    """Where edges did not cancel, and which polygons are near.

    Attributes:
        unmatched: The edges.
        order, offsets: The edges of each spot, in this order, start there.
        boxes: Of the spots, shape (s, 4).
        polygon, spot: Positions of polygons near spots, ascending by polygon.
        batch_of: The batch of each polygon in `polygon`.
        starts: The first position of each batch, and the end.
        last: The last batch each spot waits for, shape (s,).
    """

    unmatched: Unmatched
    order: Integers
    offsets: Integers
    boxes: Floats
    polygon: Integers
    spot: Integers
    batch_of: Integers
    starts: Integers
    last: Integers

    @classmethod
    def of(
        cls, unmatched: Unmatched, boxes: list[NDArray[np.float32]], starts: Integers, snap: float
    ) -> _Spots:
        spot_of, around = unmatched.spots(4 * snap)
        tree = shapely.STRtree(drawn(around))
        polygons, spots = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for start, its in zip(starts[:-1].tolist(), boxes, strict=True):
            there = np.flatnonzero(~np.isnan(its[:, 0]))
            near, spot = tree.query(drawn(its[there].astype(np.float64)))
            polygons.append(there[near] + start)
            spots.append(spot)
        polygon, spot = np.concatenate(polygons), np.concatenate(spots)
        batch_of = np.searchsorted(starts, polygon, side="right") - 1
        last = np.full(len(around), -1)
        np.maximum.at(last, spot, batch_of)
        offsets = np.concatenate(([0], np.cumsum(np.bincount(spot_of, minlength=len(around)))))
        order = np.argsort(spot_of, kind="stable")
        return cls(unmatched, order, offsets, around, polygon, spot, batch_of, starts, last)


class _Site:
    """The second reading: polygons that are held for spots, until these are settled."""

    def __init__(self, parents: Polygons, runs: Runs, spots: _Spots, snap: float) -> None:
        self._parents = parents
        self._runs = runs
        self._run_tree = shapely.STRtree(drawn(runs.boxes()[0]))
        self._parent_tree = shapely.STRtree(parents)
        self._spots = spots
        self._snap = snap
        self._held: dict[int, shapely.Geometry] = {}
        until: NDArray[np.int64] = np.zeros(int(spots.starts[-1]), dtype=np.int64)
        np.maximum.at(until, spots.polygon, spots.last[spots.spot])
        self._until = until
        by_last = np.argsort(spots.last, kind="stable")
        self._by_last = by_last, np.searchsorted(spots.last[by_last], np.arange(-1, len(spots.starts)))

    def settle(self, number: int, batch: Batch) -> list[Faults]:
        """Read what is needed of a batch, and return the faults of the spots that waited for it alone."""
        spots = self._spots
        start, end = np.searchsorted(spots.batch_of, (number, number + 1))
        which = np.unique(spots.polygon[start:end])
        if len(which):
            self._held.update(zip(which.tolist(), batch(which - spots.starts[number]), strict=True))
        found = self._faults(number)
        until = self._until
        for position in [position for position in self._held if until[position] <= number]:
            del self._held[position]
        return found

    def rest(self) -> list[Faults]:
        """Return the faults of the spots that no polygon is near."""
        return self._faults(-1)

    def _faults(self, number: int) -> list[Faults]:
        order, starts = self._by_last
        ready = order[starts[number + 1] : starts[number + 2]]
        return [
            self._faults_of(ready[first : first + _MOST_SPOTS]) for first in range(0, len(ready), _MOST_SPOTS)
        ]

    def _faults_of(self, ready: Integers) -> Faults:
        spots = self._spots
        is_ready = np.zeros(len(spots.boxes), dtype=bool)
        is_ready[ready] = True
        near = np.unique(spots.polygon[is_ready[spots.spot]])
        polygons = np.empty(len(near), dtype=object)
        polygons[:] = [self._held[position] for position in near.tolist()]
        boxes = drawn(spots.boxes[ready])
        # a chain without parents would stand for one whose parents are not known
        parents = np.unique(self._parent_tree.query(boxes)[1]).tolist() or [0][: len(self._parents)]
        runs = np.unique(self._run_tree.query(boxes)[1])
        owners = len(near) + np.searchsorted(parents, self._runs.parent[runs])
        edges = self._runs.behind(Edges.of(Rings.of(polygons)), runs, owners)
        first, counts = spots.offsets[ready], np.diff(spots.offsets)[ready]
        residual = residual_in(edges, spots.unmatched.where(spots.order[ranges(first, counts)]))
        chain = Chain(polygons, self._parents[parents], edges, residual)
        names = np.concatenate((near, -1 - np.array(parents, dtype=np.int64)))
        return renamed(faults_of(chain, snap=self._snap), names)
