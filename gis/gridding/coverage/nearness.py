"""Find the outlines near points from the tables of an index, with NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from gis.gridding.coverage.edit import palette_values
from gis.gridding.coverage.layout import LAST, NONE, RUNS_SHIFT
from gis.gridding.coverage.lookup import levels_of
from gis.gridding.coverage.outlines import changes, distinct, ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.coverage.frame import Numbers
    from gis.gridding.coverage.lookup import Tables
    from gis.gridding.coverage.outlines import Floats, Integers


Foot: TypeAlias = tuple[int, float, float, float]
"""A polygon near a point: its position, x and y of the nearest place of its outline, and how far that is."""

# GRS 80, the ellipsoid of CGCS2000
SEMI_MAJOR_M, ECCENTRICITY_SQUARED = 6378137.0, 0.00669438002290


class Place(NamedTuple):
    """A point and how many metres a unit of x and y has there."""

    x: float
    y: float
    x_m: float
    y_m: float

    def within(self, radius_m: float) -> Around:
        """Look around the point."""
        return Around(*(np.array([one]) for one in (*self, radius_m)))


@dataclass(frozen=True, slots=True)
class Around:
    """Points and how far to look around them.

    Attributes:
        x, y: Shape (n,), finite.
        x_m, y_m: Metres a unit of x and y at each point.
        radius_m: How far to look, shape (n,).
    """

    x: Floats
    y: Floats
    x_m: Floats
    y_m: Floats
    radius_m: Floats

    def at(self, points: Integers) -> Around:
        """Return the surroundings of some points, in their order and as often as they are named."""
        return Around(*(getattr(self, name)[points] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Near:
    """Polygons whose outlines are near points: for each pair the nearest place of the outline.

    Attributes:
        point, polygon: The pairs, by point and then by polygon.
        x, y: The nearest place.
        distance_m: How far it is from the point.
    """

    point: Integers
    polygon: Integers
    x: Floats
    y: Floats
    distance_m: Floats

    def nearest_of(self, kept: Integers, edge: Integers) -> Near:
        """Keep the nearest place of each pair, of equally near ones that of the first edge.

        Args:
            kept: Places that come into question.
            edge: The vertex that the edge of each place starts at, kept or not.
        """
        order = kept[np.lexsort((edge[kept], self.distance_m[kept], self.polygon[kept], self.point[kept]))]
        is_first = changes(self.point[order]) | changes(self.polygon[order])
        return Near(*(getattr(self, name)[order[is_first]] for name in self.__slots__))

    def feet(self) -> list[Foot]:
        """Return what is near one point."""
        columns = (self.polygon, self.x, self.y, self.distance_m)
        return list(zip(*(column.tolist() for column in columns), strict=True))


def metres_a_degree(lat: Numbers) -> tuple[Numbers, Numbers]:
    """Return how many metres a degree of longitude and one of latitude have at latitudes in degrees."""
    sine = np.sin(np.radians(lat))
    curve = 1.0 - ECCENTRICITY_SQUARED * sine * sine
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / (curve * np.sqrt(curve))
    parallel_m = SEMI_MAJOR_M / np.sqrt(curve) * np.cos(np.radians(lat))
    # at the poles no longitude is far from any other
    return np.maximum(np.radians(parallel_m), 1e-9), np.radians(meridian_m)


def around_points(lon: Floats, lat: Floats, radius_m: Floats) -> Around:
    """Look around points in longitude and latitude.

    A degree is taken for as many metres as it has at the point, which is right to a millimetre within 100 m.

    Args:
        lon: Longitudes in degrees, finite, shape (n,).
        lat: Latitudes, shape (n,).
        radius_m: How far to look, shape (n,).
    """
    return Around(lon, lat, *metres_a_degree(lat), radius_m)


def place_at(lon: float, lat: float) -> Place:
    """Return a place in longitude and latitude; see `around_points`."""
    x_m, y_m = metres_a_degree(lat)
    return Place(lon, lat, float(x_m), float(y_m))


def outlines_near(tables: Tables, around: Around) -> Near:
    """Find every polygon whose outline is within the radius of each point.

    Edges are straight between their ends, as everywhere; metres are those of the ellipsoid at the point.
    """
    point, cell = _cells_near(tables, around)
    cells, which = np.unique(cell, return_inverse=True)
    owner, polygon, edge = edges_in(tables, cells)
    first = np.searchsorted(owner, np.arange(len(cells) + 1))
    counts = np.diff(first)[which]
    number = ranges(first[which], counts)
    point = np.repeat(point, counts)
    polygon, edge = polygon[number], edge[number]
    x, y, distance_m = feet_in_plane(around.at(point), tables.vertices[edge], tables.vertices[edge + 1])
    kept = np.flatnonzero(distance_m <= around.radius_m[point])
    return Near(point, polygon, x, y, distance_m).nearest_of(kept, edge)


def _cells_near(tables: Tables, around: Around) -> tuple[Integers, Integers]:
    """List pairs of a point and a divided cell within its radius."""
    frame = tables.frame
    dx, dy = around.radius_m / around.x_m, around.radius_m / around.y_m
    west, south = frame.place(around.x - dx, around.y - dy)
    east, north = frame.place(around.x + dx, around.y + dy)
    first_column, last_column = _clipped(west, frame.columns), _clipped(east, frame.columns)
    first_row, last_row = _clipped(south, frame.rows), _clipped(north, frame.rows)
    widths, heights = last_column - first_column + 1, last_row - first_row + 1
    counts = widths * heights
    point = np.repeat(np.arange(len(counts)), counts)
    step = ranges(np.zeros_like(counts), counts)
    row, column = np.divmod(step, widths[point])
    cell = (first_row[point] + row) * frame.columns + first_column[point] + column
    divided = tables.cells[cell] < NONE
    return point[divided], cell[divided]


def _clipped(places: Floats, count: int) -> Integers:
    return np.clip(np.floor(places), 0, count - 1).astype(np.int64)


def edges_in(tables: Tables, cells: Integers) -> tuple[Integers, Integers, Integers]:
    """List the edges of divided cells: which cell, whose edge, and the vertex it starts at, each once."""
    reference = tables.cells[cells]
    size = np.left_shift(1, 2 * levels_of(-2 - reference)).astype(np.int64)
    value = palette_values(tables, reference)
    cell = np.repeat(np.arange(len(cells)), size)
    is_record = value < NONE
    bits = len(tables.words).bit_length()
    keys = distinct(cell[is_record] << bits | (-2 - value[is_record].astype(np.int64)))
    cell, word = keys >> bits, keys & ((1 << bits) - 1)
    found: list[NDArray[np.int64]] = [np.empty((0, 3), dtype=np.int64)]
    while len(word):
        polygon, head = tables.words[word].astype(np.int64), tables.words[word + 1]
        runs = head >> RUNS_SHIFT
        run = ranges(word + 2, 2 * runs)
        start, length = tables.words[run[0::2]].astype(np.int64), tables.words[run[1::2]]
        whose = np.repeat(np.repeat(np.arange(len(word)), runs), length)
        found.append(np.stack((cell[whose], polygon[whose], ranges(start, length)), axis=1))
        goes_on = (head & LAST) == 0
        word, cell = (word + 2 + 2 * runs)[goes_on], cell[goes_on]
    edges = np.concatenate(found)
    bits = len(tables.vertices).bit_length()
    _, once = np.unique(edges[:, 0] << bits | edges[:, 2], return_index=True)
    cell, polygon, edge = edges[once].T
    return cell, polygon, edge


def feet_in_plane(at: Around | Place, one: Floats, other: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the nearest place of edges to points, and how far it is in metres.

    Args:
        at: A point for each edge, or one for all.
        one: Where each edge starts, shape (e, 2).
        other: Where it ends.
    """
    x1, y1 = (one[:, 0] - at.x) * at.x_m, (one[:, 1] - at.y) * at.y_m
    dx, dy = (other[:, 0] - one[:, 0]) * at.x_m, (other[:, 1] - one[:, 1]) * at.y_m
    length = dx * dx + dy * dy
    share = np.clip(-(x1 * dx + y1 * dy) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    x, y = x1 + share * dx, y1 + share * dy
    # not `hypot`: the compiled kernel, which does this for each edge, must get the same bits
    return at.x + x / at.x_m, at.y + y / at.y_m, np.sqrt(x * x + y * y)
