"""What lies beside faces, and along what length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.repairing.tables import matches, summed

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags, Floats, Integers
    from gis.gridding.repairing.arrangement import Arrangement

    Lengths = list[dict[int, float]]

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Reach:
    """What lies beside each face: lengths by number.

    Attributes:
        beside: The polygons that begin where the face ends.
        onward: The polygons over the face that go on beyond it, alone.
        faces: Other faces.
        on_rim: Whether a part of its outline is the parents' outline, shape (f,).
    """

    beside: Lengths
    onward: Lengths
    faces: Lengths
    on_rim: Flags


def reach_of(made: Arrangement, barred: Flags) -> Reach:
    """Measure what lies beside the faces of an arrangement.

    Args:
        made: The arrangement.
        barred: Borders over which nothing may be given away, shape (b,).
    """
    outlines, users, count = made.outlines, made.users, len(made.faces)
    open_ = (outlines.other < 0) & ~barred[outlines.border]
    row, user = matches(users.border, outlines.border)
    is_polygon = users.polygon[user] < made.count
    told = outlines.side[row] * users.side[user] * np.where(is_polygon, 1, -1)
    begins = is_polygon & (told < 0) & open_[row]
    beside = _lengths(
        outlines.face[row[begins]], users.polygon[user[begins]], outlines.length[row[begins]], count
    )
    # a polygon over the face goes on wherever it has no edge of its own
    ends = is_polygon & (told > 0) & open_[row]
    over_face = np.repeat(np.arange(count), [len(cover) for cover in made.covers])
    over = np.array([polygon for cover in made.covers for polygon in cover], dtype=np.int64)
    open_length = np.bincount(outlines.face[open_], weights=outlines.length[open_], minlength=count)
    onward = _lengths(
        np.concatenate((over_face, outlines.face[row[ends]])),
        np.concatenate((over, users.polygon[user[ends]])),
        np.concatenate((open_length[over_face], -outlines.length[row[ends]])),
        count,
    )
    inner = outlines.other >= 0
    faces = _lengths(outlines.face[inner], outlines.other[inner], outlines.length[inner], count)
    rim, net = summed(outlines.border[row], np.where(is_polygon, 0, users.side[user]))
    on_rim = np.zeros(count, dtype=bool)
    on_rim[outlines.face[np.isin(outlines.border, rim[net != 0])]] = True
    return Reach(beside, onward, faces, on_rim)


def labels_of(made: Arrangement, face: int) -> Integers:
    """Name what is beside each edge of a face's outline, in its order.

    Returns:
        Of a gap the polygon behind the edge; of an overlap of two the one that goes on beyond it. -1 if
        there is none, or not just one.
    """
    outlines, users = made.outlines, made.users
    rows = np.arange(*np.searchsorted(outlines.face, (face, face + 1)))
    row, user = matches(users.border, outlines.border[rows])
    is_polygon = users.polygon[user] < made.count
    row, user = row[is_polygon], user[is_polygon]
    told = outlines.side[rows[row]] * users.side[user]
    labels = np.full(len(rows), NOBODY)
    cover = made.covers[face]
    if not cover:
        # the later of several wins: the least
        behind = np.flatnonzero(told < 0)[::-1]
        labels[row[behind]] = users.polygon[user[behind]]
        return labels
    for one, other in (cover, cover[::-1]):
        ends = row[(told > 0) & (users.polygon[user] == one)]
        labels[ends] = np.where(labels[ends] == NOBODY, other, made.count)
    return labels


def _lengths(face: Integers, number: Integers, length: Floats, count: int) -> Lengths:
    """Add up lengths by face and number; what is left of nothing but rounding is nothing."""
    found: Lengths = [{} for _ in range(count)]
    most = 1 + int(number.max(initial=0))
    keys = face * most + number
    both, sums = summed(keys, length)
    _, sizes = summed(keys, np.abs(length))
    kept = sums > 1e-9 * sizes
    for key, total in zip(both[kept].tolist(), sums[kept].tolist(), strict=True):
        found[key // most][key % most] = total
    return found
