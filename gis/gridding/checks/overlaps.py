"""Overlaps between the polygons of one layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from gis.gridding.checks.places import findings_of, judge
from gis.nouns import FindingKind

if TYPE_CHECKING:
    from gis.gridding.checks.layer import Coverage
    from gis.gridding.checks.tolerance import Tolerance
    from gis.nouns import Finding

_WHOLE = 0.999


def find_overlaps(coverage: Coverage, tolerance: Tolerance, detail: dict[str, str]) -> list[Finding]:
    """Find every pair of polygons that overlap, each pair once.

    All parts of one pair's overlap are one finding.

    Args:
        coverage: Polygons that should not overlap.
        tolerance: The limits.
        detail: Facts to put into every finding.
    """
    used = coverage.layer
    places = judge(coverage.faults.overlaps, tolerance, together=True)
    first, second = coverage.faults.overlap_pairs[places.owner].T
    grids = [(str(a), str(b)) for a, b in zip(used.codes[first], used.codes[second], strict=True)]
    share_first = places.area_m2 / shapely.area(used.metres[first])
    share_second = places.area_m2 / shapely.area(used.metres[second])
    details = [
        {"subject": used.subject, **detail, "relation": _relation(a, b)}
        for a, b in zip(share_first, share_second, strict=True)
    ]
    return findings_of(FindingKind.OVERLAP, places, grids, details, used.metric_crs)


def _relation(share_first: float, share_second: float) -> str:
    if min(share_first, share_second) > _WHOLE:
        return "duplicate"
    return "contained" if max(share_first, share_second) > _WHOLE else "partial"
