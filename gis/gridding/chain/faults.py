"""Where polygons do not partition their parents: gaps, overlaps, parts outside, edges that do not match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.edges import Edges
from gis.gridding.chain.grouping import mean_width
from gis.gridding.chain.layout import lay_out
from gis.gridding.chain.owners import outside_of, overlaps_of, owners_of, with_hidden
from gis.gridding.chain.residual import Residual, residual_of
from gis.gridding.chain.rings import Rings
from gis.gridding.chain.sides import Mismatches, Sides, mismatches_of, sides_of

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Integers, Polygons

# What is thinner than this many snapping distances is left over from rounding.
HAIR = 10.0


@dataclass(frozen=True, slots=True)
class Chain:
    """The edges of polygons less those of their parents.

    Attributes:
        polygons: Valid, shape (n,).
        parents: Valid and without common area, shape (p,); none if none are known.
        edges: Of both; the parents' follow those of the polygons, with their sides exchanged.
        residual: What does not cancel. Nothing: the polygons partition the parents exactly.
    """

    polygons: Polygons
    parents: Polygons
    edges: Edges
    residual: Residual

    @classmethod
    def of(cls, polygons: Polygons, parents: Polygons) -> Chain:
        """Add up the edges of polygons and take off those of their parents.

        Args:
            polygons: Valid polygons and multipolygons; None and empty ones count for nothing, shape (n,).
            parents: What they should fill; valid, not overlapping each other, shape (p,).

        Raises:
            ValueError: One of them is no polygon.
        """
        edges = Edges.of(Rings.of(np.concatenate((polygons, parents))))
        first = edges.rings.offsets[np.searchsorted(edges.rings.polygon, len(polygons))]
        np.negative(edges.signs[first:], out=edges.signs[first:])
        return cls(polygons, parents, edges, residual_of(edges))


@dataclass(frozen=True, slots=True)
class Faults:
    """Everything that keeps polygons from being a partition; polygons are named by position.

    Attributes:
        gaps: What no polygon covers: of the parents, or without parents the holes, shape (g,).
        gap_sides: What each gap's outline runs along; the parents' positions follow the polygons'.
        overlap_pairs: Two polygons each, the lower position first, ascending, shape (o, 2).
        overlaps: What they share, in all places together, shape (o,).
        outside_polygon: Polygons with a part outside the parents, ascending, shape (u,).
        outside: That part, shape (u,).
        mismatches: Where edges agree but for a corner that only one side has.
    """

    gaps: Polygons
    gap_sides: Sides
    overlap_pairs: Integers
    overlaps: Polygons
    outside_polygon: Integers
    outside: Polygons
    mismatches: Mismatches


def faults_of(chain: Chain, *, snap: float, usual: int | None = None) -> Faults:
    """Find the faults of a chain: only what is near its residual is looked at.

    Args:
        chain: Polygons and parents.
        snap: What is nearer together than this, in the units of the coordinates, is taken as the same; above
            the rounding of coordinates. Places thinner than a few times this are none.
        usual: How many polygons more cover what is without fault, inside the residual, than what lies around
            it. If None, nothing lies around it: none with parents, whose edges are taken off, and else one.
    """
    if usual is None:
        usual = 0 if len(chain.parents) else 1
    layout = lay_out(chain.edges, chain.residual, snap)
    mismatches = mismatches_of(layout.segments, layout.pieces, layout.borders)
    crowded = layout.faces.polygons[layout.faces.excess > usual]
    outlines = shapely.STRtree(np.concatenate((chain.polygons, chain.parents)))
    residual = with_hidden(chain.edges, chain.residual, outlines, crowded)
    if len(residual) > len(chain.residual):
        layout = lay_out(chain.edges, residual, snap)
    faces = layout.faces
    empty = np.flatnonzero(faces.excess < usual)
    sides = sides_of(layout.segments, layout.pieces, layout.borders, faces)
    beside = np.isin(sides.face, empty)
    thick = mean_width(faces.polygons) > HAIR * snap
    crowded = faces.polygons[(faces.excess > usual) & thick]
    owners = owners_of(crowded, outlines, len(chain.polygons))
    pairs, overlaps = overlaps_of(crowded, owners)
    beyond, parts = outside_of(crowded, owners)
    return Faults(
        gaps=faces.polygons[empty],
        gap_sides=Sides(
            np.searchsorted(empty, sides.face[beside]), sides.polygon[beside], sides.length[beside]
        ),
        overlap_pairs=pairs,
        overlaps=overlaps,
        outside_polygon=beyond,
        outside=parts,
        mismatches=mismatches,
    )
