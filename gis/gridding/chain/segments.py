"""The residual as segments: each once, in its canonical direction, with the polygons it is an edge of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.chain.edges import canonical_ends, group_edges
from gis.gridding.chain.grouping import distinct_points

if TYPE_CHECKING:
    from gis.gridding.chain.edges import Edges
    from gis.gridding.chain.residual import Residual
    from gis.gridding.chain.rings import Floats, Integers


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments between points.

    Attributes:
        points: x and y, each place once, shape (p, 2).
        start, end: Their points, in canonical direction, shape (s,).
        nets: How many more polygons lie to the left than to the right, shape (s,).
        copy_segment, copy_polygon, copy_side: Every edge of a polygon that runs along a segment: 1 where
            the polygon lies to the left, -1 where it lies to the right; those of the parent with their
            sides exchanged. Shape (c,).
    """

    points: Floats
    start: Integers
    end: Integers
    nets: Integers
    copy_segment: Integers
    copy_polygon: Integers
    copy_side: Integers

    def __len__(self) -> int:
        """Count the segments."""
        return len(self.start)


def segments_of(edges: Edges, residual: Residual) -> Segments:
    """Take each edge of a residual once."""
    ends = canonical_ends(edges.rings.vertices, residual.edges)
    order, starts = group_edges(edges.keys[residual.edges], ends)
    segment = np.empty(len(order), dtype=np.int64)
    segment[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(order))))
    first = order[starts]
    points, place = distinct_points(ends[first].reshape(-1, 2))
    return Segments(
        points=points,
        start=place[0::2],
        end=place[1::2],
        nets=residual.nets[first].astype(np.int64),
        copy_segment=segment,
        copy_polygon=edges.rings.polygon_of(residual.edges),
        copy_side=edges.signs[residual.edges].astype(np.int64),
    )
