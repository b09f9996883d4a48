"""Find the outline nearest to a point, however far, from the tables of an index, with NumPy.

Squares of cells are followed down to the cells that may hold it; the radius grows until it holds something.
Up to FAR_M away distances are those in the plane of the point. Farther away they are measured straight
through the earth: a plane in degrees would be off by kilometres there, and end at 180 degrees.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from gis.gridding.coverage.layout import NONE, SQUARE_BITS
from gis.gridding.coverage.nearness import (
    ECCENTRICITY_SQUARED,
    SEMI_MAJOR_M,
    Near,
    edges_in,
    feet_in_plane,
    outlines_near,
)
from gis.gridding.coverage.squares import levels_of_squares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gis.gridding.coverage.frame import Frame
    from gis.gridding.coverage.lookup import Tables
    from gis.gridding.coverage.nearness import Foot, Place
    from gis.gridding.coverage.outlines import Floats, Integers

    Feet: TypeAlias = tuple[Floats, Floats, Floats]
    Places: TypeAlias = NDArray[np.floating[Any]]

FAR_M = 10_000.0
# What a distance in the plane of a point may be off, up to FAR_M away; what one through the earth may be.
MORE, SLACK_M = 1.001, 1e-6
FAR_MORE, FAR_SLACK_M = 1 + 1e-6, 1.0
BESIDE = 1e-3  # cells: an outline this near to a square may count as in it
# More than any degree on earth has, by more than distances through the earth are off between two places.
MOST_DEGREE_M = 113e3
HIGHEST_LATITUDE = 90.0


class Plane(NamedTuple):
    """Distances in the plane of a point."""

    place: Place
    frame: Frame

    def bounds_m(self, level: int, row: Integers, column: Integers) -> Floats:
        """Return a distance that nothing in each square falls below; squares of level 0 are cells."""
        side, place, frame = 1 << SQUARE_BITS * level, self.place, self.frame
        u, v = frame.place(np.array([place.x]), np.array([place.y]))
        x = _outside(u, column * side - BESIDE, side + 2 * BESIDE) / frame.x_scale * place.x_m
        y = _outside(v, row * side - BESIDE, side + 2 * BESIDE) / frame.y_scale * place.y_m
        return np.hypot(x, y)

    def size_m(self, level: int) -> float:
        """Return how far a place in a square may at most be beyond its bound."""
        side, frame = (1 << SQUARE_BITS * level) + 2 * BESIDE, self.frame
        return side * math.hypot(self.place.x_m / frame.x_scale, self.place.y_m / frame.y_scale)

    def feet(self, one: Floats, other: Floats) -> Feet:
        """Return the nearest place of each edge, and how far it is."""
        return feet_in_plane(self.place, one, other)

    @staticmethod
    def still_nearest_m(nearest_m: float) -> float:
        """Return how far others may be here that may be nearer along the geodesic."""
        return MORE * nearest_m + SLACK_M


class Earth(NamedTuple):
    """Distances around the earth, from those straight through it.

    On a sphere both put places in the same order. On the ellipsoid they do up to a metre or so for places of
    one district seen from within 1000 km; 10 000 km away it is a hundred metres or two.
    """

    place: Place
    frame: Frame

    def bounds_m(self, level: int, row: Integers, column: Integers) -> Floats:
        """Return a distance that nothing in each square falls below; squares of level 0 are cells."""
        side, frame = 1 << SQUARE_BITS * level, self.frame
        lon, lat = (column + 0.5) * side / frame.x_scale, (row + 0.5) * side / frame.y_scale
        return self._around_m(_in_space(lon + frame.west, lat + frame.south)) - self.size_m(level) / 2

    def size_m(self, level: int) -> float:
        """Return how far a place in a square may at most be beyond its bound."""
        side, frame = (1 << SQUARE_BITS * level) + 2 * BESIDE, self.frame
        return side * MOST_DEGREE_M * math.hypot(1 / frame.x_scale, 1 / frame.y_scale)

    def feet(self, one: Floats, other: Floats) -> Feet:
        """Return the nearest place of each edge, and how far it is."""
        start, end = _in_space(*one.T), _in_space(*other.T)
        way = end - start
        length, along = (way * way).sum(axis=1), ((self._point() - start) * way).sum(axis=1)
        share = np.clip(along / np.where(length > 0, length, 1.0), 0.0, 1.0)[:, None]
        x, y = (one + share * (other - one)).T
        return x, y, self._around_m(start + share * way)

    @staticmethod
    def still_nearest_m(nearest_m: float) -> float:
        """Return how far others may be here that may be nearer along the geodesic."""
        return FAR_MORE * nearest_m + FAR_SLACK_M

    def _point(self) -> Floats:
        return _in_space(np.array([self.place.x]), np.array([self.place.y]))

    def _around_m(self, places: Floats) -> Floats:
        """Return distances as if on a sphere that the straight line goes through."""
        half = np.sqrt(((places - self._point()) ** 2).sum(axis=-1)) / (2 * SEMI_MAJOR_M)
        around: Floats = 2 * SEMI_MAJOR_M * np.arcsin(np.minimum(half, 1.0))
        return around


Ruler: TypeAlias = Plane | Earth


def nearest_outlines(tables: Tables, place: Place, most_m: float) -> list[Foot]:
    """Find the polygons whose outlines may be nearest to a point in longitude and latitude.

    Args:
        tables: The index.
        place: The point.
        most_m: Nothing farther away is wanted.

    Returns:
        The nearest one and those that may be nearer along the geodesic.
    """
    frame = tables.frame
    if not frame.is_usable:
        return []  # all is asked of GEOS: there are no records of outlines
    plane, step_m = Plane(place, frame), 2 * place.x_m / frame.x_scale
    for close_m in (step_m, 2 * step_m, 4 * step_m):  # most points have an outline in the cells next to them
        radius_m = min(close_m, most_m)
        found = _told(plane, outlines_near(tables, place.within(radius_m)).feet(), radius_m, most_m)
        if found is not None:
            return found
    found = _nearest_by(plane, tables, min(most_m, plane.still_nearest_m(FAR_M)))
    is_far = most_m > FAR_M and _least_of(found) > FAR_M
    if is_far and abs(place.y) <= HIGHEST_LATITUDE:
        return _nearest_by(Earth(place, frame), tables, most_m)
    return found


def _nearest_by(ruler: Ruler, tables: Tables, most_m: float) -> list[Foot]:
    """Look farther and farther around a point, from the first square that holds something."""
    least_m, step_m = _least_m(ruler, tables), ruler.size_m(0)
    while least_m <= most_m:
        radius_m = min(least_m + step_m, most_m)
        found = _told(ruler, _feet_within(ruler, tables, radius_m), radius_m, most_m)
        if found is not None:
            return found
        step_m *= 4
    return []


def _told(ruler: Ruler, feet: list[Foot], radius_m: float, most_m: float) -> list[Foot] | None:
    """Return those feet within a radius that may be the nearest; None if others may be beyond it."""
    still_m = ruler.still_nearest_m(_least_of(feet))
    if still_m > radius_m < most_m:
        return None
    return [foot for foot in feet if foot[3] <= still_m]


def _least_of(feet: list[Foot]) -> float:
    return min((foot[3] for foot in feet), default=math.inf)


def _least_m(ruler: Ruler, tables: Tables) -> float:
    """Return a distance that nothing falls below: that to the nearest of the smallest squares."""
    levels = levels_of_squares(tables.frame, tables.squares)
    row = column = _top_of(levels)
    bounds = ruler.bounds_m(len(levels), row, column)
    for level in range(len(levels) - 1, 0, -1):
        kept = bounds <= bounds.min(initial=np.inf) + ruler.size_m(level + 1)
        row, column = _parts(levels[level - 1], row[kept], column[kept])
        bounds = ruler.bounds_m(level, row, column)
    return float(bounds.min(initial=np.inf))


def _feet_within(ruler: Ruler, tables: Tables, radius_m: float) -> list[Foot]:
    """Return the nearest place of every polygon whose outline is within a radius."""
    frame = tables.frame
    cells = tables.cells[:-1].reshape(frame.rows, frame.columns)
    levels = [cells, *levels_of_squares(frame, tables.squares)]
    row = column = _top_of(levels)
    for level in range(len(levels) - 2, -1, -1):
        row, column = _parts(levels[level], row, column)
        near = ruler.bounds_m(level, row, column) <= radius_m
        row, column = row[near], column[near]
    _, polygon, edge = edges_in(tables, row * frame.columns + column)
    x, y, distance_m = ruler.feet(tables.vertices[edge], tables.vertices[edge + 1])
    kept = np.flatnonzero(distance_m <= radius_m)
    return Near(np.zeros_like(edge), polygon, x, y, distance_m).nearest_of(kept, edge).feet()


def _top_of(levels: Sequence[NDArray[Any]]) -> Integers:
    """Return row and column of the one square over everything, or nothing if it holds nothing."""
    return np.flatnonzero(levels[-1])


def _parts(level: NDArray[Any], row: Integers, column: Integers) -> tuple[Integers, Integers]:
    """Return the squares or cells of the next level within some squares, those that hold something."""
    step = np.arange(1 << SQUARE_BITS)
    rows, columns = np.broadcast_arrays(
        ((row << SQUARE_BITS)[:, None] + step)[:, :, None], ((column << SQUARE_BITS)[:, None] + step)[:, None]
    )
    there = (rows < level.shape[0]) & (columns < level.shape[1])
    rows, columns = rows[there], columns[there]
    values = level[rows, columns]
    held = values if values.dtype == bool else values < NONE
    return rows[held], columns[held]


def _outside(place: Floats, start: Places, width: float) -> Floats:
    """Return how far a place is outside of intervals."""
    beyond: Floats = np.maximum(np.maximum(start - place, place - start - width), 0.0)
    return beyond


def _in_space(lon: Places, lat: Places) -> Floats:
    """Return places in degrees as places in space, in metres, shape (n, 3)."""
    x, y = np.radians(lon), np.radians(lat)
    sine = np.sin(y)
    across = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY_SQUARED * sine * sine)
    flat = across * np.cos(y)
    return np.stack(
        (flat * np.cos(x), flat * np.sin(x), across * (1.0 - ECCENTRICITY_SQUARED) * sine), axis=-1
    )
