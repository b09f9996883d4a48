"""Where polygons lie against the parents they name: unknown parents, wrong parents, parts outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.checks.places import findings_of, judge, point_in
from gis.gridding.nest import largest_overlaps
from gis.gridding.overlay import differences, intersections
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.checks.layer import Coverage, Layer
    from gis.gridding.checks.tolerance import Tolerance

    Geometries = NDArray[np.object_]

_MOST = 0.5


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the usable polygons of a layer lie.

    Attributes:
        layer: The polygons.
        parents: The areas one level up.
        parent: Position among the parents of the one each polygon names, -1 if that is unknown or has no
            outline.
        rest: What of each polygon lies outside the parent it names; empty where nothing does or nothing
            is known.
        lies_in: Position of the parent most of it lies in where that is another one, else -1.
        share: Share of its area that lies there.
    """

    layer: Layer
    parents: Layer
    parent: NDArray[np.intp]
    rest: Geometries
    lies_in: NDArray[np.intp]
    share: NDArray[np.float64]


def place(coverage: Coverage, parents: Coverage, column: str) -> Placement:
    """Compare each polygon with the parent it names in `column`."""
    layer, outlines = coverage.layer, parents.layer.metres
    parent = _positions(layer, parents.layer, column)
    rest = np.full(len(layer), shapely.Polygon(), dtype=object)
    known = np.flatnonzero(parent >= 0)
    shapely.prepare(outlines)
    out = known[~np.asarray(shapely.covers(outlines[parent[known]], layer.metres[known]), dtype=bool)]
    rest[out] = differences(layer.metres[out], outlines[parent[out]])
    mostly = shapely.area(rest) > _MOST * shapely.area(layer.metres)
    lies_in, share = np.full(len(layer), -1), np.zeros(len(layer))
    lies_in[mostly], share[mostly] = largest_overlaps(layer.metres[mostly], outlines)
    lies_in[lies_in == parent] = -1
    return Placement(layer, parents.layer, parent, rest, lies_in, share)


def find_unknown_parents(layer: Layer, parents: Layer, column: str, *, required: bool) -> list[Finding]:
    """Name every row whose parent is not among the areas; a blank one only where it is required."""
    named = layer.rows[column].to_numpy(dtype=object)
    unknown = ~layer.rows[column].isin(parents.rows["code"]).to_numpy()
    if not required:
        unknown &= named != ""
    return [
        Finding(
            FindingKind.NESTING,
            Severity.ERROR,
            (layer.codes[i],),
            point_in(layer.metres[i], layer.metric_crs),
            detail={
                "subject": layer.subject,
                "reason": "unknown_parent" if named[i] else "no_parent",
                "parent": named[i],
                "level": parents.subject,
            },
        )
        for i in np.flatnonzero(unknown)
    ]


def find_wrong_parents(placement: Placement) -> list[Finding]:
    """Name every polygon that lies mostly in another parent than the one it names."""
    layer, parents = placement.layer, placement.parents
    return [
        Finding(
            FindingKind.NESTING,
            Severity.ERROR,
            (layer.codes[i],),
            point_in(layer.metres[i], layer.metric_crs),
            detail={
                "subject": layer.subject,
                "reason": "lies_elsewhere",
                "parent": parents.codes[placement.parent[i]],
                "lies_in": parents.codes[placement.lies_in[i]],
                "share": f"{placement.share[i]:.3f}",
                "level": parents.subject,
            },
        )
        for i in np.flatnonzero(placement.lies_in >= 0)
    ]


def find_outside_parent(placement: Placement, tolerance: Tolerance) -> list[Finding]:
    """Find what of each polygon lies outside its parent; one that lies mostly elsewhere is named for that."""
    rest = placement.rest.copy()
    rest[placement.lies_in >= 0] = shapely.Polygon()
    return _beyond(placement, rest, tolerance)


def find_outside_land(
    placement: Placement, land: shapely.Geometry, tolerance: Tolerance, *, all_rows: bool
) -> list[Finding]:
    """Find what of each polygon lies outside all parents together.

    Args:
        placement: Where the polygons lie.
        land: The union of the parents.
        tolerance: The limits.
        all_rows: Look at every polygon; else only at those whose parent is unknown.
    """
    polygons = placement.layer.metres
    shapely.prepare(land)
    asked = np.ones(len(polygons), dtype=bool) if all_rows else placement.parent < 0
    asked[asked] = ~np.asarray(shapely.covers(land, polygons[asked]), dtype=bool)
    rest = np.full(len(polygons), shapely.Polygon(), dtype=object)
    rest[asked] = differences(polygons[asked], np.full(int(asked.sum()), land, dtype=object))
    return _beyond(placement, rest, tolerance)


def find_across_parents(placement: Placement, tolerance: Tolerance) -> list[Finding]:
    """Name polygons with a part in a further parent, for kinds that must keep to one (dedicated grids)."""
    layer, outlines = placement.layer, placement.parents.metres
    usual = (placement.parent >= 0) & (placement.lies_in < 0) & ~shapely.is_empty(placement.rest)
    which = np.flatnonzero(usual)
    row, other = shapely.STRtree(outlines).query(placement.rest[which], predicate="intersects")
    places = judge(intersections(placement.rest[which][row], outlines[other]), tolerance, together=True)
    row, other = which[row[places.owner]], other[places.owner]
    details = [
        {
            "subject": layer.subject,
            "reason": "two_parents",
            "parent": str(placement.parents.codes[placement.parent[i]]),
            "lies_in": str(placement.parents.codes[j]),
            "level": placement.parents.subject,
        }
        for i, j in zip(row, other, strict=True)
    ]
    grids = [(str(code),) for code in layer.codes[row]]
    return findings_of(FindingKind.NESTING, places, grids, details, layer.metric_crs)


def _beyond(placement: Placement, rest: Geometries, tolerance: Tolerance) -> list[Finding]:
    layer, parents = placement.layer, placement.parents
    places = judge(rest, tolerance, together=True)
    parent = placement.parent[places.owner]
    details = [
        {
            "subject": layer.subject,
            "parent": str(parents.codes[i]) if i >= 0 else "",
            "level": parents.subject,
        }
        for i in parent
    ]
    grids = [(str(code),) for code in layer.codes[places.owner]]
    return findings_of(FindingKind.OUTSIDE_PARENT, places, grids, details, layer.metric_crs)


def _positions(layer: Layer, parents: Layer, column: str) -> NDArray[np.intp]:
    first = {code: position for position, code in reversed(list(enumerate(parents.codes))) if code}
    named = [first.get(code, -1) for code in layer.rows[column]]
    return np.array(named, dtype=np.intp)
