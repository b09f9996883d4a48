"""Gaps: land of the parent that no polygon of the layer covers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.faults import Chain, faults_of
from gis.gridding.checks.layer import SNAP_M
from gis.gridding.checks.places import findings_of, judge
from gis.gridding.overlay import differences, intersections, union
from gis.nouns import FindingKind, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.faults import Faults
    from gis.gridding.checks.layer import Coverage, Layer
    from gis.gridding.checks.places import Places
    from gis.gridding.checks.tolerance import Tolerance
    from gis.nouns import Finding

    Geometries = NDArray[np.object_]

_TOUCHING_M = 0.002
_SHARED_M = 0.01


def find_gaps(coverage: Coverage, parents: Coverage | None, tolerance: Tolerance) -> list[Finding]:
    """Find every gap, each connected one once.

    1. With parents: what their union has and the layer's union has not. A lake that is cut out of the
       parents is no gap.
    2. Without: the holes of the layer's union. An open bay at its outline cannot be told from the outside.
    3. A gap that shares an edge with the parents' union lies at the "edge", else it is "enclosed".

    Args:
        coverage: Polygons that should leave no blank.
        parents: The polygons they should fill, or None where none are known.
        tolerance: The limits.
    """
    used = coverage.layer
    if not len(used):
        return []
    if parents is None:
        places, beside, _ = _places(coverage.faults, used, tolerance)
        return _findings(places, used, beside, [{"place": "enclosed"}] * len(beside))
    land = np.array([parents.united()], dtype=object)
    places, beside, at_edge = _places(faults_of(Chain.of(used.metres, land), snap=SNAP_M), used, tolerance)
    details = [
        {"place": "edge" if edge else "enclosed", "parents": ",".join(codes), "level": parents.layer.subject}
        for edge, codes in zip(at_edge, _covering(places.polygons, parents.layer), strict=True)
    ]
    return _findings(places, used, beside, details)


def find_empty_parents(coverage: Coverage, parents: Layer, tolerance: Tolerance) -> list[Finding]:
    """Find parents that no polygon names: one warning for each that lies wholly or partly blank.

    It is no error, because a plan may be about a part of the district.
    """
    used = coverage.layer
    there = parents.where(~shapely.is_missing(parents.metres))
    parent, cell = shapely.STRtree(used.metres).query(there.metres, predicate="intersects")
    covered = [union(used.metres[cell[parent == i]]) for i in range(len(there))]
    blank = differences(there.metres, np.array(covered, dtype=object))
    places = judge(blank, tolerance, together=True)
    codes = [str(code) for code in there.codes[places.owner]]
    warnings = replace(places, severity=[Severity.WARNING] * len(codes))
    shared = {"subject": used.subject, "place": "parent", "level": parents.subject}
    details = [{**shared, "parents": code} for code in codes]
    return findings_of(FindingKind.GAP, warnings, [()] * len(codes), details, used.metric_crs)


def _places(
    faults: Faults, used: Layer, tolerance: Tolerance
) -> tuple[Places, list[tuple[str, ...]], list[bool]]:
    """Judge gaps; name the polygons that share an edge with each, and say which lie at the parents' edge."""
    places = judge(faults.gaps, tolerance, together=False)
    shares = faults.gap_sides.length > _SHARED_M
    gap, polygon = faults.gap_sides.face[shares], faults.gap_sides.polygon[shares]
    beside, at_edge = [], []
    for place, owner in zip(places.polygons, places.owner, strict=True):
        near = polygon[gap == owner]
        at_edge.append(bool((near >= len(used)).any()))
        near = near[near < len(used)]
        # a gap may have come apart where it was thin as a hair
        near = near[shapely.dwithin(used.metres[near], place, _TOUCHING_M)]
        beside.append(tuple(sorted(set(used.codes[near]))))
    return places, beside, at_edge


def _findings(
    places: Places, used: Layer, beside: list[tuple[str, ...]], details: list[dict[str, str]]
) -> list[Finding]:
    details = [{"subject": used.subject, **detail} for detail in details]
    return findings_of(FindingKind.GAP, places, beside, details, used.metric_crs)


def _covering(gaps: Geometries, parents: Layer) -> list[list[str]]:
    gap, parent = shapely.STRtree(parents.metres).query(gaps, predicate="intersects")
    common = shapely.area(intersections(gaps[gap], parents.metres[parent]))
    counts = common > 0.01 * shapely.area(gaps[gap])
    gap, parent = gap[counts], parent[counts]
    return [sorted(set(parents.codes[parent[gap == i]])) for i in range(len(gaps))]
