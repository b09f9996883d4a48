"""GeoJSON geometries to shapely, a batch at a time; what is of no wanted kind is a problem of its row."""

from __future__ import annotations

from array import array
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gis.files.sources import (
    NO_GEOMETRY,
    TOO_FAR,
    Z_DROPPED,
    is_too_far,
    require_few_vertices,
    wrong_kind,
)
from gis.nouns import RowProblem, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gis.files.sources import Problems, ReadLimits

_FEWEST_POSITIONS = 4
_PLANE = 2
_OTHER_KINDS = ("Point", "LineString", "MultiLineString")


class _Rings(NamedTuple):
    """A polygonal geometry: its positions, the positions in each ring, the rings in each polygon."""

    positions: list[Any]
    ring_sizes: list[int]
    polygon_sizes: list[int]


class Shapes:
    """The geometries of a batch. They are flattened to numbers one by one, and built all at once.

    Flattening at once keeps few lists alive; a batch of them would keep the garbage collector busy.

    Args:
        first_row: Row of the first geometry.
        limits: Say how many vertices a feature may have, and which kinds are taken.
        problems: Takes a problem for each row without a usable geometry.
    """

    def __init__(self, first_row: int, limits: ReadLimits, problems: Problems) -> None:
        self._first_row = first_row
        self._limits = limits
        self._problems = problems
        self._count = 0
        self._usable = array("q")  # position in the batch of each geometry that is no fault so far
        self._single = array("b")  # whether it is a Polygon
        self._polygon_counts = array("q")
        self._polygon_sizes = array("q")
        self._ring_sizes = array("q")
        self._xy = array("d")
        self._others: dict[int, shapely.Geometry] = {}  # lines and points, by position in the batch

    def add(self, geometry: Any) -> None:  # noqa: ANN401 - any JSON value
        """Take the next geometry.

        Raises:
            FileFormatError: It has too many vertices.
        """
        row = self._first_row + self._count
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if kind in _OTHER_KINDS and kind in self._limits.kinds:
            self._add_other(kind, geometry.get("coordinates"), row)
            self._count += 1
            return
        rings = _rings_of(geometry, self._limits.kinds)
        if isinstance(rings, _Rings):
            require_few_vertices(len(rings.positions), self._limits.max_vertices, row)
            fault = _position_fault(rings.positions) or _ring_fault(rings)
        else:
            fault = rings
        if isinstance(rings, str) or fault:
            self._problems.add(RowProblem(row, "geometry", Severity.ERROR, str(fault)))
        else:
            self._take(rings, row, single=geometry["type"] == "Polygon")
        self._count += 1

    def _add_other(self, kind: str, coordinates: Any, row: int) -> None:  # noqa: ANN401 - any JSON value
        parts = [[coordinates]] if kind == "Point" else [coordinates] if kind == "LineString" else coordinates
        fault = _line_fault(parts, fewest=1 if kind == "Point" else 2)
        if fault is not None:
            self._problems.add(RowProblem(row, "geometry", Severity.ERROR, fault))
            return
        require_few_vertices(sum(map(len, parts)), self._limits.max_vertices, row)
        flat = [[position[:_PLANE] for position in part] for part in parts]
        if flat != parts:
            self._problems.note(Z_DROPPED, row)
        lines = shapely.MultiLineString(flat) if kind == "MultiLineString" else None
        self._others[self._count] = lines or (shapely.Point if kind == "Point" else shapely.LineString)(
            flat[0]
        )

    def _take(self, rings: _Rings, row: int, *, single: bool) -> None:
        positions = rings.positions
        if max(map(len, positions)) > _PLANE:
            self._problems.note(Z_DROPPED, row)
            positions = [position[:_PLANE] for position in positions]
        self._xy.extend(chain.from_iterable(positions))
        self._ring_sizes.extend(rings.ring_sizes)
        self._polygon_sizes.extend(rings.polygon_sizes)
        self._polygon_counts.append(len(rings.polygon_sizes))
        self._single.append(single)
        self._usable.append(self._count)

    def build(self) -> NDArray[np.object_]:
        """Return the geometries taken, shape (n,).

        They are as given, valid or not (a bow-tie stays one), two-dimensional; None where there is no
        usable geometry.
        """
        shapes: NDArray[np.object_] = np.full(self._count, None, dtype=np.object_)
        usable = np.array([*self._usable, *self._others], dtype=np.intp)
        if not len(usable):
            return shapes
        others = np.array(list(self._others.values()), dtype=object)
        built = np.concatenate((self._built(), others)) if self._usable else others
        for at in np.flatnonzero(is_too_far(built)).tolist():
            built[at] = None
            row = self._first_row + int(usable[at])
            self._problems.add(RowProblem(row, "geometry", Severity.ERROR, TOO_FAR))
        shapes[usable] = built
        return shapes

    def _built(self) -> NDArray[np.object_]:
        xy = np.array(self._xy).reshape(-1, _PLANE)
        rings = np.asarray(shapely.linearrings(xy, indices=_owners(self._ring_sizes)))
        polygons = np.asarray(shapely.polygons(rings, indices=_owners(self._polygon_sizes)))
        shapes = np.asarray(shapely.multipolygons(polygons, indices=_owners(self._polygon_counts)))
        single = np.array(self._single, dtype=bool)
        shapes[single] = polygons[np.cumsum(self._polygon_counts)[single] - 1]
        return shapes


def _owners(sizes: array[int]) -> NDArray[np.int64]:
    """Return for each of the parts the index of the whole: sizes (2, 3) give 0 0 1 1 1."""
    return np.repeat(np.arange(len(sizes)), np.array(sizes))


def _line_fault(parts: Any, fewest: int) -> str | None:  # noqa: ANN401 - any JSON value
    """Say what is wrong with the positions of points and lines."""
    if not isinstance(parts, list) or not parts or not set(map(type, parts)) <= {list}:
        return "`coordinates` holds no line; draw it or remove the row"
    for positions in parts:
        if len(positions) < fewest:
            return f"a line has {len(positions)} positions; it needs at least two"
        fault = _position_fault(positions)
        if fault is not None:
            return fault
    return None


def _rings_of(geometry: Any, kinds: Sequence[str]) -> _Rings | str:  # noqa: ANN401 - any JSON value
    """Return the rings of a polygonal geometry, or what is wrong with it."""
    if geometry is None:
        return NO_GEOMETRY
    if not isinstance(geometry, dict):
        return "`geometry` must be a GeoJSON object or null"
    kind = geometry.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        return wrong_kind(str(kind)[:40], kinds)
    coordinates = geometry.get("coordinates")
    return _rings_of_polygons([coordinates] if kind == "Polygon" else coordinates)


def _rings_of_polygons(polygons: Any) -> _Rings | str:  # noqa: ANN401 - any JSON value
    if not isinstance(polygons, list) or not polygons:
        return "`coordinates` holds no polygon"
    rings = _Rings([], [], [])
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            return "a polygon in `coordinates` has no ring"
        for ring in polygon:
            if not isinstance(ring, list):
                return "a ring in `coordinates` is no list of positions"
            rings.positions.extend(ring)
            rings.ring_sizes.append(len(ring))
        rings.polygon_sizes.append(len(polygon))
    return rings


def _position_fault(positions: list[Any]) -> str | None:
    if not set(map(type, positions)) <= {list}:
        return "a position in `coordinates` must be a list of two numbers, longitude and latitude"
    # exact types, because Python counts true as a number
    if not set(map(type, chain.from_iterable(positions))) <= {int, float}:
        return "a coordinate is no number"
    if positions and min(map(len, positions)) < _PLANE:
        return "a position in `coordinates` has fewer than two numbers"
    return None


def _ring_fault(rings: _Rings) -> str | None:
    start = 0
    for size in rings.ring_sizes:
        if size < _FEWEST_POSITIONS:
            return f"a ring has {size} positions; it needs at least four, the last equal to the first"
        first, last = rings.positions[start], rings.positions[start + size - 1]
        if first[:_PLANE] != last[:_PLANE]:
            return "a ring is not closed: its last position must equal its first"
        start += size
    return None
