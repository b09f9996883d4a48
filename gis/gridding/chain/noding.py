"""Cut segments where they meet, so that they have nothing in common but their ends.

Points nearer to each other than the snapping distance become one, and a point that near to a segment cuts
it: what runs side by side so closely runs together afterwards, and cancels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.grouping import distinct_points, least_connected, lines_between
from gis.gridding.coverage.outlines import ranges

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags, Floats, Integers
    from gis.gridding.chain.segments import Segments

# A cut moves a segment by a rounding error, which may let it meet another one that it did not meet before.
# Two rounds were always enough; should they not be, points that are wider apart become one.
_ROUNDS = 16


@dataclass(frozen=True, slots=True)
class Pieces:
    """Segments cut into pieces.

    Attributes:
        points: x and y, shape (p, 2).
        start, end: The points of each piece, in the direction of its segment, shape (n,).
        source: The segment it is of, shape (n,).
        welded: The point that each point became, shape (p,): itself, or one that is too near to it.
    """

    points: Floats
    start: Integers
    end: Integers
    source: Integers
    welded: Integers


def node(segments: Segments, snap: float) -> Pieces:
    """Cut segments where they meet.

    Args:
        segments: Any.
        snap: Distance in the units of their coordinates; above the rounding of these.

    Returns:
        Pieces with nothing in common but their ends; several may lie on each other.
    """
    whole, welded = np.arange(len(segments)), np.arange(len(segments.points))
    pieces = Pieces(segments.points, segments.start, segments.end, whole, welded)
    pairs = _near_pairs(segments, snap)
    for _ in range(_ROUNDS):
        pieces = _weld(pieces, pairs, snap)
        touching, piece, point = _touches(pieces, pairs, snap)
        crossing, places = _crossings(pieces, pairs[~touching])
        if not len(piece) and not len(places):
            break
        new, place = distinct_points(places)
        place += len(pieces.points)
        points = np.concatenate((pieces.points, new))
        welded = np.concatenate((pieces.welded, np.arange(len(pieces.points), len(points))))
        pieces = replace(pieces, points=points, welded=welded)
        cuts = np.concatenate((piece, *crossing.T)), np.concatenate((point, place, place))
        pieces, counts = _cut(pieces, *cuts)
        pairs = _expand(pieces, pairs[np.isin(pairs, cuts[0]).any(axis=1)], counts, snap)
    else:
        return node(segments, 10 * snap)
    kept = pieces.start != pieces.end
    return replace(pieces, start=pieces.start[kept], end=pieces.end[kept], source=pieces.source[kept])


def _near_pairs(segments: Segments, snap: float) -> Integers:
    """List the pairs of segments whose boxes come near each other, shape (n, 2)."""
    start, end = segments.points[segments.start], segments.points[segments.end]
    # pieces of them may come nearer by what welding moves them
    wider = lines_between(np.minimum(start, end) - 2 * snap, np.maximum(start, end) + 2 * snap)
    one, other = shapely.STRtree(lines_between(start, end)).query(wider)
    pairs: Integers = np.column_stack((one, other))[one < other]
    return pairs


def _weld(pieces: Pieces, pairs: Integers, snap: float) -> Pieces:
    """Make ends that are too near each other one point: the westernmost of those that were there first."""
    one, other = pairs.T
    a = np.concatenate((pieces.start[one], pieces.start[one], pieces.end[one], pieces.end[one]))
    b = np.concatenate((pieces.start[other], pieces.end[other]) * 2)
    near = (a != b) & (np.hypot(*(pieces.points[a] - pieces.points[b]).T) <= snap)
    if not near.any():
        return pieces
    least = least_connected(a[near], b[near], len(pieces.points))
    return replace(pieces, start=least[pieces.start], end=least[pieces.end], welded=least[pieces.welded])


def _touches(pieces: Pieces, pairs: Integers, snap: float) -> tuple[Flags, Integers, Integers]:
    """Find the ends of pieces that lie on the inner part of another.

    Returns:
        Which pairs touch so; the pieces to cut, and where.
    """
    touching = np.zeros(len(pairs), dtype=bool)
    cut, at = [], []
    for piece, other in (pairs.T, pairs.T[::-1]):
        start, end = pieces.points[pieces.start[piece]], pieces.points[pieces.end[piece]]
        along = end - start
        length = np.hypot(*along.T)
        for point in (pieces.start[other], pieces.end[other]):
            to = pieces.points[point] - start
            with np.errstate(invalid="ignore", divide="ignore"):  # a piece welded to nothing
                ahead = (to * along).sum(axis=1) / length
                aside = np.abs(along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0]) / length
            on = (aside <= snap) & (ahead > 0) & (ahead < length)
            on &= (point != pieces.start[piece]) & (point != pieces.end[piece])
            touching |= on
            cut.append(piece[on])
            at.append(point[on])
    return touching, np.concatenate(cut), np.concatenate(at)


def _crossings(pieces: Pieces, pairs: Integers) -> tuple[Integers, Floats]:
    """Find the pairs that cross in their inner parts, and where, shape (c, 2) both."""
    a, b = pieces.points[pieces.start[pairs[:, 0]]], pieces.points[pieces.end[pairs[:, 0]]]
    c, d = pieces.points[pieces.start[pairs[:, 1]]], pieces.points[pieces.end[pairs[:, 1]]]
    from_c, from_d = _side(a, b, c), _side(a, b, d)
    from_a, from_b = _side(c, d, a), _side(c, d, b)
    crosses = (from_c * from_d < 0) & (from_a * from_b < 0)
    share = (from_a[crosses] / (from_a[crosses] - from_b[crosses]))[:, None]
    return pairs[crosses], a[crosses] + share * (b[crosses] - a[crosses])


def _side(start: Floats, end: Floats, point: Floats) -> Floats:
    """Return twice the area of a triangle, positive where the point lies to the left."""
    along, to = end - start, point - start
    side: Floats = along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0]
    return side


def _cut(pieces: Pieces, piece: Integers, point: Integers) -> tuple[Pieces, Integers]:
    """Cut pieces at points; return them and how many each one became."""
    along = pieces.points[pieces.end[piece]] - pieces.points[pieces.start[piece]]
    ahead = ((pieces.points[point] - pieces.points[pieces.start[piece]]) * along).sum(axis=1)
    order = np.lexsort((point, ahead, piece))
    piece, point = piece[order], point[order]
    new = np.ones(len(piece), dtype=bool)
    new[1:] = (piece[1:] != piece[:-1]) | (point[1:] != point[:-1])
    piece, point = piece[new], point[new]
    counts = np.bincount(piece, minlength=len(pieces.start)) + 1
    start, end = np.repeat(pieces.start, counts), np.repeat(pieces.end, counts)
    behind = np.arange(len(piece)) + piece  # each cut moves all that follows by one
    end[behind] = point
    start[behind + 1] = point
    return replace(pieces, start=start, end=end, source=np.repeat(pieces.source, counts)), counts


def _expand(pieces: Pieces, pairs: Integers, counts: Integers, snap: float) -> Integers:
    """List the pairs of pieces of pairs, those whose boxes are near each other, and those of one piece."""
    first = np.cumsum(counts) - counts
    one, other = counts[pairs[:, 0]], counts[pairs[:, 1]]
    which = np.repeat(np.arange(len(pairs)), one * other)
    number = ranges(np.zeros(len(pairs), dtype=np.int64), one * other)
    a = first[pairs[which, 0]] + number // other[which]
    b = first[pairs[which, 1]] + number % other[which]
    ends = np.stack((pieces.points[pieces.start], pieces.points[pieces.end]))
    low, high = ends.min(axis=0) - 2 * snap, ends.max(axis=0) + 2 * snap
    meet = ((low[a] <= high[b]) & (low[b] <= high[a])).all(axis=1)
    return np.column_stack((a[meet], b[meet]))
