"""Cut faces by chords between vertices they have, where the polygon along them changes.

A long gap between two banks of polygons, given to one of them as a whole, would part all the others from
their neighbours. Cut at each place where the neighbour changes, every piece lies between one polygon of
either bank, and stays with one of them. An overlap is halved by a chord between the points where the
outlines cross.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.grouping import lines_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.gridding.chain.rings import Floats, Integers, Polygons

    Chord = tuple[int, int]

_LEAST_NEIGHBOURS = 4
# Where the other bank is the outline of the parents, or nobody's.
_LEAST_ON_ONE_BANK = 2
# A chord from bank to bank is shorter than this share of the way round; one along a bank is not.
_LESS_THAN_ROUND = 0.6


def bridges(face: shapely.Polygon, ring: Floats, beside: Integers) -> list[Chord]:
    """Choose chords from bank to bank at the vertices where the neighbour of a long gap changes.

    1. Candidates are the inner edges of the constrained Delaunay triangles of the gap: they never cross.
    2. At each change of the neighbour, the shortest one that ends beside neither of the two, if it is shorter
       than the way along the outline by two fifths or more.

    Args:
        face: Without holes.
        ring: Its vertices as they follow each other, the first one not again, shape (k, 2).
        beside: The polygon along the edge that starts at each vertex, negative if there is none, shape (k,).

    Returns:
        Places in the ring; none if there are fewer than four neighbours, two where one bank is nobody's.
    """
    least = _LEAST_NEIGHBOURS if (beside >= 0).all() else _LEAST_ON_ONE_BANK
    if len(set(beside[beside >= 0].tolist())) < least:
        return []
    inner = _inner_edges(face, ring)
    steps = np.hypot(*(np.roll(ring, -1, axis=0) - ring).T)
    way = np.concatenate(([0.0], np.cumsum(steps)))
    touching = [set(beside[[place - 1, place]].tolist()) for place in range(len(ring))]
    chosen = set()
    for place in np.flatnonzero(beside != np.roll(beside, 1)).tolist():
        fitting = []
        for other, length in inner.get(place, ()):
            along = abs(way[place] - way[other])
            round_ = min(along, way[-1] - along)
            if length < _LESS_THAN_ROUND * round_ and not touching[place] & touching[other]:
                fitting.append((length, *ring[other].tolist(), other))
        if fitting:
            other = min(fitting)[-1]
            chosen.add((min(place, other), max(place, other)))
    return sorted(chosen)


def halves(face: shapely.Polygon, ring: Floats, beside: Integers) -> list[Chord]:
    """Choose the chord between the two vertices where the polygon beside an overlap changes, if it is inside.

    Args:
        face: Without holes.
        ring: Its vertices as they follow each other, the first one not again, shape (k, 2).
        beside: Which of the two polygons goes on beyond the edge that starts at each vertex, shape (k,).
    """
    ends = np.flatnonzero(beside != np.roll(beside, 1))
    if len(ends) != 2:  # noqa: PLR2004 - a chord has two ends
        return []
    chord = shapely.linestrings(ring[ends])
    if not shapely.relate_pattern(chord, face, "1FF*0****"):
        return []
    return [(int(ends[0]), int(ends[1]))]


def cut(ring: Floats, chords: list[Chord]) -> Polygons:
    """Cut a face of one ring into the pieces between chords that do not cross."""
    edges = lines_between(ring, np.roll(ring, -1, axis=0))
    ends = np.array(chords)
    chord_lines = lines_between(ring[ends[:, 0]], ring[ends[:, 1]])
    return shapely.get_parts(shapely.polygonize(np.concatenate((edges, chord_lines))))


def ring_points(start: Integers, end: Integers) -> Integers:
    """Return the points of a ring in the order of its edges, each edge's first one, shape (k,)."""
    here = np.array([start, end])
    before = np.roll(here, 1, axis=1)
    is_start = (here[0] == before[0]) | (here[0] == before[1])
    points: Integers = np.where(is_start, here[0], here[1])
    return points


def _inner_edges(face: shapely.Polygon, ring: Floats) -> dict[int, list[tuple[int, float]]]:
    """List the edges of the triangles of a face that are none of its ring, from both ends, by place."""
    triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(shapely.normalize(face)))
    place = {(x, y): number for number, (x, y) in enumerate(ring.tolist())}
    found: dict[int, list[tuple[int, float]]] = {}
    for one, other in sorted(set(_sides(triangles, place))):
        if abs(one - other) in {1, len(ring) - 1}:
            continue
        length = float(np.hypot(*(ring[one] - ring[other])))
        found.setdefault(one, []).append((other, length))
        found.setdefault(other, []).append((one, length))
    return found


def _sides(triangles: Polygons, place: dict[tuple[float, float], int]) -> Iterator[Chord]:
    for corners in shapely.get_coordinates(triangles).reshape(-1, 4, 2).tolist():
        numbers = [place.get((x, y), -1) for x, y in corners]
        for one, other in pairwise(numbers):
            if min(one, other) >= 0:
                yield min(one, other), max(one, other)
