"""Load the sample district through the same steps a district's own data take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gis.errors import ConflictError
from gis.nouns import AreaLevel, Grade
from gis.sample.life.buildings import make_buildings
from gis.sample.life.events import make_events
from gis.sample.life.workers import make_workers
from gis.store.frames import plain_rows
from gis.store.people import save_buildings, save_workers
from gis.store.plans import create_plan, get_plan
from gis.store.releases import list_releases
from gis.workflows.check_grids import check_subject
from gis.workflows.import_areas import import_areas
from gis.workflows.import_grids import GridImportRequest, import_grids
from gis.workflows.import_layer import ImportRequest, require_clean
from gis.workflows.locate_point import ReleaseIndexes
from gis.workflows.make_sample import SEED, read_sample
from gis.workflows.publish_release import publish_release
from gis.workflows.report_events import EventReport, report_events

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Release
    from gis.sample.district import SampleDistrict
    from gis.settings import Settings

AREA_FILES = {
    AreaLevel.DISTRICT: "district",
    AreaLevel.STREET: "streets",
    AreaLevel.COMMUNITY: "communities",
}
SAMPLE_TITLE = "样本区 Sample district"
# The release is in force some weeks before the first event, as it would be.
DAYS_BEFORE = 400
BATCH_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """What to load.

    Attributes:
        folder: Where `wangge sample make` wrote the files.
        today: The day after the last events.
        events: How many events.
        on_progress: Told what is being done.
    """

    folder: Path
    today: date
    events: int
    on_progress: Callable[[str], None] = lambda _: None


def load_sample(session: Session, request: SampleRequest, settings: Settings, actor: Actor) -> Release:
    """Import, check and publish the sample district, and give it buildings, workers and a year of events.

    Args:
        session: The open transaction; it is all done there or nothing.
        request: What to load.
        settings: Give tolerances and the time zone.
        actor: Who loads.

    Raises:
        ConflictError: Something is published already; the sample never mixes with real data.
        InputError: The files are not there or not clean.
    """
    if list_releases(session):
        raise ConflictError("this database holds a district already; the sample goes into an empty one only")
    release = publish_files(session, request, settings, actor)
    district = read_sample(request.folder)
    request.on_progress("buildings")
    buildings = make_buildings(district, seed=SEED)
    number = buildings.groupby("grid_code").cumcount() + 1
    buildings["code"] = buildings["grid_code"] + number.astype(str).str.zfill(4)
    save_buildings(session, buildings)
    request.on_progress("workers")
    staff = make_workers(district, request.today, seed=SEED)
    duties = staff.duties.rename(columns={"worker_id": "worker_code"})
    duties["valid_to"] = [last and last + timedelta(days=1) for last in duties["valid_to"]]  # the day after
    save_workers(session, staff.units, staff.workers.rename(columns={"id": "code"}), duties)
    report_year(session, district, request, settings, actor)
    return release


def publish_files(session: Session, request: SampleRequest, settings: Settings, actor: Actor) -> Release:
    """Import the areas and grids, check them, and publish them as the first release."""
    create_plan(session, SAMPLE_TITLE, actor)
    for level, name in AREA_FILES.items():
        request.on_progress(f"import {name}")
        areas = ImportRequest(request.folder / f"{name}.geojson", crs="cgcs2000")
        require_clean(import_areas(session, level, areas, settings, actor), skip_bad_rows=False)
    request.on_progress("import grids")
    report = import_grids(
        session, GridImportRequest(request.folder / "grids.geojson", crs="cgcs2000"), settings, actor
    )
    require_clean(report, skip_bad_rows=False)
    request.on_progress("check")
    check_subject(session, get_plan(session, report.plan_id), settings, actor)
    request.on_progress("publish")
    first_day = request.today - timedelta(days=DAYS_BEFORE)
    return publish_release(session, report.plan_id, first_day, settings, actor)


def report_year(
    session: Session, district: SampleDistrict, request: SampleRequest, settings: Settings, actor: Actor
) -> None:
    """Report a year of invented events."""
    request.on_progress("invent events")
    events = make_events(district, request.today, request.events, seed=SEED)
    reports = [
        EventReport(
            source=row["source"],
            source_id=row["source_id"],
            x=row["x"],
            y=row["y"],
            crs=row["crs"],
            reported_at=row["reported_at"].to_pydatetime(),
            category=row["category"],
            grade=Grade(row["grade"]),
            text=row["text"],
            accuracy_m=row["accuracy_m"],
        )
        for row in plain_rows(events)
    ]
    indexes = ReleaseIndexes(settings)
    for start in range(0, len(reports), BATCH_EVENTS):
        request.on_progress(f"events {start:,} of {len(reports):,}")
        report_events(session, indexes, reports[start : start + BATCH_EVENTS], settings, actor)
