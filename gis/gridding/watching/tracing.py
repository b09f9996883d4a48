"""Lay a few segments out in the plane, number by number: the quick twin of `gis.gridding.chain.layout`.

It does what comes up in an edit: segments that touch, cross or run together, where nothing else is nearly
so. Where anything comes near the snapping distance without being within it, or lies in something else, it
says so, and the arrays of the chain do the work.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import atan2, sqrt
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    Point: TypeAlias = tuple[float, float]
    Ends: TypeAlias = tuple[Point, Point]
    Rounds: TypeAlias = list[list[Point]]
    Graph: TypeAlias = dict[Point, list[Point]]

OUTER = -1

# What is nearer than this many snapping distances, and not within one, is left to the chain.
_DOUBT = 4.0
# With more pieces than this, arrays are quicker.
_MOST_PIECES = 500
# A face of less area may turn either way.
_LEAST_AREA = 1e-9


class UnsureError(Exception):
    """The quick way is not sure of its answer."""


@dataclass(slots=True)
class Border:
    """A piece of one segment, or of several that run together.

    Attributes:
        net: How many more polygons lie to its left than to its right.
        pieces: The segments, and 1 where one runs along its direction, else -1.
        left, right: The faces beside it.
    """

    net: int
    pieces: list[tuple[int, int]]
    left: int = OUTER
    right: int = OUTER


@dataclass(frozen=True, slots=True)
class Traced:
    """Segments laid out.

    Attributes:
        pieces: What each segment is cut into: the points along it, ends included.
        borders: By their ends, the lower one first.
        faces: Rings, anticlockwise, the first point not again at the end.
        excess: How many polygons cover each face, less one inside the parent.
    """

    pieces: list[list[Point]]
    borders: dict[Ends, Border]
    faces: Rounds
    excess: list[int]


def trace(segments: list[Ends], nets: list[int], snap: float) -> Traced:
    """Lay out segments, each in its canonical direction.

    Raises:
        UnsureError: They are not as plain as that.
    """
    pieces = _cut(segments, snap)
    if sum(map(len, pieces)) - len(pieces) > _MOST_PIECES:
        raise UnsureError
    borders: dict[Ends, Border] = {}
    for source, (points, net) in enumerate(zip(pieces, nets, strict=True)):
        for start, end in itertools.pairwise(points):
            if start == end:
                raise UnsureError
            along = 1 if start < end else -1
            border = borders.setdefault((start, end) if along > 0 else (end, start), Border(0, []))
            border.net += along * net
            border.pieces.append((source, along))
    faces = _faces(borders)
    return Traced(pieces, borders, faces, _excess(borders.values(), len(faces)))


def _cut(segments: list[Ends], snap: float) -> list[list[Point]]:
    """Cut segments where they meet; once, or it is not sure."""
    cuts = _meetings(segments, snap)
    pieces: list[list[Point]] = []
    for number, (start, end) in enumerate(segments):
        along = end[0] - start[0], end[1] - start[1]
        inner = sorted(
            cuts.get(number, ()),
            key=lambda at: (at[0] - start[0]) * along[0] + (at[1] - start[1]) * along[1],
        )
        pieces.append([start, *inner, end])
    if cuts:
        cut = [ends for points in pieces for ends in itertools.pairwise(points)]
        if _meetings(cut, snap):
            raise UnsureError
    return pieces


def _meetings(segments: list[Ends], snap: float) -> dict[int, set[Point]]:
    """Find where each segment is to be cut."""
    wide = _DOUBT * snap
    boxes = sorted(
        (min(a[0], b[0]), max(a[0], b[0]), min(a[1], b[1]), max(a[1], b[1]), number)
        for number, (a, b) in enumerate(segments)
    )
    cuts: dict[int, set[Point]] = {}
    for place, (_, east, south, north, number) in enumerate(boxes):
        for west, _, other_south, other_north, other in boxes[place + 1 :]:
            if west > east + wide:
                break
            if other_south > north + wide or other_north < south - wide:
                continue
            one, two = (number, other) if number < other else (other, number)
            for which, point in _meeting(segments[one], segments[two], snap):
                cuts.setdefault(two if which else one, set()).add(point)
    return cuts


def _meeting(one: Ends, two: Ends, snap: float) -> list[tuple[int, Point]]:
    """Find where two segments cut each other: 0 or 1 for the one that is cut, and where."""
    common = _common_ends(one, two, snap)
    if common > 1:
        return []
    found = []
    for which, (segment, points) in enumerate(((one, two), (two, one))):
        found += [(which, point) for point in points if point not in segment and _is_on(point, segment, snap)]
    if found or common:
        return found
    place = _crossing(one, two)
    return [] if place is None else [(0, place), (1, place)]


def _common_ends(one: Ends, two: Ends, snap: float) -> int:
    """Count the ends that two segments have in common."""
    common, wide = 0, _DOUBT * snap
    for x, y in one:
        for other_x, other_y in two:
            if abs(x - other_x) > wide or abs(y - other_y) > wide:
                continue
            if x == other_x and y == other_y:
                common += 1
            elif length_of(x - other_x, y - other_y) <= wide:
                raise UnsureError
    return common


def _is_on(point: Point, segment: Ends, snap: float) -> bool:
    (x, y), (to_x, to_y) = segment
    along_x, along_y, from_x, from_y = to_x - x, to_y - y, point[0] - x, point[1] - y
    length = length_of(along_x, along_y)
    if length <= _DOUBT * snap:
        raise UnsureError
    if not 0 < from_x * along_x + from_y * along_y < length * length:
        return False
    aside = abs(along_x * from_y - along_y * from_x) / length
    if snap < aside <= _DOUBT * snap:
        raise UnsureError
    return aside <= snap


def _crossing(one: Ends, two: Ends) -> Point | None:
    (a, b), (c, d) = one, two
    from_a, from_b = _side(c, d, a), _side(c, d, b)
    if not (_side(a, b, c) * _side(a, b, d) < 0 and from_a * from_b < 0):
        return None
    share = from_a / (from_a - from_b)
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def length_of(x: float, y: float) -> float:
    """Measure a vector, with the same rounding wherever it is done."""
    return sqrt(x * x + y * y)


def _side(start: Point, end: Point, point: Point) -> float:
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def _faces(borders: dict[Ends, Border]) -> Rounds:
    """Trace the faces and say at each border which ones lie beside it."""
    faces: Rounds = []
    outlines: Rounds = []
    for points in _all_rounds(borders):
        area = _area(points)
        if abs(area) < _LEAST_AREA or (area > 0 and len(set(points)) < len(points)):
            raise UnsureError  # or a hole touches the outline
        (faces if area > 0 else outlines).append(points)
    _require_apart(outlines)
    for face, points in enumerate(faces):
        for start, end in zip(points, [*points[1:], points[0]], strict=True):
            if start < end:
                borders[start, end].left = face
            else:
                borders[end, start].right = face
    return faces


def _all_rounds(borders: Iterable[Ends]) -> Rounds:
    """Walk around all faces between borders, those left out that have one face on both sides."""
    graph: Graph = {}
    for start, end in borders:
        graph.setdefault(start, []).append(end)
        graph.setdefault(end, []).append(start)
    while True:
        _prune(graph)
        rounds, bridges = _rounds(graph)
        if not bridges:
            return rounds
        for start, end in bridges:
            graph[start].remove(end)


def _prune(graph: Graph) -> None:
    """Take away what leads nowhere."""
    loose = [point for point, ways in graph.items() if len(ways) <= 1]
    while loose:
        point = loose.pop()
        for other in graph.pop(point, ()):
            graph[other].remove(point)
            if len(graph[other]) <= 1:
                loose.append(other)


def _rounds(graph: Graph) -> tuple[Rounds, set[Ends]]:
    """Walk around each face, it being on the left; name the ways that have one face on both sides."""
    after: dict[Ends, Point] = {}
    for point, ways in graph.items():
        if len(ways) > 2:  # noqa: PLR2004 - a corner where more than two meet
            ways.sort(key=lambda to: atan2(to[1] - point[1], to[0] - point[0]))
        for before, way in zip([ways[-1], *ways], ways, strict=False):
            after[way, point] = before
    rounds: Rounds = []
    face_of: dict[Ends, int] = {}
    for step in after:
        if step in face_of:
            continue
        points = []
        here = step
        while here not in face_of:
            face_of[here] = len(rounds)
            points.append(here[0])
            here = here[1], after[here]
        rounds.append(points)
    return rounds, {step for step, face in face_of.items() if face_of[step[1], step[0]] == face}


def _area(points: list[Point]) -> float:
    x, y = points[0]
    twice = 0.0
    for one, two in itertools.pairwise(points):
        twice += (one[0] - x) * (two[1] - y) - (two[0] - x) * (one[1] - y)
    return twice / 2


def _require_apart(outlines: Rounds) -> None:
    """Make sure that no outline may lie within another one.

    Raises:
        UnsureError: Its box lies in that of the other.
    """
    if len(outlines) < 2:  # noqa: PLR2004 - there is no pair
        return
    boxes = [
        (
            min(x for x, _ in points),
            min(y for _, y in points),
            max(x for x, _ in points),
            max(y for _, y in points),
        )
        for points in outlines
    ]
    for one in boxes:
        for two in boxes:
            if (
                one is not two
                and two[0] <= one[0]
                and two[1] <= one[1]
                and two[2] >= one[2]
                and two[3] >= one[3]
            ):
                raise UnsureError


def _excess(borders: Iterable[Border], count: int) -> list[int]:
    """Count how often each face is covered, from the outside, where nothing is, over the borders."""
    beside: dict[int, list[tuple[int, int]]] = {}
    for border in borders:
        beside.setdefault(border.left, []).append((border.right, -border.net))
        beside.setdefault(border.right, []).append((border.left, border.net))
    excess = {OUTER: 0}
    waiting = [OUTER]
    while waiting:
        face = waiting.pop()
        for other, more in beside.get(face, ()):
            if other not in excess:
                excess[other] = excess[face] + more
                waiting.append(other)
    if len(excess) <= count:
        raise UnsureError
    return [excess[face] for face in range(count)]
