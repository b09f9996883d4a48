from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from districts import make_district
from releases import PLANNER, publish

from gis.nouns import FindingKind, GridKind
from gis.store.grids import list_retired_codes
from gis.store.plans import (
    create_plan,
    get_plan,
    retire_missing_grids,
    save_plan_areas,
    save_plan_grids,
)
from gis.workflows.check_grids import check_subject

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gis.settings import Settings

GRIDS, AREAS = (frame.drop(columns="id") for frame in make_district(6))
for frame in (GRIDS, AREAS):
    frame["attributes"] = [{} for _ in range(len(frame))]
GONE = GRIDS["code"][7]


@pytest.fixture(autouse=True)
def retired(session: Session) -> None:
    """Publish a district, and half a year later all of it but one grid."""
    plan = create_plan(session, "first", PLANNER)
    save_plan_areas(session, plan.id, AREAS)
    save_plan_grids(session, plan.id, GRIDS)
    publish(session, plan.id, date(2026, 1, 1))
    plan = create_plan(session, "one less", PLANNER)
    natural = GRIDS[GRIDS["kind"] == "natural"]
    retire_missing_grids(session, plan.id, GridKind.NATURAL, set(natural["code"]) - {GONE})
    publish(session, plan.id, date(2026, 7, 1))


def test_a_code_that_was_retired_is_not_to_be_given_again(session: Session, settings: Settings) -> None:
    assert list_retired_codes(session) == {GONE}
    plan = create_plan(session, "again", PLANNER)
    save_plan_grids(session, plan.id, GRIDS[GRIDS["code"] == GONE])
    found = check_subject(session, get_plan(session, plan.id), settings, PLANNER).findings
    assert [f.grids for f in found if f.kind is FindingKind.RETIRED_CODE] == [(GONE,)]


def test_a_plan_that_leaves_it_alone_hears_nothing_of_it(session: Session, settings: Settings) -> None:
    plan = create_plan(session, "nothing", PLANNER)
    found = check_subject(session, plan, settings, PLANNER).findings
    assert [f for f in found if f.kind is FindingKind.RETIRED_CODE] == []
