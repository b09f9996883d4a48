"""Measure checking and repairing against everything it could be done with: `make bench-gridding`.

On generated coverages of 1 000, 10 000 and 100 000 grids with about 50 vertices each, clean and with
defects of seventeen kinds at a rate of 1 %; all of them in the same run, on the same input, each in a
process of its own. Seconds are processor time, children included; MB are the most memory above the input.
The last line printed is one JSON object; ratios are ours by shapely's, on the largest coverage.

maup, geoplanar and mapshaper take part where they are: name an interpreter that has the first two in
WANGGE_PEERS_PYTHON, and the command of the third in WANGGE_MAPSHAPER.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.gridding_input import Made, make_input
from benchmarks.gridding_judge import are_same, judge_found, judge_peer, judge_repair
from benchmarks.gridding_measure import ROOT, Outcome, run, write_given
from benchmarks.gridding_peers import write_geojson
from benchmarks.gridding_river import WIDTHS_M, kept, make_river
from gis.gridding.chain import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OURS, PEERS = "benchmarks.gridding_cases", "benchmarks.gridding_peers"
SIZES, QUICK_SIZES = (1_000, 10_000, 100_000), (1_000, 10_000)
RIVER_GRIDS = 1_000
ROUNDS = 2  # of what is promised, in turns, so that both have quiet moments
NO_LIMIT_S = 3_600.0
FINDERS = {
    "shapely invalid_edges": SIZES,
    "shapely by hand": SIZES,
    "mapshaper mosaic": SIZES,
    "geoplanar": SIZES,
    "maup doctor": SIZES,
    "maup places": SIZES,
}
"""Peers that check, and at which sizes."""
REPAIRERS = {
    "mapshaper clean": SIZES,
    "geoplanar repair": SIZES[:1],
    "maup quick": SIZES[:1],
    "maup smart": SIZES[:1],
}
RIVER_PEERS = ("shapely clean, river", "mapshaper clean, river", "maup smart, river")
NOT_SHOWN = {"seconds", "memory_mb", "recall", "precision"}
TWICE_AT_MOST = 15_000  # grids: a peer's second repair is no news above


def python_of(case: str) -> str:
    """Return the interpreter that has a peer."""
    alone = case.startswith(("maup", "geoplanar"))
    return os.environ.get("WANGGE_PEERS_PYTHON", sys.executable) if alone else sys.executable


def peer(case: str, source: Path, limit_s: float) -> Outcome:
    """Run a peer's case."""
    return run(PEERS, case, source, python=python_of(case), limit_s=limit_s)


def in_turns(cases: Sequence[tuple[str, str, Path]]) -> list[Outcome]:
    """Run cases in turns, some rounds, and return the best of each."""
    rounds = [
        [run(module, case, source, limit_s=NO_LIMIT_S) for module, case, source in cases]
        for _ in range(ROUNDS)
    ]
    return [reduce(Outcome.better, outcomes) for outcomes in zip(*rounds, strict=True)]


def proof_figures(made: Made) -> dict[str, Any]:
    """Prove the clean coverage and ask shapely for its word."""
    names = ("proof", "proof_numpy", "shapely is_valid")
    outcomes = in_turns(
        [(OURS, names[0], made.clean), (OURS, names[1], made.clean), (PEERS, names[2], made.clean)]
    )
    proved = [outcomes[0].answer, outcomes[1].answer, bool((outcomes[2].answer or {}).get("is_valid"))]
    return {
        name: cost(outcome) | {"is_proved": bool(word)}
        for name, outcome, word in zip(names, outcomes, proved, strict=True)
    }


def finding_figures(made: Made, n: int, limit_s: float) -> dict[str, Any]:
    """Find all that is wrong with the damaged coverage, and let the peers find."""
    names = ("findings", "findings_numpy", "shapely is_valid")
    ours, ours_numpy, shapely_word = in_turns(
        [(OURS, names[0], made.raw), (OURS, names[1], made.raw), (PEERS, names[2], made.raw)]
    )
    figures = {
        names[0]: cost(ours) | judge_found(ours.answer or [], made.damaged),
        names[1]: cost(ours_numpy) | judge_found(ours_numpy.answer or [], made.damaged),
        names[2]: cost(shapely_word),
    }
    for case, sizes in FINDERS.items():
        if n in sizes:
            outcome = peer(case, made.solid, limit_s)
            figures[case] = cost(outcome) | judge_peer(outcome.answer or {}, made.damaged)
    return figures


def repair_figures(made: Made, n: int, limit_s: float) -> dict[str, Any]:
    """Repair the damaged coverage, and let the peers repair."""
    ours, shapelys = in_turns([(OURS, "repair", made.solid), (PEERS, "shapely clean", made.solid)])
    figures = {
        "repair": repaired(OURS, "repair", ours, made, NO_LIMIT_S),
        "shapely clean": repaired(PEERS, "shapely clean", shapelys, made, NO_LIMIT_S),
    }
    for case, sizes in REPAIRERS.items():
        if n in sizes:
            figures[case] = repaired(PEERS, case, peer(case, made.solid, limit_s), made, limit_s)
    return figures


def repaired(module: str, case: str, outcome: Outcome, made: Made, limit_s: float) -> dict[str, Any]:
    """Judge a repair, and repair what it made once more: how many grids change again."""
    figures = cost(outcome)
    if outcome.answer is None:
        return figures
    polygons = polygons_of(outcome)
    figures |= judge_repair(polygons, made)
    if module == PEERS and len(polygons) > TWICE_AT_MOST:
        return figures
    with tempfile.TemporaryDirectory() as folder:
        source = write_given(Path(folder, "again.pkl"), polygons, made.damaged.parent)
        write_geojson(polygons, source.with_suffix(".geojson"))
        again = run(module, case, source, python=python_of(case), limit_s=limit_s)
    if again.answer is not None:
        second = polygons_of(again)
        figures["second_run"] = int((~are_same(polygons, second)).sum())
    return figures


def edit_figures(made: Made) -> dict[str, Any]:
    """Edit grids of the clean coverage, one at a time, while its faults are followed."""
    outcome = run(OURS, "edits", made.clean, limit_s=NO_LIMIT_S)
    return {"edits": cost(outcome) | (outcome.answer or {})}


def stream_figures() -> dict[str, float]:
    """Stream a million grids with defects, beside all in memory; memory is what that added."""
    command = [sys.executable, "-m", "benchmarks.gridding_stream"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    for way, one in told.items():
        print(f"{one['grids']} grids, {way}: {one['processor_seconds']} s {one['megabytes']} MB")
    streamed, in_memory = told["streamed"], told["in_memory"]
    return {
        "million_s": streamed["processor_seconds"],
        "million_mb": streamed["megabytes"],
        "million_ratio": round(streamed["processor_seconds"] / in_memory["processor_seconds"], 3),
    }


def river_figures(limit_s: float) -> dict[str, Any]:
    """Repair a long gap of several widths: true neighbours lost, by width and repair."""
    figures: dict[str, Any] = {}
    for width in WIDTHS_M:
        river = make_river(RIVER_GRIDS, width)
        with tempfile.TemporaryDirectory() as folder:
            source = write_given(Path(folder, "river.pkl"), river.cells, river.parent)
            write_geojson(river.cells, source.with_suffix(".geojson"))
            outcomes = {"repair, river": run(OURS, "repair, river", source, limit_s=NO_LIMIT_S)}
            outcomes |= {case: peer(case, source, limit_s) for case in RIVER_PEERS}
        figures[f"{width:g} m"] = {
            case: cost(outcome) | (kept(river, polygons_of(outcome)) if outcome.answer else {})
            for case, outcome in outcomes.items()
        }
    return figures


def polygons_of(outcome: Outcome) -> np.ndarray:
    """Return the polygons of a repair."""
    return np.array(outcome.answer["polygons"], dtype=object)


def cost(outcome: Outcome) -> dict[str, Any]:
    """Return seconds and memory, or why there are none."""
    if outcome.seconds is None or outcome.memory_mb is None:
        return {"seconds": None, "memory_mb": None, "failed": outcome.failed}
    return {"seconds": float(f"{outcome.seconds:.4g}"), "memory_mb": round(outcome.memory_mb, 1)}


def shown(title: str, figures: dict[str, Any]) -> dict[str, Any]:
    """Print figures by case, one line each, and return them."""
    print(title)
    for case, told in figures.items():
        seconds = told["seconds"]
        measured = f"{'-':>9}" if seconds is None else f"{seconds:9.3f} s {told['memory_mb']:7.0f} MB"
        others = [f"{name} {value}" for name, value in told.items() if name not in NOT_SHOWN]
        print(f"  {case:24}{measured:24}{', '.join(others)}", flush=True)
    return figures


def ratio(figures: dict[str, Any], ours: str, theirs: str) -> float | None:
    """Return how much of their time ours took."""
    mine, other = (figures.get(name, {}).get("seconds") for name in (ours, theirs))
    return None if mine is None or other is None else round(mine / other, 3)


def summarise(by_size: dict[int, dict[str, Any]], river: dict[str, Any]) -> dict[str, Any]:
    """Return the figures that are promised: ratios of the largest coverage, the worst of all the rest."""
    largest = by_size[max(by_size)]
    proof, finding, repair = (largest[name] for name in ("proof", "finding", "repair"))
    found = [size["finding"]["findings"] for size in by_size.values()]
    found += [size["finding"]["findings_numpy"] for size in by_size.values()]
    mended = [size["repair"]["repair"] for size in by_size.values()]
    lost = [told["repair, river"].get("lost") for told in river.values()]
    return {
        "grids": max(by_size),
        "is_compiled": compiled.chain is not None,
        "proof_ratio": ratio(proof, "proof", "shapely is_valid"),
        "proof_ratio_numpy": ratio(proof, "proof_numpy", "shapely is_valid"),
        "is_proved": all(one["is_proved"] for size in by_size.values() for one in size["proof"].values()),
        "findings_ratio": ratio(finding, "findings", "shapely is_valid"),
        "findings_ratio_numpy": ratio(finding, "findings_numpy", "shapely is_valid"),
        "recall_min": min(one["recall_min"] for one in found),
        "precision_min": min(one["precision_min"] for one in found),
        "lakes": sum(one["lakes"] for one in found),
        "duplicates": sum(one["duplicates"] for one in found),
        "repair_ratio": ratio(repair, "repair", "shapely clean"),
        "repair_is_coverage": worst(mended, "is_coverage", min),
        "collateral": worst(mended, "collateral", max),
        "second_run": worst(mended, "second_run", max),
        "edit_ms_p99": worst([size["edit"]["edits"] for size in by_size.values()], "p99_ms", max),
        "neighbours_lost": None if None in lost else sum(lost),
    }


def worst(figures: list[dict[str, Any]], name: str, choose: Callable[[list[Any]], Any]) -> float | None:
    """Return the worst of a figure, None if it is not known everywhere."""
    values = [one.get(name) for one in figures]
    return None if None in values else float(choose(values))


def main() -> None:
    """Run everything and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gridding", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1 000 and 10 000 grids only")
    parser.add_argument("--limit", type=float, default=120.0, help="processor seconds a peer gets for a case")
    asked = parser.parse_args()
    by_size: dict[int, dict[str, Any]] = {}
    for n in QUICK_SIZES if asked.quick else SIZES:
        made = make_input(n)
        by_size[n] = {
            "proof": shown(f"{n} grids, clean: proof", proof_figures(made)),
            "finding": shown(f"{n} grids, damaged: finding", finding_figures(made, n, asked.limit)),
            "repair": shown(f"{n} grids, damaged: repair", repair_figures(made, n, asked.limit)),
            "edit": shown(f"{n} grids, clean: edits of one grid", edit_figures(made)),
        }
    river = river_figures(asked.limit)
    for width, told in river.items():
        shown(f"{RIVER_GRIDS} grids with a gap of {width} from end to end: neighbours", told)
    figures = summarise(by_size, river) | ({} if asked.quick else stream_figures())
    figures["by_size"], figures["river"] = {str(n): told for n, told in by_size.items()}, river
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
