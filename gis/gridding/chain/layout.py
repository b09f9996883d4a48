"""The residual laid out in the plane: cut where it meets itself, with the faces between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.gridding.chain.faces import Borders, Faces, borders_of, faces_of
from gis.gridding.chain.noding import Pieces, node
from gis.gridding.chain.segments import Segments, segments_of

if TYPE_CHECKING:
    from gis.gridding.chain.edges import Edges
    from gis.gridding.chain.residual import Residual


@dataclass(frozen=True, slots=True)
class Layout:
    """A residual cut into borders and faces.

    Attributes:
        segments: Its edges, each once.
        pieces: What they are cut into.
        borders: Pieces with the same ends laid together.
        faces: What lies between.
    """

    segments: Segments
    pieces: Pieces
    borders: Borders
    faces: Faces


def lay_out(edges: Edges, residual: Residual, snap: float) -> Layout:
    """Lay out a residual of edges; what is nearer together than `snap`, in their units, becomes one."""
    segments = segments_of(edges, residual)
    pieces = node(segments, snap)
    borders = borders_of(segments, pieces)
    return Layout(segments, pieces, borders, faces_of(borders, pieces.points))
