"""The invented terrain: outline, big river, hills, towns, and how densely people live."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.sample.land.curves import Noise, Warp, rounded, wandering
from gis.sample.land.ground import stream, to_lattice

if TYPE_CHECKING:
    from gis.sample.land.ground import Plan

HOUSEHOLDS = 690_000
"""Households of the district the density is scaled to; blocks round and vary around it."""

DISTRICT_M2 = 1.5e9
BLOCK_HOUSEHOLDS = 62.0
"""Households a block is split down to; a grid is several blocks."""

RASTER_M = 100.0
_HALF = 36_000.0
_SIDE = int(2 * _HALF / RASTER_M)

# The shape of the district, kilometres, clockwise from the south-west end of the big river's bank; a
# seed moves each point a little.
_BANK = [(-27, -9), (-23, -2), (-17.5, 6), (-10.5, 12.5), (-2, 17.5), (4, 22.5), (6.5, 27)]
_BORDER = [
    (13, 21.5), (18, 23), (25, 15.5), (21, 8.5), (24.5, 3), (25.5, -5), (19, -8), (15.5, -12),
    (18, -18), (14, -24.5), (6.5, -28), (3, -24), (-3, -25), (-8.5, -29), (-13, -22), (-17, -21),
    (-19, -14), (-24.5, -13.5),
]  # fmt: skip
_CITY = (0.5, 9.5)
_STREET_TOWNS, _MARKETS = 7, 17


@dataclass(frozen=True)
class Town:
    """A built-up place: where, how far it reaches, how dense its middle is and how its streets lie."""

    x: float
    y: float
    radius_m: float
    peak: float  # households per km2
    turn: float  # direction of its main streets, radians anticlockwise from east
    rank: int  # 0 the city, 1 middle of a street (街道), 2 market town


@dataclass(frozen=True)
class Raster:
    """A field of the land on a square raster; look-up by nearest cell."""

    values: Plan

    def at(self, xy: Plan) -> Plan:
        """Return the value at plan points, shape (n, 2) to (n,)."""
        cell = np.clip(((xy + _HALF) / RASTER_M).astype(np.int64), 0, _SIDE - 1)
        return np.asarray(self.values[cell[:, 1], cell[:, 0]])


@dataclass(frozen=True)
class Terrain:
    """Everything the roads, rivers and blocks are fitted to.

    Attributes:
        bank: The bank of the big river, the north-western side of the district, a line in plan metres.
        outline: The whole outline as an open ring in plan metres; begins with the bank.
        towns: The city first, then the middles of streets, then market towns.
        elevation: Metres above the big river.
        density: Households per km2.
        spacing: Wanted distance of vertices, metres.
    """

    bank: Plan
    outline: Plan
    towns: tuple[Town, ...]
    elevation: Raster
    density: Raster
    spacing: Raster


def raster_points() -> Plan:
    """Return the middles of all raster cells, row by row from the south-west."""
    axis = (np.arange(_SIDE) + 0.5) * RASTER_M - _HALF
    x, y = np.meshgrid(axis, axis)
    return np.column_stack([x.ravel(), y.ravel()])


def make_terrain(seed: int) -> Terrain:
    """Invent the terrain of a district of about 1 500 km2."""
    bank_km, border_km = _controls(seed)
    xy = raster_points()
    coarse = shapely.Polygon(np.concatenate([bank_km, border_km]))
    hills = _hills(seed, xy, coarse, shapely.LineString(border_km))
    elevation = Raster(hills.reshape(_SIDE, _SIDE))
    towns = _towns(seed, coarse, elevation)
    density = Raster(_density(seed, xy, towns, hills, coarse).reshape(_SIDE, _SIDE))
    spacing = Raster(np.clip(0.26 * np.sqrt(BLOCK_HOUSEHOLDS / density.values) * 1000, 24, 190))
    rng = stream(seed, "outline")
    bends = Warp.make(rng, 5_500, 3, 650)
    bank = wandering(bends.of(rounded(bank_km, 4)), spacing.at, rng, sway=0.04)
    ends = np.concatenate([bank[-1:], border_km, bank[:1]])
    outline = np.concatenate([bank, ends[1:-1]])
    for sway in (0.16, 0.12, 0.08, 0.04):  # the first with which the border does not run into itself
        drawn = np.concatenate([bank, wandering(ends, spacing.at, rng, sway=sway, fade=0.9)[1:-1]])
        if shapely.is_valid(shapely.Polygon(to_lattice(drawn))):
            outline = drawn
            break
    return Terrain(bank, outline, towns, elevation, density, spacing)


def _controls(seed: int) -> tuple[Plan, Plan]:
    rng = stream(seed, "controls")
    points = np.array(_BANK + _BORDER, dtype=float) * 1000
    points += (rng.random(points.shape) - 0.5) * 1600
    points *= math.sqrt(DISTRICT_M2 / shapely.Polygon(points).area)
    return points[: len(_BANK)], points[len(_BANK) :]


def _hills(seed: int, xy: Plan, coarse: shapely.Polygon, border: shapely.LineString) -> Plan:
    rng = stream(seed, "hills")
    ranges = Noise.make(rng, 11_000, 4).at(xy)
    small = Noise.make(rng, 1_800, 3).at(xy)
    # the land rises towards the border away from the big river, so that streams gather inside
    shapely.prepare(border)
    edge = np.clip(1 - shapely.distance(shapely.points(xy), border) / 7_000, 0, 1)
    middle = np.asarray(coarse.centroid.coords[0])
    rise = np.clip(((xy - middle) * [0.55, -0.8]).sum(axis=1) / 30_000 + 0.6, 0, 2)
    height = 25 * rise + 75 * edge * edge + 260 * np.clip(ranges - 0.12, 0, 1) + 14 * small
    return np.asarray(np.round(height, 6), dtype=np.float64)


def _towns(seed: int, coarse: shapely.Polygon, elevation: Raster) -> tuple[Town, ...]:
    rng = stream(seed, "towns")
    city = np.array(_CITY) * 1000 + (rng.random(2) - 0.5) * 1500
    towns = [Town(float(city[0]), float(city[1]), 3_900, 5_400, (rng.random() - 0.5) * 0.5, 0)]
    for rank, count, apart, inside in ((1, _STREET_TOWNS, 8_200, 3_300), (2, _MARKETS, 3_900, 1_600)):
        room = coarse.buffer(-inside)
        low, high = np.array(room.bounds[:2]), np.array(room.bounds[2:])
        places = low + rng.random((6_000, 2)) * (high - low)
        places = places[shapely.contains_xy(room, places)]
        places = places[elevation.at(places) < 95]  # noqa: PLR2004 - towns keep to the lower land
        for place in places:
            near = min(math.dist(place, (town.x, town.y)) - town.radius_m * 0.5 for town in towns)
            if near > apart and sum(town.rank == rank for town in towns) < count:
                towns.append(_town(rng, place, rank))
    return tuple(towns)


def _town(rng: np.random.Generator, place: Plan, rank: int) -> Town:
    radius = (1_250 + 950 * rng.random()) if rank == 1 else (430 + 380 * rng.random())
    peak = (3_300 + 1_800 * rng.random()) if rank == 1 else (1_700 + 1_100 * rng.random())
    return Town(float(place[0]), float(place[1]), radius, peak, (rng.random() - 0.5) * math.pi / 2, rank)


def _density(seed: int, xy: Plan, towns: tuple[Town, ...], hills: Plan, coarse: shapely.Polygon) -> Plan:
    rng = stream(seed, "density")
    bend = Noise.make(rng, 4_000, 4).at(xy)
    villages = Noise.make(rng, 2_600, 3).at(xy)
    urban = np.zeros(len(xy))
    for town in towns:
        squared = ((xy[:, 0] - town.x) ** 2 + (xy[:, 1] - town.y) ** 2) / town.radius_m**2
        squared = squared * np.clip(1 + 0.9 * bend, 0.25, 3)
        urban = np.maximum(urban, town.peak / (1 + squared * squared))
    flat = np.clip((190 - hills) / 110, 0.25, 1)
    rural = 95 * np.clip(1 + 0.8 * villages, 0.25, 2)
    inside = shapely.contains_xy(coarse, xy)
    cell_km2 = (RASTER_M / 1000) ** 2
    rural_sum = float((rural * flat)[inside].sum()) * cell_km2
    urban_sum = float((urban * flat)[inside].sum()) * cell_km2
    scale = (HOUSEHOLDS - rural_sum) / urban_sum
    return np.round((urban * scale + rural) * flat, 6)
