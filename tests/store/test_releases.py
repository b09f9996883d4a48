from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas
import pytest
from releases import PLANNER, publish
from shapely import box
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gis.errors import ConflictError, NotFoundError
from gis.nouns import AreaLevel, GridKind
from gis.store.areas import list_areas
from gis.store.grids import GridFilter, list_grid_history, list_grids
from gis.store.plans import (
    create_plan,
    list_plan_areas,
    list_plan_grids,
    retire_missing_grids,
    save_plan_areas,
    save_plan_grids,
)
from gis.store.releases import find_release_on, get_release

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy.orm import Session

    from gis.nouns import Release

DISTRICT, STREET, COMMUNITY = "320199", "320199001", "320199001001"


def areas() -> geopandas.GeoDataFrame:
    square = box(118.0, 31.0, 118.2, 31.1)
    rows = [
        ("district", DISTRICT, "District", None, square),
        ("street", STREET, "Street", DISTRICT, square),
        ("community", COMMUNITY, "Community", STREET, square),
    ]
    return frame(rows, ("level", "code", "name", "parent_code"))


def grids(*cells: tuple[str, BaseGeometry], kind: str = "natural") -> geopandas.GeoDataFrame:
    rows = [(kind, code, f"Grid {code[-3:]}", COMMUNITY, cell) for code, cell in cells]
    return frame(rows, ("kind", "code", "name", "community_code"))


def frame(rows: list[tuple[Any, ...]], columns: tuple[str, ...]) -> geopandas.GeoDataFrame:
    data = {name: [row[k] for row in rows] for k, name in enumerate(columns)}
    made = geopandas.GeoDataFrame(data, geometry=[row[-1] for row in rows], crs="EPSG:4490")
    made["households"] = [400] * len(rows)
    made["attributes"] = [{} for _ in rows]
    return made


WEST = (f"{COMMUNITY}001", box(118.0, 31.0, 118.1, 31.1))
EAST = (f"{COMMUNITY}002", box(118.1, 31.0, 118.2, 31.1))


@pytest.fixture
def first(session: Session) -> Release:
    plan = create_plan(session, "first", PLANNER)
    save_plan_areas(session, plan.id, areas())
    save_plan_grids(session, plan.id, grids(WEST, EAST))
    return publish(session, plan.id, date(2026, 1, 1))


def test_first_release_holds_what_was_planned(session: Session, first: Release) -> None:
    assert (first.number, first.area_count, first.grid_count) == (1, 3, 2)
    stored = list_grids(session, 1)
    assert list(stored["code"]) == [WEST[0], EAST[0]]
    assert list(stored["community_code"]) == [COMMUNITY] * 2
    assert stored.geometry.iloc[0].geoms[0].equals(WEST[1])
    stored_areas = list_areas(session, 1).set_index("level")
    assert stored_areas.loc["community", "parent_code"] == STREET
    assert stored_areas.loc["street", "parent_id"] == stored_areas.loc["district", "id"]
    assert stored_areas["parent_code"].isna().sum() == 1


def test_second_release_changes_only_what_its_plan_changes(session: Session, first: Release) -> None:
    ids = dict(zip(list_grids(session, 1)["code"], list_grids(session, 1)["id"], strict=True))
    plan = create_plan(session, "second", PLANNER)
    assert plan.base_release == 1
    halves = (
        (EAST[0], box(118.1, 31.0, 118.15, 31.1)),
        (f"{COMMUNITY}003", box(118.15, 31.0, 118.2, 31.1)),
        WEST,  # the same again: must not make a new version
    )
    save_plan_grids(session, plan.id, grids(*halves))
    assert len(list_plan_grids(session, plan.id)) == 3
    second = publish(session, plan.id, date(2026, 7, 1))
    assert second.number == 2
    assert second.sha256 != first.sha256
    assert list(list_grids(session, 1)["code"]) == [WEST[0], EAST[0]]
    now = list_grids(session, 2).set_index("code")
    assert now.loc[WEST[0], "id"] == ids[WEST[0]]
    assert now.loc[EAST[0], "id"] == ids[EAST[0]]
    assert len(list_grid_history(session, ids[WEST[0]])) == 1
    history = list_grid_history(session, ids[EAST[0]])
    assert list(history["release"]) == [1, 2]
    assert list(history["valid_to"]) == [date(2026, 7, 1), None]
    assert len(list_areas(session, 2)) == 3


def test_publishing_the_same_again_keeps_the_hash_and_every_version(session: Session, first: Release) -> None:
    plan = create_plan(session, "the same", PLANNER)
    save_plan_areas(session, plan.id, areas())
    save_plan_grids(session, plan.id, grids(WEST, EAST))
    second = publish(session, plan.id, date(2026, 2, 1))
    assert second.sha256 == first.sha256
    assert set(list_grids(session, 2)["valid_from"]) == {date(2026, 1, 1)}


def test_a_retired_grid_is_gone_from_its_day_on(session: Session, first: Release) -> None:
    plan = create_plan(session, "one less", PLANNER)
    assert retire_missing_grids(session, plan.id, GridKind.NATURAL, {WEST[0]}) == 1
    assert list(list_plan_grids(session, plan.id)["code"]) == [WEST[0]]
    publish(session, plan.id, date(2026, 3, 1))
    assert list(list_grids(session, 2)["code"]) == [WEST[0]]
    assert len(list_grids(session, 1)) == 2


def test_the_release_of_a_day(session: Session, first: Release) -> None:
    assert find_release_on(session, date(2025, 12, 31)) is None
    assert find_release_on(session, date(2026, 1, 1)) == first
    with pytest.raises(NotFoundError, match="no release 7"):
        get_release(session, 7)


def test_a_plan_over_an_old_release_conflicts(session: Session, first: Release) -> None:
    late = create_plan(session, "late", PLANNER)
    quick = create_plan(session, "quick", PLANNER)
    for plan in (late, quick):
        save_plan_grids(session, plan.id, grids(WEST))
    publish(session, quick.id, date(2026, 2, 1))
    with pytest.raises(ConflictError, match="release 2 was published since"):
        publish(session, late.id, date(2026, 3, 1))


def test_a_release_takes_effect_after_the_one_before(session: Session, first: Release) -> None:
    plan = create_plan(session, "too early", PLANNER)
    save_plan_grids(session, plan.id, grids(WEST))
    with pytest.raises(ConflictError, match="later day"):
        publish(session, plan.id, first.effective_from)


def test_a_published_plan_cannot_be_changed(session: Session, first: Release) -> None:
    with pytest.raises(ConflictError, match="is published"):
        save_plan_grids(session, first_plan(session), grids(WEST))


def first_plan(session: Session) -> int:
    return int(session.execute(text("SELECT min(id) FROM plan")).scalar_one())


def test_the_database_itself_refuses_two_versions_at_one_time(session: Session, first: Release) -> None:
    copy = text(
        "INSERT INTO grid_version (grid_id, release, valid, kind, code, name, geom) "
        "SELECT grid_id, release, daterange('2026-05-01', '2026-06-01'), kind, code || :tail, name, geom "
        "FROM grid_version LIMIT 1"
    )
    with pytest.raises(IntegrityError, match="ex_grid_version_one_at_a_time"), session.begin_nested():
        session.execute(copy, {"tail": "9"})
    with pytest.raises(IntegrityError, match="ex_grid_version"), session.begin_nested():
        session.execute(copy, {"tail": ""})


def test_filters(session: Session, first: Release) -> None:
    def codes(**wanted: object) -> list[str]:
        return list(list_grids(session, 1, replace(GridFilter(), **wanted))["code"])  # type: ignore[arg-type]  # any field

    assert codes(kind=GridKind.DEDICATED) == []
    assert (
        codes(area_code=DISTRICT)
        == codes(area_code=STREET)
        == codes(area_code=COMMUNITY)
        == [WEST[0], EAST[0]]
    )
    assert codes(area_code="nowhere") == []
    assert codes(bbox=(118.15, 31.0, 118.3, 31.1)) == [EAST[0]]
    assert codes(limit=1) == [WEST[0]]
    first_id = int(list_grids(session, 1)["id"].iloc[0])
    assert codes(after=first_id) == [EAST[0]]


def test_a_plan_shows_areas_by_level(session: Session, first: Release) -> None:
    plan = create_plan(session, "look", PLANNER)
    assert list(list_plan_areas(session, plan.id)["level"]) == ["community", "district", "street"]
    assert list(list_plan_areas(session, plan.id, AreaLevel.STREET)["code"]) == [STREET]
