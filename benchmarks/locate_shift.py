"""How fast and how exact the inverses of the shifted coordinate systems are."""

from __future__ import annotations

import json

import numpy as np

from benchmarks.locate_peers import processor_seconds
from gis.gridding.shift import SHIFTED_BOX, bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02

DEGREE_M = 111_320.0
INVERSES = {"gcj02": (wgs84_to_gcj02, gcj02_to_wgs84), "bd09": (wgs84_to_bd09, bd09_to_wgs84)}

PUBLISHED = {
    "gcj02": [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
        ((118.8317447, 31.9565713), (118.83684884, 31.95445754)),
        ((118.65, 31.60), (118.65502516, 31.59789751)),
        ((122.993955810, 44.998040618), (123.0, 45.0)),
        ((183.0, 45.0), (183.0, 45.0)),
    ],
    "bd09": [
        ((118.8317447, 31.9565713), (118.84340128, 31.96033746)),
        ((119.05, 32.07), (119.06186904, 32.07435155)),
    ],
}
"""Published points: longitude and latitude in WGS 84, and in the shifted system."""


def shift_figures(count: int) -> dict[str, float]:
    """Return million points a second and the worst errors in metres of both inverses.

    Speed is that of points around Nanjing, on one core. The errors: of points all over China there and
    back, and of published points (rounded to about a millimetre).
    """
    random = np.random.default_rng(1)
    near = random.uniform(118.6, 119.1, count), random.uniform(31.6, 32.1, count)
    west, south, east, north = SHIFTED_BOX
    far = random.uniform(west + 0.05, east - 0.05, count), random.uniform(south + 0.05, north - 0.05, count)
    figures = {}
    for system, (there, back) in INVERSES.items():
        shifted = there(*near)
        seconds = processor_seconds(lambda back=back, shifted=shifted: back(*shifted), 3)
        figures[f"{system}_inverse_mps"] = round(count / seconds / 1e6, 2)
        figures[f"{system}_round_trip_m"] = worst_m(back(*there(*far)), far)
        stored, received = np.array(PUBLISHED[system]).transpose(1, 2, 0)
        figures[f"{system}_published_m"] = worst_m(back(*received), tuple(stored))
    return figures


def worst_m(found: tuple[np.ndarray, ...], expected: tuple[np.ndarray, ...]) -> float:
    """Return the largest distance in metres."""
    east = (found[0] - expected[0]) * np.cos(np.radians(expected[1]))
    return float(f"{np.hypot(east, found[1] - expected[1]).max() * DEGREE_M:.2g}")


if __name__ == "__main__":
    print(json.dumps(shift_figures(1_000_000)))
