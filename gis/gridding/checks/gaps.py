"""Gaps: land of the parent that no polygon of the layer covers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.checks.places import findings_of, judge
from gis.gridding.overlay import differences, intersections, polygon_parts, union
from gis.nouns import FindingKind, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    covered = coverage.united()
    if parents is None:
        places = judge(_holes(covered), tolerance, together=False)
        return _findings(places, used, [{"place": "enclosed"}] * len(places.polygons))
    land = parents.united()
    blank = differences(np.array([land], dtype=object), np.array([covered], dtype=object))
    places = judge(blank, tolerance, together=False)
    at_edge = _at_edge(places.polygons, shapely.boundary(land))
    details = [
        {"place": "edge" if edge else "enclosed", "parents": ",".join(codes), "level": parents.layer.subject}
        for edge, codes in zip(at_edge, _covering(places.polygons, parents.layer), strict=True)
    ]
    return _findings(places, used, details)


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


def _findings(places: Places, used: Layer, details: list[dict[str, str]]) -> list[Finding]:
    details = [{"subject": used.subject, **detail} for detail in details]
    return findings_of(FindingKind.GAP, places, _beside(places.polygons, used), details, used.metric_crs)


def _holes(united: shapely.Geometry) -> Geometries:
    parts, _ = polygon_parts(np.array([united], dtype=object))
    rings, owner = shapely.get_rings(parts, return_index=True)
    inner = np.concatenate(([False], owner[1:] == owner[:-1])) if len(owner) else np.empty(0, dtype=bool)
    holes = np.asarray(shapely.polygons(rings[inner]), dtype=object)
    if not len(holes):
        return holes
    # An island in a lake is covered land, and no part of the gap around it.
    return differences(holes, np.full(len(holes), united, dtype=object))


def _beside(gaps: Geometries, used: Layer) -> list[tuple[str, ...]]:
    """Name the polygons that share an edge with each gap, not those that only touch its corner."""
    gap, cell = shapely.STRtree(used.metres).query(gaps, predicate="dwithin", distance=_TOUCHING_M)
    shared = _shared_m(gaps[gap], np.asarray(shapely.boundary(used.metres[cell]), dtype=object)) > _SHARED_M
    gap, cell = gap[shared], cell[shared]
    return [tuple(sorted(set(used.codes[cell[gap == i]]))) for i in range(len(gaps))]


def _covering(gaps: Geometries, parents: Layer) -> list[list[str]]:
    gap, parent = shapely.STRtree(parents.metres).query(gaps, predicate="intersects")
    common = shapely.area(intersections(gaps[gap], parents.metres[parent]))
    counts = common > 0.01 * shapely.area(gaps[gap])
    gap, parent = gap[counts], parent[counts]
    return [sorted(set(parents.codes[parent[gap == i]])) for i in range(len(gaps))]


def _at_edge(gaps: Geometries, outline: shapely.Geometry) -> NDArray[np.bool_]:
    shapely.prepare(outline)
    near = np.asarray(shapely.dwithin(outline, gaps, _TOUCHING_M), dtype=bool)  # cheap, and mostly false
    edges = np.full(int(near.sum()), outline, dtype=object)
    near[near] = _shared_m(gaps[near], edges) > _SHARED_M
    return near


def _shared_m(gaps: Geometries, edges: Geometries) -> NDArray[np.float64]:
    """Measure how much of the edges runs along each gap."""
    nearby = shapely.buffer(gaps, _TOUCHING_M, quad_segs=1)
    return np.asarray(shapely.length(intersections(edges, nearby)), dtype=np.float64)
