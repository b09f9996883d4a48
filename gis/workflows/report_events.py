"""Take in reported events: give each its place in the grids, and keep each once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from gis.gridding.crs import points_to_stored
from gis.identity.personal import Subject
from gis.nouns import Grade, UnlocatedReason
from gis.store.events import save_events
from gis.store.privacy.values import save_people
from gis.store.releases import list_releases
from gis.workflows.privacy.keys import open_vault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from gis.identity.personal import Person
    from gis.nouns import Actor, Release
    from gis.settings import Settings
    from gis.workflows.locate_point import ReleaseIndexes

# Where a report does not say how far it may be off: a phone's usual error in a street.
USUAL_ACCURACY_M = 10.0


@dataclass(frozen=True, slots=True)
class EventReport:
    """An event as it is reported: `x`, `y` in the system `crs` names, None if the report has no place."""

    source: str
    source_id: str
    x: float | None
    y: float | None
    crs: str
    reported_at: datetime
    category: str
    grade: Grade = Grade.ORDINARY
    text: str = ""
    accuracy_m: float | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    reporter: Person | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of one report.

    Attributes:
        id: The event's id.
        is_new: Whether this report made it; else the same report was there already.
        placed: The row as it was to be saved, with its grids and areas.
        differs: In what a report that is not new says something else: place, time, category, text. It is not
            kept, so whoever sent it must be told.
    """

    id: int
    is_new: bool
    placed: dict[str, Any]
    differs: tuple[str, ...] = ()

    def contradiction(self) -> str:
        """Return the sentence about a report that is not kept because it differs."""
        what = " and ".join(self.differs)
        return (
            f"Event {self.id} is kept under this source and source_id with another {what}; "
            "give a different report a number of its own."
        )


def report_events(
    session: Session,
    indexes: ReleaseIndexes,
    reports: Sequence[EventReport],
    settings: Settings,
    actor: Actor,
) -> list[Reported]:
    """Locate reports in the release in force on their day, and save each that is not there yet.

    1. Coordinates are brought from their system to EPSG:4490; what was received is kept beside it.
    2. The release is the one in force on the day the event was reported, in the district's time zone.
    3. The chain of grids and areas is that release's answer, and is stored with its number.
    4. A report without a place, without a release, or in no natural or dedicated grid joins the
       unlocated queue, with the nearest grid and its distance where there is one.
    5. Who reported is kept encrypted, beside the event.

    Args:
        session: The open transaction.
        indexes: Where the releases' indexes are kept.
        reports: Any number; they are located together.
        settings: Give the time zone, and where keys are.
        actor: Who takes the reports in.

    Returns:
        One answer a report, in order; a report already stored answers with its first event's id, and with
        what it says differently.

    Raises:
        CoordinateSystemError: A report names a system that does not exist.
    """
    lon, lat = stored_points(reports)
    rows = [blank_row(report, lon[i], lat[i], actor) for i, report in enumerate(reports)]
    releases = list_releases(session)
    zone = ZoneInfo(settings.time_zone)
    by_release: dict[int, list[int]] = {}
    known = {release.number: release for release in releases}
    for i, report in enumerate(reports):
        day = report.reported_at.astimezone(zone).date()
        release = next((release for release in releases if release.effective_from <= day), None)
        if np.isnan(lon[i]):
            rows[i]["unlocated"] = UnlocatedReason.NO_POINT.value
        elif release is None:
            rows[i]["unlocated"] = UnlocatedReason.NO_RELEASE.value
        else:
            by_release.setdefault(release.number, []).append(i)
    for number, members in by_release.items():
        chosen = np.array(members)
        answers = chain_columns(session, indexes, known[number], (lon[chosen], lat[chosen]), rows, members)
        for i, answer in zip(members, answers, strict=True):
            rows[i].update(answer)
    saved = save_events(session, rows)
    reporters = {
        event.id: report.reporter
        for event, report in zip(saved, reports, strict=True)
        if event.is_new and report.reporter is not None
    }
    if reporters:
        save_people(session, open_vault(session, settings), Subject.EVENT, reporters)
    return [
        Reported(event.id, event.is_new, row, event.differs) for event, row in zip(saved, rows, strict=True)
    ]


def stored_points(reports: Sequence[EventReport]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitudes and latitudes in EPSG:4490; NaN where a report has no place on earth."""
    lon = np.full(len(reports), np.nan)
    lat = np.full(len(reports), np.nan)
    systems = np.array([report.crs for report in reports], dtype=object)
    x = np.array([np.nan if report.x is None else report.x for report in reports], dtype=float)
    y = np.array([np.nan if report.y is None else report.y for report in reports], dtype=float)
    for system in dict.fromkeys(systems):
        chosen = systems == system
        lon[chosen], lat[chosen] = points_to_stored(x[chosen], y[chosen], system)
    return lon, lat


def blank_row(report: EventReport, lon: float, lat: float, actor: Actor) -> dict[str, Any]:
    """Return the report as a row that has no grid yet."""
    has_point = not np.isnan(lon)
    return {
        "source": report.source,
        "source_id": report.source_id,
        "x": report.x,
        "y": report.y,
        "crs": report.crs,
        "lon": float(lon) if has_point else None,
        "lat": float(lat) if has_point else None,
        "accuracy_m": report.accuracy_m,
        "reported_at": report.reported_at,
        "received_by": actor.name,
        "category": report.category,
        "grade": report.grade.value,
        "text": report.text,
        "attributes": report.attributes,
        "release": None,
        "natural_id": None,
        "dedicated_id": None,
        "special_ids": [],
        "community_id": None,
        "street_id": None,
        "district_id": None,
        "near_boundary": False,
        "unlocated": None,
        "nearest_id": None,
        "nearest_m": None,
    }


def chain_columns(
    session: Session,
    indexes: ReleaseIndexes,
    release: Release,
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    rows: list[dict[str, Any]],
    members: list[int],
) -> list[dict[str, Any]]:
    """Return the columns of rule 3 and 4 for the points of one release."""
    index = indexes.of(session, release).index
    found = index.locate_many(*points)
    accuracy = np.array([rows[i]["accuracy_m"] or USUAL_ACCURACY_M for i in members])
    near = index.near_boundary_many(*points, accuracy)
    lost = np.flatnonzero((found.natural < 0) & (found.dedicated < 0))
    nearest_id, nearest_m = index.nearest_many(points[0][lost], points[1][lost])
    columns: list[dict[str, Any]] = [
        {
            "release": release.number,
            "natural_id": known_id(found.natural[k]),
            "dedicated_id": known_id(found.dedicated[k]),
            "special_ids": list(found.chain(k).special),
            "community_id": known_id(found.community[k]),
            "street_id": known_id(found.street[k]),
            "district_id": known_id(found.district[k]),
            "near_boundary": bool(near[k]),
        }
        for k in range(len(members))
    ]
    for k, grid_id, distance_m in zip(lost, nearest_id, nearest_m, strict=True):
        columns[k].update(
            unlocated=UnlocatedReason.NO_GRID.value,
            nearest_id=known_id(grid_id),
            nearest_m=float(distance_m) if grid_id >= 0 else None,
        )
    return columns


def known_id(grid_id: np.int64) -> int | None:
    """Return an id, or None for the index's -1."""
    return int(grid_id) if grid_id >= 0 else None
