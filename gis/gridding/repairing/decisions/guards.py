"""What stands against filling a gap: lakes, barriers, buildings, communities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.overlay import intersections

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags, Floats, Integers, Polygons
    from gis.gridding.repairing.arrangement import Arrangement
    from gis.gridding.repairing.rules import RepairRules

_HALF = 0.5
# A building is whole if no more than this share of it is missing: outlines of buildings are not that exact.
_WHOLE = 1 - 1e-6


class Guards:
    """The things of a set of rules, ready to be asked about many faces."""

    def __init__(self, rules: RepairRules, snap: float) -> None:
        self._rules = rules
        self._snap = snap
        self._keep = _tree(rules.keep)
        self._barriers = _tree(rules.barriers)
        self._buildings = _tree(rules.buildings)

    def are_intended(self, faces: Polygons) -> Flags:
        """Say which faces lie mostly in something that is to be kept."""
        face, kept = self._keep.query(faces)
        inside = shapely.area(intersections(faces[face], self._keep.geometries[kept]))
        sums = np.bincount(face, weights=inside, minlength=len(faces))
        intended: Flags = (sums >= _HALF * shapely.area(faces)) & (sums > 0)
        return intended

    def are_barred(self, faces: Polygons) -> Flags:
        """Say through which faces a barrier passes."""
        barred = np.zeros(len(faces), dtype=bool)
        face, line = self._barriers.query(faces)
        # some of the inner part of the line lies in the inner part of the face
        inside = shapely.relate_pattern(self._barriers.geometries[line], faces[face], "T********")
        barred[face[inside]] = True
        return barred

    def barred_borders(self, made: Arrangement) -> Flags:
        """Say along which borders a barrier runs."""
        barred = np.zeros(len(made.start), dtype=bool)
        if not len(self._barriers):
            return barred
        middle = (made.points[made.start] + made.points[made.end]) / 2
        border, _ = self._barriers.query(shapely.points(middle), predicate="dwithin", distance=self._snap)
        barred[border] = True
        return barred

    def are_free(self, lines: Polygons) -> Flags:
        """Say which lines cut no building."""
        free = np.ones(len(lines), dtype=bool)
        line, building = self._buildings.query(lines)
        cut = shapely.relate_pattern(lines[line], self._buildings.geometries[building], "T********")
        free[line[cut]] = False
        return free

    def keeps_buildings(self, face: shapely.Polygon, polygon: shapely.Geometry) -> bool:
        """Say whether all buildings that reach into a gap are whole in it and a polygon together."""
        buildings = self._buildings.geometries[self._buildings.query(face)]
        inside = shapely.area(intersections(buildings, np.full(len(buildings), face, dtype=object)))
        buildings, inside = buildings[inside > 0], inside[inside > 0]
        beside = shapely.area(intersections(buildings, np.full(len(buildings), polygon, dtype=object)))
        return bool((inside + beside >= _WHOLE * shapely.area(buildings)).all())

    def groups_of(self, made: Arrangement, beside: list[dict[int, float]]) -> list[int | None]:
        """Return the community each face lies in; None if that does not matter."""
        groups, parent_groups = self._rules.groups, self._rules.parent_groups
        if groups is None:
            return [None] * len(made.faces)
        if parent_groups is not None and len(made.chain.parents):
            return _by_parent(made, parent_groups)
        return [_by_length(lengths, groups) for lengths in beside]


def _by_parent(made: Arrangement, parent_groups: Integers) -> list[int | None]:
    points = shapely.point_on_surface(made.faces)
    face, parent = shapely.STRtree(made.chain.parents).query(points, predicate="intersects")
    found: list[int | None] = [None] * len(made.faces)
    for number, group in zip(face.tolist(), parent_groups[parent].tolist(), strict=True):
        found[number] = group
    return found


def _by_length(lengths: dict[int, float], groups: Integers) -> int | None:
    sums: dict[int, float] = {}
    for polygon, length in lengths.items():
        group = int(groups[polygon])
        sums[group] = sums.get(group, 0.0) + length
    return max(sums, key=lambda group: (sums[group], -group), default=None)


def inner_widths(faces: Polygons, limit: float) -> Floats:
    """Measure how wide faces are: twice the area by the perimeter, or the largest circle if that may decide.

    Args:
        faces: Shape (f,).
        limit: The width it is about; the circle is measured where the other width is within a factor 8 of it.
    """
    perimeter = shapely.length(faces)
    width: Floats = 2 * shapely.area(faces) / perimeter
    near = (width <= limit) & (width > limit / 8)
    circles = shapely.maximum_inscribed_circle(faces[near], tolerance=limit / 100)
    width[near] = np.maximum(width[near], 2 * shapely.length(circles))
    return width


def _tree(geometries: Polygons | None) -> shapely.STRtree:
    return shapely.STRtree(np.empty(0, dtype=object) if geometries is None else geometries)
