"""Edges that do not match: corners that only one side has, and corners a little apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.faults import Chain
from gis.gridding.chain.grouping import distinct_points
from gis.gridding.crs import geometries_to_stored
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Floats, Integers
    from gis.gridding.checks.layer import Coverage

_Places = dict[tuple[str, ...], list[tuple[float, float, float]]]


def find_mismatches(coverage: Coverage, *, max_apart_m: float) -> list[Finding]:
    """Find where edges of neighbours agree but for their corners; one finding for the same grids.

    1. A corner that lies on a neighbour's edge and is none of the neighbour's (a T-junction).
    2. Corners of neighbours that should be the same and are not, but no further apart than told.

    Neither opens a gap worth one by itself; the next conversion to another system may.

    Args:
        coverage: Polygons that should share their corners.
        max_apart_m: Corners further apart are different corners.
    """
    used = coverage.layer
    junctions: _Places = {}
    faults = coverage.faults.mismatches
    beside = np.split(used.codes[faults.polygon], faults.offsets[1:-1]) if len(faults.points) else []
    for (x, y), apart, codes in zip(faults.points, faults.apart, beside, strict=True):
        junctions.setdefault(_named(codes), []).append((x, y, apart))
    shifted: _Places = {}
    for place, names in _shifted(coverage, max_apart_m):
        shifted.setdefault(names, []).append(place)
    found = [("corner", codes, places) for codes, places in junctions.items()]
    found += [("shifted", codes, places) for codes, places in shifted.items()]
    points = [shapely.MultiPoint(np.array(places)[:, :2]) for _, _, places in found]
    stored = geometries_to_stored(np.array(points, dtype=object), used.metric_crs)
    return [
        Finding(
            FindingKind.EDGE_MISMATCH,
            Severity.INFO,
            codes,
            shapely.normalize(stored[i]),
            detail={
                "subject": used.subject,
                "reason": reason,
                "count": str(len(places)),
                "apart_m": f"{max(place[2] for place in places):.6f}",
                "within_m": f"{max_apart_m:g}",
            },
        )
        for i, (reason, codes, places) in enumerate(found)
    ]


def _shifted(
    coverage: Coverage, max_apart_m: float
) -> Iterator[tuple[tuple[float, float, float], tuple[str, ...]]]:
    """Give pairs of near corners of different polygons: a point between them and how far apart; the codes."""
    used = coverage.layer
    chain = Chain.of(used.metres, np.empty(0, dtype=object))
    # a corner at which all edges cancel is the same for all neighbours
    edges = chain.residual.edges
    ends = np.concatenate((chain.edges.rings.vertices[edges], chain.edges.rings.vertices[edges + 1]))
    points, place = distinct_points(ends)
    owners = np.unique(np.column_stack((place, np.tile(chain.edges.rings.polygon_of(edges), 2))), axis=0)
    one, other, apart = _near_pairs(points, max_apart_m)
    starts = np.searchsorted(owners[:, 0], np.arange(len(points) + 1))
    for a, b, distance in zip(one, other, apart, strict=True):
        left = set(owners[starts[a] : starts[a + 1], 1].tolist())
        right = set(owners[starts[b] : starts[b + 1], 1].tolist())
        if left - right and right - left:
            x, y = (points[a] + points[b]) / 2
            yield (float(x), float(y), float(distance)), _named(used.codes[list(left | right)])


def _near_pairs(points: Floats, max_apart_m: float) -> tuple[Integers, Integers, Floats]:
    spots = np.asarray(shapely.points(points), dtype=object)
    one, other = shapely.STRtree(spots).query(spots, predicate="dwithin", distance=max_apart_m)
    once = one < other
    one, other = one[once], other[once]
    return one, other, np.hypot(*(points[one] - points[other]).T)


def _named(codes: Iterable[str] | NDArray[np.object_]) -> tuple[str, ...]:
    return tuple(sorted({str(code) for code in codes}))
