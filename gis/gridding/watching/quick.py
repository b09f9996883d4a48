"""The faults of a small chain, the quick way; those of any other as `gis.gridding.chain.faults` has them."""

from __future__ import annotations

from itertools import combinations
from math import hypot
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gis.gridding.chain.edges import canonical_ends
from gis.gridding.chain.faults import HAIR, Faults, faults_of
from gis.gridding.chain.grouping import lines_between, mean_width
from gis.gridding.chain.residual import Residual
from gis.gridding.chain.sides import Mismatches, Sides
from gis.gridding.watching.tracing import Traced, UnsureError, trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gis.gridding.chain.faults import Chain
    from gis.gridding.chain.rings import Polygons
    from gis.gridding.watching.tracing import Border, Ends, Point

# With more edges than this, arrays are quicker.
_MOST = 150
_NO_MISMATCHES = Mismatches(
    np.empty((0, 2)), np.empty(0), np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64)
)


def quick_faults_of(chain: Chain, *, snap: float, usual: int) -> Faults:
    """Find the faults of a chain as `faults_of` does, but those of a small one in a fraction of the time.

    Args:
        chain: Polygons and parents; a residual of a few edges, of many polygons or of few.
        snap: As there.
        usual: As there.
    """
    if len(chain.residual) <= _MOST:
        try:
            return _Small(chain, snap, usual).faults()
        except UnsureError:
            pass
    return faults_of(chain, snap=snap, usual=usual)


class _Small:
    """A chain on the way to its faults."""

    def __init__(self, chain: Chain, snap: float, usual: int) -> None:
        self._chain = chain
        self._snap = snap
        self._usual = usual

    def faults(self) -> Faults:
        """Find them, or raise `UnsureError`."""
        residual = self._chain.residual
        drawn = _Drawn.of(self._chain, residual, self._snap)
        mismatches = drawn.mismatches()
        faces = self._crowded(drawn.traced)
        if len(faces):
            hidden = self._hidden(faces)
            if len(hidden):
                residual = Residual(
                    np.concatenate((residual.edges, hidden)),
                    np.concatenate((residual.nets, np.zeros_like(hidden))),
                )
                drawn = _Drawn.of(self._chain, residual, self._snap)
                faces = self._crowded(drawn.traced)
        if len(faces):
            faces = faces[mean_width(faces) > HAIR * self._snap]
        pairs, overlaps, outside, parts = self._owned(faces)
        empty = [face for face, excess in enumerate(drawn.traced.excess) if excess < self._usual]
        return Faults(
            gaps=_polygons(drawn.traced, empty),
            gap_sides=drawn.sides(empty),
            overlap_pairs=pairs,
            overlaps=overlaps,
            outside_polygon=outside,
            outside=parts,
            mismatches=mismatches,
        )

    def _crowded(self, traced: Traced) -> Polygons:
        return _polygons(traced, [face for face, excess in enumerate(traced.excess) if excess > self._usual])

    def _hidden(self, faces: Polygons) -> NDArray[np.int32]:
        """Find the edges that cancelled but pass through faces."""
        vertices, signs = self._chain.edges.rings.vertices, self._chain.edges.signs
        start, end = vertices[:-1], vertices[1:]
        low, high = np.minimum(start, end), np.maximum(start, end)
        there = signs[:-1] != 0
        there[self._chain.residual.edges] = False
        found = np.zeros(len(vertices), dtype=bool)
        for face in faces:
            west, south, east, north = face.bounds
            near = there & (high > (west, south)).all(axis=1) & (low < (east, north)).all(axis=1)
            which = np.flatnonzero(near)
            if len(which):
                lines = lines_between(start[which], end[which])
                inside = shapely.intersects(face, lines) & ~shapely.touches(face, lines)
                found[which[inside]] = True
        return np.flatnonzero(found).astype(np.int32)

    def _owned(self, faces: Polygons) -> tuple[Any, Polygons, Any, Polygons]:
        """Tell the polygons over faces, pair by pair, and what of each lies outside the parents."""
        shared: dict[tuple[int, int], list[Any]] = {}
        beyond: dict[int, list[Any]] = {}
        inner = shapely.get_coordinates(shapely.point_on_surface(faces)).tolist() if len(faces) else []
        for face, (x, y) in zip(faces, inner, strict=True):
            over = np.flatnonzero(shapely.contains_xy(self._chain.polygons, x, y)).tolist()
            for pair in combinations(over, 2):
                shared.setdefault(pair, []).append(face)
            if len(self._chain.parents) and not shapely.contains_xy(self._chain.parents, x, y).any():
                for polygon in over:
                    beyond.setdefault(polygon, []).append(face)
        pairs, outside = sorted(shared), sorted(beyond)
        return (
            np.array(pairs, dtype=np.int64).reshape(-1, 2),
            _together([shared[pair] for pair in pairs]),
            np.array(outside, dtype=np.int64),
            _together([beyond[polygon] for polygon in outside]),
        )


class _Drawn:
    """A residual laid out, with the polygons whose edges it is made of."""

    def __init__(self, traced: Traced, copies: list[list[tuple[int, int]]]) -> None:
        self.traced = traced
        self._copies = copies

    @classmethod
    def of(cls, chain: Chain, residual: Residual, snap: float) -> _Drawn:
        """Lay out a residual of the edges of a chain."""
        edges = residual.edges
        numbers: dict[Ends, int] = {}
        nets: list[int] = []
        copies: list[list[tuple[int, int]]] = []
        for (a, b, c, d), net, polygon, side in zip(
            canonical_ends(chain.edges.rings.vertices, edges).tolist(),
            residual.nets.tolist(),
            chain.edges.rings.polygon_of(edges).tolist(),
            chain.edges.signs[edges].tolist(),
            strict=True,
        ):
            number = numbers.setdefault(((a, b), (c, d)), len(numbers))
            if number == len(nets):
                nets.append(net)
                copies.append([])
            copies[number].append((polygon, side))
        return cls(trace(list(numbers), nets, snap), copies)

    def sides(self, faces: list[int]) -> Sides:
        """Measure which polygons lie beside faces, and along what length."""
        place = {face: number for number, face in enumerate(faces)}
        lengths: dict[tuple[int, int], float] = {}
        if place:
            for (start, end), border in self.traced.borders.items():
                length = hypot(end[0] - start[0], end[1] - start[1])
                for polygon, side in self._polygons(border):
                    number = place.get(border.right if side > 0 else border.left)
                    if number is not None:
                        lengths[number, polygon] = lengths.get((number, polygon), 0.0) + length
        found = sorted(lengths)
        named = np.array(found, dtype=np.int64).reshape(-1, 2)
        return Sides(named[:, 0], named[:, 1], np.array([lengths[both] for both in found], dtype=np.float64))

    def mismatches(self) -> Mismatches:
        """Find the corners that cut another polygon's edge, beside which the two polygons' edges cancel."""
        apart: dict[Point, float] = {}
        beside: dict[Point, set[int]] = {}
        for points in self.traced.pieces:
            for before, cut, after in zip(points, points[1:], points[2:], strict=False):
                both = [self.traced.borders[min(cut, end), max(cut, end)] for end in (before, after)]
                if any(border.net for border in both):
                    continue
                apart[cut] = max(apart.get(cut, 0.0), _off(points[0], points[-1], cut))
                beside.setdefault(cut, set()).update(
                    polygon for border in both for polygon, _ in self._polygons(border)
                )
        if not apart:  # most often
            return _NO_MISMATCHES
        found = sorted(apart)
        named = [sorted(beside[point]) for point in found]
        return Mismatches(
            np.array(found, dtype=np.float64).reshape(-1, 2),
            np.array([apart[point] for point in found], dtype=np.float64),
            np.cumsum([0, *map(len, named)]),
            np.array([polygon for group in named for polygon in group], dtype=np.int64),
        )

    def _polygons(self, border: Border) -> Iterator[tuple[int, int]]:
        """List the polygons beside a border, and 1 where one lies to its left, else -1."""
        for segment, along in border.pieces:
            for polygon, side in self._copies[segment]:
                yield polygon, side * along


def _off(start: Point, end: Point, point: Point) -> float:
    along, to = (end[0] - start[0], end[1] - start[1]), (point[0] - start[0], point[1] - start[1])
    return abs(along[0] * to[1] - along[1] * to[0]) / hypot(*along)


def _polygons(traced: Traced, faces: list[int]) -> Polygons:
    made = np.empty(len(faces), dtype=object)
    for number, face in enumerate(faces):
        made[number] = shapely.polygons(np.array(traced.faces[face]))
    return made


def _together(groups: list[list[Any]]) -> Polygons:
    """Make one of each group of faces: their common borders cancel."""
    made = np.empty(len(groups), dtype=object)
    for number, group in enumerate(groups):
        made[number] = group[0] if len(group) == 1 else shapely.coverage_union_all(group)
    return made
