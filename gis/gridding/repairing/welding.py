"""Weld vertices that are nearer to each other than the snapping distance, in all polygons that have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.coverage.outlines import ranges
from gis.gridding.repairing.repaired import Change, Deed, Ground
from gis.gridding.repairing.tables import is_among

if TYPE_CHECKING:
    from gis.gridding.chain.edges import Edges
    from gis.gridding.chain.faults import Chain
    from gis.gridding.chain.layout import Layout
    from gis.gridding.chain.rings import Flags, Floats, Integers, Polygons


@dataclass(frozen=True, slots=True)
class _Welds:
    """Vertices that move: from where to where, shape (w, 2); each place once, in the order of places."""

    source: Floats
    target: Floats


def weld(chain: Chain, layout: Layout, fixed: Flags) -> tuple[Polygons, list[Change]]:
    """Weld vertices of a residual that are too near to each other.

    Of vertices to be welded, one that must not move stays, else one of the parents, else the westernmost.

    Args:
        chain: Polygons and parents.
        layout: Its residual laid out.
        fixed: Polygons that must not change, and behind them the parents, shape (n + p,).

    Returns:
        The polygons and, behind them, their parents; what was done. Welds that would spoil a polygon are not
        done.
    """
    everything = np.concatenate((chain.polygons, chain.parents))
    welds = _welds(chain, layout, fixed)
    while len(welds.source):
        vertex, weld_ = _found(chain.edges, welds.source)
        owner = chain.edges.rings.polygon_of(vertex)
        moved = np.unique(owner)
        after = _moved(chain, everything, moved, vertex, welds.target[weld_])
        bad = moved[_spoilt(everything[moved], after) | fixed[moved]]
        if not len(bad):
            everything[moved] = after
            return everything, _changes(welds, weld_, owner)
        kept = np.ones(len(welds.source), dtype=bool)
        kept[weld_[np.isin(owner, bad)]] = False
        welds = _Welds(welds.source[kept], welds.target[kept])
    return everything, []


def _welds(chain: Chain, layout: Layout, fixed: Flags) -> _Welds:
    segments = layout.segments
    point = np.arange(len(segments.points))
    welded = layout.pieces.welded[: len(point)]
    rank = np.full(len(point), 2)
    for end in (segments.start, segments.end):
        at = end[segments.copy_segment]
        rank[at[segments.copy_polygon >= len(chain.polygons)]] = 1
    for end in (segments.start, segments.end):
        rank[end[segments.copy_segment[fixed[segments.copy_polygon]]]] = 0
    order = np.lexsort((point, rank, welded))
    first = np.ones(len(point), dtype=bool)
    first[1:] = welded[order[1:]] != welded[order[:-1]]
    target = order[first][np.cumsum(first) - 1]
    moves = (order != target) & (rank[order] > 0)
    source, target = order[moves], target[moves]
    by_place = np.argsort(source)
    return _Welds(segments.points[source[by_place]], segments.points[target[by_place]])


def _found(edges: Edges, places: Floats) -> tuple[Integers, Integers]:
    """Find all vertices at some places: the vertices, ascending, and the place of each."""
    vertices = edges.rings.vertices
    near = np.flatnonzero(np.isin(vertices[:, 0], places[:, 0]) & np.isin(vertices[:, 1], places[:, 1]))
    _, number = np.unique(np.concatenate((places, vertices[near])), axis=0, return_inverse=True)
    place = is_among(number[: len(places)], number[len(places) :])
    return near[place >= 0], place[place >= 0]


def _moved(chain: Chain, everything: Polygons, which: Integers, vertex: Integers, target: Floats) -> Polygons:
    """Move vertices of some polygons."""
    rings = chain.edges.rings
    mine = np.flatnonzero(is_among(which, rings.polygon) >= 0)
    of_mine = ranges(rings.offsets[mine], rings.offsets[mine + 1] - rings.offsets[mine])
    coordinates = rings.vertices[of_mine].copy()
    coordinates[np.searchsorted(of_mine, vertex)] = target
    moved = shapely.transform(everything[which], lambda _: coordinates)
    return np.asarray(shapely.remove_repeated_points(moved), dtype=object)


def _spoilt(before: Polygons, after: Polygons) -> Flags:
    spoilt: Flags = ~shapely.is_valid(after) | shapely.is_empty(after)
    spoilt |= shapely.get_num_geometries(before) != shapely.get_num_geometries(after)
    return spoilt


def _changes(welds: _Welds, weld_: Integers, owner: Integers) -> list[Change]:
    order = np.lexsort((owner, weld_))
    both = np.unique(np.column_stack((weld_, owner))[order], axis=0)
    starts = np.searchsorted(both[:, 0], np.arange(1, len(welds.source)))
    points = [shapely.Point(place) for place in welds.target]
    return [
        Change(
            Deed.WELDED, Ground.WITHIN_SNAP, point, tuple(polygons.tolist()), tuple(polygons.tolist()), 0.0
        )
        for point, polygons in zip(points, np.split(both[:, 1], starts), strict=True)
    ]
