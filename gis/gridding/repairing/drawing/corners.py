"""Where a straight edge that was cut needs the corner, and where it is drawn through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.chain.grouping import least_connected
from gis.gridding.chain.sides import copies_of
from gis.gridding.repairing.tables import is_among, matches, summed

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags, Floats, Integers
    from gis.gridding.repairing.arrangement import Arrangement
    from gis.gridding.repairing.tables import Users


@dataclass(frozen=True, slots=True)
class Corners:
    """The corners polygons get, and the cuts they do without.

    Attributes:
        point, polygon: Corners on edges that were straight, shape (c,).
        label: Of each row of the users; those with one label are drawn as one edge.
    """

    point: Integers
    polygon: Integers
    label: Integers


@dataclass(frozen=True, slots=True)
class _Cuts:
    """The places where segments are cut: the point between two borders; each once, shape (k,).

    `of_piece` says which of them follows a piece, `pieces` which pieces those are.
    """

    point: Integers
    before: Integers
    after: Integers
    turn: Integers
    pieces: Integers
    of_piece: Integers


def corners_of(made: Arrangement, users: Users) -> Corners:
    """Find out which polygons need which cuts.

    1. A polygon whose edge runs straight through a cut needs it if another polygon, whose edge runs along it
       there on the other side, has a corner at it: a vertex of its own, or the place where it turns away.
    2. Where a place is left, edges that match beyond it and end differently within it are cut at its end.

    Args:
        made: The arrangement.
        users: Who has which border from now on.
    """
    most = made.count + len(made.chain.parents)
    cuts = _cuts(made)
    cut, user, is_after = _meeting(users, cuts)
    key = cut * most + users.polygon[user]
    both, sums = summed(key, users.side[user] * np.where(is_after, cuts.turn[cut], 1))
    through = both[np.abs(sums) == 2]  # noqa: PLR2004 - on both borders, on the same side
    at = is_among(through, key)
    holds = _holds(made, users.polygon[user], users.border[user], cuts.point[cut])
    balance = np.zeros(len(made.start))
    np.add.at(balance, users.border, users.side)
    needing = np.zeros(len(cuts.point), dtype=bool)
    needing[cut[(holds | (at < 0)) & (balance[users.border[user]] == 0)]] = True
    own = np.zeros(len(through), dtype=bool)
    own[at[(at >= 0) & holds]] = True
    cut_of, polygon = through // most, through % most
    pinched = _degree(made, users, polygon, cuts.point[cut_of]) > 2  # noqa: PLR2004 - in and out
    kept = needing[cut_of] | own | pinched
    keys = users.keys(most)
    one = is_among(keys, cuts.before[cut_of] * most + polygon)
    other = is_among(keys, cuts.after[cut_of] * most + polygon)
    is_end = (balance[cuts.before[cut_of]] == 0) != (balance[cuts.after[cut_of]] == 0)
    while True:
        label = least_connected(one[~kept], other[~kept], len(users.border))
        more = is_end & ~kept & _differ(made, users, label, balance)[one]
        if not more.any():
            break
        kept |= more
    new = kept & ~own & _were_straight(made, cuts, cut_of, polygon, most)
    return Corners(cuts.point[cut_of[new]], polygon[new], label)


def drawn_edges(start: Integers, end: Integers, label: Integers) -> tuple[Integers, Integers]:
    """Draw the edges with one label as one.

    Args:
        start: The point each edge starts at, shape (n,).
        end: The point it ends at; there another one of its label starts, or none.
        label: Shape (n,).

    Returns:
        The labels, ascending, and the first and the last point of each, shape (e, 2).
    """
    most = 1 + max(int(start.max(initial=0)), int(end.max(initial=0)))
    keys, sums = summed(
        np.concatenate((label, label)) * most + np.concatenate((start, end)), np.repeat((1, -1), len(label))
    )
    first, last = keys[sums > 0], keys[sums < 0]
    return first // most, np.column_stack((first % most, last % most))


def _differ(made: Arrangement, users: Users, label: Integers, balance: Floats) -> Flags:
    """Say which rows are of an edge that is drawn otherwise on the other side, where both should match."""
    along = users.side > 0
    start, end = made.start[users.border], made.end[users.border]
    labels, ends = drawn_edges(np.where(along, start, end), np.where(along, end, start), label)
    ends = np.sort(ends, axis=1)
    edge = ends[is_among(labels, label)]
    same = np.ones(len(users.border), dtype=bool)
    same[1:] = (users.border[1:] != users.border[:-1]) | (edge[1:] == edge[:-1]).all(axis=1)
    uneven = np.zeros(len(made.start), dtype=bool)
    uneven[users.border[~same]] = True
    uneven &= balance == 0
    found: Flags = np.isin(label, label[uneven[users.border]])
    return found


def _meeting(users: Users, cuts: _Cuts) -> tuple[Integers, Integers, Flags]:
    """List the users of the borders at cuts: the cut, the user's row, and if it is of the border after."""
    before, after = matches(users.border, cuts.before), matches(users.border, cuts.after)
    cut, user = (np.concatenate(both) for both in zip(before, after, strict=True))
    return cut, user, np.arange(len(cut)) >= len(before[0])


def _cuts(made: Arrangement) -> _Cuts:
    pieces, borders = made.layout.pieces, made.layout.borders
    first = np.flatnonzero(pieces.source[1:] == pieces.source[:-1])
    here, next_ = borders.piece_border[first], borders.piece_border[first + 1]
    first, here, next_ = (values[here != next_] for values in (first, here, next_))
    low, high = np.minimum(here, next_), np.maximum(here, next_)
    _, which, of_piece = np.unique(
        low * np.int64(len(made.start)) + high, return_index=True, return_inverse=True
    )
    turn = borders.piece_along[first] * borders.piece_along[first + 1]
    return _Cuts(pieces.end[first][which], low[which], high[which], turn[which], first, of_piece)


def _holds(made: Arrangement, polygon: Integers, border: Integers, point: Integers) -> Flags:
    """Say which polygons have a vertex of their own at a point, at the end of their edge along a border."""
    pieces = made.layout.pieces
    new = np.ones(len(pieces.source) + 1, dtype=bool)
    new[1:-1] = pieces.source[1:] != pieces.source[:-1]
    firsts, lasts = np.flatnonzero(new[:-1]), np.flatnonzero(new[1:])
    piece = np.concatenate((firsts, lasts))
    at = np.concatenate((pieces.start[firsts], pieces.end[lasts]))
    which, copy = copies_of(made.layout.segments, pieces, piece)
    own = np.column_stack(
        (made.layout.segments.copy_polygon[copy], made.layout.borders.piece_border[piece[which]], at[which])
    )
    wanted = np.column_stack((polygon, border, point))
    _, number = np.unique(np.concatenate((own, wanted)), axis=0, return_inverse=True)
    held: Flags = np.isin(number[len(own) :], number[: len(own)])
    return held


def _degree(made: Arrangement, users: Users, polygon: Integers, point: Integers) -> Floats:
    """Count the borders of polygons that end at points."""
    ends = np.concatenate((made.start[users.border], made.end[users.border]))
    most = len(made.points)
    keys, counts = np.unique(np.tile(users.polygon, 2) * most + ends, return_counts=True)
    row = is_among(keys, polygon * most + point)
    degree: Floats = np.where(row >= 0, counts[row] if len(counts) else 0, 0)
    return degree


def _were_straight(made: Arrangement, cuts: _Cuts, cut: Integers, polygon: Integers, most: int) -> Flags:
    """Say which polygons had an edge that was straight through a cut."""
    which, copy = copies_of(made.layout.segments, made.layout.pieces, cuts.pieces)
    had = np.unique(cuts.of_piece[which] * most + made.layout.segments.copy_polygon[copy])
    straight: Flags = is_among(had, cut * most + polygon) >= 0
    return straight
