from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
import shapely
from districts import make_district
from releases import PLANNER, publish
from sqlalchemy import select, update

from gis.nouns import AreaLevel, Plan
from gis.store.checking.proofs import fill_fingerprints, list_partitions
from gis.store.plans import (
    add_parts,
    create_plan,
    get_plan,
    save_plan_areas,
    save_plan_grids,
    save_plan_shapes,
)
from gis.store.tables import PlanGridRow

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from gis.nouns import Release

GRIDS, AREAS = (frame.drop(columns="id") for frame in make_district(6))
for frame in (GRIDS, AREAS):
    frame["attributes"] = [{} for _ in range(len(frame))]
GRID = GRIDS["code"][7]
COMMUNITY = GRIDS["community_code"][7]


@pytest.fixture
def plan(session: Session) -> Plan:
    """A plan with a district whose streets, communities and natural grids all fit."""
    made = create_plan(session, "first", PLANNER)
    save_plan_areas(session, made.id, AREAS)
    save_plan_grids(session, made.id, GRIDS)
    return get_plan(session, made.id)


def not_exact(session: Session, subject: Plan | Release) -> list[tuple[str, int]]:
    return [(one.code, one.invalid) for one in list_partitions(session, subject) if not one.is_exact]


def changed(geometry: shapely.Geometry) -> GeoDataFrame:
    """Return the row of one grid with another outline."""
    row = GRIDS[GRIDS["code"] == GRID].copy()
    row["geometry"] = [geometry]
    return row


def outline() -> shapely.Geometry:
    return GRIDS.geometry[7]


def test_a_district_that_fits_is_proved_at_every_level(session: Session, plan: Plan) -> None:
    found = list_partitions(session, plan)
    assert [one.level for one in found] == sorted((one.level for one in found), key=list(AreaLevel).index)
    assert len(found) == len(AREAS)
    assert all(one.is_exact for one in found)
    assert next(one.children for one in found if one.code == COMMUNITY) == 4
    release = publish(session, plan.id, date(2026, 1, 1))
    assert list_partitions(session, release) == found


def test_one_corner_one_bit_aside_is_seen_where_it_is(session: Session, plan: Plan) -> None:
    ring = shapely.get_coordinates(outline())
    ring[3, 0] += 2.0**-46
    save_plan_grids(session, plan.id, changed(shapely.Polygon(ring)))
    assert not_exact(session, plan) == [(COMMUNITY, 0)]
    save_plan_grids(session, plan.id, changed(outline()))
    assert not_exact(session, plan) == []


def test_a_plan_over_a_release_is_judged_as_it_would_be_published(session: Session, plan: Plan) -> None:
    publish(session, plan.id, date(2026, 1, 1))
    second = create_plan(session, "second", PLANNER)
    assert not_exact(session, second) == []
    west, south, east, north = outline().bounds
    part = outline().intersection(shapely.box(west, south, (west + east) / 2, north))
    save_plan_grids(session, second.id, changed(part))
    assert not_exact(session, second) == [(COMMUNITY, 0)]
    assert not_exact(session, publish(session, second.id, date(2026, 7, 1))) == [(COMMUNITY, 0)]


def test_nothing_is_proved_of_invalid_polygons(session: Session, plan: Plan) -> None:
    ring = shapely.get_coordinates(outline())
    ring[[3, 5]] = ring[[5, 3]]
    crossed = shapely.Polygon(ring)
    assert not crossed.is_valid
    grids = GRIDS.copy()
    grids.loc[grids["code"] == GRID, "geometry"] = [crossed]
    save_plan_grids(session, plan.id, grids)  # together: those beside it keep every bit
    assert not_exact(session, plan) == [(COMMUNITY, 1)]


def test_an_area_nobody_partitions_is_named_if_its_like_are(session: Session, plan: Plan) -> None:
    alone = create_plan(session, "areas alone", PLANNER)
    save_plan_areas(session, alone.id, AREAS)
    assert {one.level for one in list_partitions(session, alone)} == {AreaLevel.DISTRICT, AreaLevel.STREET}
    save_plan_grids(session, alone.id, GRIDS[GRIDS["community_code"] != COMMUNITY])
    assert not_exact(session, alone) == [(COMMUNITY, 0)]


def test_parts_that_come_later_count(session: Session, plan: Plan) -> None:
    west, south, east, north = outline().bounds
    third = (east - west) / 3
    left, right = (
        outline().intersection(shapely.box(start, south, start + third, north))
        for start in (west, east - third)
    )
    save_plan_grids(session, plan.id, changed(left))
    before = session.execute(fingerprint_of_grid()).one()
    add_parts(session, plan.id, changed(right), "grid")
    after = session.execute(fingerprint_of_grid()).one()
    assert None not in after
    assert after != before


def test_an_outline_that_is_exchanged_takes_its_fingerprint_along(session: Session, plan: Plan) -> None:
    ring = shapely.get_coordinates(outline())
    ring[3, 0] += 2.0**-46
    moved, whole = changed(shapely.Polygon(ring)), changed(outline())
    stored = [shapely.multipolygons([one]) for one in (outline(), moved.geometry.iloc[0])]
    assert save_plan_shapes(session, plan.id, moved, stored[:1]) == 1
    assert not_exact(session, plan) == [(COMMUNITY, 0)]
    assert save_plan_shapes(session, plan.id, whole, stored[1:]) == 1
    assert not_exact(session, plan) == []
    publish(session, plan.id, date(2026, 1, 1))
    second = create_plan(session, "second", PLANNER)
    assert save_plan_shapes(session, second.id, moved, stored[:1]) == 1  # out of the base release
    assert not_exact(session, second) == [(COMMUNITY, 0)]


def test_rows_from_before_get_their_fingerprints(session: Session, plan: Plan) -> None:
    before = session.execute(fingerprint_of_grid()).one()
    session.execute(update(PlanGridRow).values(fingerprint_1=None, fingerprint_2=None))
    assert len(not_exact(session, plan)) == len(set(GRIDS["community_code"].dropna()))
    fill_fingerprints(session.connection(), "plan_grid")
    assert not_exact(session, plan) == []
    assert session.execute(fingerprint_of_grid()).one() == before


def fingerprint_of_grid() -> Select[tuple[int | None, int | None]]:
    return select(PlanGridRow.fingerprint_1, PlanGridRow.fingerprint_2).where(PlanGridRow.code == GRID)
