"""What decisions come to: who has which border, which polygons change, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.chain.edges import canonical_ends
from gis.gridding.coverage.outlines import ranges
from gis.gridding.repairing.drawing.corners import Corners, corners_of, drawn_edges
from gis.gridding.repairing.drawing.tracing import trace
from gis.gridding.repairing.tables import Users, is_among, matches

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags, Floats, Integers, Polygons
    from gis.gridding.repairing.arrangement import Arrangement


@dataclass(frozen=True, slots=True)
class Moves:
    """Faces that are taken from polygons and given to polygons: 1 given, -1 taken, shape (m,)."""

    face: Integers
    polygon: Integers
    sign: Integers


@dataclass(frozen=True, slots=True)
class Settlement:
    """Decisions carried out.

    Attributes:
        users: Who has which border afterwards.
        corners: The corners that edges get, and those they do without.
        changed: The polygons and parents whose outlines change, ascending.
    """

    users: Users
    corners: Corners
    changed: Integers


def settle(made: Arrangement, moves: Moves, is_void: Flags, fixed: Flags) -> Settlement:
    """Carry out decisions on the borders.

    Args:
        made: The arrangement.
        moves: What is decided.
        is_void: Points of places where nothing must change, shape of the points.
        fixed: Polygons that must not change, and behind them the parents, shape (n + p,).
    """
    outlines = made.outlines
    move, row = matches(outlines.face, moves.face)
    users = made.users.changed_by(
        outlines.border[row], moves.polygon[move], outlines.side[row] * moves.sign[move]
    )
    corners = corners_of(made, users)
    difference = users.changed_by(made.users.border, made.users.polygon, -made.users.side)
    cornered = ~is_void[corners.point] & ~fixed[corners.polygon]
    changed = np.unique(np.concatenate((difference.polygon, corners.polygon[cornered])))
    return Settlement(users, corners, changed)


def redraw(made: Arrangement, settled: Settlement, which: Integers, is_void: Flags) -> Polygons:
    """Draw some polygons anew from the edges they have: what they had and nobody touched, and their borders.

    Args:
        made: The arrangement.
        settled: Its decisions carried out.
        which: Positions, ascending.
        is_void: Points of places where nothing must change.

    Returns:
        As `trace` does.
    """
    old = _untouched(made, which, is_void)
    new = _drawn(made, settled, which, is_void)
    row, start, end = (np.concatenate(both) for both in zip(old, new, strict=True))
    is_parent = which[row] >= made.count  # their sides are exchanged
    start, end = np.where(is_parent[:, None], end, start), np.where(is_parent[:, None], start, end)
    return trace(row, start, end, len(which))


def _untouched(made: Arrangement, which: Integers, is_void: Flags) -> tuple[Integers, Floats, Floats]:
    """Return the edges of polygons that are no part of the arrangement, or in a place that is void."""
    edges, segments = made.chain.edges, made.layout.segments
    vertices, rings = edges.rings.vertices, edges.rings
    mine = np.flatnonzero(is_among(which, rings.polygon) >= 0)
    counts = rings.offsets[mine + 1] - rings.offsets[mine]
    edge = ranges(rings.offsets[mine], counts)
    row = np.repeat(is_among(which, rings.polygon[mine]), counts)
    place = is_among(made.residual.edges, edge)
    point = made.layout.pieces.welded[segments.start[segments.copy_segment[place]]]
    kept = (edges.signs[edge] != 0) & ((place < 0) | is_void[point])
    edge, row = edge[kept], row[kept]
    ends = canonical_ends(vertices, edge)
    ends = np.where(edges.signs[edge, None] > 0, ends, np.roll(ends, 2, axis=1))
    return row, ends[:, :2], ends[:, 2:]


def _drawn(
    made: Arrangement, settled: Settlement, which: Integers, is_void: Flags
) -> tuple[Integers, Floats, Floats]:
    """Return the borders of polygons, those that run on without a corner as one edge."""
    users = settled.users
    row = is_among(which, users.polygon)
    used = np.flatnonzero((row >= 0) & ~is_void[made.start[users.border]])
    label = settled.corners.label[used]
    along = users.side[used] > 0
    start, end = made.start[users.border[used]], made.end[users.border[used]]
    labels, ends = drawn_edges(np.where(along, start, end), np.where(along, end, start), label)
    return row[labels], made.points[ends[:, 0]], made.points[ends[:, 1]]


def moves_of(made: Arrangement, owners: dict[int, int], is_void: Flags) -> Moves:
    """List what the polygons lose and gain if each face goes to its owner, -1 if it goes to nobody."""
    moves = []
    starts = np.searchsorted(made.outlines.face, np.arange(len(made.faces)))
    void = is_void[made.start[made.outlines.border[starts]]] if len(made.faces) else is_void[:0]
    for face, owner in owners.items():
        if void[face]:
            continue
        cover = made.covers[face]
        moves += [(face, loser, -1) for loser in cover if loser != owner]
        if owner >= 0 and owner not in cover:
            moves.append((face, owner, 1))
    return Moves(*np.array(moves, dtype=np.int64).reshape(-1, 3).T)
