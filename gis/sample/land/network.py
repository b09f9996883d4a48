"""Node every line of the land once, on the lattice, and read the faces between them.

This is the only place where lines are cut at each other. Everything later splits faces from one existing
vertex to another and unites faces that share vertices, so no rounding can open a gap afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.sample.land.ground import to_lattice
from gis.sample.land.roads import RoadClass

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.sample.land.ground import Lattice, Plan
    from gis.sample.land.roads import Road
    from gis.sample.land.terrain import Terrain
    from gis.sample.land.water import River

_NEAR_UNITS = 4.0  # snap rounding moves a line by less than this


class Line(IntEnum):
    """What runs along a segment; the larger wins where two coincide."""

    FIELD = 0  # a path, ditch or wall between blocks in the country
    LANE = 1
    STREET = 2
    ARTERIAL = 3
    BROOK = 4
    HIGHWAY = 5
    RING = 6
    SHORE = 7
    RIVER = 8
    BORDER = 9


_OF_ROAD = {
    RoadClass.LANE: Line.LANE,
    RoadClass.STREET: Line.STREET,
    RoadClass.ARTERIAL: Line.ARTERIAL,
    RoadClass.HIGHWAY: Line.HIGHWAY,
    RoadClass.RING: Line.RING,
}
RIVER_KM2 = 60.0
"""A river that drains this much is a river, else a brook."""


@dataclass(frozen=True)
class Network:
    """The noded lines and the faces between them, in lattice units.

    Attributes:
        faces: Open anticlockwise rings, each with all vertices its neighbours have.
        is_lake: For each face whether it is a lake.
        lines: All noded lines as shapely line strings in lattice units, dead ends too.
        kinds: `Line` of each of them.
        numbers: Number of the river or road each belongs to, -1 for others.
    """

    faces: list[Lattice]
    is_lake: list[bool]
    lines: NDArray[np.object_]
    kinds: NDArray[np.int64]
    numbers: NDArray[np.int64]


def make_network(terrain: Terrain, rivers: list[River], lakes: list[Plan], roads: list[Road]) -> Network:
    """Node outline, rivers, lake shores and roads on the lattice and return the faces inside the outline."""
    drawn, kinds, numbers = _drawn(terrain, rivers, lakes, roads)
    noded = shapely.get_parts(shapely.line_merge(shapely.union_all(drawn, grid_size=1)))
    outline = shapely.Polygon(to_lattice(terrain.outline))
    shapely.prepare(outline)
    inside = shapely.dwithin(outline, shapely.line_interpolate_point(noded, 0.5, normalized=True), 2)
    noded = noded[inside]
    kind, number = _sources(noded, drawn, kinds, numbers)
    polygons = _faces(noded[_reachable(noded, kind)])
    polygons = polygons[shapely.contains_properly(outline, shapely.point_on_surface(polygons))]
    polygons = shapely.orient_polygons(polygons)
    waters = shapely.union_all([shapely.Polygon(to_lattice(lake)) for lake in lakes])
    is_lake = shapely.contains_properly(waters, shapely.point_on_surface(polygons))
    faces = [shapely.get_coordinates(p.exterior)[:-1].astype(np.int64) for p in polygons]
    return Network(faces, is_lake.tolist(), noded, kind, number)


def _faces(noded: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the faces between lines, none with a hole: a loop that hangs on by one vertex is left out."""
    while True:
        faces = np.asarray(shapely.get_parts(shapely.polygonize(noded)))
        loops = [shapely.LineString(ring.coords) for face in faces for ring in face.interiors]
        if not loops:
            return faces
        middles = shapely.line_interpolate_point(noded, 0.5, normalized=True)
        noded = noded[~shapely.dwithin(shapely.union_all(loops), middles, 1e-3)]


def _drawn(
    terrain: Terrain, rivers: list[River], lakes: list[Plan], roads: list[Road]
) -> tuple[NDArray[np.object_], NDArray[np.int64], NDArray[np.int64]]:
    water = shapely.union_all([shapely.Polygon(lake) for lake in lakes])
    rows: list[tuple[shapely.LineString, Line, int]] = [(_closed(terrain.outline), Line.BORDER, -1)]
    rows += [(_closed(lake), Line.SHORE, number) for number, lake in enumerate(lakes)]
    for number, river in enumerate(rivers):
        kind = Line.RIVER if river.basin_km2 >= RIVER_KM2 else Line.BROOK
        dry = shapely.difference(shapely.LineString(river.line), water)
        rows += [
            (shapely.LineString(to_lattice(shapely.get_coordinates(part))), kind, number)
            for part in shapely.get_parts(dry)
        ]
    rows += [(shapely.LineString(to_lattice(road.line)), _OF_ROAD[road.kind], road.number) for road in roads]
    lines, kinds, numbers = zip(*rows, strict=True)
    return np.array(lines), np.array(kinds, dtype=np.int64), np.array(numbers, dtype=np.int64)


def _closed(ring: Plan) -> shapely.LineString:
    return shapely.LineString(to_lattice(np.concatenate([ring, ring[:1]])))


def _sources(
    noded: NDArray[np.object_],
    drawn: NDArray[np.object_],
    kinds: NDArray[np.int64],
    numbers: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return kind and number of the strongest drawn line each noded line lies on."""
    middle = shapely.line_interpolate_point(noded, 0.5, normalized=True)
    piece, source = shapely.STRtree(drawn).query(middle, predicate="dwithin", distance=_NEAR_UNITS)
    order = np.lexsort((source, kinds[source]))  # the last to be written is the strongest
    chosen = np.full(len(noded), -1)
    chosen[piece[order]] = source[order]
    return kinds[chosen], np.where(kinds[chosen] == Line.BORDER, -1, numbers[chosen])


def _reachable(noded: NDArray[np.object_], kind: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Keep the lines that hang together with the border: an island in a face would be a hole."""
    ends = np.concatenate(
        [shapely.get_coordinates(shapely.get_point(noded, index)).astype(np.int64) for index in (0, -1)]
    )
    _, node = np.unique(ends[:, 0] * (1 << 32) + ends[:, 1], return_inverse=True)
    start, end = node[: len(noded)], node[len(noded) :]
    reached = np.zeros(node.max() + 1, dtype=bool)
    reached[start[kind == Line.BORDER]] = True
    before = -1
    while before != reached.sum():
        before = int(reached.sum())
        touched = reached[start] | reached[end]
        reached[start[touched]] = True
        reached[end[touched]] = True
    return np.asarray(reached[start])
