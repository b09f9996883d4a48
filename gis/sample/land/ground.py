"""The drawing board: metres around the district's middle, and the lattice of published coordinates.

Shapes are designed in plan metres (x east, y north of `ORIGIN`) and published as multiples of 1e-7
degree. The board is a plain scaling of degrees, true to about 0.5 % over the district, instead of a
Gauss-Krüger projection: it needs no projection library, so the same seed gives the same bytes everywhere.
Areas and lengths that are published are computed geodesically afterwards.
"""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plan: TypeAlias = NDArray[np.float64]
    Lattice: TypeAlias = NDArray[np.int64]

ORIGIN = (118.84, 31.90)
"""Longitude and latitude of the plan's zero, in degrees."""

UNITS_PER_DEGREE = 10_000_000
DECIMALS = 7

_SEMI_MAJOR_M, _ECCENTRICITY_SQUARED = 6378137.0, 0.00669438002290
_SIN = math.sin(math.radians(ORIGIN[1]))
_W = math.sqrt(1.0 - _ECCENTRICITY_SQUARED * _SIN * _SIN)
METRES_PER_UNIT = np.array(
    [
        math.radians(1.0) * _SEMI_MAJOR_M / _W * math.cos(math.radians(ORIGIN[1])) / UNITS_PER_DEGREE,
        math.radians(1.0) * _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / (_W * _W * _W) / UNITS_PER_DEGREE,
    ]
)
"""Metres of one lattice unit, east and north."""

SQUARE_METRES_PER_UNIT = float(METRES_PER_UNIT[0] * METRES_PER_UNIT[1])
_ORIGIN_UNITS = np.array([round(value * UNITS_PER_DEGREE) for value in ORIGIN], dtype=np.int64)


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the random numbers of one purpose, so that a change in one place leaves the others alone."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(purpose.encode())]))


def to_lattice(plan: Plan) -> Lattice:
    """Round plan metres, shape (n, 2), to lattice units."""
    return np.asarray(np.rint(plan / METRES_PER_UNIT), dtype=np.int64)


def to_plan(lattice: Lattice) -> Plan:
    """Return the plan metres of lattice units, shape (n, 2)."""
    return np.asarray(lattice * METRES_PER_UNIT, dtype=np.float64)


def to_degrees(lattice: Plan | Lattice) -> Plan:
    """Return longitude and latitude, each the double nearest to its seven published decimals."""
    return (lattice + _ORIGIN_UNITS) / float(UNITS_PER_DEGREE)


def from_degrees(lonlat: Plan) -> Lattice:
    """Return the lattice units of longitude and latitude, the inverse of `to_degrees`."""
    return np.rint(lonlat * UNITS_PER_DEGREE).astype(np.int64) - _ORIGIN_UNITS


def twice_area(ring: Lattice) -> int:
    """Return twice the signed area of an open ring in square lattice units, exactly (anticlockwise > 0)."""
    x, y = ring[:, 0], ring[:, 1]
    inner = (x[:-1] * y[1:] - x[1:] * y[:-1]).sum()
    return int(inner + x[-1] * y[0] - x[0] * y[-1])
