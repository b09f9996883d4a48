"""Rivers and lakes: rain runs down the terrain, gathers, and is drawn where enough of it has gathered."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.sample.land.curves import Noise, Warp, relaxed, rounded, wandering
from gis.sample.land.ground import stream

if TYPE_CHECKING:
    from gis.sample.land.ground import Plan
    from gis.sample.land.terrain import Terrain

_CELL = 250.0
_HALF = 35_000.0
_SIDE = int(2 * _HALF / _CELL)
_KM2 = (_CELL / 1000) ** 2
_STREAM_KM2 = 7.0
_STEPS = [
    (dy * _SIDE + dx, 1.0 if dx == 0 or dy == 0 else 1.41421356)
    for dx in (-1, 0, 1)
    for dy in (-1, 0, 1)
    if dx or dy
]


@dataclass(frozen=True)
class River:
    """One river from its head to its mouth, a line in plan metres, with the land it drains at the mouth."""

    line: Plan
    basin_km2: float


def make_rivers(terrain: Terrain, seed: int) -> list[River]:
    """Return the rivers, largest first; a tributary ends on a vertex of the river it joins."""
    down, order = _drainage(terrain, seed)
    area = np.full(_SIDE * _SIDE, _KM2)
    for cell in reversed(order):
        if down[cell] >= 0:
            area[down[cell]] += area[cell]
    courses = _courses(down, order, area)
    rng = stream(seed, "meanders")
    bends = Warp.make(rng, 1_900, 3, 260)
    rivers: list[River] = []
    smooth: dict[int, Plan] = {}
    for cells, joins in courses:
        line = _cell_middles(np.array(cells))
        if joins >= 0:
            line = np.concatenate([line, smooth[joins][None]])
        line = relaxed(line, 6)
        smooth.update(zip(cells, line, strict=False))
        drawn = wandering(bends.of(line), terrain.spacing.at, rng, sway=0.10, fade=0.75)
        rivers.append(River(drawn, float(area[cells[-1]])))
    return rivers


def _drainage(terrain: Terrain, seed: int) -> tuple[list[int], list[int]]:
    """Return the cell each cell drains to (-1: none) and the cells from the mouths upwards."""
    axis = (np.arange(_SIDE) + 0.5) * _CELL - _HALF
    x, y = np.meshgrid(axis, axis)
    xy = np.column_stack([x.ravel(), y.ravel()])
    # a path costs its length, more over high and over rough ground: streams wind, join and keep to valleys
    rough = np.clip(Noise.make(stream(seed, "rain"), 1_700, 3).at(xy) + 0.35, 0, 2)
    cost = np.round(1 + terrain.elevation.at(xy) / 14 + 3.5 * rough, 6)
    land = shapely.contains_xy(shapely.Polygon(terrain.outline).buffer(800), xy)
    bank = shapely.LineString(terrain.bank)
    shapely.prepare(bank)
    mouth = ~land & (shapely.distance(shapely.points(xy), bank) < 1_500)  # noqa: PLR2004 - the river's bed
    return _flood(cost.tolist(), (land & ~mouth).tolist(), np.flatnonzero(mouth).tolist())


def _flood(cost: list[float], land: list[bool], mouths: list[int]) -> tuple[list[int], list[int]]:
    """Return for each cell the next one on its cheapest way to a mouth, and the order they were reached."""
    down, best = [-1] * len(cost), [math.inf] * len(cost)
    done = [not usable for usable in land]
    order: list[int] = []
    queue = [(0.0, cell, -1) for cell in mouths]
    for cell in mouths:
        best[cell], done[cell] = 0.0, False
    while queue:
        spent, cell, before = heapq.heappop(queue)
        if done[cell]:
            continue
        done[cell], down[cell] = True, before
        order.append(cell)
        # the land touches no edge of the raster, so no step wraps around
        for offset, length in _STEPS:
            other = cell + offset
            total = spent + length * cost[other]
            if not done[other] and total < best[other]:
                best[other] = total
                heapq.heappush(queue, (total, other, cell))
    return down, order


def _courses(down: list[int], order: list[int], area: Plan) -> list[tuple[list[int], int]]:
    """Return each river's cells from head to mouth with the cell it joins (-1: the big river)."""
    above: dict[int, list[int]] = {}
    for cell in order:
        if area[cell] >= _STREAM_KM2 and down[cell] >= 0:
            above.setdefault(down[cell], []).append(cell)
    mouths = [
        cell for cell in order if down[cell] >= 0 and down[down[cell]] < 0 and area[cell] >= _STREAM_KM2
    ]
    waiting = sorted(((-float(area[cell]), cell, down[cell]) for cell in mouths), reverse=True)
    courses = []
    while waiting:
        _, cell, joins = waiting.pop()
        cells = [cell]
        while cell in above:
            first, *rest = sorted(above[cell], key=lambda upper: (-float(area[upper]), upper))
            waiting.extend((-float(area[upper]), upper, cell) for upper in rest)
            cells.append(first)
            cell = first
        waiting.sort(reverse=True)
        into_big_river = down[joins] < 0
        # the last reach runs on into the big river's bed, so that it crosses the bank
        courses.append((cells[::-1] + ([joins] if into_big_river else []), -1 if into_big_river else joins))
    return courses


def _cell_middles(cells: Plan) -> Plan:
    row, column = np.divmod(cells, _SIDE)
    return np.column_stack([(column + 0.5) * _CELL - _HALF, (row + 0.5) * _CELL - _HALF])


def make_lakes(terrain: Terrain, rivers: list[River], seed: int) -> list[Plan]:
    """Return lake shores as open rings in plan metres: swellings of a river in quiet country."""
    rng = stream(seed, "lakes")
    room = shapely.Polygon(terrain.outline).buffer(-2_500)
    lakes: list[Plan] = []
    for radius in (1_250.0, 900.0, 560.0):
        courses = np.concatenate([river.line for river in rivers[:9]])
        fits = shapely.contains_xy(room, courses)
        calm = (terrain.density.at(courses) < 420) & (terrain.elevation.at(courses) < 80)  # noqa: PLR2004 - lowland
        far = np.ones(len(courses), dtype=bool)
        for lake in lakes:
            far &= ((courses - lake.mean(axis=0)) ** 2).sum(axis=1) > 9_000**2
        choice = courses[fits & calm & far]
        if len(choice):
            lakes.append(_shore(rng, choice[rng.integers(len(choice))], radius, terrain))
    return lakes


def _shore(rng: np.random.Generator, middle: Plan, radius: float, terrain: Terrain) -> Plan:
    corners = 9
    turn = rng.random()
    turns = ((np.arange(corners) + 0.5 * rng.random(corners) + turn) * (2 * math.pi / corners)).tolist()
    reach = radius * (0.55 + 0.75 * rng.random(corners))
    stretch = 0.55 + 0.3 * rng.random()
    circle = np.array([(math.cos(angle), stretch * math.sin(angle)) for angle in turns])
    ring = rounded(middle + circle * reach[:, None], 2, closed=True)
    drawn = wandering(np.concatenate([ring, ring[:1]]), terrain.spacing.at, rng, sway=0.08)
    return drawn[:-1]
