"""Curves of the land: noise, smooth lines, and lines that wander."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from gis.sample.land.ground import Plan

_TABLE = 64  # noise repeats after this many cells, far outside the district


@dataclass(frozen=True)
class Noise:
    """A smooth random field of several octaves, mean 0, about -1 to 1."""

    tables: tuple[Plan, ...]
    cells_m: tuple[float, ...]
    weights: tuple[float, ...]

    @classmethod
    def make(cls, rng: np.random.Generator, cell_m: float, octaves: int) -> Noise:
        """Draw a field whose largest bumps are `cell_m` apart, each octave half as wide and half as high."""
        weights = [0.5**octave for octave in range(octaves)]
        return cls(
            tuple(rng.random((_TABLE, _TABLE)) * 2 - 1 for _ in range(octaves)),
            tuple(cell_m * 0.5**octave for octave in range(octaves)),
            tuple(weight / sum(weights) * 1.6 for weight in weights),
        )

    def at(self, xy: Plan) -> Plan:
        """Return the value at plan points, shape (n, 2) to (n,). Only sums and products: exact anywhere."""
        total = np.zeros(len(xy))
        for table, cell, weight in zip(self.tables, self.cells_m, self.weights, strict=True):
            total += weight * _bilinear(table, xy / cell)
        return total


@dataclass(frozen=True)
class Warp:
    """A gentle bending of the whole plan: what met before still meets."""

    east: Noise
    north: Noise
    reach_m: float

    @classmethod
    def make(cls, rng: np.random.Generator, cell_m: float, octaves: int, reach_m: float) -> Warp:
        """Draw a bending by up to about `reach_m` with bends `cell_m` apart."""
        return cls(Noise.make(rng, cell_m, octaves), Noise.make(rng, cell_m, octaves), reach_m)

    def of(self, xy: Plan) -> Plan:
        """Return plan points bent, shape (n, 2)."""
        return np.asarray(xy + self.reach_m * np.column_stack([self.east.at(xy), self.north.at(xy)]))


def _bilinear(table: Plan, uv: Plan) -> Plan:
    floor = np.floor(uv)
    part = uv - floor
    part = part * part * (3 - 2 * part)
    i, j = (floor[:, 0].astype(np.int64) % _TABLE, floor[:, 1].astype(np.int64) % _TABLE)
    i1, j1 = (i + 1) % _TABLE, (j + 1) % _TABLE
    low = table[i, j] * (1 - part[:, 0]) + table[i1, j] * part[:, 0]
    high = table[i, j1] * (1 - part[:, 0]) + table[i1, j1] * part[:, 0]
    return low * (1 - part[:, 1]) + high * part[:, 1]


def lengths(line: Plan) -> Plan:
    """Return the length of each segment of a line, shape (n, 2) to (n - 1,)."""
    step = np.diff(line, axis=0)
    return np.sqrt(step[:, 0] ** 2 + step[:, 1] ** 2)


def rounded(line: Plan, rounds: int, *, closed: bool = False) -> Plan:
    """Cut the corners of a line `rounds` times (Chaikin); the ends of an open one stay."""
    for _ in range(rounds):
        following = np.roll(line, -1, axis=0) if closed else line[1:]
        start = line if closed else line[:-1]
        cut = np.empty((2 * len(start), 2))
        cut[0::2], cut[1::2] = start * 0.75 + following * 0.25, start * 0.25 + following * 0.75
        line = cut if closed else np.concatenate([line[:1], cut[1:-1], line[-1:]])
    return line


def relaxed(line: Plan, rounds: int) -> Plan:
    """Move each inner vertex to the mean of itself and its neighbours; keeps the number of vertices."""
    line = line.copy()
    for _ in range(rounds):
        line[1:-1] = (line[:-2] + 2 * line[1:-1] + line[2:]) / 4
    return line


def wandering(
    line: Plan,
    spacing: Callable[[Plan], Plan],
    rng: np.random.Generator,
    *,
    sway: float,
    fade: float = 0.85,
) -> Plan:
    """Subdivide a line by displaced midpoints until its segments are as short as the land wants.

    Args:
        line: Vertices in plan metres; they stay.
        spacing: Gives the wanted segment length in metres at points, (n, 2) to (n,).
        rng: Source of the displacements.
        sway: First displacement as a share of the segment, standard deviation.
        fade: Factor of the sway from one level to the next.
    """
    for _ in range(12):
        length = lengths(line)
        middle = (line[:-1] + line[1:]) / 2
        split = np.flatnonzero(length > 1.5 * spacing(middle))
        if not len(split):
            break
        step = line[split + 1] - line[split]
        normal = np.column_stack([-step[:, 1], step[:, 0]])
        offset = np.clip(rng.standard_normal(len(split)), -2, 2) * sway
        along = (rng.random(len(split)) - 0.5) * 0.3
        moved = middle[split] + normal * offset[:, None] + step * along[:, None]
        line = np.insert(line, split + 1, moved, axis=0)
        sway *= fade
    return line


def resampled(line: Plan, spacing: Callable[[Plan], Plan]) -> Plan:
    """Place vertices along a line at the spacing the land wants; the ends stay.

    Args:
        line: Vertices in plan metres.
        spacing: Gives the wanted distance in metres at points, (n, 2) to (n,).
    """
    step = lengths(line)
    # distance measured in wanted spacings, so that equal steps of it are what the land wants
    count = np.concatenate([[0.0], np.cumsum(step / spacing((line[:-1] + line[1:]) / 2))])
    pieces = max(1, round(float(count[-1])))
    at = np.arange(pieces + 1) * (count[-1] / pieces)
    return np.column_stack([np.interp(at, count, line[:, 0]), np.interp(at, count, line[:, 1])])
