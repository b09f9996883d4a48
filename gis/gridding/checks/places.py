"""Places in metres become findings in stored coordinates, with their tolerance applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.crs import geometries_to_stored
from gis.gridding.measure import area_m2
from gis.gridding.overlay import polygon_parts
from gis.gridding.valid import make_valid_within
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gis.gridding.checks.tolerance import Tolerance

    Geometries = NDArray[np.object_]


_HAIRY = 100.0
_CUT = 0.95
_MAKE_VALID_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Places:
    """Judged places.

    Attributes:
        polygons: Polygons or multi-polygons in metres, shape (n,).
        owner: Position of the input geometry each came from, shape (n,).
        area_m2: Planar areas, shape (n,).
        width_m: Mean widths, shape (n,).
        severity: One each, shape (n,).
    """

    polygons: Geometries
    owner: NDArray[np.intp]
    area_m2: NDArray[np.float64]
    width_m: NDArray[np.float64]
    severity: list[Severity]


def judge(geometries: Geometries, tolerance: Tolerance, *, together: bool) -> Places:
    """Keep what is a finding.

    1. Dust is taken away from every part: parts narrower than it, and thin tails of larger ones.
    2. What is left is judged part by part, or all parts of one input geometry together.

    Args:
        geometries: Results of overlays, in metres, shape (n,).
        tolerance: The limits.
        together: Judge the parts of one geometry as one place.
    """
    parts, owner = _without_dust(*polygon_parts(geometries), tolerance)
    if together and len(parts):
        owner, start = np.unique(owner, return_index=True)  # owners come in order
        groups = np.split(parts, start[1:])
        parts = np.array(
            [g[0] if len(g) == 1 else shapely.MultiPolygon(list(g)) for g in groups], dtype=object
        )
    area, perimeter = shapely.area(parts), shapely.length(parts)
    width = np.divide(2 * area, perimeter, out=np.zeros_like(area), where=perimeter > 0)
    judged = [tolerance.severity(float(a), float(w)) for a, w in zip(area, width, strict=True)]
    kept = np.array([severity is not None for severity in judged], dtype=bool)
    severities = [severity for severity in judged if severity is not None]
    return Places(parts[kept], owner[kept], area[kept], width[kept], severities)


def findings_of(
    kind: FindingKind,
    places: Places,
    grids: Sequence[tuple[str, ...]],
    details: Sequence[dict[str, str]],
    metric_crs: str,
) -> list[Finding]:
    """Make a finding of each place; `grids` and `details` run along with `places`."""
    # A place that touches itself in metres may cross itself by a rounding error in degrees.
    made = make_valid_within(geometries_to_stored(places.polygons, metric_crs), _MAKE_VALID_SECONDS)
    stored = made.geometries
    areas = area_m2(stored)
    return [
        Finding(
            kind=kind,
            severity=places.severity[i],
            grids=tuple(sorted(grids[i])),
            geometry=None if stored[i] is None else shapely.normalize(stored[i]),
            area_m2=float(areas[i]),
            width_m=float(places.width_m[i]),
            detail=details[i],
        )
        for i in range(len(stored))
    ]


def point_in(polygon: shapely.Geometry | None, metric_crs: str) -> BaseGeometry | None:
    """Give a stored point inside a polygon in metres, where a finding about all of it is shown."""
    return points_in(np.array([polygon], dtype=object), metric_crs)[0]


def points_in(polygons: Geometries, metric_crs: str) -> list[BaseGeometry | None]:
    """Give a stored point inside each polygon in metres; None for None."""
    inside = np.asarray(shapely.point_on_surface(polygons), dtype=object)
    return list(geometries_to_stored(inside, metric_crs))


def _without_dust(
    parts: Geometries, owner: NDArray[np.intp], tolerance: Tolerance
) -> tuple[Geometries, NDArray[np.intp]]:
    area, perimeter = shapely.area(parts), shapely.length(parts)
    width = np.divide(2 * area, perimeter, out=np.zeros_like(area), where=perimeter > 0)
    # A hair a kilometre long hides the place it hangs on, or makes it look large. Opening cuts hairs off.
    least = min(tolerance.min_area_m2, tolerance.min_width_m**2)
    hairy = (width < _HAIRY * tolerance.dust_width_m) & (area > least)
    half = tolerance.dust_width_m / 2
    opened = shapely.buffer(shapely.buffer(parts[hairy], -half, join_style="mitre"), half, join_style="mitre")
    # Where there was next to nothing to cut, the corners stay exactly what they were.
    changed = shapely.area(opened) < _CUT * area[hairy]
    hairy[hairy] = changed
    cut, cut_owner = polygon_parts(opened[changed])
    whole = ~hairy & (width >= tolerance.dust_width_m)
    parts = np.concatenate((parts[whole], cut))
    owner = np.concatenate((owner[whole], owner[hairy][cut_owner]))
    order = np.argsort(owner, kind="stable")
    return parts[order], owner[order]
