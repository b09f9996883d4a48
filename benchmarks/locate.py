"""Measure locating against everything it could be done with: `make bench-locate`.

On generated coverages of 200 to 120 000 grids, with points spread evenly and gathered in towns, one
million at once; all of them in the same run, on the same points. Rates are million points a second of one
core: processor time of whoever does the work. The last line printed is one JSON object with the figures;
`different` counts the answers, compiled and NumPy's, that are not those of GEOS with the tie rule: another
grid, or wrong about lying on an outline.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import geopandas
import numpy as np
import shapely

from benchmarks.coverages import make_coverage, make_points
from benchmarks.locate_http import http_ratio
from benchmarks.locate_peers import (
    BoxTree,
    Question,
    Server,
    open_server,
    processor_seconds,
    single_tree_p50_us,
    single_tzfpy_us,
    time_duckdb,
    time_sedona,
    time_sjoin,
    time_tree,
    wall_seconds,
)
from benchmarks.locate_processes import index_figures, update_figures
from benchmarks.locate_shift import shift_figures
from gis.gridding.coverage.index import CoverageIndex

if TYPE_CHECKING:
    from collections.abc import Iterable

# how many grids, and whether their sizes vary twenty-fold
FULL = ((200, False), (2_000, False), (20_000, False), (20_000, True), (120_000, False))
QUICK = ((200, False), (2_000, True))
POINTS, QUICK_POINTS = 1_000_000, 100_000
TIMES = 7  # of what takes milliseconds
ROUNDS = 4  # of ours and the peer that ratios are told against
SINGLE_CALLS, CALLS_AT_ONCE = 100_000, 1_000
WAYS: tuple[Literal["compiled", "numpy"], ...] = ("compiled", "numpy")
COLUMNS = {
    "compiled": "ours",
    "compiled_2": "2 threads",
    "numpy": "NumPy",
    "sjoin": "sjoin",
    "tree": "STRtree",
    "boxes": "boxes",
    "postgis": "PostGIS",
    "postgis_indexed": "PostGIS*",
    "duckdb": "DuckDB",
    "sedona": "SedonaDB",
}


def measure_points(
    question: Question, index: CoverageIndex, tree: BoxTree, grids: geopandas.GeoDataFrame, server: Server
) -> dict[str, Any]:
    """Return rates in million points a second of everybody, and how many answers differ."""
    count, lon, lat = len(question.lon), question.lon, question.lat
    expected, expected_on = tree.answers(question)
    different = 0
    for way in WAYS:
        position, on_outline = index.first(lon, lat, way)
        different += int(((position != expected) | (on_outline != expected_on)).sum())
    seconds, sjoin_wall = measure_in_turn(question, index, grids)
    halves = ((lon[: count // 2], lat[: count // 2]), (lon[count // 2 :], lat[count // 2 :]))
    with ThreadPoolExecutor(2) as threads:
        seconds["compiled_2"] = wall_seconds(
            lambda: list(threads.map(lambda half: index.first(*half), halves)), TIMES
        )
    seconds["tree"] = time_tree(question, shapely.STRtree(question.polygons))
    seconds["boxes"] = processor_seconds(lambda: tree.hits(question))
    seconds["duckdb"] = time_duckdb(question)
    seconds["sedona"] = time_sedona(question, grids)
    rates = {name: None if taken is None else count / taken / 1e6 for name, taken in seconds.items()}
    told = server.ask(question)
    rates["postgis"] = told.points / min(told.lateral_s, told.join_s) / 1e6
    rates["postgis_indexed"] = told.points / told.indexed_s / 1e6
    ours = np.where(expected < 0, -1, question.ids[expected])[: told.points]
    return {
        "rates": rates,
        "different": different,
        "is_compiled": index.is_compiled,
        "different_from_postgis": int((told.answers != ours).sum()),
        "sjoin_wall": count / sjoin_wall / 1e6,
    }


def measure_in_turn(
    question: Question, index: CoverageIndex, grids: geopandas.GeoDataFrame
) -> tuple[dict[str, float | None], float]:
    """Return the least processor seconds of ours and of `sjoin`, and the least time of that on the wall.

    By turns, as a processor that others share may halve its pace for seconds: each meets it at its best.
    """
    rounds = []
    for _ in range(ROUNDS):
        taken = {
            way: processor_seconds(partial(index.first, question.lon, question.lat, way), TIMES)
            for way in WAYS
        }
        taken["sjoin"], wall = time_sjoin(question, grids)
        rounds.append((taken, wall))
    least: dict[str, float | None] = {
        name: min(taken[name] for taken, _ in rounds) for name in (*WAYS, "sjoin")
    }
    return least, min(wall for _, wall in rounds)


def single_p50_us(index: CoverageIndex, question: Question) -> float:
    """Return the median time of one call for one point, in microseconds, the loop around it included."""
    points = list(zip(question.lon.tolist(), question.lat.tolist(), strict=True))[:SINGLE_CALLS]
    locate_one, taken = index.locate_one, []
    for lon, lat in points[:CALLS_AT_ONCE]:  # warms up
        locate_one(lon, lat)
    for start in range(0, len(points), CALLS_AT_ONCE):
        asked = points[start : start + CALLS_AT_ONCE]
        started = time.perf_counter_ns()
        for lon, lat in asked:
            locate_one(lon, lat)
        taken.append((time.perf_counter_ns() - started) / len(asked))
    return float(np.median(taken)) / 1000


def measure_size(n: int, count: int, server: Server, *, varied: bool) -> list[dict[str, Any]]:
    """Return the figures of one coverage: one entry for evenly spread points, one for towns."""
    polygons = make_coverage(n, 1, varied=varied)
    ids = np.arange(len(polygons), dtype=np.int64) * 3 + 7
    grids = geopandas.GeoDataFrame(geometry=polygons.copy(), crs="EPSG:4490")
    index, tree, entries = CoverageIndex.build(polygons, ids), BoxTree(polygons), []
    for clustered in (False, True):
        question = Question(polygons, ids, *make_points(polygons, count, 1, clustered=clustered))
        if not clustered:
            server.load_grids(question)
        name = f"{n}{' varied' if varied else ''}, {'towns' if clustered else 'even'}"
        entry = {"name": name, "is_varied": varied} | measure_points(question, index, tree, grids, server)
        entry["single_p50_us"] = single_p50_us(index, question)
        entries.append(entry)
        print_rates([entry])
    polygons_tree = shapely.STRtree(polygons)
    entries[-1]["peers_single_us"] = {
        "strtree": single_tree_p50_us(question, polygons_tree),
        "postgis_prepared": server.single_p50_us(question),
        "tzfpy_own_data": single_tzfpy_us(question),
    }
    entries[-1]["index"] = index_figures(question, index)
    updates, different = update_figures(question, index)
    entries[-1]["index"] |= updates
    entries[-1]["different"] += different
    return entries


def print_rates(entries: Iterable[dict[str, Any]]) -> None:
    """Print rates, one line a coverage and kind of points."""
    for entry in entries:
        rates = [entry["rates"][name] for name in COLUMNS]
        cells = "".join(f"{'-':>10}" if rate is None else f"{rate:10.3f}" for rate in rates)
        print(f"{entry['name']:22}{cells}{entry['single_p50_us']:10.3f}{entry['different']:10d}", flush=True)


def print_costs(entries: list[dict[str, Any]]) -> None:
    """Print what one point costs elsewhere, and what each index costs beside answering."""
    for entry in entries:
        for title in ("peers_single_us", "index"):
            if title in entry:
                figures = entry[title].items()
                text = ", ".join(f"{name} {'-' if v is None else f'{v:.4g}'}" for name, v in figures)
                print(f"{entry['name']:22}{text}")


def summarise(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures that are promised: the worst of all points and evenly sized coverages."""
    even = [entry for entry in entries if not entry["is_varied"]]
    varied = [entry for entry in entries if entry["is_varied"]]

    def least(ours: str, peer: str, among: list[dict[str, Any]] = even) -> float:
        return round(min(float(entry["rates"][ours] / entry["rates"][peer]) for entry in among), 2)

    two = min(entry["rates"]["compiled_2"] / entry["sjoin_wall"] for entry in even)
    peers = {peer for entry in entries for peer, rate in entry["rates"].items() if rate is not None}
    optional = {
        f"{peer}_ratio_min": least("compiled", peer) for peer in ("duckdb", "sedona") if peer in peers
    }
    return {
        "is_compiled": all(entry["is_compiled"] for entry in entries),
        "different": sum(entry["different"] for entry in entries),
        "different_from_postgis": sum(entry["different_from_postgis"] for entry in entries),
        "sjoin_ratio_min": least("compiled", "sjoin"),
        "sjoin_ratio_varied_min": least("compiled", "sjoin", varied),
        "postgis_ratio_min": least("compiled", "postgis"),
        "numpy_sjoin_ratio_min": least("numpy", "sjoin"),
        "numpy_postgis_ratio_min": least("numpy", "postgis"),
        "sjoin_ratio_2threads_min": round(two, 2),
        "postgis_ratio_2threads_min": least("compiled_2", "postgis"),
        "postgis_points_indexed_ratio_min": least("compiled", "postgis_indexed"),
        "boxes_ratio_min": least("compiled", "boxes"),
        **optional,
        "single_p50_us": round(max(entry["single_p50_us"] for entry in entries), 3),
    }


def main() -> None:
    """Run everything and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.locate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 and 2 000 grids, fewer points")
    quick = parser.parse_args().quick
    count = QUICK_POINTS if quick else POINTS
    print("Million points a second of one core; one point in process in microseconds; answers that differ.")
    print(f"{'grids, points':22}" + "".join(f"{title:>10}" for title in (*COLUMNS.values(), "us", "differ")))
    entries: list[dict[str, Any]] = []
    with open_server() as server:
        for n, varied in QUICK if quick else FULL:
            entries += measure_size(n, count, server, varied=varied)
    print("PostGIS: the first 50 000 points; *: with an index on the points too.")
    print("-: not installed (DuckDB with its spatial extension, SedonaDB). All threads of SedonaDB count.")
    if not entries[0]["is_compiled"]:
        print("The compiled kernel is missing here: what is said to be ours is NumPy's.")
    print_costs(entries)
    figures = summarise(entries) | shift_figures(count) | http_ratio(500 if quick else 3000)
    figures["by_case"] = {entry.pop("name"): rounded(entry) for entry in entries}
    print(json.dumps(figures))


def rounded(figures: dict[str, Any]) -> dict[str, Any]:
    """Return figures with four digits."""
    return {
        name: rounded(value)
        if isinstance(value, dict)
        else float(f"{value:.4g}")
        if isinstance(value, float)
        else value
        for name, value in figures.items()
    }


if __name__ == "__main__":
    main()
