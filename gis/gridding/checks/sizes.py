"""Sizes and shapes: too small or too large by area or households, not compact, with stray parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gis.gridding.chain.grouping import mean_width
from gis.gridding.crs import geometries_to_stored
from gis.gridding.measure import area_m2
from gis.gridding.overlay import polygon_parts
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Floats, Integers
    from gis.gridding.checks.layer import Layer

_PLANE_ERROR = 2e-3
"""By what share an area in the projected zone may differ from that on the ellipsoid, and some more."""


def find_too_small(
    layer: Layer, *, min_area_m2: float | None = None, min_households: float | None = None
) -> list[Finding]:
    """Name every polygon with less area, and every one with fewer households."""
    findings = []
    if min_area_m2 is not None:
        near = shapely.area(layer.metres) < min_area_m2 * (1 + _PLANE_ERROR)
        which, area = _areas(layer, near)
        wrong = area < min_area_m2
        findings += _outsized(layer, FindingKind.TOO_SMALL, which[wrong], ("area", area[wrong], min_area_m2))
    if min_households is not None:
        households = _households(layer)
        which = np.flatnonzero(households < min_households)
        found = ("households", households[which], min_households)
        findings += _outsized(layer, FindingKind.TOO_SMALL, which, found)
    return findings


def find_too_large(
    layer: Layer, *, max_area_m2: float | None = None, max_households: float | None = None
) -> list[Finding]:
    """Name every polygon with more area, and every one with more households."""
    findings = []
    if max_area_m2 is not None:
        near = shapely.area(layer.metres) > max_area_m2 * (1 - _PLANE_ERROR)
        which, area = _areas(layer, near)
        wrong = area > max_area_m2
        findings += _outsized(layer, FindingKind.TOO_LARGE, which[wrong], ("area", area[wrong], max_area_m2))
    if max_households is not None:
        households = _households(layer)
        which = np.flatnonzero(households > max_households)
        found = ("households", households[which], max_households)
        findings += _outsized(layer, FindingKind.TOO_LARGE, which, found)
    return findings


def find_not_compact(layer: Layer, *, min_compactness: float) -> list[Finding]:
    """Name every polygon whose compactness by Polsby and Popper, 4 pi area / perimeter squared, is less.

    It is 1 for a disk, 0.79 for a square, 0.35 for X
    """
    area, perimeter = shapely.area(layer.metres), shapely.length(layer.metres)
    compactness = np.divide(4 * np.pi * area, perimeter**2, out=np.ones_like(area), where=perimeter > 0)
    which = np.flatnonzero(compactness < min_compactness)
    found = ("compactness", compactness[which], min_compactness)
    return _outsized(layer, FindingKind.NOT_COMPACT, which, found)


def find_stray_parts(layer: Layer, *, max_share: float) -> list[Finding]:
    """Name the parts of every polygon that are smaller than a share of its largest one."""
    parts, owner = polygon_parts(layer.metres)
    area = shapely.area(parts)
    whole = np.bincount(owner, weights=area, minlength=len(layer))
    largest = np.zeros(len(layer))
    np.maximum.at(largest, owner, area)
    stray = np.flatnonzero(area < max_share * largest[owner])
    at, group = np.unique(owner[stray], return_inverse=True)
    if not len(at):
        return []
    lost = np.bincount(group, weights=area[stray]) / whole[at]
    gathered = np.asarray(shapely.multipolygons(parts[stray], indices=group), dtype=object)
    stored, widths = geometries_to_stored(gathered, layer.metric_crs), mean_width(gathered)
    areas = area_m2(stored)
    return [
        Finding(
            FindingKind.STRAY_PART,
            Severity.WARNING,
            (layer.codes[at[i]],),
            shapely.normalize(stored[i]),
            float(areas[i]),
            float(widths[i]),
            {
                "subject": layer.subject,
                "parts": str(shapely.get_num_geometries(stored[i])),
                "share": f"{lost[i]:.4f}",
            },
        )
        for i in range(len(at))
    ]


def _areas(layer: Layer, near: NDArray[np.bool_]) -> tuple[Integers, Floats]:
    """Measure on the ellipsoid those polygons whose area in the plane is near a limit or beyond it."""
    which = np.flatnonzero(near & ~shapely.is_missing(layer.metres))
    return which, area_m2(geometries_to_stored(layer.metres[which], layer.metric_crs))


def _households(layer: Layer) -> Floats:
    """Read the households; NaN, which is neither more nor less than anything, where there is no number."""
    if "households" not in layer.rows:
        return np.full(len(layer), np.nan)
    return pd.to_numeric(layer.rows["households"], errors="coerce").to_numpy(dtype=np.float64)


def _outsized(
    layer: Layer, kind: FindingKind, which: Integers, found: tuple[str, Floats, float]
) -> list[Finding]:
    by, values, limit = found
    areas, widths = area_m2(layer.stored[which]), mean_width(layer.metres[which])
    return [
        Finding(
            kind,
            Severity.WARNING,
            (layer.codes[i],),
            layer.stored[i],
            float(areas[n]),
            float(widths[n]),
            {"subject": layer.subject, "by": by, "value": f"{values[n]:.6g}", "limit": f"{limit:.6g}"},
        )
        for n, i in enumerate(which)
    ]
