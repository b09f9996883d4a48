"""Records: for a fine cell that outlines run through, the polygons there and the few edges that decide."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.building.paint import cover_places
from gis.gridding.coverage.building.touches import find_twins, touching
from gis.gridding.coverage.layout import ASK, CLEAN, COVERS, LAST, OTHERWISE, RUNS_SHIFT
from gis.gridding.coverage.outlines import changes, distinct, is_among, lengths, ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.coverage.building.paint import Painted
    from gis.gridding.coverage.building.raster import Drawn, Surroundings
    from gis.gridding.coverage.building.touches import Division, Touching
    from gis.gridding.coverage.outlines import Edges, Integers


@dataclass(frozen=True, slots=True)
class Entries:
    """The polygons of each fine cell, by cell and then by number.

    Attributes:
        cell: Which fine cell, shape (n,).
        polygon: Which polygon, by its rank among those of the window.
        head: See `gis.gridding.coverage.layout`; without the number of runs.
        first_run, runs: Which runs are its own, and how many.
    """

    cell: Integers
    polygon: Integers
    head: Integers
    first_run: Integers
    runs: Integers


@dataclass(frozen=True, slots=True)
class Runs:
    """Edges that follow one another: first vertex in the pool, and how many."""

    vertex: Integers
    count: Integers


@dataclass(frozen=True, slots=True)
class Scene:
    """A window, drawn, painted and divided.

    Attributes:
        around: All polygons near.
        drawn: Their edges.
        painted: What they cover.
        division: How the cells are divided.
        asked: Fine cells, each with a polygon only GEOS can answer for.
        several: Fine cells that several polygons cover where they are sampled.
    """

    around: Surroundings
    drawn: Drawn
    painted: Painted
    division: Division
    asked: tuple[Integers, Integers]
    several: Integers


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of a fine cell and an edge, split into entries and runs.

    Attributes:
        cell: The fine cell of each pair, by its place among those that are touched.
        edge: The edge of each pair.
        first: Where each entry starts in the pairs.
        number: Which entry each pair is part of.
        first_run: Where each entry starts in the runs.
    """

    cell: Integers
    edge: Integers
    first: Integers
    number: Integers
    first_run: Integers


def list_entries(scene: Scene) -> tuple[Entries, Runs]:
    """Find the polygons of each fine cell of a window that is not simply one polygon's."""
    around, painted, asked = scene.around, scene.painted, scene.asked
    near = touching(scene.drawn, scene.division, around.edges)
    pairs, runs = _split(near, around.edges)
    cell, polygon = pairs.cell[pairs.first], around.edges.polygon[pairs.edge[pairs.first]]
    place = near.row * painted.stride + near.column
    inside = (painted.owner[place[cell]] == around.positions[polygon]).astype(np.int64)
    if painted.overlaps:
        inside = painted.is_inside(polygon, near.row[cell], near.column[cell])
    covered = painted.count(place)
    # polygons that do not run through a cell cover it
    busy = covered > np.bincount(cell[inside > 0], minlength=len(place))

    clean = (covered == 1) & ~busy
    twin = find_twins(around.edges, around.vertices)
    clean[(near.touched >> near.bits)[~twin[near.touched & ((1 << near.bits) - 1)]]] = False
    if len(asked[0]):
        clean[is_among(near.cells, np.sort(asked[0]))] = False
    head = inside ^ _crossed(pairs, near, scene.drawn)
    head[clean[cell]] |= CLEAN
    counts = lengths(pairs.first_run, len(runs.count))
    entries = Entries(near.cells[cell], polygon, head, pairs.first_run, counts)
    if len(scene.several) or len(asked[0]) or busy.any():
        others = np.concatenate((scene.several, asked[0]))
        others = distinct(others[~is_among(others, near.cells)])
        covers = _covering(np.concatenate((near.cells[busy], others)), entries, scene)
        entries = _in_order(_and_also(_and_also(entries, covers, COVERS), asked, ASK))
    return _closed(entries), runs


def _split(near: Touching, edges: Edges) -> tuple[_Pairs, Runs]:
    """Split pairs of a cell and an edge into entries and runs."""
    cell, edge = near.pairs >> near.bits, near.pairs & ((1 << near.bits) - 1)
    vertex = edges.vertex[edge]
    new_entry = changes(cell) | changes(edges.polygon[edge])
    new_run = new_entry.copy()
    new_run[1:] |= vertex[1:] != vertex[:-1] + 1
    starts = new_run.nonzero()[0]
    number = new_entry.cumsum() - 1
    pairs = _Pairs(cell, edge, new_entry.nonzero()[0], number, new_entry[starts].nonzero()[0])
    return pairs, Runs(vertex[starts], lengths(starts, len(cell)))


def _crossed(pairs: _Pairs, near: Touching, drawn: Drawn) -> Integers:
    """Return 1 for entries whose edges cross the sampled row an odd number of times up to the sample."""
    row = near.row[pairs.cell]
    crossing = drawn.crosses(pairs.edge, row).nonzero()[0]
    column = drawn.crossing_column(pairs.edge[crossing], row[crossing])
    west = crossing[column <= near.column[pairs.cell[crossing]]]
    return np.bincount(pairs.number[west], minlength=len(pairs.first)) & 1


def _covering(wanted: Integers, entries: Entries, scene: Scene) -> tuple[Integers, Integers]:
    """List the polygons that cover some fine cells and do not run through them."""
    place = scene.division.places(wanted, scene.painted.stride)
    order = np.argsort(place, kind="stable")
    number, polygon = cover_places(scene.painted, place[order])
    cell = wanted[order[number]]
    bits = len(scene.around.positions).bit_length()
    apart = ~is_among((cell << bits) | polygon, (entries.cell << bits) | entries.polygon)
    return cell[apart], polygon[apart]


def _and_also(entries: Entries, more: tuple[Integers, Integers], head: int) -> Entries:
    """Add entries without edges behind others."""
    cell, polygon = more
    none = np.zeros(len(cell), dtype=np.int64)
    return Entries(
        cell=np.concatenate((entries.cell, cell)),
        polygon=np.concatenate((entries.polygon, polygon)),
        head=np.concatenate((entries.head, np.full(len(cell), head))),
        first_run=np.concatenate((entries.first_run, none)),
        runs=np.concatenate((entries.runs, none)),
    )


def _in_order(entries: Entries) -> Entries:
    """Sort entries by cell and polygon."""
    order = np.lexsort((entries.polygon, entries.cell))
    return Entries(
        entries.cell[order],
        entries.polygon[order],
        entries.head[order],
        entries.first_run[order],
        entries.runs[order],
    )


def _closed(entries: Entries) -> Entries:
    """Mark the last entry of each cell, and who has it otherwise."""
    last = np.ones(len(entries.cell), dtype=bool)
    np.not_equal(entries.cell[1:], entries.cell[:-1], out=last[:-1])
    head = entries.head
    head[last] |= np.where(head[last] & CLEAN, LAST | OTHERWISE, LAST)
    return entries


def write_records(
    entries: Entries, runs: Runs, positions: Integers
) -> tuple[NDArray[np.int32], Integers, Integers]:
    """Write the records of all cells; cells with the same record share it.

    Args:
        entries: Of `list_entries`.
        runs: Of `list_entries`.
        positions: The polygon of each number in the entries.

    Returns:
        The words, the cells that have a record (ascending), and where each one's record starts.
    """
    number = np.arange(len(entries.cell))
    before = entries.runs.cumsum() - entries.runs
    offsets = 2 * (number + before)
    run = ranges(entries.first_run, entries.runs)
    words = np.empty(2 * (len(number) + len(run)), dtype=np.int64)
    words[offsets] = positions[entries.polygon]
    words[offsets + 1] = entries.head | (entries.runs << RUNS_SHIFT)
    place = 2 * (np.arange(1, len(run) + 1) + number.repeat(entries.runs))
    words[place], words[place + 1] = runs.vertex[run], runs.count[run]
    first = changes(entries.cell).nonzero()[0]
    starts = offsets[first]
    sizes = lengths(starts, len(words))
    like = _alike(words, starts, sizes)
    kept = like == np.arange(len(like))
    sizes_kept = np.where(kept, sizes, 0)
    packed = words[kept.repeat(sizes)].astype(np.int32)
    return packed, entries.cell[first], (sizes_kept.cumsum() - sizes_kept)[like]


@cache
def _factors() -> NDArray[np.uint64]:
    """Return numbers without a pattern: sums of words multiplied by them differ when the words do."""
    return np.random.default_rng(1).integers(1 << 63, size=1 << 10, dtype=np.uint64) * np.uint64(
        2
    ) + np.uint64(1)


def _alike(words: Integers, starts: Integers, sizes: Integers) -> Integers:
    """Return for each record the first one that is the same."""
    mixed = words.view(np.uint64) * _factors().take(ranges(0, sizes), mode="wrap")
    number = np.arange(len(starts))
    if not len(number):
        return number
    # sorted as numbers that end in the record's own
    bits = np.uint64(len(number).bit_length())
    ordered = np.sort((np.add.reduceat(mixed, starts) >> bits << bits) | number.view(np.uint64))
    new = changes(ordered >> bits)
    which = (ordered & ((np.uint64(1) << bits) - np.uint64(1))).view(np.int64)
    like = np.empty_like(number)
    like[which] = which[new][new.cumsum() - 1]
    # equal hashes of different records would be a wrong answer: compare, and keep apart what differs
    twin = (like != number).nonzero()[0]
    odd = twin[sizes[twin] != sizes[like[twin]]]
    like[odd] = odd
    twin = twin[like[twin] != twin]
    own, its = ranges(starts[twin], sizes[twin]), ranges(starts[like[twin]], sizes[twin])
    odd = twin.repeat(sizes[twin])[words[own] != words[its]]
    like[odd] = odd
    return like
