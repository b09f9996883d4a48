"""Split the faces of the network into blocks, each cut running from one existing vertex to another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.sample.land.ground import (
    SQUARE_METRES_PER_UNIT,
    stream,
    to_lattice,
    to_plan,
    twice_area,
)
from gis.sample.land.terrain import BLOCK_HOUSEHOLDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.sample.land.ground import Lattice, Plan
    from gis.sample.land.terrain import Terrain, Town

_LARGEST_M2 = 1.1e6
_QUARTER_M2, _QUARTER_HOUSEHOLDS = 7e6, 2_000.0
_URBAN = 700.0  # households per km2 from which cuts are straight and follow the town's streets
_LEAST_VERTICES = 8
_SHARPEST = math.cos(math.radians(32))
_TRIES = 7
_PLACES = np.array([0.5, 0.42, 0.58, 0.35, 0.65])  # where across a face it may be cut


@dataclass(frozen=True)
class Blocks:
    """The finest faces, in lattice units, all of whose edges are shared vertex by vertex.

    Attributes:
        rings: Open anticlockwise rings.
        area_m2: Area of each.
        density: Households per km2 of the land each lies in.
        is_lake: Whether each is a lake.
        quarter: Number of the quarter each block came from: a piece of land between main roads and
            rivers, or of a few km2 where these are far apart.
    """

    rings: list[Lattice]
    area_m2: Plan
    density: Plan
    is_lake: list[bool]
    quarter: NDArray[np.int64]


def make_blocks(terrain: Terrain, faces: list[Lattice], is_lake: list[bool], seed: int) -> Blocks:
    """Split faces until each holds about `BLOCK_HOUSEHOLDS` households; lakes stay whole."""
    knife = _Knife(terrain, stream(seed, "blocks"))
    rings: list[Lattice] = []
    lakes: list[bool] = []
    quarters: list[int] = []
    quarter_count = 0
    for face, lake in zip(faces, is_lake, strict=True):
        waiting = [(face, -1)]
        while waiting:
            ring, quarter = waiting.pop()
            if quarter < 0 and not knife.is_too_large(ring, _QUARTER_M2, _QUARTER_HOUSEHOLDS):
                quarter, quarter_count = quarter_count, quarter_count + 1
            whole = lake or not knife.is_too_large(ring, _LARGEST_M2, knife.limit())
            parts = None if whole else knife.cut(ring)
            if parts is not None:
                waiting += [(part, quarter) for part in parts]
                continue
            if quarter < 0:  # a lake, or too large and yet without a good cut
                quarter, quarter_count = quarter_count, quarter_count + 1
            rings.append(ring)
            lakes.append(lake)
            quarters.append(quarter)
    area = np.array([twice_area(ring) for ring in rings]) * (SQUARE_METRES_PER_UNIT / 2)
    density = np.array([knife.density(ring) for ring in rings])
    return Blocks(rings, area, density, lakes, np.array(quarters))


class _Knife:
    """Finds where to cut a face and draws the cut."""

    def __init__(self, terrain: Terrain, rng: np.random.Generator) -> None:
        self._terrain = terrain
        self._rng = rng
        self._towns = np.array([(town.x, town.y, town.radius_m) for town in terrain.towns])

    def density(self, ring: Lattice) -> float:
        """Return the households per km2 around a ring: the middle and some vertices."""
        plan = to_plan(ring)
        some = plan[:: max(1, len(plan) // 6)]
        # pulled towards the middle, so that the other side of a road does not count
        middle = plan.mean(axis=0)
        return float(self._terrain.density.at(np.concatenate([middle[None], (some + middle) / 2])).mean())

    def limit(self) -> float:
        """Return how many households the next block may hold."""
        return BLOCK_HOUSEHOLDS * (1.0 + 0.7 * self._rng.random())

    def is_too_large(self, ring: Lattice, most_m2: float, most_households: float) -> bool:
        """Tell whether a face is to be split, by households or by sheer size."""
        if len(ring) < _LEAST_VERTICES:
            return False
        area = twice_area(ring) * SQUARE_METRES_PER_UNIT / 2
        return area > most_m2 or area / 1e6 * self.density(ring) > most_households

    def cut(self, ring: Lattice) -> tuple[Lattice, Lattice] | None:
        """Return the two parts of a face, or None if no good cut exists."""
        plan = to_plan(ring)
        urban = self.density(ring) > _URBAN
        face = _Face(plan)
        choices = [chord for turn in self._turns(plan, urban=urban) for chord in self._chords(face, turn)]
        choices = [choice for choice in choices if choice[0] > 0]
        for _, i, j in sorted(choices, reverse=True)[:_TRIES]:
            for sway in (0.012, 0.0) if urban else (0.075, 0.03, 0.0):
                path = to_lattice(self._path(plan[i], plan[j], sway))
                path[0], path[-1] = ring[i], ring[j]
                parts = _parted(ring, i, j, path)
                if parts is not None:
                    return parts
        return None

    def _turns(self, plan: Plan, *, urban: bool) -> list[float]:
        """Return the directions a cut may take, in radians."""
        middle = plan.mean(axis=0)
        if urban:
            town = self._town(middle)
            jitter = 0.05 * (self._rng.random() - 0.5)
            return [town.turn + jitter, town.turn + jitter + math.pi / 2]
        x, y = (plan - middle).T
        # the short axis of the face: a cut along it leaves the roundest halves
        axis = 0.5 * math.atan2(2 * float((x * y).sum()), float((x * x - y * y).sum())) + math.pi / 2
        lean = 0.5 * (self._rng.random() - 0.5)
        return [axis + lean, axis + lean + 0.55, axis + lean - 0.55]

    def _town(self, place: Plan) -> Town:
        squared = ((self._towns[:, :2] - place) ** 2).sum(axis=1) / self._towns[:, 2] ** 2
        return self._terrain.towns[int(squared.argmin())]

    def _chords(self, face: _Face, turn: float) -> list[tuple[float, int, int]]:
        """Return (score, from, to) of cuts in one direction, at several places across the face."""
        cos, sin = math.cos(turn), math.sin(turn)
        x, y = face.closed[:, 0], face.closed[:, 1]
        along, across = x * cos + y * sin, y * cos - x * sin
        low, high = float(across.min()), float(across.max())
        shares = _PLACES + 0.06 * (self._rng.random(len(_PLACES)) - 0.5)
        found = []
        for share in shares.tolist():
            ends = _ends(along, across, low + (high - low) * share)
            if ends is not None:
                found.append((face.score(*ends), *ends))
        return found

    def _path(self, start: Plan, end: Plan, sway: float) -> Plan:
        step = end - start
        length = math.sqrt(float((step**2).sum()))
        spacing = float(self._terrain.spacing.at(((start + end) / 2)[None])[0])
        pieces = max(1, round(length / spacing))
        t = np.arange(1, pieces) / pieces
        walk = np.cumsum(np.clip(self._rng.standard_normal(pieces), -2, 2))
        bridge = walk[:-1] - t * walk[-1]  # begins and ends at 0
        offset = sway * bridge * math.sqrt(8 / pieces)
        inner = start + t[:, None] * step + offset[:, None] * np.array([-step[1], step[0]])
        return np.concatenate([start[None], inner, end[None]])


class _Face:
    """A ring in plan metres with running sums, so that rating a cut costs the same however long it is."""

    def __init__(self, plan: Plan) -> None:
        self.closed = np.concatenate([plan, plan[:1]])
        step = np.diff(self.closed, axis=0)
        x, y = self.closed[:-1, 0], self.closed[:-1, 1]
        self._cross = np.concatenate([[0.0], np.cumsum(x * step[:, 1] - y * step[:, 0])]).tolist()
        self._length = np.concatenate([[0.0], np.cumsum(np.sqrt((step**2).sum(axis=1)))]).tolist()
        self._corners: list[tuple[float, float]] = [(a, b) for a, b in plan.tolist()]

    def score(self, i: int, j: int) -> float:
        """Rate a cut by the rounder its worse part and the more even its parts; 0 for a sharp corner."""
        (ax, ay), (bx, by) = self._corners[i], self._corners[j]
        chord = math.hypot(bx - ax, by - ay)
        if self._is_sharp(i, (bx - ax, by - ay)) or self._is_sharp(j, (ax - bx, ay - by)):
            return 0.0
        one = (self._cross[j] - self._cross[i] + bx * ay - by * ax) / 2
        other = self._cross[-1] / 2 - one
        way = self._length[j] - self._length[i]
        round_one = one / (way + chord) ** 2
        round_other = other / (self._length[-1] - way + chord) ** 2
        small, large = sorted((one, other))
        return 0.0 if small <= 0 else min(round_one, round_other) * math.sqrt(small / large)

    def _is_sharp(self, at: int, step: tuple[float, float]) -> bool:
        x, y = self._corners[at]
        for side in (at - 1, (at + 1) % len(self._corners)):
            dx, dy = self._corners[side][0] - x, self._corners[side][1] - y
            if dx * step[0] + dy * step[1] > _SHARPEST * math.hypot(dx, dy) * math.hypot(*step):
                return True
        return False


def _ends(along: Plan, across: Plan, level: float) -> tuple[int, int] | None:
    """Return the vertices nearest to where the longest inner piece of a level line meets a closed ring."""
    above = across > level
    edges = np.flatnonzero(above[1:] != above[:-1])
    share = (level - across[edges]) / (across[edges + 1] - across[edges])
    place = along[edges] + share * (along[edges + 1] - along[edges])
    order = np.argsort(place, kind="stable")
    gaps = place[order][1::2] - place[order][::2]
    best = 2 * int(gaps.argmax())
    count = len(along) - 1
    i, j = sorted(int(edges[k] + (share[k] > 0.5)) % count for k in order[best : best + 2].tolist())  # noqa: PLR2004 - one half
    return None if j - i < 2 or count - (j - i) < 2 else (i, j)  # noqa: PLR2004 - a part needs area


def _parted(ring: Lattice, i: int, j: int, path: Lattice) -> tuple[Lattice, Lattice] | None:
    """Return both parts of a ring cut from vertex i to vertex j, or None if the path leaves the face."""
    left = np.concatenate([ring[i:j], path[:0:-1]])
    right = np.concatenate([path[:-1], ring[j:], ring[:i]])
    if twice_area(left) <= 0 or twice_area(right) <= 0:
        return None
    # a path that leaves the face crosses the ring of one part; exact, for the lattice is whole numbers
    if shapely.is_valid(shapely.Polygon(left)) and shapely.is_valid(shapely.Polygon(right)):
        return left, right
    return None
