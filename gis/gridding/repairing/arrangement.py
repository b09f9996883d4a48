"""The plane around the residual: its borders with the polygons beside them, and the faces to be repaired."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.faces import outlines_on
from gis.gridding.chain.grouping import least_connected
from gis.gridding.chain.layout import lay_out
from gis.gridding.chain.owners import owners_of, with_hidden
from gis.gridding.chain.sides import copies_of
from gis.gridding.repairing.tables import Users, is_among, matches, summed, users_of

if TYPE_CHECKING:
    from gis.gridding.chain.faults import Chain
    from gis.gridding.chain.layout import Layout
    from gis.gridding.chain.residual import Residual
    from gis.gridding.chain.rings import Flags, Floats, Integers, Polygons


@dataclass(frozen=True, slots=True)
class Outlines:
    """The borders that faces are bounded by.

    Attributes:
        face, border: Ordered by face, then as the outline runs, shape (n,).
        side: 1 where the face lies to the left of the border, else -1.
        other: The face on the other side, if it is one of them, else -1.
        length: Of the border.
    """

    face: Integers
    border: Integers
    side: Integers
    other: Integers
    length: Floats


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A residual laid out with all that a repair may touch.

    Attributes:
        chain: Of the polygons and their parents.
        residual: What does not cancel, and what cancels but touches a face.
        layout: It laid out.
        points: x and y, shape (p, 2).
        start, end: The points of each border, shape (b,); the chords that cut faces are the last.
        users: Who has which border.
        faces: Those that are not covered once, shape (f,).
        outlines: Their borders.
        covers: The polygons over each face, ascending.
        is_inside: Which faces lie inside the parents.
        is_sure: Of which faces it is certain what covers them.
    """

    chain: Chain
    residual: Residual
    layout: Layout
    points: Floats
    start: Integers
    end: Integers
    users: Users
    faces: Polygons
    outlines: Outlines
    covers: list[tuple[int, ...]]
    is_inside: Flags
    is_sure: Flags

    @property
    def count(self) -> int:
        """How many polygons there are; the parents' numbers follow."""
        return len(self.chain.polygons)

    def places(self) -> Integers:
        """Tell places apart: of each point the least one that it is connected with, by borders or faces."""
        outlines = self.outlines
        first = outlines.border[np.searchsorted(outlines.face, outlines.face)]
        one = np.concatenate((self.start, self.start[first]))
        other = np.concatenate((self.end, self.start[outlines.border]))
        return least_connected(one, other, len(self.points))


def arrange(chain: Chain, layout: Layout, snap: float) -> Arrangement:
    """Arrange what must be repaired in a chain, given its residual laid out."""
    usual = 0 if len(chain.parents) else 1
    residual = chain.residual
    outlines = shapely.STRtree(np.empty(0, dtype=object))
    active = layout.faces.excess != usual
    if active.any():
        outlines = shapely.STRtree(np.concatenate((chain.polygons, chain.parents)))
        residual = with_hidden(chain.edges, residual, outlines, layout.faces.polygons[active], reach=snap)
        if len(residual) > len(chain.residual):
            layout = lay_out(chain.edges, residual, snap)
    active = layout.faces.excess != usual
    faces, borders = layout.faces.polygons[active], layout.borders
    made = Arrangement(
        chain=chain,
        residual=residual,
        layout=layout,
        points=layout.pieces.points,
        start=borders.start,
        end=borders.end,
        users=_users(layout),
        faces=faces,
        outlines=outlines_of(faces, layout.pieces.points, borders.start, borders.end),
        covers=[()] * len(faces),
        is_inside=np.ones(len(faces), dtype=bool),
        is_sure=np.ones(len(faces), dtype=bool),
    )
    return _with_covers(made, layout.faces.excess[active] - usual, outlines)


def outlines_of(faces: Polygons, points: Floats, start: Integers, end: Integers) -> Outlines:
    """Find the borders, given by their points, that faces are bounded by."""
    face, border, side = outlines_on(faces, np.hstack((points[start], points[end])))
    beside = np.full((len(start), 2), -1)
    beside[border, (side > 0).astype(int)] = face
    other = beside[border, (side < 0).astype(int)]
    length = np.hypot(*(points[end[border]] - points[start[border]]).T)
    return Outlines(face, border, side, other, length)


def _users(layout: Layout) -> Users:
    piece, copy = copies_of(layout.segments, layout.pieces, np.arange(len(layout.pieces.source)))
    side = layout.segments.copy_side[copy] * layout.borders.piece_along[piece]
    return users_of(layout.borders.piece_border[piece], layout.segments.copy_polygon[copy], side)


def _with_covers(made: Arrangement, excess: Integers, outlines: shapely.STRtree) -> Arrangement:
    """Find what covers each face: along its outline the borders tell, of all others a point in the face."""
    count, most = made.count, len(made.chain.polygons) + len(made.chain.parents)
    crowded = np.flatnonzero(excess > 0)
    if not len(crowded):
        return made
    row, user = matches(made.users.border, made.outlines.border)
    beside = made.outlines.face[row] * most + made.users.polygon[user]
    told = made.outlines.side[row] * made.users.side[user] * np.where(made.users.polygon[user] < count, 1, -1)
    known, sums = summed(beside, told)
    _, sizes = summed(beside, np.abs(told))
    by_point = owners_of(made.faces[crowded], outlines, count)
    guessed = crowded[by_point.face] * most + by_point.polygon
    guessed = guessed[is_among(known, guessed) < 0]
    over = np.sort(np.concatenate((known[sums > 0], guessed)))
    face, polygon = over // most, over % most
    is_parent = polygon >= count
    is_inside = made.is_inside.copy()
    is_inside[crowded] = by_point.is_inside
    if len(made.chain.parents):
        on_rim = known % most >= count
        is_inside[known[on_rim] // most] = sums[on_rim] > 0
        is_inside[face[is_parent]] = True
    is_inside[excess < 0] = True
    starts = np.searchsorted(face[~is_parent], np.arange(len(made.faces) + 1))
    listed = polygon[~is_parent].tolist()
    bounds = zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
    covers: list[tuple[int, ...]] = [tuple(listed[first:last]) for first, last in bounds]
    numbers = np.diff(starts)
    expected = excess + (is_inside if len(made.chain.parents) else 1)
    is_sure = numbers == expected
    is_sure[known[np.abs(sums) != sizes] // most] = False
    return replace(made, covers=covers, is_inside=is_inside, is_sure=is_sure)
