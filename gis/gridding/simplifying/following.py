"""Outlines that follow others: where they have corners in common, they drop the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.grouping import distinct_points
from gis.gridding.chain.rings import Rings

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags, Floats, Polygons

_LEAST_CORNERS = 3


@dataclass(frozen=True, slots=True)
class Leaders:
    """Polygons before and after simplifying, shape (n,) both."""

    before: Polygons
    after: Polygons

    def follow(self, polygons: Polygons, tolerance: float) -> tuple[Polygons, Flags]:
        """Simplify polygons like the leaders where corners are common, and else by themselves.

        1. A corner that leaders had goes or stays as with them.
        2. All others go or stay as if the polygons were a coverage of their own.
        3. What would be no valid polygon then is simplified by itself, or else stays as it is.

        Args:
            polygons: Valid polygons, shape (n,).
            tolerance: As for `shapely.coverage_simplify`.

        Returns:
            The polygons, and which of them follow: all but those of rule 3.
        """
        own = shapely.coverage_simplify(polygons, tolerance)
        rings = Rings.of(polygons)
        made = _without(rings, ~self._kept(rings, own), len(polygons))
        follows = shapely.is_valid(made)
        for second in (own, polygons):
            bad = ~shapely.is_valid(made) | shapely.is_empty(made)
            made[bad] = second[bad]
        return made, follows

    def _kept(self, rings: Rings, own: Polygons) -> Flags:
        """Tell which vertices stay."""
        clouds = [rings.vertices, *(shapely.get_coordinates(p) + 0.0 for p in (self.before, self.after, own))]
        points, number = distinct_points(np.concatenate(clouds))
        here, before, after, alone = np.split(number, np.cumsum([len(cloud) for cloud in clouds])[:-1])
        stays = np.zeros(len(points), dtype=bool)
        stays[alone] = True
        stays[before] = False
        stays[after] = True
        kept: Flags = stays[here]
        return kept


def _without(rings: Rings, dropped: Flags, count: int) -> Polygons:
    """Draw polygons again without some vertices; a ring that would have less than three keeps all."""
    polygons = np.full(count, shapely.Polygon(), dtype=object)
    parts: list[list[shapely.Polygon]] = [[] for _ in range(count)]
    shell: Floats | None = None
    holes: list[Floats] = []
    owner = -1
    for ring in range(len(rings)):
        vertices = rings.vertices[rings.offsets[ring] : rings.offsets[ring + 1] - 1]
        kept = ~dropped[rings.offsets[ring] : rings.offsets[ring + 1] - 1]
        corners = vertices[kept] if kept.sum() >= _LEAST_CORNERS else vertices
        if rings.is_shell[ring]:
            if shell is not None:
                parts[owner].append(shapely.Polygon(shell, holes))
            shell, holes, owner = corners, [], int(rings.polygon[ring])
        else:
            holes.append(corners)
    if shell is not None:
        parts[owner].append(shapely.Polygon(shell, holes))
    for row, own in enumerate(parts):
        polygons[row] = own[0] if len(own) == 1 else shapely.MultiPolygon(own)
    return polygons
