"""How long the nearest outline of a point takes: `python -m benchmarks.locate_nearest 120000`."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from pyproj import Geod

from benchmarks.coverages import EXTENT, SOUTH, WEST, make_coverage
from gis.gridding.coverage.index import CoverageIndex
from gis.gridding.coverage.nearness import place_at

OUTSIDE_M = (1e3, 1e4, 1e5, 1e6, 1e7)
AZIMUTHS = np.arange(0, 360, 15)  # with those in which a side of the district is at a right angle
MIDDLE = np.array([WEST, SOUTH]) + EXTENT / 2
ANYWHERE_M = 3e7


def nearest_figures(grids: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Return median and most of the microseconds a point takes, over all directions, by its distance.

    Args:
        grids: How many grids the coverage has.
        rounds: How often each point is asked; its least time counts.
    """
    index = CoverageIndex.build(make_coverage(grids, 1), np.arange(grids))
    ellipsoid = Geod(ellps="GRS80")
    figures = {}
    for metres in OUTSIDE_M:
        taken = []
        for azimuth in AZIMUTHS:
            # to the side of the district's box in that direction, and so far beyond
            way = np.array([np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))])
            side = MIDDLE + EXTENT / 2 * way / np.abs(way).max()
            lon, lat, _ = ellipsoid.fwd(*side, azimuth, metres)
            place = place_at(lon, lat)
            best = np.inf
            for _ in range(rounds):
                began = time.perf_counter()
                index.nearest_one(place, ANYWHERE_M)
                best = min(best, time.perf_counter() - began)
            taken.append(best * 1e6)
        figures[f"{metres / 1e3:g} km"] = round(float(np.median(taken)), 1), round(max(taken), 1)
    return figures


if __name__ == "__main__":
    print(json.dumps(nearest_figures(int(sys.argv[1]), 5)))
