"""Buildings with the households of their grid: rows along the streets in town, hamlets in the country."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gis.nouns import STORED_CRS, GridKind
from gis.sample.land.ground import ORIGIN, stream, to_degrees, to_lattice
from gis.sample.life.scatter import METRES_PER_DEGREE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gis.sample.district import SampleDistrict

    Floats = NDArray[np.float64]

# households of one building, and its footprint in metres, by land use of the grid
_HABIT = {
    "residential": (26.0, 46.0, 13.0),
    "commercial": (30.0, 40.0, 16.0),
    "mixed": (11.0, 26.0, 12.0),
    "industrial": (14.0, 30.0, 14.0),
    "farmland": (2.4, 13.0, 9.0),
    "forest": (2.0, 12.0, 9.0),
}
_RURAL = ("farmland", "forest")
_CLEAR_M = 2.0  # between a building and any boundary
_HAMLET_HOUSES = 32
_STOREY_HOUSEHOLDS = 4
_PIECE_VERTICES = 12


def make_buildings(district: SampleDistrict, seed: int) -> gpd.GeoDataFrame:
    """Build houses for every household of the natural grids.

    No building touches the boundary of a natural or dedicated grid, none overlaps another, and the
    households of the buildings of a grid add up to the grid's.

    Returns:
        Columns grid_code, households, storeys and rectangular footprints in EPSG:4490, by grid code.
    """
    rng = stream(seed, "buildings")
    natural = district.grids_of(GridKind.NATURAL)
    rooms = _rooms(district, natural)
    parts = []
    for number, (room, use, households) in enumerate(
        zip(rooms, natural["land_use"], natural["households"].tolist(), strict=True)
    ):
        if not households:
            continue
        corners = _row_houses(room, use, households, rng)
        share = 1 + rng.multinomial(households - len(corners), np.full(len(corners), 1 / len(corners)))
        parts.append((np.full(len(corners), number), share, corners))
    grid, households, corners = (np.concatenate(column) for column in zip(*parts, strict=True))
    frame = {
        "grid_code": natural["code"].to_numpy()[grid],
        "households": households,
        "storeys": np.clip(np.ceil(households / _STOREY_HOUSEHOLDS), 1, 33).astype(np.int64),
    }
    return gpd.GeoDataFrame(frame, geometry=_footprints(corners), crs=STORED_CRS)


def _rooms(district: SampleDistrict, natural: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return where buildings may stand in each grid, in plan metres: off boundaries, sites, rivers, roads."""
    sites = shapely.buffer(_plan(district.grids_of(GridKind.DEDICATED)), _CLEAR_M, quad_segs=2)
    taken = np.concatenate([sites, _strips(district.rivers), _strips(district.roads)])
    rooms = shapely.buffer(_plan(natural), -_CLEAR_M, quad_segs=2)
    grid, obstacle = shapely.STRtree(taken).query(rooms, predicate="intersects")
    for number in np.unique(grid).tolist():
        free = shapely.difference(rooms[number], shapely.union_all(taken[obstacle[grid == number]]))
        if not free.is_empty:
            rooms[number] = free
    return np.asarray(rooms)


def _strips(lines: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the land rivers or roads take up, in short pieces, for long ones are slow to cut with."""
    parts, owner = shapely.get_parts(_plan(lines), return_index=True)
    pieces, width = [], []
    for part, wide in zip(parts, lines["width_m"].to_numpy()[owner].tolist(), strict=True):
        line = shapely.get_coordinates(part)
        for start in range(0, len(line) - 1, _PIECE_VERTICES):
            pieces.append(shapely.LineString(line[start : start + _PIECE_VERTICES + 1]))
            width.append(wide)
    return np.asarray(shapely.buffer(np.array(pieces), np.array(width) / 2 + _CLEAR_M, quad_segs=2))


def _plan(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    return np.asarray(
        shapely.transform(frame.geometry.to_numpy(), lambda lonlat: (lonlat - ORIGIN) * METRES_PER_DEGREE)
    )


def _row_houses(room: BaseGeometry, use: str, households: int, rng: np.random.Generator) -> Floats:
    """Return the corners of the houses of one grid, shape (n, 4, 2), in plan metres."""
    each, length, depth = _HABIT[use]
    wanted = min(households, max(1, round(households / each)))
    turn = _turn(room)
    size = np.array([length, depth])
    for _ in range(6):
        step = size * 1.35 if use in _RURAL else _roomy(room, size, wanted)
        centres = _rows(room, step, turn, rng, wanted if use in _RURAL else None)
        half = size / 2 * (0.85 + 0.3 * rng.random((len(centres), 1)))
        corners = _rectangles(centres, half, turn)
        shapely.prepare(room)
        fits = np.flatnonzero(shapely.contains(room, shapely.polygons(corners)))
        if len(fits) >= 0.5 * wanted:
            return np.asarray(corners[np.sort(rng.permutation(fits)[:wanted])])
        size = size * 0.75  # a narrow grid has small houses
    if len(fits):
        return np.asarray(corners[fits[:wanted]])
    middle = shapely.get_coordinates(shapely.point_on_surface(room))
    return _rectangles(middle, np.array([[0.5, 0.5]]), turn)


def _turn(room: BaseGeometry) -> float:
    """Return the direction of the longer side of the tightest box, radians."""
    box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(room))
    sides = np.diff(box[:3], axis=0)
    x, y = sides[int((sides**2).sum(axis=1).argmax())]
    return float(np.arctan2(y, x))


def _roomy(room: BaseGeometry, size: Floats, wanted: int) -> Floats:
    """Return the step between houses so that somewhat more places than wanted lie in the room."""
    stretch = max(1.3, float(np.sqrt(room.area / (2.0 * wanted * size.prod()))))
    return size * min(stretch, 6.0)


def _rows(
    room: BaseGeometry, step: Floats, turn: float, rng: np.random.Generator, hamlet_houses: int | None
) -> Floats:
    """Return places in rows: over the whole room, or around some hamlets for so many houses."""
    cos, sin = np.cos(turn), np.sin(turn)
    west, south, east, north = room.bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    if hamlet_houses is None:
        reach = np.hypot(east - west, north - south) / 2 / step
        u, v = (np.arange(-int(r), int(r) + 1) for r in reach)
        places = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)
    else:
        count = max(1, round(hamlet_houses / _HAMLET_HOUSES))
        seeds = np.array([west, south]) + rng.random((count, 2)) * (east - west, north - south)
        off = seeds - middle
        turned = np.column_stack([off[:, 0] * cos + off[:, 1] * sin, off[:, 1] * cos - off[:, 0] * sin])
        width = int(np.ceil(np.sqrt(2.8 * hamlet_houses / count)))
        around = np.stack(np.meshgrid(np.arange(width), np.arange(width)), axis=-1).reshape(-1, 2)
        places = np.unique((np.rint(turned / step).astype(np.int64)[:, None] + around).reshape(-1, 2), axis=0)
        places = places[rng.random(len(places)) < 0.75]  # noqa: PLR2004 - hamlets have gaps
    u, v = (places * step).T
    return np.asarray(middle + np.column_stack([u * cos - v * sin, u * sin + v * cos]))


def _rectangles(centres: Floats, half: Floats, turn: float) -> Floats:
    """Return four corners of each rectangle, anticlockwise, shape (n, 4, 2)."""
    cos, sin = np.cos(turn), np.sin(turn)
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    box = signs[None] * half[:, None, :]
    turned = np.stack([box[..., 0] * cos - box[..., 1] * sin, box[..., 0] * sin + box[..., 1] * cos], axis=-1)
    return np.asarray(centres[:, None, :] + turned)


def _footprints(corners: Floats) -> NDArray[np.object_]:
    lonlat = to_degrees(to_lattice(corners.reshape(-1, 2))).reshape(-1, 4, 2)
    return np.asarray(shapely.polygons(lonlat))
