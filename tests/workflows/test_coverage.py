"""How much of each area the grids of a plan or a release serve, from the database."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from releases import PLANNER, publish
from shapely import box, segmentize

from gis.errors import NotFoundError
from gis.nouns import AreaLevel
from gis.store.plans import create_plan, get_plan, save_plan_areas, save_plan_grids
from gis.workflows.assigning.coverage import CoverageRequest, Looked, measure_coverage

if TYPE_CHECKING:
    from shapely import Polygon
    from sqlalchemy.orm import Session

STREET = "320199001"


def strip(west: float, east: float) -> Polygon:
    made: Polygon = segmentize(box(west, 31.0, east, 31.1), 0.0101)
    return made


def planned(session: Session, **grids: Polygon) -> int:
    """Draw a street from 118.0 to 118.2 E, and natural grids in it."""
    plan = create_plan(session, "a plan", PLANNER)
    rows = [("district", STREET[:6], None), ("street", STREET, STREET[:6])]
    areas = gpd.GeoDataFrame(rows, columns=["level", "code", "parent_code"], geometry=[strip(118, 118.2)] * 2)
    save_plan_areas(session, plan.id, areas.set_crs(4490).assign(name="云溪", attributes=[{}] * 2))
    if grids:
        frame = gpd.GeoDataFrame({"code": list(grids)}, geometry=list(grids.values()), crs="EPSG:4490")
        named = frame.assign(kind="natural", task=None, name="", community_code=STREET, households=None)
        save_plan_grids(session, plan.id, named.assign(attributes=[{} for _ in grids]))
    return plan.id


def test_a_plan_is_measured_as_it_would_be_published(session: Session) -> None:
    first = planned(session, a=strip(118, 118.1), b=strip(118.1, 118.2))
    release = publish(session, first, date(2026, 1, 1))
    plan = create_plan(session, "shorter", PLANNER)
    frame = gpd.GeoDataFrame({"code": ["b"]}, geometry=[strip(118.1, 118.15)], crs="EPSG:4490")
    named = frame.assign(kind="natural", task=None, name="", community_code=STREET, households=None)
    save_plan_grids(session, plan.id, named.assign(attributes=[{}]))
    shares = [
        measure_coverage(session, CoverageRequest(subject, kind=Looked.NATURAL)).served.rows["share"].tolist()
        for subject in (release, get_plan(session, plan.id))
    ]
    assert shares == [[1], [pytest.approx(0.75, rel=1e-4)]]


def test_without_areas_or_grids_it_says_what_to_do(session: Session) -> None:
    plan = get_plan(session, planned(session))
    with pytest.raises(NotFoundError, match="no areas of the level community; import them with `wangge area"):
        measure_coverage(session, CoverageRequest(plan, AreaLevel.COMMUNITY))
    with pytest.raises(NotFoundError, match="has no grids, so nothing can be served"):
        measure_coverage(session, CoverageRequest(plan))
    full = get_plan(session, planned(session, a=strip(118, 118.1)))
    with pytest.raises(NotFoundError, match="has no dedicated grids"):
        measure_coverage(session, CoverageRequest(full, kind=Looked.DEDICATED))
    found = measure_coverage(session, CoverageRequest(full))
    assert {group.kind: count for group, count in found.grid_counts.items()} == {
        "natural": 1,
        "dedicated": 0,
        "all": 1,
    }
