"""Records: for a fine cell that outlines run through, the polygons there and the few edges that decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.building.paint import cover_places
from gis.gridding.coverage.building.touches import NUMBER_BITS, extend, find_twins, touched_cells
from gis.gridding.coverage.layout import ASK, CLEAN, COVERS, LAST, OTHERWISE, RUNS_SHIFT
from gis.gridding.coverage.outlines import distinct, ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.coverage.building.paint import Painted
    from gis.gridding.coverage.building.raster import Drawn
    from gis.gridding.coverage.building.touches import Division
    from gis.gridding.coverage.outlines import Edges, Flags, Floats, Integers


@dataclass(frozen=True, slots=True)
class Entries:
    """The polygons of each fine cell, by cell and then by number.

    Attributes:
        cell: Which fine cell, shape (n,).
        polygon: Which polygon, by its rank among those of the window.
        head: See `gis.gridding.coverage.layout`; without the number of runs.
        run_start, run_end: Which runs are its own.
    """

    cell: Integers
    polygon: Integers
    head: Integers
    run_start: Integers
    run_end: Integers


@dataclass(frozen=True, slots=True)
class Runs:
    """Edges that follow one another: first vertex in the pool, and how many."""

    vertex: Integers
    count: Integers


def list_entries(
    edges: Edges,
    vertices: Floats,
    drawn: Drawn,
    painted: Painted,
    division: Division,
    asked: Integers,
) -> tuple[Entries, Runs]:
    """Find the polygons of each fine cell of a window that is not simply one polygon's.

    Args:
        edges: The edges of all valid polygons near, by polygon and vertex.
        vertices: The pool they are from.
        drawn: They, on the raster.
        painted: What covers what.
        division: How the window's cells are divided.
        asked: Pairs of a fine cell and a polygon only GEOS can answer for, shape (n, 2).
    """
    bits = len(edges).bit_length()
    touched = touched_cells(drawn, division, bits)
    pairs = extend(touched, edges, division, bits)
    cell, edge = pairs >> bits, pairs & ((1 << bits) - 1)
    entry, runs, run_entry = _runs(cell, edge, edges)
    entry_cell, entry_polygon = cell[entry], edges.polygon[edge[entry]]
    parity, inside = _parities(pairs, bits, entry, edges, drawn, painted, division)
    covers_cell, covers_polygon = _covering(entry_cell, entry_polygon, inside, painted, division, asked[:, 0])
    clean = _clean_cells(touched, bits, entry_cell, find_twins(edges, vertices), painted, division)
    clean[np.isin(entry_cell, np.concatenate((covers_cell, asked[:, 0])))] = False

    ends = np.searchsorted(run_entry, np.arange(len(entry) + 1))
    none = np.zeros(len(covers_cell) + len(asked), dtype=np.int64)
    entries = Entries(
        cell=np.concatenate((entry_cell, covers_cell, asked[:, 0])),
        polygon=np.concatenate((entry_polygon, covers_polygon, asked[:, 1])),
        head=np.concatenate(
            (parity | (clean * CLEAN), np.full(len(covers_cell), COVERS), np.full(len(asked), ASK))
        ),
        run_start=np.concatenate((ends[:-1], none)),
        run_end=np.concatenate((ends[1:], none)),
    )
    return _in_order(entries), runs


def _runs(cell: Integers, edge: Integers, edges: Edges) -> tuple[Integers, Runs, Integers]:
    """Split pairs of a cell and an edge into entries and runs: where entries start, and each run's entry."""
    if not len(cell):
        none = np.empty(0, dtype=np.int64)
        return none, Runs(none, none), none
    vertex, polygon = edges.vertex[edge], edges.polygon[edge]
    new_entry = np.r_[True, (cell[1:] != cell[:-1]) | (polygon[1:] != polygon[:-1])]
    new_run = new_entry | np.r_[True, vertex[1:] != vertex[:-1] + 1]
    starts = np.flatnonzero(new_run)
    runs = Runs(vertex[starts], np.diff(np.r_[starts, len(cell)]))
    return np.flatnonzero(new_entry), runs, np.cumsum(new_entry)[starts] - 1


def _parities(  # noqa: PLR0913, PLR0917 - see list_entries
    pairs: Integers,
    bits: int,
    entry: Integers,
    edges: Edges,
    drawn: Drawn,
    painted: Painted,
    division: Division,
) -> tuple[Integers, Integers]:
    """Return of each entry the parity of what its runs leave out, and whether it covers the sample."""
    if not len(entry):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    cell, edge = pairs >> bits, pairs & ((1 << bits) - 1)
    row, column = division.samples(cell)
    crosses = drawn.crosses(edge, row)
    with np.errstate(invalid="ignore"):  # level edges cross nothing
        crossing = drawn.column(np.nan_to_num(drawn.place_of_crossing(edge, row)))
    left_of = np.add.reduceat((crosses & (crossing < column)).astype(np.int64), entry)
    at = np.add.reduceat((crosses & (crossing == column)).astype(np.int64), entry)
    before = painted.crossings_before(row[entry], edges.polygon[edge[entry]], column[entry])
    return (before - left_of) & 1, (before + at) & 1


def _covering(
    entry_cell: Integers,
    entry_polygon: Integers,
    inside: Integers,
    painted: Painted,
    division: Division,
    asked: Integers,
) -> tuple[Integers, Integers]:
    """List the polygons that cover a fine cell which has a record: others run through it, or cover it too."""
    cells, start = np.unique(entry_cell, return_index=True)
    row, column = division.samples(cells)
    own = np.add.reduceat(inside, start) if len(start) else np.empty(0, dtype=np.int64)
    busy = cells[painted.count(row, column) > own]
    whole = np.union1d(_several(painted, division), asked)
    wanted = np.union1d(busy, np.setdiff1d(whole, cells, assume_unique=True))
    if not len(wanted):
        return wanted, wanted
    row, column = division.samples(wanted)
    place = row * painted.stride + column
    order = np.argsort(place, kind="stable")
    number, polygon = cover_places(painted, place[order])
    cell = wanted[order[number]]
    # a polygon that runs through the cell does not cover it
    bits = painted.bits[0]
    touching = np.isin((cell << bits) | polygon, (entry_cell << bits) | entry_polygon)
    return cell[~touching], polygon[~touching]


def _several(painted: Painted, division: Division) -> Integers:
    """Return the fine cells of divided cells that several polygons cover where they are sampled."""
    found: list[Integers] = [np.empty(0, dtype=np.int64)]
    for level in np.unique(division.level[division.level >= 0]).tolist():
        cell = fine_cells(division, level)
        row, column = division.samples(cell)
        found.append(cell[painted.count(row, column) > 1])
    return np.concatenate(found)


def fine_cells(division: Division, level: int) -> Integers:
    """Return all fine cells of the cells divided to one level, ascending."""
    whole = np.flatnonzero(division.level == level)
    return ((whole << NUMBER_BITS)[:, None] | np.arange(1 << (2 * level))).ravel()


def _clean_cells(
    touched: Integers,
    bits: int,
    entry_cell: Integers,
    has_twin: Flags,
    painted: Painted,
    division: Division,
) -> Flags:
    """Say of each entry whether its cell is divided among its polygons, each place to one of them."""
    ragged = distinct((touched >> bits)[~has_twin[touched & ((1 << bits) - 1)]])
    row, column = division.samples(entry_cell)
    once = painted.count(row, column) == 1
    clean: Flags = once & ~np.isin(entry_cell, ragged)
    return clean


def _in_order(entries: Entries) -> Entries:
    """Sort entries by cell and polygon, and mark the last of each cell, and who has it otherwise."""
    order = np.lexsort((entries.polygon, entries.cell))
    cell, head = entries.cell[order], entries.head[order]
    last = np.r_[cell[1:] != cell[:-1], True] if len(cell) else np.empty(0, dtype=bool)
    head = head | (last * LAST) | ((last & (head & CLEAN > 0)) * OTHERWISE)
    return Entries(cell, entries.polygon[order], head, entries.run_start[order], entries.run_end[order])


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
    if not len(entries.cell):
        none = np.empty(0, dtype=np.int64)
        return none.astype(np.int32), none, none
    run_counts = entries.run_end - entries.run_start
    lengths = 2 + 2 * run_counts
    offsets = np.cumsum(lengths) - lengths
    words = np.empty(int(lengths.sum()), dtype=np.int64)
    words[offsets] = positions[entries.polygon]
    words[offsets + 1] = entries.head | (run_counts << RUNS_SHIFT)
    run = ranges(entries.run_start, run_counts)
    place = np.repeat(offsets + 2, run_counts) + 2 * ranges(np.zeros_like(run_counts), run_counts)
    words[place], words[place + 1] = runs.vertex[run], runs.count[run]
    first = np.flatnonzero(np.r_[True, entries.cell[1:] != entries.cell[:-1]])
    starts = offsets[first]
    kept, which = _once_each(words, starts)
    sizes = np.diff(np.r_[starts, len(words)])[kept]
    packed = words[ranges(starts[kept], sizes)].astype(np.int32)
    return packed, entries.cell[first], (np.cumsum(sizes) - sizes)[which]


def _once_each(words: Integers, starts: Integers) -> tuple[Integers, Integers]:
    """Return one of each kind of record, and for every record the place of its kind among those."""
    sizes = np.diff(np.r_[starts, len(words)])
    step = ranges(np.zeros_like(sizes), sizes).astype(np.uint64)
    mixed = (words.astype(np.uint64) + np.uint64(1)) * (step * np.uint64(0x9E3779B97F4A7C15) | np.uint64(1))
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0xBF58476D1CE4E5B9) + np.uint64(2) * step
    hashes = np.add.reduceat(mixed, starts)
    _, kept, which = np.unique(hashes, return_index=True, return_inverse=True)
    # equal hashes of different records would be a wrong answer: compare, and keep apart what differs
    like = kept[which]
    equal = sizes[like] == sizes
    own, its = ranges(starts[equal], sizes[equal]), ranges(starts[like][equal], sizes[equal])
    differs = words[own] != words[its]
    equal[np.repeat(np.flatnonzero(equal), sizes[equal])[differs]] = False
    odd = np.flatnonzero(~equal)
    which[odd] = len(kept) + np.arange(len(odd))
    return np.concatenate((kept, odd)), which
