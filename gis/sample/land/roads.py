"""Roads: highways between towns, a ring around the city, and the main streets of each town."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.sample.land.curves import Warp, resampled, rounded, wandering
from gis.sample.land.ground import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.sample.land.ground import Plan
    from gis.sample.land.terrain import Terrain, Town

_URBAN = 1_050.0  # households per km2 from which a place has a net of main streets
_SUBURBAN = 520.0  # ... and from which the town's arterial roads run on
_STEP = 40.0


class RoadClass(IntEnum):
    """How important a road is; the larger the more likely a boundary follows it."""

    LANE = 1
    STREET = 2
    ARTERIAL = 3
    HIGHWAY = 4
    RING = 5


@dataclass(frozen=True)
class Road:
    """One road as drawn, before crossings are made: a line in plan metres."""

    line: Plan
    kind: RoadClass
    number: int  # roads of one number are one road and share a name


def make_roads(terrain: Terrain, lakes: list[Plan], seed: int) -> list[Road]:
    """Return all roads that bound blocks from the start; lanes come when blocks are split."""
    highways = _highways(terrain, seed)
    ring = _ring(terrain, seed)
    roads = [Road(line, RoadClass.HIGHWAY, number) for number, line in enumerate(highways)]
    roads.append(Road(ring, RoadClass.RING, len(roads)))
    for town in range(len(terrain.towns)):
        for line, kind in _main_streets(terrain, town, seed):
            roads.append(Road(line, kind, len(roads)))
    water = shapely.union_all([shapely.Polygon(lake).buffer(60) for lake in lakes])
    return [
        Road(resampled(piece, terrain.spacing.at), road.kind, road.number)
        for road in roads
        for piece in _outside(road.line, water)
    ]


def _outside(line: Plan, water: shapely.Geometry) -> list[Plan]:
    parts = shapely.get_parts(shapely.difference(shapely.LineString(line), water))
    return [shapely.get_coordinates(part) for part in parts if part.length > 2 * _STEP]


def _highways(terrain: Terrain, seed: int) -> list[Plan]:
    """Join towns that have no third town between them (a Gabriel graph), and run on to the border."""
    rng = stream(seed, "highways")
    towns = np.array([(town.x, town.y) for town in terrain.towns])
    lines = []
    for i, a in enumerate(towns):
        for b in towns[i + 1 :]:
            middle, reach = (a + b) / 2, float(((a - b) ** 2).sum()) / 4
            inside = ((towns - middle) ** 2).sum(axis=1) < reach * 0.999
            if not inside.any() and reach < 9_000**2:
                lines.append(_bent(rng, np.array([a, b]), sway=0.05))
    outline = shapely.Polygon(terrain.outline)
    middle = np.asarray(outline.centroid.coords[0])
    for town in (town for town in terrain.towns if town.rank == 1):
        place = np.array([town.x, town.y])
        away = place - middle
        end = place + away * (14_000 / math.sqrt(float((away**2).sum())))
        if not outline.contains(shapely.Point(end)):
            lines.append(_bent(rng, np.array([place, end]), sway=0.04))
    return [part for line in lines for part in _between_towns(terrain, line)]


def _bent(rng: np.random.Generator, ends: Plan, *, sway: float) -> Plan:
    coarse = wandering(ends, lambda xy: np.full(len(xy), 1_900.0), rng, sway=sway, fade=0.8)
    return resampled(rounded(coarse, 3), lambda xy: np.full(len(xy), _STEP))


def _between_towns(terrain: Terrain, line: Plan) -> list[Plan]:
    """Keep what lies outside the net of main streets and a little of what leads into it."""
    deep = terrain.density.at(line) > 1.6 * _URBAN
    return [line[start:end] for start, end in _runs(~deep) if end - start > 4]  # noqa: PLR2004 - vertices


def _runs(keep: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], keep.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _ring(terrain: Terrain, seed: int) -> Plan:
    rng = stream(seed, "ring")
    city = terrain.towns[0]
    corners = 12
    turns = [2 * math.pi * corner / corners + city.turn for corner in range(corners)]
    circle = np.array([(1.15 * math.cos(turn), math.sin(turn)) for turn in turns])
    reach = city.radius_m * (1.02 + 0.22 * rng.random(corners))
    smooth = rounded((city.x, city.y) + circle * reach[:, None], 4, closed=True)
    inside = shapely.contains_xy(shapely.Polygon(terrain.outline), smooth)
    if not inside.all():  # begin the line outside, so that what is kept is one piece
        smooth = np.roll(smooth, -int(np.flatnonzero(~inside)[0]), axis=0)
    return np.concatenate([smooth, smooth[:1]])


def _main_streets(terrain: Terrain, number: int, seed: int) -> list[tuple[Plan, RoadClass]]:
    """Lay two families of streets over a town, square to each other and bent together by the land."""
    town = terrain.towns[number]
    rng = stream(seed, f"streets {number}")
    warp = Warp.make(rng, 2_600, 2, 170)
    reach = town.radius_m * 2.6 + 300
    along = np.arange(-reach, reach + 1, _STEP)
    cos, sin = round(math.cos(town.turn), 9), round(math.sin(town.turn), 9)
    middle = np.array([town.x, town.y])
    streets = []
    for across in (False, True):
        for place, (offset, kind) in enumerate(_offsets(rng, reach, town)):
            u, v = (np.full(len(along), offset), along) if across else (along, np.full(len(along), offset))
            flat = np.column_stack([u * cos - v * sin, u * sin + v * cos]) + middle
            line = warp.of(flat)
            least = _SUBURBAN if kind == RoadClass.ARTERIAL else _URBAN
            for start, end in _runs(_belongs(terrain, number, line, least)):
                if end - start > 8 + place % 3:  # vertices; shorter pieces are dead ends
                    streets.append((line[start:end], kind))
    return streets


def _offsets(rng: np.random.Generator, reach: float, town: Town) -> list[tuple[float, RoadClass]]:
    near, far = (430.0, 780.0) if town.rank < 2 else (280.0, 520.0)  # noqa: PLR2004 - market towns are finer
    steps = near + (far - near) * rng.random(int(2 * reach / near) + 2)
    offsets = np.cumsum(steps) - steps.sum() / 2
    main = rng.integers(0, 2)
    return [
        (float(offset), RoadClass.ARTERIAL if number % 2 == main else RoadClass.STREET)
        for number, offset in enumerate(offsets)
        if abs(offset) < reach
    ]


def _belongs(terrain: Terrain, number: int, line: Plan, least: float) -> NDArray[np.bool_]:
    """Tell where a street lies in its own town, rather than in another, and where that is dense enough."""
    share = np.array(
        [
            ((line[:, 0] - town.x) ** 2 + (line[:, 1] - town.y) ** 2) / town.radius_m**2
            for town in terrain.towns
        ]
    )
    return np.asarray((share.argmin(axis=0) == number) & (terrain.density.at(line) > least))
