"""Two published releases of an invented district, and events reported while the first was in force."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from districts import SOUTH, WEST, make_district

from gis.nouns import Actor, GridKind
from gis.store.checks import save_check
from gis.store.plans import (
    create_plan,
    get_plan,
    retire_missing_grids,
    save_plan_areas,
    save_plan_grids,
)
from gis.store.releases import publish_plan
from gis.workflows.locate_point import ReleaseIndexes
from gis.workflows.report_events import EventReport, report_events

if TYPE_CHECKING:
    import geopandas
    from sqlalchemy.orm import Session

    from gis.nouns import Release
    from gis.settings import Settings

PLANNER = Actor("planner")
FIRST_DAY, SECOND_DAY = date(2026, 1, 1), date(2026, 7, 1)
WIDTH = 0.36


def publish_two(session: Session, *, side: int = 8) -> tuple[Release, Release]:
    """Publish a district, and half a year later the same codes with every inner outline moved.

    Each release lacks two natural grids of the other, so that events are found and lost.
    """
    first = _publish_district(session, make_district(side, seed=7), FIRST_DAY, without={3, 40})
    return first, _publish_district(session, make_district(side, seed=8), SECOND_DAY, without={20, 21})


def publish(session: Session, plan_id: int, day: date) -> Release:
    """Publish a plan after a check that found nothing."""
    plan = get_plan(session, plan_id)
    check = save_check(session, plan, [], (0.1, 1.0), PLANNER)
    return publish_plan(session, plan, check, day, PLANNER, None)


def report_some(session: Session, settings: Settings, count: int, *, seed: int = 5) -> None:
    """Report events all over the first release and a little beyond, on its corners, some without a place."""
    random = np.random.default_rng(seed)
    grids, _ = make_district(8, seed=7)
    corners = shapely.get_coordinates(grids.geometry.to_numpy())
    points = random.uniform(
        [WEST - 0.03, SOUTH - 0.03], [WEST + WIDTH + 0.03, SOUTH + WIDTH + 0.03], (count, 2)
    )
    points[::7] = random.choice(corners, len(points[::7]))
    reports = [
        EventReport(
            source="test",
            source_id=f"{seed}-{number}",
            x=None if number % 50 == 9 else float(x),
            y=None if number % 50 == 9 else float(y),
            crs="cgcs2000",
            # every fortieth before the first release, so that it was in no grid then
            reported_at=datetime(2025 if number % 40 == 5 else 2026, 3, 1, tzinfo=UTC)
            + timedelta(hours=number % 900),
            category="rubbish",
            accuracy_m=None if number % 3 else 25.0,
        )
        for number, (x, y) in enumerate(points)
    ]
    report_events(session, ReleaseIndexes(settings), reports, settings, PLANNER)


def hostile_points(grids: geopandas.GeoDataFrame, count: int, *, seed: int = 3) -> tuple[Any, Any]:
    """Return points all over the grids, on corners and middles of edges, and a float's step beside these."""
    random = np.random.default_rng(seed)
    west, south, east, north = grids.total_bounds
    corners, ring = shapely.get_coordinates(shapely.boundary(grids.geometry.to_numpy()), return_index=True)
    joined = np.flatnonzero(ring[1:] == ring[:-1])
    middles = (corners[joined] + corners[joined + 1]) / 2
    on = np.concatenate([random.choice(corners, count), random.choice(middles, count)])
    beside = np.nextafter(on, on + random.choice([-1, 1], on.shape))
    anywhere = random.uniform([west - 0.01, south - 0.01], [east + 0.01, north + 0.01], (count, 2))
    points = np.concatenate([on, beside, anywhere])
    return points[:, 0], points[:, 1]


def _publish_district(
    session: Session,
    district: tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame],
    day: date,
    without: set[int],
) -> Release:
    grids, areas = (frame.drop(columns="id") for frame in district)
    grids = grids.drop(index=list(without))
    for frame in (grids, areas):
        frame["attributes"] = [{} for _ in range(len(frame))]
    plan = create_plan(session, f"from {day}", PLANNER)
    save_plan_areas(session, plan.id, areas)
    save_plan_grids(session, plan.id, grids)
    if plan.base_release is not None:
        retire_missing_grids(session, plan.id, GridKind.NATURAL, set(grids["code"]))
    return publish(session, plan.id, day)
