"""The outlines of parents from their children: what is left of the children's edges bounds the parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.edges import Edges, canonical_ends, group_edges
from gis.gridding.chain.rings import Rings
from gis.gridding.repairing.drawing.tracing import trace

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags, Floats, Integers, Polygons

_ROW = np.uint64(0x9E3779B97F4A7C15)


def outlines_of(children: Polygons, parent: Integers, count: int) -> Polygons:
    """Unite the children of each parent by cancelling their common edges; no coordinate is changed.

    Args:
        children: Valid polygons and multipolygons; those of one parent do not cross, shape (n,).
        parent: Which of the `count` parents each is of, shape (n,).
        count: How many parents there are.

    Returns:
        Polygons, shape (count,); None where there are no children, or two of them are the same.
    """
    row, ends, nets = _sums(children, parent, np.ones(len(children), dtype=np.int64))
    twice = np.isin(row, row[np.abs(nets) > 1])
    row, ends, nets = row[~twice], ends[~twice], nets[~twice]
    along = (nets > 0)[:, None]
    start, end = np.where(along, ends[:, :2], ends[:, 2:]), np.where(along, ends[:, 2:], ends[:, :2])
    traced = trace(row, start, end, count)
    traced[shapely.is_empty(traced)] = None
    return traced


def are_partitioned(children: Polygons, parent: Integers, parents: Polygons) -> Flags:
    """Tell which parents their children fill exactly: their edges, added up, are those of the parent.

    Args:
        children: Valid polygons, shape (n,).
        parent: Position of each one's parent, shape (n,).
        parents: Valid polygons; None is never filled, shape (p,).
    """
    everything = np.concatenate((children, parents))
    owner = np.concatenate((parent, np.arange(len(parents))))
    sign = np.repeat((1, -1), (len(children), len(parents)))
    filled = np.array([outline is not None for outline in parents], dtype=bool)
    filled[_sums(everything, owner, sign)[0]] = False
    return filled


def _sums(polygons: Polygons, owner: Integers, sign: Integers) -> tuple[Integers, Floats, Integers]:
    """Add up equal edges of each owner's polygons; return owners, ends and nets of what does not cancel."""
    edges = Edges.of(Rings.of(polygons))
    which = np.flatnonzero(edges.signs)
    of = edges.rings.polygon_of(which)
    row, ends = owner[of], canonical_ends(edges.rings.vertices, which)
    keys = edges.keys[which] ^ (row.astype(np.uint64) + np.uint64(1)) * _ROW
    order, starts = group_edges(keys, np.column_stack((ends, row)))
    signs = (edges.signs[which] * sign[of])[order]
    nets = np.add.reduceat(signs, starts) if len(order) else np.empty(0, dtype=np.int64)
    first = order[starts][nets != 0]
    return row[first], ends[first], nets[nets != 0]
