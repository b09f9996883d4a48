"""The ground that passed from one grid to another, on the chain of edges: no grid is overlaid.

Grids are coloured: one that has the same id in both states has one colour. An edge counts its colour's weight
on one side of it, negative where it is of the new state. What does not cancel is the border of the ground
whose colour changed, and of nothing else. So the work is that of the edges that moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.edges import Edges, canonical_ends, group_edges
from gis.gridding.chain.grouping import mean_width
from gis.gridding.chain.layout import lay_out
from gis.gridding.chain.owners import owners_of
from gis.gridding.chain.residual import Residual
from gis.gridding.chain.rings import Rings
from gis.gridding.changes.state import NOWHERE

if TYPE_CHECKING:
    from gis.gridding.chain.owners import Owners
    from gis.gridding.chain.rings import Flags, Floats, Integers, Polygons
    from gis.gridding.checks.tolerance import Tolerance

SNAP_M = 1e-6
"""What is nearer together than this is the same: a thousandth of what ever counts."""

# Sums of a few weights that are no sum of nothing come to 0 in one of 2 to the 50 cases.
_WEIGHT_BITS = 50
_ARC_STEPS = 16


@dataclass(frozen=True, slots=True)
class Passed:
    """Places whose grid changed; each is connected, and all that lies together of one source and target.

    Attributes:
        polygons: Shape (n,).
        source: The old grid there, by position, or NOWHERE.
        target: The new grid there, by position, or NOWHERE.
        areas: Square metres.
        counts: Which are above the tolerance; the others are drawing inaccuracy.
    """

    polygons: Polygons
    source: Integers
    target: Integers
    areas: Floats
    counts: Flags


def passed_between(
    old: Polygons, new: Polygons, colours: tuple[Integers, Integers], tolerance: Tolerance
) -> Passed:
    """Find the ground whose colour is not the same in both states.

    Where polygons of one state lie over each other, ground passes from the first of those that left to the
    first of those that came, and so on; what is then left over passed from or to nobody.

    Args:
        old: Valid polygons in metres, shape (n,).
        new: Valid polygons in metres, shape (m,).
        colours: Of old and new polygons; each colour once in a state, from 0.
        tolerance: What counts.
    """
    polygons = np.concatenate((old, new))
    colour = np.concatenate(colours)
    edges = Edges.of(Rings.of(polygons))
    residual = _residual(edges, colour, len(old))
    if not len(residual):
        nothing = np.empty(0, dtype=np.int64)
        return Passed(polygons[:0], nothing, nothing, np.empty(0), np.empty(0, dtype=bool))
    faces = lay_out(edges, residual, SNAP_M).faces
    changed = faces.polygons[faces.excess != 0]
    owners = owners_of(changed, shapely.STRtree(polygons), len(polygons))
    face, source, target = _pairs(owners, colour, len(old))
    places, which = _together(changed[face], source, target)
    areas = shapely.area(places)
    return Passed(places, source[which], target[which], areas, areas_that_count(places, areas, tolerance))


def areas_that_count(places: Polygons, areas: Floats, tolerance: Tolerance) -> Flags:
    """Tell which places are larger than the tolerance's area and somewhere wider than its width."""
    counts = areas > tolerance.min_area_m2
    # a disk as wide as the mean width fits in, so only the slender ones need be looked at
    slender = np.flatnonzero(counts & (mean_width(places) <= tolerance.min_width_m))
    cores = shapely.buffer(places[slender], -tolerance.min_width_m / 2, quad_segs=_ARC_STEPS)
    counts[slender] = ~shapely.is_empty(cores)
    return np.asarray(counts, dtype=bool)


def _residual(edges: Edges, colour: Integers, old: int) -> Residual:
    """Keep the edges on whose two sides the same colours do not lie in both states."""
    there = np.flatnonzero(edges.signs)
    order, starts = group_edges(edges.keys[there], canonical_ends(edges.rings.vertices, there))
    there = there[order]
    polygon = edges.rings.polygon_of(there)
    weights = np.random.default_rng(0).integers(1, 1 << _WEIGHT_BITS, int(colour.max(initial=0)) + 1)
    signed = weights[colour[polygon]] * edges.signs[there] * np.where(polygon < old, 1, -1)
    sums = np.add.reduceat(signed, starts) if len(there) else np.empty(0, dtype=np.int64)
    nets = sums.repeat(np.diff(np.append(starts, len(there))))
    left = np.flatnonzero(nets)
    left = left[np.argsort(there[left])]
    return Residual(there[left], nets[left])


def _pairs(owners: Owners, colour: Integers, old: int) -> tuple[Integers, Integers, Integers]:
    """Pair the polygons that left each face with those that came to it: face, source, target."""
    is_new = owners.polygon >= old
    kept = owners.face * (int(colour.max(initial=0)) + 1) + colour[owners.polygon]
    stayed = np.intersect1d(kept[~is_new], kept[is_new])
    left = ~np.isin(kept, stayed)
    rows = []
    for rows_of in (left & ~is_new, left & is_new):
        face = owners.face[rows_of]
        rank = np.arange(len(face)) - np.searchsorted(face, face)
        rows.append((face * (len(owners.face) + 1) + rank, owners.polygon[rows_of]))
    (here, source), (there, target) = rows
    both = np.union1d(here, there)
    pairs = np.full((2, len(both)), NOWHERE)
    pairs[0, np.searchsorted(both, here)] = source
    pairs[1, np.searchsorted(both, there)] = target - old
    return both // (len(owners.face) + 1), pairs[0], pairs[1]


def _together(faces: Polygons, source: Integers, target: Integers) -> tuple[Polygons, Integers]:
    """Put faces of one source and target together where they meet; the places, and one face of each."""
    order = np.lexsort((target, source))
    both = np.column_stack((source, target))[order]
    starts = np.flatnonzero(np.concatenate(([True], (both[1:] != both[:-1]).any(axis=1)))[: len(both)])
    groups = np.split(faces[order], starts[1:])
    made = np.empty(len(starts), dtype=object)
    made[:] = [g[0] if len(g) == 1 else shapely.coverage_union_all(g) for g in groups[: len(starts)]]
    places, group = shapely.get_parts(made, return_index=True)
    return np.asarray(shapely.normalize(places), dtype=object), order[starts][group]
