"""The harness of `make bench-gridding` itself, on a small coverage."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
import shapes

from benchmarks import gridding, gridding_cases, gridding_judge, gridding_peers, gridding_real
from benchmarks.damage import FoundKind, Kind
from benchmarks.gridding_input import Made, make_input
from benchmarks.gridding_measure import Given, Outcome, measure, run, write_given
from benchmarks.gridding_river import kept, make_river, neighbours
from gis.gridding.chain import compiled

if TYPE_CHECKING:
    from pathlib import Path

GRIDS = 300


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_input(GRIDS, tmp_path_factory.mktemp("made"))


def parents(made: Made) -> Any:
    return np.array([made.damaged.parent], dtype=object)


def test_inputs_are_made_once_and_children_read_what_was_made(made: Made) -> None:
    written = made.raw.stat().st_mtime_ns
    again = make_input(GRIDS, made.raw.parents[1])
    assert made.raw.stat().st_mtime_ns == written
    assert shapely.equals_identical(again.damaged.cells, made.damaged.cells).all()
    assert again.raw == made.raw
    read = Given.read(made.raw)
    assert shapely.equals_identical(read.polygons, made.damaged.cells).all()
    assert shapely.equals_identical(read.parent, made.damaged.parent)
    assert shapely.is_valid(Given.read(made.solid).polygons).all()
    assert gridding_peers.is_valid(Given.read(made.clean))() == {"is_valid": True}
    assert gridding_peers.is_valid(read)() == {"is_valid": False}


def test_mapshaper_gets_every_bit(made: Made) -> None:
    written = made.solid.with_suffix(".geojson").read_text()
    read = np.array(list(shapely.from_geojson(written).geoms), dtype=object)
    assert shapely.equals_identical(read, made.solid_cells()).all()


@pytest.mark.parametrize("numpy", [False, True])
def test_the_proof_holds_of_what_is_clean_alone(
    made: Made, *, numpy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if numpy:
        monkeypatch.setattr(compiled, "chain", None)
    given = Given.read(made.clean)
    outline = np.array([given.parent], dtype=object)
    assert gridding_cases.is_partition(given.polygons, outline)
    assert not gridding_cases.is_partition(given.polygons[1:], outline)
    twisted = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    assert not gridding_cases.is_partition(np.array([twisted]), np.array([twisted]))


@pytest.mark.parametrize("numpy", [False, True])
def test_all_is_found_once_and_nothing_else(
    made: Made, *, numpy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if numpy:
        monkeypatch.setattr(compiled, "chain", None)
    found = gridding_cases.find_all(made.damaged.cells, parents(made))
    assert {one.kind for one in found} == set(FoundKind)
    judged = gridding_judge.judge_found(found, made.damaged)
    assert judged["recall_min"] == judged["precision_min"] == 1
    assert (judged["classes"], judged["lakes"], judged["duplicates"]) == (len(Kind) - 1, 0, 0)
    fewer = gridding_judge.judge_found(found[1:], made.damaged)
    assert (fewer["recall_min"], fewer["classes"]) == (0, len(Kind) - 2)


def test_peers_are_judged_kindly(made: Made) -> None:
    given = Given.read(made.solid)
    by_hand = gridding_judge.judge_peer(gridding_peers.by_hand(given)(), made.damaged)
    unseen = {kind for kind, share in by_hand["recall"].items() if share < 1}
    assert unseen == {Kind.BOWTIE, Kind.SPLIT, Kind.TJUNCTION, Kind.DUPVERTEX}
    assert by_hand["precision_min"] == 1
    edges = gridding_judge.judge_peer(gridding_peers.invalid_edges(given)(), made.damaged)
    assert edges["recall"][Kind.OVERLAP] == edges["recall"][Kind.TJUNCTION] == 1
    assert edges["recall"][Kind.MISSING] == 0
    assert gridding_judge.judge_peer({"is_valid": False}, made.damaged) == {}


def test_repairs_are_judged_by_what_they_should_not_have_touched(made: Made) -> None:
    given = Given.read(made.solid)
    cleaned = gridding_peers.clean(given)()["polygons"]
    judged = gridding_judge.judge_repair(cleaned, made)
    assert (judged["is_valid"], judged["is_coverage"]) == (True, True)
    assert (judged["collateral"], judged["emptied"], judged["lakes_filled"]) == (0, 0, 0)
    assert 0.2 < judged["moved_by_needed"] < 0.8  # knows no parent, so it moves nothing at the outline
    ours = gridding_cases.repaired(given.polygons, parents(made), gap_width_m=30)["polygons"]
    judged = gridding_judge.judge_repair(ours, made)
    assert (judged["is_valid"], judged["is_coverage"], judged["collateral"]) == (True, True, 0)
    assert 0.8 < judged["moved_by_needed"] < 1.2
    nothing_done = gridding_judge.judge_repair(given.polygons, made)
    assert (nothing_done["is_coverage"], nothing_done["moved_by_needed"]) == (False, 0)
    harmed = cleaned.copy()
    innocent, other = made.untouched()[:2]
    harmed[innocent] = shapely.segmentize(harmed[innocent], 10)
    harmed[other] = None
    judged = gridding_judge.judge_repair(harmed, made)
    assert (judged["collateral"], judged["emptied"]) == (2, 1)


def test_a_river_parts_neighbours_and_the_truth_loses_none() -> None:
    river = make_river(GRIDS, 8.0)
    assert shapely.is_valid(river.cells).all()
    assert len(river.across) > 20
    parted = len(river.across - neighbours(river.cells))
    assert parted > 20
    assert kept(river, river.clean)["lost"] == 0
    cleaned = shapely.coverage_clean(river.cells, gap_width=40)
    assert kept(river, cleaned)["lost"] > 10
    assert kept(river, river.cells) == {
        "of": len(river.across), "lost": parted, "made_up": 0, "changed": 0
    }  # fmt: skip


def test_edits_bring_faults_and_take_them_away(made: Made) -> None:
    told = gridding_cases.CASES["edits"](Given.read(made.clean))()
    assert told["edits"] == 2 * told["with_faults"] > 500
    assert 0 < told["p50_ms"] <= told["p99_ms"]


def test_real_outlines_are_checked_and_repaired_beside_peers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gridding_real, "FINDERS", ("shapely by hand",))
    monkeypatch.setattr(gridding_real, "REPAIRERS", ("shapely clean, real",))
    cells = shapes.with_overlap() | {shapes.code("003"): shapes.bow_tie()}
    shapes.grids_frame(cells).to_file(tmp_path / "grids.geojson")
    shapes.grids_frame({"1": shapes.block()}).to_file(tmp_path / "block.geojson")
    published = gridding_real.Published("grids.geojson", shapes.METRIC_CRS, "block.geojson")
    told = gridding_real.set_figures(tmp_path, published, tmp_path, 60)
    ours, by_hand = told["finding"]["findings"], told["finding"]["shapely by hand"]
    assert (ours["invalid"], ours["overlap"], ours["gap"]) == (1, 1, 2)
    assert (by_hand["overlaps_above_dust"], by_hand["gaps_above_dust"]) == (1, 2)
    repair = told["repair"]["repair, real"]
    assert (repair["is_valid"], repair["is_coverage"], repair["emptied"], repair["left"]) == (
        True, True, 0, 2,
    )  # fmt: skip
    assert repair["moved_m2"] == pytest.approx(200, abs=0.1)
    assert told["repair"]["shapely clean, real"]["is_valid"]


def test_lines_beside_a_place_do_not_make_it_thin() -> None:
    beside = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (9e6, 0)])])
    thin = shapely.box(0, 0, 1, 0.0001)
    assert gridding_judge.are_wide([beside, thin, shapely.Point(0, 0)]).tolist() == [True, False, False]


def test_work_is_measured_with_its_children_and_its_memory() -> None:
    burn = "sum(range(4_000_000))"
    spent = measure(lambda: subprocess.run([sys.executable, "-c", burn], check=True), most_times=1)
    assert spent.seconds is not None
    assert spent.seconds > 0.03
    held = measure(lambda: np.ones(10_000_000).sum(), most_times=1)
    assert held.memory_mb is not None
    assert 70 < held.memory_mb < 90  # and no child that had ended before
    idle = measure(lambda: None)
    assert idle.seconds is not None
    assert idle.seconds < 0.01


def test_children_answer_fail_and_are_ended(made: Made, tmp_path: Path) -> None:
    asked = "shapely is_valid"
    answered = run(gridding.PEERS, asked, made.clean, limit_s=60)
    assert answered.answer == {"is_valid": True}
    assert answered.seconds is not None
    assert run(gridding.PEERS, asked, made.clean, limit_s=0.01) == Outcome(
        None, None, None, "more than 0.01 s"
    )
    busy = tmp_path / "busy"
    busy.write_text("#!/bin/sh\nwhile :; do :; done\n")
    busy.chmod(0o700)
    started = time.monotonic()
    assert run(gridding.OURS, "any", made.clean, python=str(busy), limit_s=1).failed == "more than 1 s"
    assert started + 0.9 < time.monotonic()
    lines = write_given(tmp_path / "lines.pkl", shapely.boundary(made.damaged.cells), made.damaged.parent)
    assert run(gridding.OURS, "findings", lines, limit_s=60).failed.startswith("ValueError: ")
    assert run(gridding.PEERS, asked, tmp_path / "none", limit_s=60).failed.startswith("FileNotFoundError")


def test_the_best_of_two_runs_counts() -> None:
    quick, slow, failed = Outcome(1.0, 1.0), Outcome(2.0, 1.0), Outcome(None, None, None, "no")
    assert slow.better(quick) == quick.better(slow) == failed.better(quick) == quick.better(failed) == quick


def test_promises_are_the_worst_of_all_sizes_and_the_ratios_of_the_largest() -> None:
    def size(seconds: float, shapelys: float, recall: float) -> dict[str, Any]:
        told = {
            "seconds": seconds, "is_proved": True, "recall_min": recall, "precision_min": 1.0, "lakes": 1,
            "duplicates": 0, "is_coverage": True, "collateral": 2, "second_run": 3, "p99_ms": seconds,
        }  # fmt: skip
        theirs = {"seconds": shapelys, "is_proved": True}
        return {
            "proof": {"proof": told, "proof_numpy": told, "shapely is_valid": theirs},
            "finding": {"findings": told, "findings_numpy": told, "shapely is_valid": theirs},
            "repair": {"repair": told, "shapely clean": {"seconds": None}},
            "edit": {"edits": told},
        }

    river = {"8 m": {"repair, river": {"lost": 2}}, "25 m": {"repair, river": {"lost": 3}}}
    promised = gridding.summarise({10: size(1.0, 4.0, 0.5), 100: size(1.0, 2.0, 1.0)}, river)
    assert promised["grids"] == 100
    assert promised["proof_ratio"] == promised["findings_ratio"] == 0.5
    assert promised["repair_ratio"] is None
    assert (promised["recall_min"], promised["lakes"], promised["neighbours_lost"]) == (0.5, 4, 5)
    assert (promised["collateral"], promised["second_run"], promised["edit_ms_p99"]) == (2, 3, 1.0)
    river["25 m"]["repair, river"] = {}
    assert gridding.summarise({10: size(1.0, 4.0, 0.5)}, river)["neighbours_lost"] is None
