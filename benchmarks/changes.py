"""Hold comparing two states of a district against an overlay by geopandas: run by hand.

Both get the same polygons in metres, in the same run, on one core; seconds are processor time, ours the best
of three. Both must name the same pairs of old and new grids with ground in common that have not the same
code, with the same areas, and ours must name every edit as it was made. The last line printed is one JSON
object.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from benchmarks.damage import make_district
from benchmarks.revision import revise
from gis.gridding.changes.change import ChangeKind
from gis.gridding.changes.compare import compare
from gis.gridding.changes.state import State
from gis.gridding.checks.tolerance import Tolerance

if TYPE_CHECKING:
    from benchmarks.revision import Layer, Revision
    from gis.gridding.changes.compare import Comparison

    Areas = dict[tuple[str, str], float]

TIMES = 3
GRIDS_AN_EDIT = 2.6  # that change, of all kinds by turns
WITHIN_M2 = 0.01


def state_of(layer: Layer) -> State:
    """Return a layer as a state."""
    polygons = np.empty(len(layer), dtype=object)
    polygons[:] = list(layer.values())
    return State.of(list(layer), list(layer), [""] * len(layer), polygons)


def areas_of(found: Comparison) -> Areas:
    """Return the ground that a grid of another code has now, by both codes."""
    areas: Counter[tuple[str, str]] = Counter()
    for change in found.changes:
        if change.kind is ChangeKind.RENAMED:
            areas[change.old[0].code, change.new[0].code] += change.old[0].area_m2
        for move in change.moves:
            if move.source and move.target:
                areas[move.source.code, move.target.code] += move.area_m2
    return dict(areas)


def overlaid(made: Revision, tolerance: Tolerance) -> Areas:
    """Return the same from an overlay of everything."""
    old, new = (
        gpd.GeoDataFrame({"code": list(layer)}, geometry=list(layer.values()))
        for layer in (made.old, made.new)
    )
    pieces = gpd.overlay(old, new, how="union", keep_geom_type=True)
    moved = pieces[pieces["code_1"].notna() & pieces["code_2"].notna()]
    moved = moved[moved["code_1"] != moved["code_2"]]
    areas = moved.geometry.area.groupby([moved["code_1"], moved["code_2"]]).sum()
    return areas[areas > tolerance.min_area_m2].to_dict()


def require_same(found: Comparison, made: Revision, theirs: Areas) -> None:
    """Stop if the answers differ.

    Raises:
        SystemExit: They do.
    """
    told = {
        (c.kind, tuple(g.code for g in c.old), tuple(g.code for g in c.new)): c.moved_m2
        for c in found.changes
    }
    if told.keys() != {(known.kind, known.old, known.new) for known in made.known}:
        raise SystemExit("an edit was not told as it was made")
    ours = areas_of(found)
    if ours.keys() != theirs.keys():
        raise SystemExit(f"one of them alone names {sorted(ours.keys() ^ theirs.keys())[:5]}")
    apart = max(abs(ours[pair] - theirs[pair]) for pair in ours)
    if apart > WITHIN_M2:
        raise SystemExit(f"areas differ by {apart} m²")


def measure(grids: int, share: float) -> dict[str, float]:
    """Compare a district of so many grids with itself, of which that share has changed."""
    cells = make_district(grids, 1)
    made = revise(cells, max(8, round(share * grids / GRIDS_AN_EDIT)), 5)
    tolerance = Tolerance()
    best = float("inf")
    for _ in range(TIMES):
        started = time.process_time()
        found = compare(state_of(made.old), state_of(made.new), tolerance)
        best = min(best, time.process_time() - started)
    started = time.process_time()
    theirs = overlaid(made, tolerance)
    seconds = time.process_time() - started
    require_same(found, made, theirs)
    return {
        "grids": len(cells),
        "edits": len(made.known),
        "changed_grids": made.touched,
        "seconds": round(best, 3),
        "overlay_seconds": round(seconds, 2),
        "ratio": round(seconds / best, 1),
    }


def main() -> None:
    """Measure at each size and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--share", type=float, default=0.01, help="of the grids that change")
    arguments = parser.parse_args()
    results = []
    for grids in arguments.grids:
        results.append(measure(grids, arguments.share))
        print(results[-1], flush=True)
    print(json.dumps({"changes": results}))


if __name__ == "__main__":
    main()
