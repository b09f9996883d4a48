"""Measure keeping faults up to date under edits: run by hand.

Edits move a vertex in all its grids, or in one of them alone, which makes a defect that the next edit cures.
Times are milliseconds of the processor for an edit, its effect on the faults included, for districts of
several sizes. The last line printed is one JSON array.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.damage import make_district
from gis.gridding.chain.faults import Chain, faults_of
from gis.gridding.watching.live import LiveFaults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Edit = dict[int, Any]

SNAP_M = 1e-6
LARGEST_MOVE_M = 3.0


def edits(cells: NDArray[Any], count: int, seed: int) -> Iterator[tuple[Edit, Edit]]:
    """Make edits, half of them clean, each with its undoing."""
    random = np.random.default_rng(seed)
    tree = shapely.STRtree(cells)
    made = 0
    while made < count:
        grid = int(random.integers(len(cells)))
        corner = random.choice(shapely.get_coordinates(cells[grid]))
        by = random.uniform(-LARGEST_MOVE_M, LARGEST_MOVE_M, 2)
        near = tree.query(shapely.Point(corner))
        holders = [int(i) for i in near if (shapely.get_coordinates(cells[i]) == corner).all(axis=1).any()]
        if len(holders) == 1:  # on the outline: no clean edit
            continue

        def moved(at: NDArray[Any], corner: Any = corner, by: Any = by) -> NDArray[Any]:  # noqa: ANN401 - points
            return np.where((at == corner).all(axis=1)[:, None], at + by, at)

        which = holders if made % 2 else [grid]
        edit = {i: shapely.transform(cells[i], moved) for i in which}
        if all(cell.is_valid for cell in edit.values()):
            made += 1
            yield edit, {i: cells[i] for i in which}


def measure(grids: int, count: int) -> dict[str, float]:
    """Edit a district of so many grids."""
    cells = make_district(grids, 1)
    parents = np.array([shapely.coverage_union_all(cells)], dtype=object)
    started = time.perf_counter()
    faults_of(Chain.of(cells, parents), snap=SNAP_M)
    full = time.perf_counter() - started
    live = LiveFaults(cells, parents, snap=SNAP_M)
    clean, defect = [], []
    gc.collect()
    gc.freeze()  # the district would be looked at again and again by the collector
    for both in edits(cells, count, 5):
        for edit in both:
            started = time.thread_time()
            done = live.edit(edit)
            took = (time.thread_time() - started) * 1e3
            (defect if done.new or done.gone else clean).append(took)
    if not live.is_partition:
        raise SystemExit("what was undone is not as it was")
    return {
        "grids": len(cells),
        "full_check_ms": round(full * 1e3, 1),
        **_percentiles("edit", clean + defect),
        **_percentiles("clean", clean),
        **_percentiles("defect", defect),
    }


def _percentiles(name: str, times: list[float]) -> dict[str, float]:
    return {f"{name}_p{p}_ms": round(float(np.percentile(times, p)), 3) for p in (50, 99)}


def main() -> None:
    """Measure each size and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--edits", type=int, default=1_000)
    options = parser.parse_args()
    print(json.dumps([measure(grids, options.edits) for grids in options.grids]))


if __name__ == "__main__":
    main()
