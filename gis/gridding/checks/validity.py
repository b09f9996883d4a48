"""Invalid and multi-part polygons, and geometries that are none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.valid import are_finite, are_valid
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from gis.gridding.checks.layer import Layer

_REASON = re.compile(r"^(?P<reason>.*?)\s*\[(?P<x>[^ \]]+) (?P<y>[^ \]]+)\]$")


def find_invalid(layer: Layer) -> list[Finding]:
    """Name every row without a valid polygon: the reason, the place, and whether it could be used."""
    wrong = ~are_valid(layer.stored) | shapely.is_empty(layer.stored)
    wrong |= ~np.isin(shapely.get_type_id(layer.stored), (3, 6))
    return [_invalid(layer, int(i)) for i in np.flatnonzero(wrong | layer.given_up)]


def find_multi_part(layer: Layer) -> list[Finding]:
    """Name every polygon that lies in several parts."""
    parts = shapely.get_num_geometries(layer.stored)
    several = (shapely.get_type_id(layer.stored) == shapely.GeometryType.MULTIPOLYGON.value) & (parts > 1)
    return [
        Finding(
            FindingKind.MULTI_PART,
            Severity.WARNING,
            (layer.codes[i],),
            layer.stored[i],
            detail={"subject": layer.subject, "parts": str(parts[i])},
        )
        for i in np.flatnonzero(several & are_finite(layer.stored))
    ]


def _invalid(layer: Layer, i: int) -> Finding:
    geometry = layer.stored[i]
    reason, place = reason_and_place(geometry)
    used = "no" if shapely.is_missing(layer.metres[i]) else "yes"
    detail = {"subject": layer.subject, "reason": reason, "used": used}
    if layer.given_up[i] and reason != "Invalid Coordinate":
        detail["left_out"] = "too slow to repair"
    if place is not None:
        detail["place"] = f"{place.x:.7f}, {place.y:.7f}"
    return Finding(FindingKind.INVALID, Severity.ERROR, (layer.codes[i],), place, detail=detail)


def reason_and_place(geometry: BaseGeometry | None) -> tuple[str, shapely.Point | None]:
    """Say why a stored geometry is no valid polygon, and where."""
    if geometry is None:
        return "Missing", None
    if geometry.is_empty:
        return "Empty", None
    if not are_finite(np.array([geometry], dtype=object))[0]:
        return "Invalid Coordinate", None
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        return f"No polygon but {geometry.geom_type}", shapely.point_on_surface(geometry)
    match = _REASON.match(shapely.is_valid_reason(geometry))
    if match is None:
        # Valid in degrees, but not once in metres: two corners fall together.
        return "Degenerate", shapely.Point(shapely.get_coordinates(geometry)[0])
    return match["reason"], shapely.Point(float(match["x"]), float(match["y"]))
