"""What checking and repairing by the chain of edges costs: the cases of ours, each run in a child."""

from __future__ import annotations

import importlib
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.damage import Found, FoundKind
from benchmarks.gridding_measure import serve
from benchmarks.gridding_peers import GAP_WIDTH_M, REAL_GAP_WIDTH_M, RIVER_GAP_WIDTH_M
from gis.gridding.chain import compiled
from gis.gridding.chain.faults import Chain, Faults, faults_of
from gis.gridding.chain.grouping import mean_width
from gis.gridding.chain.rings import Rings
from gis.gridding.chain.validity import are_valid
from gis.gridding.checks.layer import MAKE_VALID_SECONDS, SNAP_M
from gis.gridding.checks.tolerance import Tolerance
from gis.gridding.valid import make_valid_within
from gis.gridding.watching.live import LiveFaults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from benchmarks.gridding_measure import Given

    Geometries = NDArray[Any]

DUST_M = Tolerance().dust_width_m
EDITED, ALIKE = 300, 5
MOVED_M = (0.5, 0.8)
_SHARED_M = 0.01


def is_partition(polygons: Geometries, parents: Geometries) -> bool:
    """Prove that polygons are valid and partition their parents exactly."""
    chain = Chain.of(polygons, parents)
    if len(chain.residual):
        return False
    return bool(are_valid(np.concatenate((polygons, parents)), chain.edges.rings).all())


def find_all(polygons: Geometries, parents: Geometries) -> list[Found]:
    """Find all that is wrong with polygons, with places, grids and width; nothing narrower than dust."""
    rings = Rings.of(polygons)
    valid = are_valid(polygons, rings)
    solid = polygons.copy()
    solid[~valid] = make_valid_within(polygons[~valid], MAKE_VALID_SECONDS).geometries
    chain = Chain.of(solid, parents)
    faults = faults_of(chain, snap=SNAP_M)
    return [
        *_invalid(polygons, np.flatnonzero(~valid)),
        *_several(polygons),
        *_repeated(chain, len(polygons)),
        *_gaps(faults, len(polygons)),
        *_wide(FoundKind.OVERLAP, faults.overlaps, faults.overlap_pairs.tolist()),
        *_wide(FoundKind.OUTSIDE, faults.outside, faults.outside_polygon[:, None].tolist()),
        *_mismatches(faults, len(polygons)),
    ]


def _invalid(polygons: Geometries, which: NDArray[np.intp]) -> Iterator[Found]:
    for one, reason in zip(which.tolist(), shapely.is_valid_reason(polygons[which]), strict=True):
        x, y = reason.partition("[")[2].rstrip("]").split()
        yield Found(FoundKind.INVALID, shapely.Point(float(x), float(y)), (one,))


def _several(polygons: Geometries) -> list[Found]:
    several = np.flatnonzero(shapely.get_num_geometries(polygons) > 1).tolist()
    return [Found(FoundKind.MULTI_PART, polygons[one], (one,)) for one in several]


def _repeated(chain: Chain, count: int) -> list[Found]:
    rings = chain.edges.rings
    is_repeated = chain.edges.signs == 0
    is_repeated[rings.offsets[1:] - 1] = False
    where = np.flatnonzero(is_repeated)
    polygon = rings.polygon_of(where)
    where, polygon = where[polygon < count], polygon[polygon < count]
    points = shapely.points(rings.vertices[where])
    return [
        Found(FoundKind.REPEATED_VERTEX, place, (one,))
        for place, one in zip(points, polygon.tolist(), strict=True)
    ]


def _gaps(faults: Faults, count: int) -> list[Found]:
    sides = faults.gap_sides
    shares = (sides.polygon < count) & (sides.length > _SHARED_M)
    beside: list[list[int]] = [[] for _ in faults.gaps]
    for face, polygon in zip(sides.face[shares].tolist(), sides.polygon[shares].tolist(), strict=True):
        beside[face].append(polygon)
    return _wide(FoundKind.GAP, faults.gaps, beside)


def _wide(kind: FoundKind, places: Geometries, polygons: list[list[int]]) -> list[Found]:
    return [
        Found(kind, place, tuple(which))
        for place, which, width in zip(places, polygons, mean_width(places).tolist(), strict=True)
        if width >= DUST_M
    ]


def _mismatches(faults: Faults, count: int) -> list[Found]:
    found = faults.mismatches
    points = shapely.points(found.points)
    grids = np.split(found.polygon, found.offsets[1:-1])[: len(points)]  # nothing splits into one nothing
    return [
        Found(FoundKind.MISMATCH, place, tuple(which[which < count].tolist()))
        for place, which in zip(points, grids, strict=True)
    ]


def repaired(polygons: Geometries, parents: Geometries, *, gap_width_m: float) -> dict[str, Any]:
    """Repair all that is no wider than so many metres, at the outline too."""
    # here, so that checking is measured without it
    repairing = importlib.import_module("gis.gridding.repairing.repair")
    rules = importlib.import_module("gis.gridding.repairing.rules").RepairRules(
        max_gap_width_m=gap_width_m, fill_border=True, trim_outside=True
    )
    mended = repairing.repair(polygons, parents, rules=rules, snap=SNAP_M)
    return {"polygons": mended.polygons, "left": len(mended.left)}


def _prepared(
    work: Callable[[Geometries, Geometries], Any], given: Given, *, numpy: bool
) -> Callable[[], Any]:
    if numpy:
        compiled.chain = None  # type: ignore[assignment] # the path of those without a compiler
    parents = shapely.get_parts(given.parent)
    work(given.polygons[:50], parents)  # imports and caches
    return lambda: work(given.polygons, parents)


def _edits(given: Given) -> Callable[[], dict[str, Any]]:
    """Follow edits of one grid each: a vertex moves by a metre, and back; milliseconds an edit.

    Each is done five times and its least time on the wall counts: the clock of processes is too coarse.
    """
    live = LiveFaults(given.polygons, shapely.get_parts(given.parent), snap=SNAP_M)
    random = np.random.default_rng(1)
    chosen = random.choice(len(given.polygons), min(EDITED, len(given.polygons)), replace=False).tolist()

    def work() -> dict[str, Any]:
        least, found = [], 0
        for one in chosen:
            edits = (_with_a_vertex_moved(given.polygons[one]), given.polygons[one])
            taken: list[list[int]] = [[], []]
            for _ in range(ALIKE):
                for times, polygon in zip(taken, edits, strict=True):
                    started = time.perf_counter_ns()
                    live.edit({one: polygon})
                    times.append(time.perf_counter_ns() - started)
                    found += not live.is_partition
            least += [min(times) / 1e6 for times in taken]
        p50, p99 = (round(float(ms), 3) for ms in np.percentile(least, (50, 99)))
        return {"p50_ms": p50, "p99_ms": p99, "edits": len(least), "with_faults": found // ALIKE}

    return work


def _with_a_vertex_moved(polygon: shapely.Polygon) -> shapely.Polygon:
    ring = shapely.get_coordinates(polygon.exterior)
    ring[1] += MOVED_M
    return shapely.Polygon(ring, polygon.interiors)


CASES = {
    "edits": _edits,
    "proof": partial(_prepared, is_partition, numpy=False),
    "proof_numpy": partial(_prepared, is_partition, numpy=True),
    "findings": partial(_prepared, find_all, numpy=False),
    "findings_numpy": partial(_prepared, find_all, numpy=True),
    "repair": partial(_prepared, partial(repaired, gap_width_m=GAP_WIDTH_M), numpy=False),
    "repair, real": partial(_prepared, partial(repaired, gap_width_m=REAL_GAP_WIDTH_M), numpy=False),
    "repair, river": partial(_prepared, partial(repaired, gap_width_m=RIVER_GAP_WIDTH_M), numpy=False),
}

if __name__ == "__main__":
    serve(CASES)
