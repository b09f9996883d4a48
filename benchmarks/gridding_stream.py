"""Measure finding faults batch by batch, against all polygons in memory: run by hand.

`python -m benchmarks.gridding_stream` makes 100 000 grids with defects, writes ten copies of them beside
each other to a temporary file as WKB, and streams them; then, in another process, it reads all of them and
finds the same faults in memory. Memory is what the largest resident size grows by; processor time is that of
this process and, with `--workers`, of its children. The last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.damage import counts_for, damage, make_district
from gis.gridding.chain.faults import Chain, faults_of
from gis.gridding.chain.rings import Rings
from gis.gridding.chain.validity import are_valid
from gis.gridding.watching.stream import stream_faults

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.faults import Faults

SNAP_M = 1e-6
BATCH = 10_000
APART_M = 2.0**18
COPIES_A_ROW = 4


@dataclass(frozen=True, slots=True)
class WkbBatch:
    """Some polygons of a file of WKB one after another; another file says where each one starts."""

    folder: Path
    start: int
    end: int

    def __call__(self, which: NDArray[Any] | None) -> NDArray[Any]:
        """Read all, or those at some positions."""
        places = np.load(self.folder / "places.npy", mmap_mode="r")[self.start : self.end + 1].tolist()
        with (self.folder / "polygons.wkb").open("rb") as file:
            file.seek(places[0])
            data = file.read(places[-1] - places[0])
        wanted = range(len(places) - 1) if which is None else which.tolist()
        wkb = [data[places[i] - places[0] : places[i + 1] - places[0]] for i in wanted]
        return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)


def write(folder: Path, cells: NDArray[Any], parent: shapely.Geometry, copies: int) -> int:
    """Write copies beside each other; return how many polygons there are."""
    parents, lengths = [], []
    with (folder / "polygons.wkb").open("wb") as file:
        for copy in range(copies):
            by = np.array([copy % COPIES_A_ROW, copy // COPIES_A_ROW]) * APART_M
            wkb = shapely.to_wkb(shapely.transform(cells, lambda at, by=by: at + by))
            lengths.append(np.array([len(one) for one in wkb]))
            file.writelines(wkb)
            parents.append(shapely.transform(parent, lambda at, by=by: at + by))
    places = np.concatenate(([0], np.cumsum(np.concatenate(lengths))))
    np.save(folder / "places.npy", places)
    (folder / "parents.wkb").write_bytes(shapely.to_wkb(shapely.GeometryCollection(parents)))
    return len(places) - 1


def measure(folder: Path, workers: int) -> dict[str, float]:
    """Stream what is in a folder."""
    _, parents, batches = _given(folder)
    warm = shapely.from_wkb(shapely.to_wkb(shapely.box(0, 0, 1, 1)))
    stream_faults([lambda which: np.array([warm])[:1]], np.array([warm]), snap=SNAP_M)  # noqa: ARG005 - read once
    before, spent, started = _peak_mb(), _processor_seconds(), time.perf_counter()
    found = stream_faults(batches, parents, snap=SNAP_M, workers=workers)
    return {
        "grids": found.count,
        "seconds": round(time.perf_counter() - started, 2),
        "processor_seconds": round(_processor_seconds() - spent, 2),
        "megabytes": round(_peak_mb() - before, 1),
        "invalid": len(found.invalid),
        **_counts(found.faults),
    }


def measure_in_memory(folder: Path) -> dict[str, float]:
    """Find the faults of what is in a folder in memory."""
    count, parents, _ = _given(folder)
    before, spent = _peak_mb(), _processor_seconds()
    polygons = WkbBatch(folder, 0, count)(None)
    valid = are_valid(polygons, Rings.of(polygons))
    polygons[~valid] = None
    found = faults_of(Chain.of(polygons, parents), snap=SNAP_M)
    return {
        "grids": count,
        "processor_seconds": round(_processor_seconds() - spent, 2),
        "megabytes": round(_peak_mb() - before, 1),
        "invalid": int((~valid).sum()),
        **_counts(found),
    }


def _given(folder: Path) -> tuple[int, NDArray[Any], list[WkbBatch]]:
    """Return how many polygons a folder holds, their parents, and their batches."""
    count = len(np.load(folder / "places.npy", mmap_mode="r")) - 1
    parents = shapely.get_parts(shapely.from_wkb((folder / "parents.wkb").read_bytes()))
    batches = [WkbBatch(folder, start, min(start + BATCH, count)) for start in range(0, count, BATCH)]
    return count, parents, batches


def _counts(faults: Faults) -> dict[str, float]:
    return {
        "gaps": len(faults.gaps),
        "overlaps": len(faults.overlaps),
        "outside": len(faults.outside),
        "mismatches": len(faults.mismatches.points),
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def make(folder: Path, grids: int, copies: int, rate: float) -> dict[str, float]:
    """Write what is to be streamed."""
    damaged = damage(make_district(grids, 1), kinds=counts_for(grids, rate), seed=1)
    return {"grids": write(folder, damaged.cells, damaged.parent, copies)}


def main() -> None:
    """Make the polygons and stream them, each in a process of its own, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=int, default=100_000)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--make", type=Path, help="only write to this folder")
    parser.add_argument("--measure", type=Path, help="only stream what is in this folder")
    parser.add_argument("--in-memory", type=Path, help="only look at what is in this folder in memory")
    options = parser.parse_args()
    if options.make is not None:
        print(json.dumps(make(options.make, options.grids, options.copies, options.rate)))
        return
    if options.measure is not None:
        print(json.dumps(measure(options.measure, options.workers)))
        return
    if options.in_memory is not None:
        print(json.dumps(measure_in_memory(options.in_memory)))
        return
    # a process counts what the one that started it had in memory: this one has next to nothing
    with tempfile.TemporaryDirectory() as folder:
        _run("--make", folder, *sys.argv[1:])
        streamed, in_memory = (_run(how, folder, *sys.argv[1:]) for how in ("--measure", "--in-memory"))
    print(json.dumps({"streamed": streamed, "in_memory": in_memory}))


def _run(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.gridding_stream", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    main()
