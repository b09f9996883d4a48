"""Trace polygons from their directed edges: all coordinates are kept as they are.

Each walk keeps the inside on its left and, where several edges leave a vertex, follows the border of the same
part of the inside. A walk that comes to a vertex twice is split there: what is left are simple rings, shells
counter-clockwise and holes clockwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.grouping import distinct_points
from gis.gridding.repairing.tables import is_among, summed

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Floats, Integers, Polygons

    Ring = list[int]


def trace(row: Integers, start: Floats, end: Floats, count: int) -> Polygons:
    """Trace polygons.

    Args:
        row: Which polygon each edge is of, shape (e,).
        start: x and y of its start, shape (e, 2).
        end: x and y of its end; seen from the start to it, the polygon lies to the left.
        count: How many polygons there are.

    Returns:
        Polygons and multipolygons; empty where there are no edges, None where edges do not close. Shape
        (count,).
    """
    points, place = distinct_points(np.concatenate((start, end)))
    leave, arrive = place[: len(row)], place[len(row) :]
    following, broken = _following(row, leave, arrive, points)
    walks = _walks(following, leave)
    rings = [(int(row[walk[0]]), [int(leave[edge]) for edge in walk]) for walk in walks]
    of_row, simple = [], []
    for number, ring in rings:
        for part in _split(ring):
            of_row.append(number)
            simple.append(part)
    polygons = _assembled(np.array(of_row, dtype=np.int64), simple, points, count)
    polygons[broken] = None
    return polygons


def _following(row: Integers, leave: Integers, arrive: Integers, points: Floats) -> tuple[Integers, Integers]:
    """Find the edge that follows each one, -1 where none does, and the polygons that do not close."""
    out, into = row * len(points) + leave, row * len(points) + arrive
    order = np.argsort(out, kind="stable")
    ordered = out[order]
    first = np.searchsorted(ordered, into)
    several = np.searchsorted(ordered, into, side="right") - first
    following = np.where(several == 1, order[np.minimum(first, len(order) - 1)], -1) if len(order) else first
    for vertex in np.unique(into[several > 1]).tolist():
        leaving, arriving = np.flatnonzero(out == vertex), np.flatnonzero(into == vertex)
        for edge, next_ in _turns(leaving, arriving, leave, arrive, points):
            following[edge] = next_
    vertices, sums = summed(np.concatenate((out, into)), np.repeat((1, -1), len(row)))
    broken = np.unique(vertices[sums != 0] // max(len(points), 1))
    following[is_among(broken, row) >= 0] = -1
    return following, broken


def _turns(
    leaving: Integers, arriving: Integers, leave: Integers, arrive: Integers, points: Floats
) -> list[tuple[int, int]]:
    """Pair the edges at a vertex: clockwise from where one came from, the first one that leaves."""
    at = points[leave[leaving[0]]]
    away = np.concatenate((points[arrive[leaving]], points[leave[arriving]])) - at
    angle = np.arctan2(away[:, 1], away[:, 0])
    order = np.argsort(-angle).tolist()
    edges = np.concatenate((leaving, arriving)).tolist()
    pairs = []
    for place, number in enumerate(order):
        next_ = order[(place + 1) % len(order)]
        if number >= len(leaving) > next_:
            pairs.append((edges[number], edges[next_]))
    return pairs


def _walks(following: Integers, leave: Integers) -> list[list[int]]:
    """List the edges of each closed walk, the one that leaves from the westernmost vertex first."""
    next_, unseen = following.tolist(), (following >= 0).tolist()
    walks = []
    for first in np.argsort(leave, kind="stable").tolist():
        walk = []
        edge = first
        while unseen[edge]:
            unseen[edge] = False
            walk.append(edge)
            edge = next_[edge]
        if walk:
            walks.append(walk)
    return walks


def _split(ring: Ring) -> list[Ring]:
    """Split a ring where it comes to a vertex again."""
    if len(set(ring)) == len(ring):
        return [ring]
    parts: list[Ring] = []
    path: Ring = []
    place: dict[int, int] = {}
    for point in ring:
        if point in place:
            at = place[point]
            parts.append(path[at:])
            for gone in path[at + 1 :]:
                del place[gone]
            del path[at + 1 :]
        else:
            place[point] = len(path)
            path.append(point)
    return [*parts, path]


def _assembled(of_row: Integers, rings: list[Ring], points: Floats, count: int) -> Polygons:
    """Put the rings of each polygon together."""
    polygons = np.full(count, shapely.Polygon(), dtype=object)
    if not rings:
        return polygons
    lengths = np.array([len(ring) + 1 for ring in rings])
    numbers = np.array([point for ring in rings for point in (*ring, ring[0])])
    which = np.repeat(np.arange(len(rings)), lengths)
    lines = np.asarray(shapely.linearrings(points[numbers], indices=which), dtype=object)
    is_shell = shapely.is_ccw(lines)
    several = np.bincount(of_row, minlength=count)[of_row] > 1
    polygons[of_row[~several]] = shapely.polygons(lines[~several])
    order = np.argsort(of_row[several], kind="stable")
    of_several = of_row[several][order]
    groups = np.split(np.flatnonzero(several)[order], np.flatnonzero(np.diff(of_several)) + 1)
    for group in groups if len(of_several) else ():
        shells, holes = lines[group[is_shell[group]]], lines[group[~is_shell[group]]]
        polygons[of_row[group[0]]] = _with_holes(shells, holes)
    return polygons


def _with_holes(shells: Polygons, holes: Polygons) -> shapely.Geometry:
    """Put each hole into the smallest shell around it."""
    parts = np.asarray(shapely.polygons(shells), dtype=object)
    order = np.argsort(shapely.area(parts), kind="stable")
    parts = parts[order]
    shapely.prepare(parts)
    inside: list[list[shapely.LinearRing]] = [[] for _ in parts]
    for hole in holes:
        around = np.flatnonzero(shapely.covers(parts, hole))
        inside[int(around[0]) if len(around) else 0].append(hole)
    made = [shapely.Polygon(part.exterior, cut) for part, cut in zip(parts, inside, strict=True)]
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)
