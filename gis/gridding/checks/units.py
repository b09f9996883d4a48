"""Unit grids and the grids they make up: how many, adjacent, of one community, covering them exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.grouping import least_connected
from gis.gridding.checks.gaps import find_gaps
from gis.gridding.checks.layer import coverage_of
from gis.gridding.checks.nesting import find_outside_parent, find_unknown_parents, find_wrong_parents, place
from gis.gridding.checks.numbering import find_duplicate_codes
from gis.gridding.checks.overlaps import find_overlaps
from gis.gridding.checks.places import points_in
from gis.gridding.checks.validity import find_invalid, find_multi_part
from gis.gridding.rules.catalogue import UNIT
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Integers
    from gis.gridding.checks.layer import Coverage, Layer
    from gis.gridding.rules.terms import Limits

_NEAR_M = 0.1
_SHARED_M = 1.0


def find_unit_faults(units: Layer, coverage: Coverage, grids: Coverage, limits: Limits) -> list[Finding]:
    """Find where unit grids do not make up exactly the grids they name in `grid_code`.

    Args:
        units: Rows with code, grid_code and community_code, of subject "unit".
        coverage: The usable ones.
        grids: Those they make up.
        limits: The limits.
    """
    placed = place(coverage, grids, "grid_code")
    parts = grids.layer.where(np.isin(grids.layer.codes.astype(str), units.rows["grid_code"].astype(str)))
    return [
        *find_invalid(units),
        *find_multi_part(units),
        *find_duplicate_codes(units),
        *find_unknown_parents(units, grids.layer, "grid_code", required=True),
        *find_wrong_parents(placed),
        *find_outside_parent(placed, limits.of(UNIT, FindingKind.OUTSIDE_PARENT)),
        *find_overlaps(coverage, limits.of(UNIT, FindingKind.OVERLAP), {"layer": UNIT}),
        *(find_gaps(coverage, coverage_of(parts), limits.of(UNIT, FindingKind.GAP)) if len(parts) else []),
    ]


def find_unit_groups(units: Layer, grids: Layer, *, max_units: float) -> list[Finding]:
    """Name grids that are not made up of 1 to so many adjacent unit grids of their own community.

    Units are adjacent if they share a border longer than a metre, within 10 cm; those that meet at a corner
    are not.

    Args:
        units: Rows with code, grid_code and community_code.
        grids: Those they make up.
        max_units: How many a grid may have.
    """
    position = {str(code): i for i, code in reversed(list(enumerate(grids.codes)))}
    of_grid = np.array([position.get(str(code), -1) for code in units.rows["grid_code"]], dtype=np.intp)
    counts = np.bincount(of_grid[of_grid >= 0], minlength=len(grids))
    pieces = _pieces(units, of_grid, len(grids))
    community = grids.rows["community_code"].to_numpy(dtype=object)
    strange = np.flatnonzero((of_grid >= 0) & (units.rows["community_code"].to_numpy() != community[of_grid]))
    faults = [
        *((int(i), "none", "") for i in np.flatnonzero(counts == 0)),
        *((int(i), "many", str(counts[i])) for i in np.flatnonzero(counts > max_units)),
        *((int(i), "apart", str(pieces[i])) for i in np.flatnonzero(pieces > 1)),
        *((int(of_grid[i]), "community", str(units.codes[i])) for i in strange),
    ]
    places = points_in(grids.metres[[i for i, _, _ in faults]], grids.metric_crs) if faults else []
    return [
        Finding(
            FindingKind.UNIT_GROUP,
            Severity.WARNING,
            (grids.codes[i],),
            spot,
            detail={"subject": grids.subject, "reason": reason, "value": value, "limit": f"{max_units:g}"},
        )
        for (i, reason, value), spot in zip(faults, places, strict=True)
    ]


def _pieces(units: Layer, of_grid: Integers, count: int) -> Integers:
    """Count the groups of adjacent units of each grid."""
    used = np.flatnonzero((of_grid >= 0) & ~shapely.is_missing(units.metres))
    polygons, group = units.metres[used], of_grid[used]
    one, other = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=_NEAR_M)
    alike = (one < other) & (group[one] == group[other])
    one, other = one[alike], other[alike]
    outline = shapely.boundary(polygons[one])
    shared = shapely.length(shapely.intersection(outline, shapely.buffer(polygons[other], _NEAR_M)))
    adjacent = shared > _SHARED_M
    least = least_connected(one[adjacent], other[adjacent], len(used))
    return np.bincount(group[least == np.arange(len(used))], minlength=count)
