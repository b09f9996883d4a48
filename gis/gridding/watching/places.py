"""The residual, place by place: its edges fall into places that have nothing to do with each other.

Edges belong together where they meet, and where some lie in a gap, or in a part covered too often, that
others bound. What an edit touches is taken out of its places, and put together and looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.watching.boxes import Boxes
from gis.gridding.watching.quick import quick_faults_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

    from gis.gridding.chain.faults import Faults
    from gis.gridding.watching.boxes import Box
    from gis.gridding.watching.ground import Ground
    from gis.gridding.watching.unmatched import Edge, Left

# Where to look what lies around a place, from its westernmost point, in snapping distances.
_ASIDE, _UPWARD = 1.5, (0.0, 0.3, -0.5)


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """Some edges that do not cancel, and the faults there.

    Attributes:
        edges: Those edges.
        faults: Polygons are named by position, parents by -1, -2, ...
        faces: Those of the faults in which other edges may lie, that then belong here too, with their boxes.
    """

    edges: tuple[Edge, ...]
    faults: Faults
    faces: list[tuple[BaseGeometry, Box]]


class Places:
    """All places of a residual, as it is now."""

    def __init__(self, ground: Ground, snap: float) -> None:
        self._ground = ground
        self._snap = snap
        self._residual: dict[Edge, Left] = {}
        self._where: Boxes[Edge] = Boxes()
        self._place_of: dict[Edge, Place] = {}
        self._faces: Boxes[tuple[Place, int]] = Boxes()
        self._places: dict[Place, None] = {}

    def __len__(self) -> int:
        """Count the edges that do not cancel."""
        return len(self._residual)

    def all(self) -> list[Place]:
        """List the places, the oldest first."""
        return list(self._places)

    def update(self, changes: Mapping[Edge, Left], changed: Iterable[Box]) -> tuple[list[Place], list[Place]]:
        """Take up what an edit did to the residual.

        Args:
            changes: How many more polygons lie to the left of edges than before, and their keys.
            changed: Boxes outside of which no polygon has changed.

        Returns:
            The places that are no more, and those that are new.
        """
        touched: set[Place] = set()
        for box in changed:
            for edge in self._where.near(box, 2 * self._snap):
                touched.add(self._place_of[edge])
            touched.update(place for place, _ in self._faces.near(box))
        new = {edge for edge, (more, key) in changes.items() if self._change(edge, more, key)}
        return self._renew(touched, new)

    def _change(self, edge: Edge, more: int, key: int) -> bool:
        """Change what is left of an edge, and say whether it is a new one."""
        before = self._residual.get(edge, (0, key))[0]
        if before + more:
            self._residual[edge] = before + more, key
            if not before:
                self._where.add(edge, _box_of(edge))
            return not before
        del self._residual[edge]
        self._where.remove(edge)
        return False

    def _renew(self, touched: set[Place], new: set[Edge]) -> tuple[list[Place], list[Place]]:
        """Put the edges of places that were touched, and new ones, into places again."""
        while True:
            pool = new.union(*(place.edges for place in touched))
            pool = {edge for edge in pool if edge in self._residual}
            groups = self._together(pool, touched)
            if groups is None:
                continue
            drawn = self._draw(groups, pool, touched)
            if drawn is not None:
                break
        for place in touched:
            self._take_out(place)
        for place in drawn:
            self._put_in(place)
        return list(touched), drawn

    def _together(self, pool: set[Edge], touched: set[Place]) -> list[list[Edge]] | None:
        """Put edges together that meet; None if places had to be added to those that are touched."""
        groups = _connected(pool)
        within = 2 * self._snap
        if len(groups) > 1 or any(self._where.near(_hull(group), within) - pool for group in groups):
            near = _Sets(groups)
            found = len(touched)
            for edge in pool:
                for other in self._where.near(_box_of(edge), within):
                    if other in pool:
                        near.join(edge, other)
                    else:
                        touched.add(self._place_of[other])
            if len(touched) > found:
                return None
            groups = near.groups()
        return groups

    def _draw(self, groups: list[list[Edge]], pool: set[Edge], touched: set[Place]) -> list[Place] | None:
        """Lay out groups of edges; None if a place lies in another one's face that was not touched."""
        found = len(touched)
        for group in groups:
            x, y = group[0][:2]
            for place, number in self._faces.near((x, y, x, y)):
                if place not in touched and shapely.contains_xy(place.faces[number][0], x, y):
                    touched.add(place)
        if len(touched) > found:
            return None
        done: list[Place] = []
        waiting = groups
        while waiting:
            group = waiting.pop()
            place = self._place(group)
            mine = set(group)
            inside = [edge for face, its_box in place.faces for edge in self._within(face, its_box, mine)]
            if not inside:
                done.append(place)
                continue
            touched.update(self._place_of[edge] for edge in inside if edge not in pool)
            if len(touched) > found:
                return None
            held = set(inside)
            both = [other for other in waiting if held.intersection(other)]
            both += [list(other.edges) for other in done if held.intersection(other.edges)]
            waiting = [other for other in waiting if not held.intersection(other)]
            done = [other for other in done if not held.intersection(other.edges)]
            waiting.append([*group, *(edge for other in both for edge in other)])
        return done

    def _within(self, face: BaseGeometry, its_box: Box, own: set[Edge]) -> list[Edge]:
        """List the edges of others that lie in a face."""
        others = self._where.near(its_box) - own
        return [edge for edge in others if shapely.contains_xy(face, edge[0], edge[1])]

    def _place(self, group: list[Edge]) -> Place:
        residual = {edge: self._residual[edge] for edge in group}
        near = self._ground.near(_hull(group))
        usual = 0 if len(self._ground.parents) else 1 - self._is_covered_around(group)
        faults = quick_faults_of(near, residual, snap=self._snap, usual=usual)
        faces = np.concatenate((faults.gaps, faults.overlaps, faults.outside))
        boxes: list[Box] = list(map(tuple, shapely.bounds(faces).tolist()))
        return Place(tuple(group), faults, list(zip(faces, boxes, strict=True)))

    def _is_covered_around(self, group: list[Edge]) -> bool:
        """Say whether the edges of a group lie in a polygon, or outside of all."""
        x, y = min(group)[:2]
        # nothing else of the residual is so near, but one of the points may lie on an edge that cancels
        return any(
            self._ground.is_covered(x - _ASIDE * self._snap, y + aside * self._snap) for aside in _UPWARD
        )

    def _take_out(self, place: Place) -> None:
        del self._places[place]
        for number in range(len(place.faces)):
            self._faces.remove((place, number))
        for edge in place.edges:
            if self._place_of[edge] is place:
                del self._place_of[edge]

    def _put_in(self, place: Place) -> None:
        self._places[place] = None
        for number, (_, its_box) in enumerate(place.faces):
            self._faces.add((place, number), its_box)
        for edge in place.edges:
            self._place_of[edge] = place


class _Sets:
    """Edges in groups that are joined."""

    def __init__(self, groups: list[list[Edge]]) -> None:
        self._group_of = {edge: group for group in groups for edge in group}

    def join(self, one: Edge, other: Edge) -> None:
        """Make one group of those of two edges."""
        large, small = self._group_of[one], self._group_of[other]
        if large is small:
            return
        if len(large) < len(small):
            large, small = small, large
        large += small
        for edge in small:
            self._group_of[edge] = large

    def groups(self) -> list[list[Edge]]:
        """List the groups."""
        return list({id(group): group for group in self._group_of.values()}.values())


def _connected(edges: Iterable[Edge]) -> list[list[Edge]]:
    """Put edges together that have an end in common."""
    ordered = sorted(edges)
    at: dict[tuple[float, float], Edge] = {}
    sets = _Sets([[edge] for edge in ordered])
    for edge in ordered:
        for end in (edge[:2], edge[2:]):
            sets.join(edge, at.setdefault(end, edge))
    return sets.groups()


def _box_of(edge: Edge) -> Box:
    a, b, c, d = edge
    return a, min(b, d), c, max(b, d)  # canonical: from west to east


def _hull(edges: list[Edge]) -> Box:
    west, one, east, other = zip(*edges, strict=True)
    return min(west), min(*one, *other), max(east), max(*one, *other)
