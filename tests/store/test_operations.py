"""Operations on plans: what is undone is there again bit for bit, in any order, or the undoing is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from releases import PLANNER, publish
from shapely import Polygon, box
from sqlalchemy import text

from gis.errors import ConflictError, NotFoundError
from gis.nouns import Actor, FindingKind, GridKind, Plan
from gis.settings import Settings
from gis.store.jobs.queue import save_job
from gis.store.planning.operations import (
    Deed,
    Operation,
    OperationKind,
    get_operation,
    list_operation_codes,
    list_operations,
    recorded,
    redo_operation,
    undo_operation,
)
from gis.store.plans import (
    add_parts,
    create_plan,
    get_plan,
    retire_missing_grids,
    save_plan_areas,
    save_plan_grids,
)
from gis.workflows.check_grids import check_subject
from gis.workflows.repairing.repair_grids import RepairRequest, repair_plan

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SETTINGS = Settings(database_url="postgresql://unused")
OTHER = Actor("other")
COMMUNITY = "320199001001"
WEST, MIDDLE, EAST = (f"{COMMUNITY}00{number}" for number in (1, 2, 3))
# thirds have no short decimal: what is lost on the way would be seen
THIRD = 0.01 / 3
CELLS = {
    WEST: box(118.0, 31.0, 118.0 + THIRD, 31.01),
    MIDDLE: box(118.0 + THIRD + 2e-5, 31.0, 118.0 + 2 * THIRD, 31.01),
    EAST: box(118.0 + 2 * THIRD, 31.0, 118.01, 31.01),
}
BOW_TIE = Polygon([(118.0, 31.0), (118.001, 31.001), (118.001, 31.0), (118.0, 31.001)])


def frame(cells: dict[str, Any], **constants: Any) -> gpd.GeoDataFrame:
    made = gpd.GeoDataFrame({"code": list(cells)}, geometry=list(cells.values()), crs=4490)
    made["attributes"] = [{"number": number, "share": 1 / 3} for number in range(len(made))]
    return made.assign(name=made["code"], **constants)


def grids(cells: dict[str, Any]) -> gpd.GeoDataFrame:
    return frame(cells, kind="natural", community_code=COMMUNITY, households=400)


def areas() -> gpd.GeoDataFrame:
    # with the corners of the grids on it: an edge that is straight in degrees is not in metres
    along = sorted({x for cell in CELLS.values() for x in (cell.bounds[0], cell.bounds[2])})
    outline = Polygon([*((x, 31.0) for x in along), *((x, 31.01) for x in reversed(along))])
    return frame({COMMUNITY: outline}, level="community", parent_code=None)


@pytest.fixture
def plan(session: Session) -> Plan:
    """A plan over a release of three grids in a community; the western one is the plan's own, too."""
    first = create_plan(session, "first", PLANNER)
    save_plan_areas(session, first.id, areas())
    save_plan_grids(session, first.id, grids(CELLS))
    publish(session, first.id, date(2026, 1, 1))
    plan = create_plan(session, "second", PLANNER)
    save_plan_grids(session, plan.id, grids({WEST: CELLS[WEST]}))
    return get_plan(session, plan.id)


def state(session: Session, plan: Plan) -> list[Any]:
    """Return every bit of a plan's own rows."""
    rows = []
    for table in ("plan_area", "plan_grid"):
        rows += session.execute(
            text(
                f"SELECT *, '' AS geom, encode(ST_AsEWKB(geom), 'hex') AS bits FROM {table}"  # noqa: S608 - two names
                " WHERE plan_id = :plan ORDER BY id"
            ),
            {"plan": plan.id},
        ).all()
    return [tuple(row) for row in rows]


def deed() -> Deed:
    return Deed(OperationKind.IMPORT_GRIDS, None, {"file": "grids.geojson"})


def move(session: Session, plan: Plan, code: str, by: float) -> None:
    with recorded(session, plan.id, deed(), PLANNER):
        save_plan_grids(session, plan.id, grids({code: shapely.transform(CELLS[code], lambda c: c + by)}))


def fail_midway(session: Session, plan: Plan) -> None:
    with recorded(session, plan.id, deed(), PLANNER):
        save_plan_grids(session, plan.id, grids({EAST: CELLS[EAST]}))
        raise ConflictError("midway")


def undo(session: Session, plan: Plan, number: int) -> Operation:
    return undo_operation(session, plan.id, number, OTHER)


def redo(session: Session, plan: Plan, number: int) -> Operation:
    return redo_operation(session, plan.id, number, OTHER)


def test_a_repair_is_undone_bit_for_bit_and_done_again(session: Session, plan: Plan) -> None:
    before = state(session, plan)
    request = RepairRequest(plan_id=plan.id, reason="seams", max_gap_width_m=10)
    done = repair_plan(session, request, SETTINGS, PLANNER)
    assert done.counts()[FindingKind.GAP] == (1, 0)
    repaired = state(session, plan)
    assert repaired != before
    (operation,) = list_operations(session, plan.id)
    assert (operation.number, operation.kind, operation.by, operation.reason) == (
        1,
        OperationKind.REPAIR,
        "planner",
        "seams",
    )
    assert (operation.changed_from, operation.changed_to) == (1, 2)
    assert (operation.options["max_gap_width_m"], operation.options["gaps"]) == (10, "longest_edge")
    codes = list_operation_codes(session, operation)
    assert codes["area"] == []
    assert set(codes["grid"]) <= {WEST, MIDDLE}
    assert operation.grid_count == len(codes["grid"]) > 0

    undone = undo(session, plan, 1)
    assert undone.undone_by == "other"
    assert state(session, plan) == before
    assert get_plan(session, plan.id).change_number == 3
    again = check_subject(session, get_plan(session, plan.id), SETTINGS, PLANNER)
    assert again.check.counts == {FindingKind.GAP: 1}

    redone = redo(session, plan, 1)
    assert (redone.undone_at, redone.undone_by) == (None, None)
    assert state(session, plan) == repaired
    undo(session, plan, 1)
    assert state(session, plan) == before


def test_whatever_happens_to_rows_is_undone(session: Session, plan: Plan) -> None:
    before = state(session, plan)
    with recorded(session, plan.id, deed(), PLANNER):
        save_plan_areas(session, plan.id, areas())
        save_plan_grids(session, plan.id, grids({WEST: BOW_TIE, f"{COMMUNITY}009": CELLS[EAST]}))
        add_parts(session, plan.id, grids({WEST: box(118.5, 31, 118.6, 31.1)}), "grid")
        retire_missing_grids(session, plan.id, GridKind.NATURAL, {WEST, f"{COMMUNITY}009"})
    after = state(session, plan)
    (operation,) = list_operations(session, plan.id)
    assert (operation.area_count, operation.grid_count) == (1, 4)
    assert list_operation_codes(session, operation) == {
        "area": [COMMUNITY],
        "grid": [WEST, MIDDLE, EAST, f"{COMMUNITY}009"],
    }
    undo(session, plan, 1)
    assert state(session, plan) == before
    redo(session, plan, 1)
    assert state(session, plan) == after


def test_operations_are_undone_from_the_newest_and_done_again_from_there(
    session: Session, plan: Plan
) -> None:
    states = [state(session, plan)]
    for number in (1, 2, 3):
        move(session, plan, WEST if number % 2 else MIDDLE, number / 3)
        states.append(state(session, plan))
    # each when it was done, and not when its transaction began
    moments = [one.at for one in reversed(list_operations(session, plan.id))]
    assert moments == sorted(set(moments))
    for number in (3, 2, 1):
        undo(session, plan, number)
        assert state(session, plan) == states[number - 1]
    with pytest.raises(ConflictError, match="without operation 2 it was at"):
        redo(session, plan, 2)
    for number in (1, 2):
        redo(session, plan, number)
        assert state(session, plan) == states[number]
    # another way from here: the third is behind it
    move(session, plan, EAST, 0.5)
    with pytest.raises(ConflictError, match=r"undo operation 4 \(import_grids, by planner\) first"):
        redo(session, plan, 3)
    undo(session, plan, 4)
    redo(session, plan, 3)
    assert state(session, plan) == states[3]
    assert [one.number for one in list_operations(session, plan.id)] == [4, 3, 2, 1]
    assert [one.undone_by for one in list_operations(session, plan.id)] == ["other", None, None, None]


def test_only_the_newest_that_holds_is_undone(session: Session, plan: Plan) -> None:
    move(session, plan, WEST, 0.1)
    move(session, plan, WEST, 0.2)
    after = state(session, plan)
    with pytest.raises(
        ConflictError,
        match=r"is at change 3, and operation 1 left it at change 2: undo operation 2 \(import_grids, by pl",
    ):
        undo(session, plan, 1)
    with pytest.raises(ConflictError, match=r"Operation 2 of plan \d+ holds"):
        redo(session, plan, 2)
    undo(session, plan, 2)
    with pytest.raises(ConflictError, match="undone already"):
        undo(session, plan, 2)
    redo(session, plan, 2)
    assert state(session, plan) == after
    with pytest.raises(NotFoundError, match="no operation 3 on plan"):
        undo(session, plan, 3)
    with pytest.raises(NotFoundError, match="no plan 999"):
        undo(session, replace(plan, id=999), 1)


def test_what_kept_no_record_is_in_the_way(session: Session, plan: Plan) -> None:
    move(session, plan, WEST, 0.1)
    save_plan_grids(session, plan.id, grids({EAST: CELLS[EAST]}))
    after = state(session, plan)
    with pytest.raises(ConflictError, match=r"is at change 3, and .* kept no record, so correct the plan by"):
        undo(session, plan, 1)
    assert state(session, plan) == after


def test_a_published_plan_is_not_undone(session: Session, plan: Plan) -> None:
    move(session, plan, WEST, 0.0)
    publish(session, plan.id, date(2026, 7, 1))
    with pytest.raises(ConflictError, match="is published"):
        undo(session, plan, 1)
    with pytest.raises(ConflictError, match="is published"):
        move(session, plan, WEST, 0.1)


def test_what_changes_nothing_or_fails_is_no_operation(session: Session, plan: Plan) -> None:
    with recorded(session, plan.id, deed(), PLANNER):
        get_plan(session, plan.id)
    with pytest.raises(ConflictError, match="midway"):
        fail_midway(session, plan)
    assert list_operations(session, plan.id) == []
    # nor is what comes after it
    save_plan_grids(session, plan.id, grids({EAST: CELLS[EAST]}))
    assert session.scalar(text("SELECT count(*) FROM plan_kept")) == 0
    move(session, plan, EAST, 0.1)
    assert get_operation(session, plan.id, 1).changed_from == 2


def test_undoing_is_in_the_audit_log(session: Session, plan: Plan) -> None:
    move(session, plan, WEST, 0.1)
    undo(session, plan, 1)
    redo(session, plan, 1)
    rows = session.execute(text("SELECT actor, action, detail FROM audit_entry ORDER BY id DESC LIMIT 2"))
    assert [tuple(row) for row in rows] == [
        ("other", "plan.redo", {"operation": 1}),
        ("other", "plan.undo", {"operation": 1}),
    ]


def test_numbers_of_people_in_titles_and_reasons_are_not_stored(session: Session, plan: Plan) -> None:
    asked = create_plan(session, "as 13812345678 asked", PLANNER)
    assert asked.title == "as 138****5678 asked"
    with recorded(session, plan.id, Deed(OperationKind.IMPORT_GRIDS, "ask 13812345678"), PLANNER):
        save_plan_grids(session, plan.id, grids({WEST: box(118.0, 31.0, 118.002, 31.01)}))
    assert list_operations(session, plan.id)[0].reason == "ask 138****5678"
    job = save_job(session, "repair", {"plan_id": plan.id, "reason": "ask 13812345678"}, PLANNER)
    assert job.parameters == {"plan_id": plan.id, "reason": "ask 138****5678"}
    for table in ("plan_operation", "plan", "job"):
        stored = session.scalar(text(f"SELECT string_agg(t::text, ' ') FROM {table} AS t"))  # noqa: S608 - named above
        assert "138****5678" in stored
        assert "13812345678" not in stored
