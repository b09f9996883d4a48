"""Which polygons lie beside the faces of the residual, and where their edges do not match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.coverage.outlines import ranges

if TYPE_CHECKING:
    from gis.gridding.chain.faces import Borders, Faces
    from gis.gridding.chain.noding import Pieces
    from gis.gridding.chain.rings import Floats, Integers
    from gis.gridding.chain.segments import Segments


@dataclass(frozen=True, slots=True)
class Sides:
    """How much of each face's outline runs along each polygon, or along the parent's outline.

    Attributes:
        face, polygon: Shape (n,); the parents' positions follow those of the polygons.
        length: Shape (n,).
    """

    face: Integers
    polygon: Integers
    length: Floats


@dataclass(frozen=True, slots=True)
class Mismatches:
    """Corners that lie on a neighbour's edge and are none of it, where the edges agree but for that.

    Attributes:
        points: Shape (n, 2).
        apart: How far each lies off that edge.
        offsets: Where the polygons of each start in `polygon`, shape (n + 1,).
        polygon: Positions, ascending for each; the parents' follow those of the polygons.
    """

    points: Floats
    apart: Floats
    offsets: Integers
    polygon: Integers


def sides_of(segments: Segments, pieces: Pieces, borders: Borders, faces: Faces) -> Sides:
    """Measure which polygons lie on the other side of each face's outline, and along what length."""
    piece, copy = copies_of(segments, pieces, np.arange(len(pieces.source)))
    border = borders.piece_border[piece]
    is_left = segments.copy_side[copy] * borders.piece_along[piece] > 0
    face = np.where(is_left, faces.right[border], faces.left[border])
    known = face >= 0
    ends = pieces.points[borders.start], pieces.points[borders.end]
    length = np.hypot(*(ends[1] - ends[0]).T)[border[known]]
    most = 1 + int(segments.copy_polygon.max(initial=0))
    both, which = np.unique(face[known] * most + segments.copy_polygon[copy[known]], return_inverse=True)
    lengths = np.zeros(len(both))
    np.add.at(lengths, which, length)
    return Sides(both // most, both % most, lengths)


def mismatches_of(segments: Segments, pieces: Pieces, borders: Borders) -> Mismatches:
    """Find the corners that cut another polygon's edge, beside which the two polygons' edges cancel."""
    # a cut lies between two pieces of one segment; where one of them is left, it is the corner of a place
    cancels = borders.nets[borders.piece_border] == 0
    before = np.flatnonzero((pieces.source[1:] == pieces.source[:-1]) & cancels[1:] & cancels[:-1])
    cut = pieces.end[before]
    beside, point = np.concatenate((before, before + 1)), np.tile(cut, 2)
    # all pieces that lie on these borders, and all polygons they are edges of
    order = np.argsort(borders.piece_border, kind="stable")
    counts = np.bincount(borders.piece_border, minlength=len(borders.nets))
    first, number = (
        (counts.cumsum() - counts)[borders.piece_border[beside]],
        counts[borders.piece_border[beside]],
    )
    which, copy = copies_of(segments, pieces, order[ranges(first, number)])
    both = np.column_stack((point.repeat(number)[which], segments.copy_polygon[copy]))
    both = np.unique(both, axis=0)
    points, offsets = np.unique(both[:, 0], return_index=True)
    apart = np.zeros(len(pieces.points))
    np.maximum.at(apart, cut, _off(segments, pieces.points, pieces.source[before], cut))
    return Mismatches(pieces.points[points], apart[points], np.append(offsets, len(both)), both[:, 1])


def _off(segments: Segments, points: Floats, segment: Integers, point: Integers) -> Floats:
    """Measure how far points lie off the lines through segments."""
    start = segments.points[segments.start[segment]]
    along, to = segments.points[segments.end[segment]] - start, points[point] - start
    off: Floats = np.abs(along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0]) / np.hypot(*along.T)
    return off


def copies_of(segments: Segments, pieces: Pieces, which: Integers) -> tuple[Integers, Integers]:
    """List the copies of some pieces: place in `which`, and the copy."""
    order = np.argsort(segments.copy_segment, kind="stable")
    counts = np.bincount(segments.copy_segment, minlength=len(segments))
    number = counts[pieces.source[which]]
    first = (counts.cumsum() - counts)[pieces.source[which]]
    return np.arange(len(which)).repeat(number), order[ranges(first, number)]
