"""Slow and obvious second implementations, to hold the fast ones against."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely import Polygon


def touches(polygon: Polygon, x: float, y: float) -> str:
    """Say "inside", "edge" or "outside", in exact arithmetic on the very numbers of the corners."""
    px, py = Fraction(x), Fraction(y)
    crossings = 0
    for ring in (polygon.exterior, *polygon.interiors):
        corners = [(Fraction(a), Fraction(b)) for a, b in ring.coords]
        for (ax, ay), (bx, by) in pairwise(corners):
            turn = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
            if turn == 0 and min(ax, bx) <= px <= max(ax, bx) and min(ay, by) <= py <= max(ay, by):
                return "edge"
            if (ay > py) != (by > py) and (turn > 0) == (by > ay):
                crossings += 1
    return "inside" if crossings % 2 else "outside"


def owner(polygons: Mapping[int, Polygon], x: float, y: float) -> int:
    """Give the lowest id among the polygons that meet the point, or -1."""
    return min((name for name, shape in polygons.items() if touches(shape, x, y) != "outside"), default=-1)


def overlaps(polygons: Mapping[str, Polygon]) -> dict[tuple[str, str], float]:
    """Give the overlap area of every pair that has one."""
    found = {}
    for (a, left), (b, right) in combinations(sorted(polygons.items()), 2):
        area = left.intersection(right).area
        if area > 0:
            found[a, b] = area
    return found


def gap_area(polygons: Sequence[Polygon], outline: Polygon) -> float:
    """Give the area of the outline that no polygon covers, taking one polygon away after the other."""
    rest: shapely.Geometry = outline
    for polygon in polygons:
        rest = shapely.difference(rest, polygon)
    return float(shapely.area(rest))
