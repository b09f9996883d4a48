"""Outlines: vertices that repeat, spikes, and necks where a polygon is nearly cut in two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.grouping import distinct_points, mean_width
from gis.gridding.chain.rings import Rings
from gis.gridding.crs import geometries_to_stored
from gis.gridding.measure import area_m2
from gis.gridding.overlay import differences, polygon_parts
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Floats, Integers
    from gis.gridding.checks.layer import Layer

    Geometries = NDArray[np.object_]

_ALMOST_RIGHT = 89.0
_ROUNDING = 1e-3
"""Share of a width by which lobes are drawn too large, so that rounding leaves no hair beside them."""


def find_repeated_vertices(layer: Layer, *, max_apart_m: float) -> list[Finding]:
    """Name every polygon with vertices that repeat the one before, or lie no further from it than told."""
    rings = _rings_as_given(layer)
    first, length = _steps(rings)
    near = length <= max_apart_m
    polygon = rings.polygon_of(first[near])
    owner, group = np.unique(polygon, return_inverse=True)
    places = _gathered(rings.vertices[first[near]], group, layer.metric_crs)
    least = np.full(len(owner), np.inf)
    np.minimum.at(least, group, length[near])
    counts = np.bincount(group, minlength=len(owner))
    return [
        Finding(
            FindingKind.REPEATED_VERTEX,
            Severity.INFO,
            (layer.codes[owner[i]],),
            places[i],
            detail={"subject": layer.subject, "count": str(counts[i]), "apart_m": f"{least[i]:.6f}"},
        )
        for i in range(len(owner))
    ]


def find_spikes(layer: Layer, *, max_angle_deg: float, min_length_m: float) -> list[Finding]:
    """Find every corner at which an outline turns back on itself, outwards or inwards, each place once.

    Args:
        layer: Polygons.
        max_angle_deg: A corner with an angle up to it is a spike; no right one ever is.
        min_length_m: If both its edges are at least as long.
    """
    corners = _corners_turning_back(_rings_as_given(layer))
    back, on = corners.before - corners.at, corners.after - corners.at
    turn = np.abs(back[:, 0] * on[:, 1] - back[:, 1] * on[:, 0])
    ahead = np.einsum("ij,ij->i", back, on)
    length = np.minimum(np.hypot(*back.T), np.hypot(*on.T))
    slope = np.tan(np.radians(min(max_angle_deg, _ALMOST_RIGHT)))
    sharp = np.flatnonzero((turn <= slope * ahead) & (length >= min_length_m))
    angle = np.zeros(len(turn))
    angle[sharp] = np.degrees(np.arctan2(turn[sharp], ahead[sharp]))
    points, place = distinct_points(corners.at[sharp])
    order = np.argsort(place, kind="stable")
    here = np.split(sharp[order], np.cumsum(np.bincount(place))[:-1]) if len(sharp) else []
    chosen = np.array([some[0] for some in here], dtype=np.intp)
    reach = length[chosen, np.newaxis]
    ends = [arm[chosen] / np.hypot(*arm[chosen].T)[:, np.newaxis] * reach + points for arm in (back, on)]
    lines = np.asarray(shapely.linestrings(np.stack((ends[0], points, ends[1]), axis=1)), dtype=object)
    stored = geometries_to_stored(lines, layer.metric_crs)
    base = np.hypot(*(ends[0] - ends[1]).T)
    area = length[chosen] ** 2 * np.sin(np.radians(angle[chosen])) / 2
    return [
        Finding(
            FindingKind.SPIKE,
            Severity.WARNING,
            tuple(sorted({str(code) for code in layer.codes[corners.polygon[here[i]]]})),
            stored[i],
            float(area[i]),
            float(2 * area[i] / (2 * length[chosen[i]] + base[i])),
            {
                "subject": layer.subject,
                "angle_deg": f"{angle[chosen[i]]:.3f}",
                "length_m": f"{length[chosen[i]]:.2f}",
            },
        )
        for i in range(len(points))
    ]


def find_narrow_necks(layer: Layer, *, max_width_m: float) -> list[Finding]:
    """Find every place so narrow that a disk of that width cannot pass from one lobe of a polygon to another.

    1. What falls into several lobes when drawn in by half the width has a neck; only this is looked at.
    2. Lobes smaller than the square of the width, into which the disk fits only just, are none.
    3. The neck is what the disk cannot reach and lies beside two lobes.
    """
    half = max_width_m / 2
    parts, owner = polygon_parts(layer.metres)
    drawn_in = shapely.buffer(parts, -half, quad_segs=4)
    lobes, of_part = polygon_parts(drawn_in)
    real = shapely.area(lobes) >= max_width_m**2
    lobes, of_part = lobes[real], of_part[real]
    candidates = np.flatnonzero(np.bincount(of_part, minlength=len(parts)) > 1)
    necks: list[shapely.Geometry] = []
    widths: list[float] = []
    at: list[int] = []
    for i in candidates:
        grown = shapely.buffer(lobes[of_part == i], half * (1 + _ROUNDING))
        for neck, width in _necks_between(parts[i], grown, max_width_m):
            necks.append(neck)
            widths.append(width)
            at.append(int(owner[i]))
    stored = geometries_to_stored(np.array(necks, dtype=object), layer.metric_crs)
    areas = area_m2(stored)
    return [
        Finding(
            FindingKind.NARROW_NECK,
            Severity.WARNING,
            (layer.codes[at[i]],),
            stored[i],
            float(areas[i]),
            float(mean_width(np.array([necks[i]], dtype=object))[0]),
            {"subject": layer.subject, "narrowest_m": f"{widths[i]:.2f}"},
        )
        for i in range(len(necks))
    ]


def _necks_between(
    part: shapely.Geometry, lobes: Geometries, max_width_m: float
) -> list[tuple[shapely.Geometry, float]]:
    united = shapely.union_all(lobes)
    rest, _ = polygon_parts(differences(np.array([part], dtype=object), np.array([united], dtype=object)))
    found = []
    for piece in rest:
        reach = max_width_m * _ROUNDING
        beside = lobes[shapely.dwithin(lobes, piece, reach)]
        if len(beside) > 1:
            walls = shapely.get_parts(
                shapely.line_merge(shapely.difference(piece.boundary, shapely.buffer(united, reach)))
            )
            apart = [walls[i].distance(walls[j]) for i in range(len(walls)) for j in range(i)]
            found.append((piece, min(apart, default=0.0)))
    return found


@dataclass(frozen=True, slots=True)
class _Corners:
    """Corners with those before and after them in their ring, shape (n, 2), and their polygons."""

    at: Floats
    before: Floats
    after: Floats
    polygon: Integers


def _rings_as_given(layer: Layer) -> Rings:
    """Take all outlines but those that had to be made valid: their vertices are not the file's."""
    polygons = layer.metres.copy()
    polygons[shapely.get_num_coordinates(layer.stored) != shapely.get_num_coordinates(polygons)] = None
    return Rings.of(polygons)


def _steps(rings: Rings) -> tuple[Integers, Floats]:
    """Return the first vertex of every edge, and the edges' lengths."""
    is_first = np.ones(len(rings.vertices), dtype=bool)
    is_first[rings.offsets[1:] - 1] = False
    first = np.flatnonzero(is_first)
    return first, np.hypot(*(rings.vertices[first + 1] - rings.vertices[first]).T)


def _corners_turning_back(rings: Rings) -> _Corners:
    """Find the corners with an angle below a right one; a vertex that repeats the one before is none."""
    rings = _without_repeated(rings)
    starts, ends = rings.offsets[:-1], rings.offsets[1:] - 1
    edges = np.diff(rings.vertices, axis=0)
    ahead = np.zeros(len(edges))
    np.einsum("ij,ij->i", edges[:-1], edges[1:], out=ahead[1:])
    ahead[ends[:-1]] = 0  # from the end of one ring to the start of the next
    ahead[starts] = np.einsum("ij,ij->i", edges[ends - 1], edges[starts])
    here = np.flatnonzero(ahead < 0)
    ring = rings.ring_of(here)
    before = np.where(here == starts[ring], ends[ring] - 1, here - 1)
    vertices = rings.vertices
    return _Corners(vertices[here], vertices[before], vertices[here + 1], rings.polygon[ring])


def _without_repeated(rings: Rings) -> Rings:
    first, length = _steps(rings)
    repeated = first[length == 0]
    if not len(repeated):
        return rings
    kept = np.ones(len(rings.vertices), dtype=bool)
    kept[repeated] = False  # of vertices in one place the last stays, and with it the end of the ring
    counts = np.add.reduceat(kept, rings.offsets[:-1], dtype=np.int64)
    return Rings(rings.vertices[kept], np.append(0, np.cumsum(counts)), rings.is_shell, rings.polygon)


def _gathered(points: Floats, group: Integers, metric_crs: str) -> Geometries:
    """Gather points into one stored geometry for each group; groups are ascending."""
    if not len(points):
        return np.empty(0, dtype=object)
    spots = np.asarray(shapely.points(points), dtype=object)
    many = np.asarray(shapely.multipoints(spots, indices=group), dtype=object)
    alone = shapely.get_num_geometries(many) == 1
    many[alone] = shapely.get_geometry(many[alone], 0)
    return geometries_to_stored(many, metric_crs)
