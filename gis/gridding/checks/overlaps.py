"""Overlaps between the polygons of one layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.checks.places import findings_of, judge
from gis.gridding.overlay import intersections
from gis.nouns import FindingKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.checks.layer import Coverage
    from gis.gridding.checks.tolerance import Tolerance
    from gis.nouns import Finding

    Geometries = NDArray[np.object_]

_WHOLE = 0.999


def find_overlaps(coverage: Coverage, tolerance: Tolerance, detail: dict[str, str]) -> list[Finding]:
    """Find every pair of polygons that overlap, each pair once.

    1. A clean coverage has no marked polygons, and nothing is overlaid.
    2. Marked polygons are intersected with every polygon their boxes meet.
    3. All parts of one pair's overlap are one finding.

    Args:
        coverage: Polygons that should not overlap.
        tolerance: The limits.
        detail: Facts to put into every finding.
    """
    used = coverage.layer
    first, second = _pairs(used.metres, coverage.marked)
    places = judge(intersections(used.metres[first], used.metres[second]), tolerance, together=True)
    first, second = first[places.owner], second[places.owner]
    grids = [(str(a), str(b)) for a, b in zip(used.codes[first], used.codes[second], strict=True)]
    share_first = places.area_m2 / shapely.area(used.metres[first])
    share_second = places.area_m2 / shapely.area(used.metres[second])
    details = [
        {"subject": used.subject, **detail, "relation": _relation(a, b)}
        for a, b in zip(share_first, share_second, strict=True)
    ]
    return findings_of(FindingKind.OVERLAP, places, grids, details, used.metric_crs)


def _pairs(polygons: Geometries, marked: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    which = np.flatnonzero(marked)
    source, other = shapely.STRtree(polygons).query(polygons[which])
    source = which[source]
    pairs = np.column_stack((np.minimum(source, other), np.maximum(source, other)))
    pairs = np.unique(pairs[source != other], axis=0)
    return pairs[:, 0], pairs[:, 1]


def _relation(share_first: float, share_second: float) -> str:
    if min(share_first, share_second) > _WHOLE:
        return "duplicate"
    return "contained" if max(share_first, share_second) > _WHOLE else "partial"
