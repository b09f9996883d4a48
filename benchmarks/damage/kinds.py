"""What can be wrong with a coverage, and a damaged coverage with all that is wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import shapely
    from numpy.typing import NDArray


class Kind(StrEnum):
    """A class of defects; i, j, k are grids."""

    GAP = "gap"
    """i draws back from its line with j."""
    GAP_SLIVER = "gap_sliver"
    """The same, thin and of one thickness all along the line."""
    GAP3 = "gap3"
    """A hole at a node: each of its three grids draws its corner back."""
    MISSING = "missing"
    """A grid is not there."""
    LAKE = "lake"
    """A grid is not there and is cut out of the parent: intended, must not be reported."""
    OVERLAP = "overlap"
    """i moves its line with j into j."""
    OVERLAP_SLIVER = "overlap_sliver"
    """The same, thin and of one thickness all along the line."""
    DUP = "dup"
    """A grid is there twice."""
    CONTAINED = "contained"
    """A small additional grid lies inside i."""
    SHIFT_GAP = "shift_gap"
    """One vertex of i draws back from j."""
    SHIFT_OVERLAP = "shift_overlap"
    """One vertex of i moves into j."""
    TJUNCTION = "tjunction"
    """i has a vertex in the middle of an edge of j, exactly on it: no area."""
    SPILL = "spill"
    """i moves its line on the outline out of the parent."""
    INLET = "inlet"
    """i draws back from the outline: a gap that is open to the outside."""
    BOWTIE = "bowtie"
    """Two vertices of i on its line with j are swapped, and its ring crosses itself."""
    SPLIT = "split"
    """A part of i is given to k, which is no neighbour: k is in two parts; no gap, no overlap."""
    DUPVERTEX = "dupvertex"
    """A vertex of i is there twice in a row: harmless."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect, known exactly.

    Attributes:
        kind: Its class.
        cells: Positions in `Damaged.cells`, ascending. Of missing grids and lakes: all that share an edge
            with the hole. Of split: k alone. Of dup and contained: i and the additional grid.
        geometry: The gap, the overlap, the part outside; of split the part given to k; of bowtie the hull of
            the swapped vertices and those before and after, which holds all crossings; of tjunction and
            dupvertex the vertex, a point.
        width_m: Mean width of the geometry, 2 x area / perimeter; 0 for points.
    """

    kind: Kind
    cells: tuple[int, ...]
    geometry: shapely.Polygon | shapely.Point
    width_m: float


@dataclass(frozen=True, slots=True)
class Damaged:
    """A damaged coverage.

    Attributes:
        cells: Polygons in metres (of bowtie invalid, of split multi-part), shape (m,). Those that are not
            damaged are the very objects of `clean`.
        source: Which of `clean` each cell was, -1 for additional ones; shape (m,).
        parent: What the cells should cover exactly: the union of `clean`, with its vertices, less the lakes.
        clean: The coverage before, shape (n,).
        defects: All that is wrong, and the lakes.
    """

    cells: NDArray[Any]
    source: NDArray[np.int64]
    parent: shapely.Polygon | shapely.MultiPolygon
    clean: NDArray[Any]
    defects: list[Defect]


_SHARES = {
    Kind.GAP: 0.5,
    Kind.GAP_SLIVER: 0.5,
    Kind.OVERLAP: 0.5,
    Kind.OVERLAP_SLIVER: 0.5,
    Kind.SHIFT_GAP: 0.3,
    Kind.SHIFT_OVERLAP: 0.3,
    Kind.TJUNCTION: 0.3,
    Kind.GAP3: 0.15,
}
_OTHER_SHARE = 0.1


def counts_for(n: int, rate: float, kinds: Iterable[Kind] = tuple(Kind)) -> dict[Kind, int]:
    """Return how many defects of each kind to make: the usual ones more often, each at least once.

    Args:
        n: How many grids there are.
        rate: The usual kinds get up to half of it each, the others a tenth.
        kinds: Which kinds.

    Returns:
        Of all kinds together about 4 to a hundred grids at a rate of 0.01.
    """
    return {kind: max(1, round(n * rate * _SHARES.get(kind, _OTHER_SHARE))) for kind in kinds}
