from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from districts import make_district
from releases import PLANNER, publish
from shapely import Point

from gis.errors import InputError
from gis.gridding.check import CheckPart
from gis.gridding.rules.identity import ids_of
from gis.nouns import Finding, FindingKind, Plan
from gis.settings import Settings
from gis.store.people import save_buildings, save_workers
from gis.store.plans import create_plan, get_plan, save_plan_areas, save_plan_grids
from gis.workflows.check_grids import (
    CHECKING_AREAS,
    READING,
    SAVING,
    CheckRequest,
    check_requested,
    check_subject,
    profile_named,
    terms_for,
)
from gis.workflows.checking.steps import CHECK_STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy.orm import Session

SETTINGS = Settings(database_url="postgresql://unused")
RULES = """extends = "usual"
[natural]
no_worker = true
building_cut = { min_depth_m = 0.5 }
"""


def plan_of(session: Session, grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> Plan:
    plan = create_plan(session, "test", PLANNER)
    save_plan_areas(session, plan.id, areas.drop(columns="id"))
    save_plan_grids(session, plan.id, grids.drop(columns="id"))
    return get_plan(session, plan.id)


def findings(
    session: Session, plan: Plan, rules: Path, intended: frozenset[str] = frozenset()
) -> list[Finding]:
    terms = terms_for(session, plan, profile_named(str(rules)), SETTINGS, intended)
    return check_subject(session, plan, SETTINGS, PLANNER, terms=terms).findings


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(RULES, encoding="utf-8")
    return path


def test_what_is_stored_is_what_the_rules_are_held_against(session: Session, rules: Path) -> None:
    grids, areas = make_district(3)
    natural = grids[grids["kind"] == "natural"].reset_index(drop=True)
    plan = plan_of(session, natural, areas)
    assert findings(session, plan, rules) == []  # nobody is stored, so nobody is missed
    publish(session, plan.id, date(2020, 1, 1))

    codes = list(natural["code"])
    units = pd.DataFrame({"code": ["U"], "name": ["U"], "parent_code": [None], "area_code": [None]})
    workers = pd.DataFrame({"code": ["W", "X"], "name": ["W", "X"], "unit_code": ["U", "U"]})
    duties = pd.DataFrame(
        {
            "worker_code": ["W"] * (len(codes) - 1) + ["X"],
            "grid_code": codes,
            "role": "patrol",
            "valid_from": date(2020, 1, 1),
            "valid_to": [None] * (len(codes) - 1) + [date(2020, 2, 1)],
        }
    )
    save_workers(session, units, workers, duties)
    corner = Point(natural.geometry.iloc[0].exterior.coords[0])
    save_buildings(
        session,
        gpd.GeoDataFrame({"code": ["H"]}, geometry=[corner.buffer(0.001)], crs="EPSG:4490").assign(
            households=1
        ),
    )
    again = create_plan(session, "again", PLANNER)
    found = findings(session, get_plan(session, again.id), rules)
    assert {finding.kind for finding in found} == {FindingKind.NO_WORKER, FindingKind.BUILDING_CUT}
    (without,) = [finding for finding in found if finding.kind is FindingKind.NO_WORKER]
    assert without.grids == (codes[-1],)
    (cut,) = [finding for finding in found if finding.kind is FindingKind.BUILDING_CUT]
    assert cut.detail["building"] == "H"


def test_a_check_tells_each_part_before_it_begins(session: Session) -> None:
    grids, areas = make_district(3)
    plan = plan_of(session, grids[grids["kind"] == "natural"], areas)
    told: list[tuple[float, Mapping[str, str]]] = []
    request = CheckRequest(plan_id=plan.id)
    check_requested(session, request, SETTINGS, PLANNER, lambda *one: told.append(one))
    shares = [share for share, _ in told]
    assert shares == sorted(set(shares))
    parts = [step for _, step in told]
    assert parts == [READING, CHECKING_AREAS, *(step for _, step in CHECK_STEPS.values()), SAVING]
    assert list(CHECK_STEPS) == list(CheckPart)
    assert len({step["zh"] for step in parts}) == len({step["en"] for step in parts}) == len(parts)


def test_a_marked_gap_stays_a_hint_and_is_kept_as_one(session: Session, rules: Path) -> None:
    grids, areas = make_district(3)
    natural = grids[grids["kind"] == "natural"].drop(index=4).reset_index(drop=True)
    plan = plan_of(session, natural, areas)
    (gap,) = findings(session, plan, rules)
    assert gap.kind is FindingKind.GAP
    terms = terms_for(session, plan, profile_named("usual"), SETTINGS, frozenset(ids_of([gap])))
    checked = check_subject(session, plan, SETTINGS, PLANNER, terms=terms)
    assert (checked.check.errors, checked.check.counts) == (0, {FindingKind.INTENDED_HOLE: 1})


def test_a_profile_that_is_neither_shipped_nor_a_file_is_refused(tmp_path: Path) -> None:
    assert profile_named("full").name == "full"
    with pytest.raises(InputError, match="no readable file, and no shipped profile; these are dedicated"):
        profile_named(str(tmp_path / "nowhere.toml"))
    with pytest.raises(InputError, match="no readable file"):
        profile_named(str(tmp_path))
