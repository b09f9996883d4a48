"""A plan is repaired as it would be published: the defective sample, rules, and what is saved of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from districts import make_district
from releases import PLANNER, publish
from shapely import LineString
from sqlalchemy import text

from gis.errors import ConflictError, InputError, NotFoundError
from gis.files.geojson import write_layer
from gis.gridding.repairing.repaired import Deed, Ground, Reason, Trouble
from gis.gridding.rules.identity import ids_of
from gis.nouns import FindingKind, GridKind, Plan
from gis.sample.defects import inject_defects
from gis.settings import Settings
from gis.store.frames import plain_rows
from gis.store.people import save_buildings
from gis.store.plans import create_plan, get_plan, list_plan_grids, save_plan_areas, save_plan_grids
from gis.store.session import hold_still, transaction
from gis.workflows.check_grids import check_subject
from gis.workflows.import_grids import GridImportRequest, import_grids
from gis.workflows.make_sample import read_sample
from gis.workflows.repairing.barriers import BarrierFile
from gis.workflows.repairing.repair_grids import Keeper, RepairedPlan, RepairRequest, repair_plan, try_repair
from gis.workflows.repairing.told import areas_of, places_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

SETTINGS = Settings(database_url="postgresql://unused")
DISTRICT, AREAS = make_district(4)
GRIDS = DISTRICT[DISTRICT["kind"] == "natural"].reset_index(drop=True)
A_METRE = 1e-5


def plan_of(session: Session, grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None = None) -> Plan:
    plan = create_plan(session, "test", PLANNER)
    if areas is not None:
        save_plan_areas(session, plan.id, with_attributes(areas))
    save_plan_grids(session, plan.id, with_attributes(grids))
    return get_plan(session, plan.id)


def with_attributes(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    frame = frame.drop(columns=[name for name in ("id",) if name in frame])
    return frame.assign(attributes=[{"number": number} for number in range(len(frame))])


def mend(session: Session, plan: Plan, **rules: Any) -> RepairedPlan:
    return repair_plan(session, RepairRequest(plan_id=plan.id, **rules), SETTINGS, PLANNER)


def plain(grids: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return all that is stored of grids but their outlines; repeated codes come in any order."""
    return plain_rows(pd.DataFrame(grids.drop(columns="geometry")).sort_values(["code", "name"]))


def shifted(number: int, east_m: float) -> gpd.GeoDataFrame:
    """Return the grids, one of them drawn some metres to the east of where it is."""
    shapes = GRIDS.geometry.to_numpy().copy()
    shapes[number] = shapely.affinity.translate(shapes[number], east_m * A_METRE)
    return GRIDS.set_geometry(shapes, crs=4490)


def with_gap(width_m: float = 3.0) -> gpd.GeoDataFrame:
    """Return the grids, one edge of the sixth drawn in, along all of its neighbour."""
    shapes = GRIDS.geometry.to_numpy().copy()
    common = shapely.intersection(shapes[5], shapes[4])
    line = shapely.line_merge(common)
    moved = shapely.get_coordinates(line)[1:-1].copy()
    ring = shapely.get_coordinates(shapes[5])
    inwards = np.sign(np.asarray(shapes[5].centroid.coords[0]) - np.asarray(line.centroid.coords[0]))
    for vertex in moved:
        ring[(ring == vertex).all(axis=1)] += inwards * [0, width_m * A_METRE]
    shapes[5] = shapely.Polygon(ring)
    return GRIDS.set_geometry(shapes, crs=4490)


def are_in_order(told: Sequence[tuple[float, Mapping[str, str]]]) -> None:
    """Hold what was told of a repair of many communities against what it does."""
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert list(dict.fromkeys(step["en"] for _, step in told)) == [
        "Checking the plan",
        "Repairing grids",
        "Storing the grids",
        "Checking the plan again",
    ]
    # a hundredth at a time, to the last community
    repairing = [share for share, step in told if step["en"] == "Repairing grids"]
    assert len(repairing) == len(set(repairing)) == 41
    assert repairing[-1] == pytest.approx(0.65)


def test_the_defective_sample_checks_clean_and_is_not_repaired_twice(session: Session) -> None:
    sample = read_sample(Path("data/boundaries"))
    levels = (sample.district, sample.streets, sample.communities)
    columns = ["code", "name", "level", "parent_code", "households", "population", "geometry"]
    areas = gpd.GeoDataFrame(pd.concat([level[columns] for level in levels], ignore_index=True), crs=4490)
    natural = sample.grids_of("natural").drop(columns="name_en")
    grids, truth = inject_defects(natural, seed=11, each=2)
    plan = plan_of(session, grids, areas)
    before = list_plan_grids(session, plan.id)
    told: list[tuple[float, Mapping[str, str]]] = []
    request = RepairRequest(plan_id=plan.id, max_gap_width_m=60)
    done = repair_plan(session, request, SETTINGS, PLANNER, lambda *one: told.append(one))

    are_in_order(told)
    counts = done.counts()
    assert {kind: counts[kind] for kind in (FindingKind.INVALID, FindingKind.OUTSIDE_PARENT)} == {
        FindingKind.INVALID: (2, 0),
        FindingKind.OUTSIDE_PARENT: (2, 0),
    }
    assert counts[FindingKind.GAP] == (6, 0)  # those drawn, and one beside each bow tie
    assert counts[FindingKind.OVERLAP] == (4, 0)
    assert counts[FindingKind.DUPLICATE_CODE] == (2, 2)
    assert done.remaining == []
    assert done.repaired.left == []
    assert done.is_whole
    # the places that changed hands are those of the defects, the largest first
    places = places_of(done)
    assert places["area_m2"].is_monotonic_decreasing
    sizes = truth.loc[truth["defect"].isin(["gap", "overlap", "spill"]), "area_m2"]
    for size in sizes:
        assert (np.abs(places["area_m2"] - size) < 1e-3 * size).any()

    # what is stored is what was told, bit by bit, and the rest is as it was
    after = list_plan_grids(session, plan.id)
    assert plain(after) == plain(before)
    kept = set(shapely.to_wkb(before.geometry.to_numpy()).tolist())
    is_new = [wkb not in kept for wkb in shapely.to_wkb(after.geometry.to_numpy()).tolist()]
    assert sum(is_new) == done.repaired.changed.sum()
    assert 10 < done.repaired.changed.sum() < 20
    assert done.plan.change_number == plan.change_number + 1
    assert done.after.check.change_number == done.plan.change_number

    again = mend(session, done.plan, max_gap_width_m=60)
    assert not again.repaired.changed.any()
    assert (again.repaired.changes, again.repaired.left) == ([], [])
    assert again.plan.change_number == done.plan.change_number
    assert again.after is again.before


def test_a_grid_of_the_base_release_is_taken_into_the_plan_with_all_it_has(session: Session) -> None:
    first = plan_of(session, GRIDS.assign(land_use="mixed", leader="王敏"), AREAS)
    publish(session, first.id, date(2026, 1, 1))
    grids = with_gap()
    plan = plan_of(session, grids.iloc[[5]])
    before = list_plan_grids(session, plan.id)
    # the neighbour that the plan says nothing of may be the one to get the gap
    done = mend(session, plan, keep_codes=[GRIDS["code"][5]])
    assert [change.deed for change in done.repaired.changes] == [Deed.FILLED]
    (code,) = areas_of(done)["code"]
    assert code == GRIDS["code"][4]
    after = list_plan_grids(session, plan.id)
    assert plain(after) == plain(before)
    assert get_plan(session, plan.id).grid_count == 2
    taken = text("SELECT attributes, land_use, leader FROM plan_grid WHERE plan_id = :plan AND code = :code")
    assert session.execute(taken, {"plan": plan.id, "code": code}).one() == ({"number": 4}, "mixed", "王敏")
    assert done.remaining == []
    publish(session, plan.id, date(2026, 7, 1))


def test_older_is_what_was_released(session: Session) -> None:
    publish(session, plan_of(session, GRIDS, AREAS).id, date(2026, 1, 1))
    plan = plan_of(session, shifted(5, 8).iloc[[5]])
    done = mend(session, plan, overlaps=Keeper.OLDER)
    overlaps = [one for one in done.repaired.changes if one.deed is Deed.DECIDED]
    assert overlaps
    for one in overlaps:
        assert one.ground is Ground.PRIORITY
        assert done.codes[one.after[0]] != GRIDS["code"][5]


def test_a_repeated_code_is_told_apart_by_its_outline(session: Session) -> None:
    grids = with_gap()
    grids.loc[4, "code"] = grids["code"][5]
    plan = plan_of(session, grids, AREAS)
    done = mend(session, plan)
    assert done.repaired.changed.sum() == 1
    assert done.remaining == []
    assert done.counts()[FindingKind.DUPLICATE_CODE] == (1, 1)
    assert len(list_plan_grids(session, plan.id)) == len(GRIDS)


def test_what_is_meant_or_in_the_way_stays(session: Session, tmp_path: Path) -> None:
    grids = with_gap()
    plan = plan_of(session, grids, AREAS)
    (gap,) = [
        finding
        for finding in check_subject(session, plan, SETTINGS, PLANNER).findings
        if finding.kind is FindingKind.GAP
    ]
    done = mend(session, plan, intended=frozenset(ids_of([gap])))
    assert [(one.trouble, one.reason) for one in done.repaired.left] == [(Trouble.GAP, Reason.INTENDED)]
    assert done.is_whole
    assert done.counts() == {FindingKind.INTENDED_HOLE: (1, 1)}

    done = mend(session, plan, max_gap_width_m=0.5)
    assert [one.reason for one in done.repaired.left] == [Reason.TOO_WIDE]
    assert not done.is_whole

    west, south, east, north = gap.geometry.bounds
    line = LineString([((west + east) / 2, south - 0.01), ((west + east) / 2, north + 0.01)])
    roads = tmp_path / "roads.geojson"
    write_layer(gpd.GeoDataFrame({"name": ["road"]}, geometry=[line], crs=4490), roads)
    done = mend(session, plan, barrier_file=BarrierFile(roads, "cgcs2000"))
    assert [one.reason for one in done.repaired.left] == [Reason.BARRIER]
    done = mend(session, plan, barriers=np.array([line]), barrier_file=BarrierFile(roads, "cgcs2000"))
    assert [one.reason for one in done.repaired.left] == [Reason.BARRIER]

    middle = shapely.point_on_surface(gap.geometry)
    house = middle.buffer(20 * A_METRE)
    buildings = gpd.GeoDataFrame({"code": ["H"], "households": [1]}, geometry=[house], crs=4490)
    save_buildings(session, buildings)
    done = mend(session, plan)
    assert [one.reason for one in done.repaired.left] == [Reason.BUILDING]
    done = mend(session, plan, respect_buildings=False)
    assert done.repaired.left == []
    assert done.is_whole


def test_the_plan_goes_on_while_a_dry_run_looks_at_it(engine: Engine, tmp_path: Path) -> None:
    with transaction(engine) as session:
        plan = plan_of(session, with_gap(), AREAS)
    path = tmp_path / "grids.geojson"
    write_layer(GRIDS.drop(columns=["id"], errors="ignore"), path)

    def bring(share: float = 0.0, _step: Mapping[str, str] | None = None) -> None:
        if share not in (0.0, 0.7):  # before anything was read, and before the second check
            return
        with transaction(engine) as session:
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            request = GridImportRequest(path, crs="cgcs2000", plan_id=plan.id, kind=GridKind.NATURAL)
            import_grids(session, request, SETTINGS, PLANNER)

    with transaction(engine) as looking:
        hold_still(looking)
        assert get_plan(looking, plan.id).change_number == plan.change_number
        done = try_repair(looking, RepairRequest(plan_id=plan.id), SETTINGS, bring)
        bring()
    assert done.counts() == {FindingKind.GAP: (1, 0)}
    with transaction(engine) as session:
        assert get_plan(session, plan.id).change_number == plan.change_number + 3
        assert mend(session, plan).counts() == {}
        assert session.scalar(text("SELECT count(*) FROM plan_operation")) == 3


def test_a_dry_run_tells_what_applying_does(session: Session) -> None:
    plan = plan_of(session, shifted(5, 8), AREAS)
    dry = try_repair(session, RepairRequest(plan_id=plan.id), SETTINGS)
    assert session.scalar(text("SELECT count(*) FROM grid_check")) == 0
    done = mend(session, plan)
    assert done.repaired.changed.sum() > 1
    assert dry.counts() == done.counts()
    assert places_of(dry).equals(places_of(done))
    assert areas_of(dry).equals(areas_of(done))


def test_what_was_told_names_grids_in_both_languages(session: Session) -> None:
    plan = plan_of(session, with_gap(), AREAS)
    done = mend(session, plan)
    (place,) = places_of(done).to_dict("records")
    (code,) = place["after"]
    assert (place["id"], place["what"], place["kind"], place["why"], place["before"]) == (
        1,
        "changed",
        "filled",
        "longest_edge",
        [],
    )
    assert code in place["sentence_zh"]
    assert code in place["sentence_en"]
    assert place["sentence_en"].endswith("it has the longest edge along it.")
    (row,) = areas_of(done).to_dict("records")
    assert row["code"] == code
    assert row["moved_m2"] == pytest.approx(place["area_m2"], rel=1e-6)
    assert row["after_m2"] - row["before_m2"] == row["moved_m2"]


def test_what_cannot_be_done_is_refused(session: Session, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="There is no open plan"):
        repair_plan(session, RepairRequest(), SETTINGS, PLANNER)
    plan = plan_of(session, GRIDS, AREAS)
    with pytest.raises(InputError, match="There is no grid 12 in plan"):
        mend(session, plan, keep_codes=["12"])
    with pytest.raises(NotFoundError, match="There is no plan 99"):
        mend(session, replace(plan, id=99))
    path = tmp_path / "areas.geojson"
    write_layer(AREAS[["code", "geometry"]], path)
    with pytest.raises(InputError, match="a barrier is a line"):
        mend(session, plan, barrier_file=BarrierFile(path, "cgcs2000"))
    publish(session, plan.id, date(2026, 1, 1))
    with pytest.raises(ConflictError, match="is published"):
        mend(session, plan)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("snap_m", 0.0),
        ("snap_m", float("nan")),
        ("snap_m", 1.5),
        ("max_gap_width_m", -1.0),
        ("stray_below_m2", -1.0),
    ],
)
def test_lengths_that_are_none_are_refused(option: str, value: float) -> None:
    with pytest.raises(InputError, match=option.removesuffix("_m2").removesuffix("_m")):
        RepairRequest(**{option: value})  # type: ignore[arg-type]  # one of several


def test_a_plan_without_grids_or_areas_is_no_fault(session: Session) -> None:
    plan = create_plan(session, "empty", PLANNER)
    done = mend(session, plan)
    assert done.is_whole
    assert done.counts() == {}
    assert places_of(done).empty
    assert areas_of(done).empty
