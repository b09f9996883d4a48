"""What an index costs beside answering: building, size, loading, memory of workers that share it, updates.

Started with a folder of arrays, this is one worker: it loads the index, answers, and waits to be measured.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.locate_peers import BoxTree, Question, processor_seconds, wall_seconds
from gis.files.index_file import open_index_file, write_index_file
from gis.gridding.coverage.index import CoverageIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORKERS = 4
EDITED = (1, 10, 100)
CHECKED = 20_000  # points
POINTS, INDEX = "points", "made.index"
FACTS = {"of": "benchmark"}
# edits of one grid in a row, of which the median counts; of rows the least: a processor may halve its pace
ALIKE, ROWS = 20, 5


def index_figures(question: Question, index: CoverageIndex) -> dict[str, float]:
    """Return seconds to build, bytes a grid, and what workers that share the saved index cost."""
    figures = {
        "build_s": processor_seconds(lambda: CoverageIndex.build(question.polygons, question.ids)),
        "bytes_per_grid": round(index.nbytes / len(question.ids)),
        "index_mb": round(index.nbytes / 1e6, 2),
    }
    with tempfile.TemporaryDirectory() as folder:
        write_index_file(Path(folder, INDEX), index.arrays(), FACTS)
        with Path(folder, POINTS).open("wb") as file:
            np.save(file, np.stack([question.lon[:CHECKED], question.lat[:CHECKED]]))
        return figures | worker_figures(folder)


def worker_figures(folder: str) -> dict[str, float]:
    """Start workers over one saved index and return load time and memory.

    `worker_pss_mb` is the proportional share of one worker's memory, `worker_index_mb` how much of it
    came with the index: pages that four workers share count a quarter for each.
    """
    command = [sys.executable, "-m", "benchmarks.locate_processes", folder]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(WORKERS)
    ]
    try:
        for worker in workers:
            told(worker, "start")
        before = [proportional_mb(worker.pid) for worker in workers]
        loads = [float(told(worker, "load")) for worker in workers]
        for worker in workers:  # all of them, before any is measured: a page is shared once others use it
            told(worker, "answer")
        after = [proportional_mb(worker.pid) for worker in workers]
    finally:
        for worker in workers:
            worker.communicate()
    return {
        "load_ms": round(float(np.median(loads)) * 1000, 3),
        "worker_pss_mb": round(float(np.mean(after)), 1),
        "worker_index_mb": round(float(np.mean(after) - np.mean(before)), 1),
    }


def told(worker: subprocess.Popen[str], step: str) -> str:
    """Let a worker take a step and return what it says."""
    if worker.stdin is None or worker.stdout is None:
        raise TypeError("a worker is asked and answers through pipes")
    worker.stdin.write(step + "\n")
    worker.stdin.flush()
    return worker.stdout.readline().strip()


def proportional_mb(pid: int) -> float:
    """Return the memory of a process in MB, what it shares divided by those who share it."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return float(found[1]) / 1024 if found else float("nan")


def work(folder: Path) -> None:
    """Be one worker: load when told to, answer when told to."""
    lon, lat = np.load(folder / POINTS, mmap_mode="r")
    index: CoverageIndex | None = None
    for step in sys.stdin:
        seconds = 0.0
        if step.strip() == "load":
            started = time.perf_counter()
            # a process of the service also hashes it the first time
            arrays = open_index_file(folder / INDEX, expects=FACTS)
            index = CoverageIndex.from_arrays(arrays)
            seconds = time.perf_counter() - started
        elif index is not None:
            index.first(lon, lat)
        print(seconds, flush=True)


def update_figures(question: Question, index: CoverageIndex) -> tuple[dict[str, float], int]:
    """Edit grids in place; return milliseconds by number of grids, and answers that differ from GEOS after.

    The first edit stands apart: it may copy what was mapped from a file. The index is changed.
    """
    polygons = question.polygons.copy()
    random = np.random.default_rng(1)
    figures = {}
    for name, count in (("first", 1), *((str(count), count) for count in EDITED)):
        taken = []
        for _ in range(ALIKE * ROWS if name == "1" else 1):
            chosen = random.choice(len(polygons), min(count, len(polygons) // 2), replace=False)
            polygons[chosen] = with_a_vertex_moved(polygons[chosen])
            ids = question.ids[chosen]
            taken.append(wall_seconds(partial(index.replace, ids.tolist(), polygons[chosen])))
        medians = [np.median(taken[start : start + ALIKE]) for start in range(0, len(taken), ALIKE)]
        figures[f"update_{name}_ms"] = round(float(min(medians)) * 1000, 2)
    asked = Question(polygons, question.ids, *near_outlines(polygons[chosen]))
    position, on_outline = index.first(asked.lon, asked.lat)
    expected, expected_on = BoxTree(polygons).answers(asked)
    return figures, int(((position != expected) | (on_outline != expected_on)).sum())


def with_a_vertex_moved(polygons: NDArray[Any]) -> NDArray[Any]:
    """Return polygons with the second vertex moved a tenth of the way to the centre, so gaps appear."""
    moved = []
    for polygon in polygons:
        ring = shapely.get_coordinates(polygon)
        ring[1] += 0.1 * (shapely.get_coordinates(shapely.centroid(polygon))[0] - ring[1])
        moved.append(shapely.Polygon(ring))
    return np.array(moved, dtype=object)


def near_outlines(polygons: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points in and around polygons."""
    random = np.random.default_rng(2)
    west, south, east, north = shapely.bounds(polygons).T
    which = random.integers(0, len(polygons), CHECKED)
    lon, lat = (
        low[which] + random.uniform(-0.2, 1.2, CHECKED) * (high - low)[which]
        for low, high in ((west, east), (south, north))
    )
    vertices = shapely.get_coordinates(polygons)
    return np.concatenate([lon, vertices[:, 0]]), np.concatenate([lat, vertices[:, 1]])


if __name__ == "__main__":
    work(Path(sys.argv[1]))
