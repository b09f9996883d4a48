"""A plan of a street changes grids of that street only: at import, at repair and when it is published."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import releases
from matrix.world import (
    A1,
    A2,
    A11,
    A12,
    A21,
    A22,
    MIDDLE,
    MOVED,
    NORTH,
    SOUTH,
    UNITS,
    WEST,
    A,
    frame,
    natural,
    publish_two,
)
from shapely import box
from sqlalchemy import select, text

from gis.errors import ConflictError, InputError
from gis.gridding.rules.identity import ids_of
from gis.nouns import Actor, AreaLevel, Finding, FindingKind, GridKind, Scope, Severity
from gis.settings import Settings
from gis.store.checks import save_check
from gis.store.grids import list_grids
from gis.store.identity.units import list_branch_communities, save_units
from gis.store.plans import (
    create_plan,
    get_plan,
    list_plan_areas,
    list_plan_changes,
    list_plan_grids,
    retire_missing_grids,
    save_plan_grids,
)
from gis.store.releases import get_release
from gis.store.tables import AreaVersionRow
from gis.workflows.check_grids import CheckRequest, check_requested
from gis.workflows.checking.intend import intend_gap, take_back_mark
from gis.workflows.identity.branch import open_plan
from gis.workflows.import_areas import import_areas
from gis.workflows.import_grids import GridImportRequest, import_grids
from gis.workflows.import_layer import ImportRequest
from gis.workflows.publish_release import publish_release
from gis.workflows.repairing.repair_grids import RepairRequest, repair_plan

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from gis.nouns import Plan
    from gis.workflows.import_layer import ImportReport

SETTINGS = Settings(database_url="postgresql://unused")
PLANNER = Actor("planner.of.a1")
THIRD_DAY = date(2022, 1, 1)
THREE_METRES = 0.00003


@pytest.fixture(autouse=True)
def units(session: Session) -> None:
    publish_two(session)
    save_units(
        session,
        [{"code": c, "name": c, "parent_code": p, "area_code": area} for c, (p, area) in UNITS.items()],
    )


def plan_of(session: Session, unit_code: str = "SA1") -> Plan:
    return open_plan(session, "mine", PLANNER, unit_code)


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text(frame(list(rows)).drop(columns=["attributes", "task"]).to_json(drop_id=True), "utf-8")
    return path


def bring(session: Session, plan: Plan, path: Path, **options: Any) -> int:
    request = GridImportRequest(path, crs="cgcs2000", plan_id=plan.id, kind=GridKind.NATURAL, **options)
    return import_grids(session, request, SETTINGS, PLANNER).saved


def bring_all(session: Session, plan: Plan, path: Path) -> ImportReport:
    request = GridImportRequest(
        path, crs="cgcs2000", plan_id=plan.id, kind=GridKind.NATURAL, replace_all=True
    )
    return import_grids(session, request, SETTINGS, PLANNER)


def codes_of(session: Session, plan: Plan) -> set[str]:
    return set(list_plan_grids(session, plan.id, GridKind.NATURAL)["code"])


MINE = (natural(f"{A11}001", A11, SOUTH, MOVED), natural(f"{A11}002", A11, MOVED, NORTH))
THEIRS = natural(f"{A21}001", A21, SOUTH, MIDDLE)


def test_an_import_with_one_grid_of_another_street_is_refused(session: Session, tmp_path: Path) -> None:
    plan = plan_of(session)
    assert bring(session, plan, write(tmp_path / "mine.geojson", *MINE)) == 2
    with pytest.raises(InputError, match=f"lies outside it: {A21}001"):
        bring(session, plan, write(tmp_path / "both.geojson", *MINE, THEIRS))


def test_the_district_may_bring_what_the_street_may_not(session: Session, tmp_path: Path) -> None:
    assert bring(session, plan_of(session, "RA"), write(tmp_path / "both.geojson", *MINE, THEIRS)) == 3


def test_a_complete_set_of_a_street_retires_nobody_elses_grids(session: Session, tmp_path: Path) -> None:
    whole = natural(f"{A11}001", A11, SOUTH, NORTH)
    before = codes_of(session, newest := plan_of(session))
    plan, path = plan_of(session), write(tmp_path / "mine.geojson", whole)
    report = bring_all(session, plan, path)
    # the other grid of the community, and the two of the street's other one
    gone = {code for code in before if code.startswith(A1)} - {f"{A11}001"}
    assert (report.saved, report.retired) == (1, len(gone)) == (1, 3)
    assert codes_of(session, plan) == before - gone
    assert bring_all(session, plan, path).retired == 0
    # what only the plan has is dropped from it
    bring(session, plan, write(tmp_path / "more.geojson", *MINE, natural(f"{A12}009", A12, SOUTH, NORTH)))
    assert bring_all(session, plan, path).retired == 2
    located = list_plan_changes(session, plan.id, {})
    assert not located.loc[located["retired"], "is_as_released"].any()
    save_check(session, get_plan(session, plan.id), [], (0.1, 1.0), PLANNER)
    publish_release(session, plan.id, THIRD_DAY, SETTINGS, PLANNER)
    assert codes_of(session, newest) == before
    assert set(list_grids(session, 3)["code"]) == before - gone


def test_a_complete_set_of_a_street_without_communities_retires_nothing(session: Session) -> None:
    plan = plan_of(session)
    ended = "UPDATE area_version SET parent_id = NULL WHERE level = 'community' AND code LIKE :its"
    session.execute(text(ended), {"its": f"{A1}%"})
    assert list_branch_communities(session, plan.id) == frozenset()
    before = codes_of(session, plan)
    assert retire_missing_grids(session, plan.id, GridKind.NATURAL, set(), frozenset()) == 0
    assert codes_of(session, plan) == before


def test_a_complete_set_of_the_district_retires_everywhere(session: Session, tmp_path: Path) -> None:
    plan = plan_of(session, "RA")
    before = codes_of(session, plan)
    assert bring_all(session, plan, write(tmp_path / "mine.geojson", *MINE)).retired == len(before) - 2
    assert codes_of(session, plan) == {f"{A11}001", f"{A11}002"}


def test_a_street_brings_no_areas(session: Session, tmp_path: Path) -> None:
    plan = plan_of(session)
    streets = list_plan_areas(session, plan.id, AreaLevel.STREET)
    own = streets[streets["code"] == A1][["code", "name", "geometry"]].assign(parent_code=A)
    path = tmp_path / "street.geojson"
    path.write_text(own.to_json(drop_id=True), "utf-8")
    request = ImportRequest(path, crs="cgcs2000", plan_id=plan.id)
    with pytest.raises(InputError, match=f"lies outside it: {A1}"):
        import_areas(session, AreaLevel.STREET, request, SETTINGS, PLANNER)


def gap_in(session: Session, community: str, middle: float) -> None:
    """Publish a grid that ends three metres short of its neighbour."""
    plan = create_plan(session, "with a gap", PLANNER)
    narrow = natural(f"{community}001", community, SOUTH, middle - THREE_METRES)
    save_plan_grids(session, plan.id, frame([narrow]))
    releases.publish(session, plan.id, THIRD_DAY)


def changed_by_repair(session: Session, unit_code: str) -> set[str]:
    request = RepairRequest(plan_id=plan_of(session, unit_code).id)
    found = repair_plan(session, request, SETTINGS, PLANNER)
    return {found.codes[number] for number in np.flatnonzero(found.repaired.changed)}


def test_a_repair_leaves_the_gap_of_another_street(session: Session) -> None:
    gap_in(session, A21, MOVED)
    assert not [code for code in changed_by_repair(session, "SA1") if not code.startswith(A1)]
    assert {code for code in changed_by_repair(session, "RA") if code.startswith(A21)}


def test_a_repair_closes_the_gap_of_the_own_street(session: Session) -> None:
    gap_in(session, A11, MIDDLE)
    changed = changed_by_repair(session, "SA1")
    assert {code for code in changed if code.startswith(A11)}
    assert all(code.startswith(A1) for code in changed)


def planner_of(session: Session, street: str) -> Actor:
    """Return an actor whose right reaches over a street, and who sees every check of a release."""
    found = session.scalar(select(AreaVersionRow.area_id).where(AreaVersionRow.code == street).limit(1))
    return Actor(f"planner.of.{street}", scope=Scope(area_ids=frozenset({found})))


def test_a_street_marks_its_own_gaps_as_meant_and_no_others(session: Session) -> None:
    gap_in(session, A21, MOVED)
    checked = check_requested(session, CheckRequest(release=3), SETTINGS, PLANNER)
    gaps = [finding for finding in checked.findings if finding.kind is FindingKind.GAP]
    (gap,) = (gap for gap in gaps if box(WEST[A21], SOUTH, WEST[A22], NORTH).covers(gap.geometry))
    (lasting_id,) = ids_of([gap])
    with pytest.raises(ConflictError, match="outside your branch"):
        intend_gap(session, lasting_id, "a lake", planner_of(session, A1))
    hole = intend_gap(session, lasting_id, "a lake", planner_of(session, A2))
    with pytest.raises(ConflictError, match="outside your branch"):
        take_back_mark(session, hole.lasting_id, planner_of(session, A1))
    take_back_mark(session, hole.lasting_id, planner_of(session, A2))


def found_gap(session: Session, east: float) -> str:
    """Store a check of a release that found a gap from the west of community A12 to there."""
    gap = Finding(
        kind=FindingKind.GAP,
        severity=Severity.ERROR,
        grids=(),
        area_m2=1e6,
        width_m=500.0,
        detail={},
        geometry=box(WEST[A12], SOUTH, east, NORTH),
    )
    save_check(session, get_release(session, 2), [gap], (0.1, 1.0), PLANNER)
    return ids_of([gap])[0]


def test_a_gap_that_reaches_into_the_next_street_is_the_districts(session: Session) -> None:
    planner = planner_of(session, A1)
    for beyond in (0.03, 0.000005):  # three kilometres, half a metre
        lasting_id = found_gap(session, WEST[A21] + beyond)
        with pytest.raises(ConflictError, match="outside your branch"):
            intend_gap(session, lasting_id, "a lake", planner)
        assert intend_gap(session, lasting_id, "a lake", PLANNER)
    # edges that were rounded differently are the same
    assert intend_gap(session, found_gap(session, WEST[A21] + 0.0000005), "a lake", planner)


def test_a_mark_of_ones_own_is_taken_back_where_one_plans_or_nobody_finds_it(session: Session) -> None:
    here, lasting_id = planner_of(session, A1), found_gap(session, WEST[A21])
    moved = Actor(here.name, scope=planner_of(session, A2).scope)
    intend_gap(session, lasting_id, "a lake", here)
    with pytest.raises(ConflictError, match="outside your branch"):
        take_back_mark(session, lasting_id, moved)
    session.execute(text("DELETE FROM finding"))
    with pytest.raises(ConflictError, match="outside your branch"):
        take_back_mark(session, lasting_id, planner_of(session, A2))
    assert take_back_mark(session, lasting_id, moved) == lasting_id


def test_what_came_into_a_plan_another_way_is_not_published(session: Session) -> None:
    plan = plan_of(session)
    save_plan_grids(session, plan.id, frame([*MINE, THEIRS]))
    save_check(session, get_plan(session, plan.id), [], (0.1, 1.0), PLANNER)
    with pytest.raises(InputError, match=f"lies outside it: {A21}001"):
        publish_release(session, plan.id, THIRD_DAY, SETTINGS, PLANNER)


def test_a_plan_within_the_street_is_published(session: Session) -> None:
    plan = plan_of(session)
    save_plan_grids(session, plan.id, frame(list(MINE)))
    save_check(session, get_plan(session, plan.id), [], (0.1, 1.0), PLANNER)
    assert publish_release(session, plan.id, THIRD_DAY, SETTINGS, PLANNER).number == 3
