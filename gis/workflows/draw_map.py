"""Draw a map of what is stored: grids and their changes, findings, coverage, events, choropleth, heat."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd

from gis.errors import NotFoundError
from gis.gridding.sentences import describe
from gis.maps.changes.draw import draw_changes
from gis.maps.changes.repairs import draw_repair
from gis.maps.choropleth import Measure, draw_choropleth
from gis.maps.events import draw_events
from gis.maps.findings import draw_findings
from gis.maps.frame import MapFrame
from gis.maps.grids import draw_grids
from gis.maps.heat_time import Step, draw_heat_time
from gis.maps.served import draw_served
from gis.nouns import AreaLevel, Release
from gis.store.checks import find_newest_check, get_check, list_findings
from gis.store.events import EventFilter, count_events_by, find_reported_range, list_event_points
from gis.store.plans import get_plan
from gis.store.releases import find_release_on, get_release, list_releases
from gis.workflows.assigning.coverage import AreaCoverage, CoverageRequest, measure_coverage
from gis.workflows.check_grids import CheckedGrids, frames_of, read_check
from gis.workflows.comparing.compare_states import compare_releases
from gis.workflows.comparing.tables import changes_frame
from gis.workflows.privacy.texts import shown_points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.maps.frame import Language
    from gis.maps.page import MapPage
    from gis.nouns import Finding
    from gis.settings import Settings
    from gis.workflows.repairing.repair_grids import RepairedPlan

# A browser draws so many points smoothly; the newest are kept.
MOST_EVENTS = 200_000


class MapKind(StrEnum):
    """The maps there are."""

    GRIDS = "grids"
    FINDINGS = "findings"
    EVENTS = "events"
    CHOROPLETH = "choropleth"
    COVERAGE = "coverage"
    CHANGES = "changes"
    HEAT_TIME = "heat-time"


class CountedBy(StrEnum):
    """What a choropleth counts by."""

    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"


@dataclass(frozen=True, slots=True)
class MapRequest:
    """Which map of what.

    Attributes:
        kind: Which map.
        release: Release number; None: the one in force today, of changes the newest.
        old: Release that changes are drawn since; None: the one before.
        check: Check whose findings are drawn; None: the newest.
        wanted: Which events count.
        counted_by: Shapes of a choropleth.
        measure: What a choropleth's colours stand for.
        step: Length of one picture of the heat film.
        level: Level of the areas of a map of coverage.
        language: Language the page opens in.
    """

    kind: MapKind
    release: int | None = None
    check: int | None = None
    wanted: EventFilter = field(default_factory=EventFilter)
    counted_by: CountedBy = CountedBy.GRID
    measure: Measure = Measure.COUNT
    step: Step = Step.WEEK
    level: AreaLevel = AreaLevel.STREET
    language: Language = "zh"
    old: int | None = None


def draw_map(session: Session, request: MapRequest, settings: Settings) -> MapPage:
    """Return the page asked for.

    Raises:
        NotFoundError: The release or the check does not exist, or nothing is published yet; of changes, there
            is only one release.
        InputError: More grids or findings than a page carries; the text says what to do.
    """
    if request.kind is MapKind.FINDINGS:
        return findings_page(session, request, settings)
    if request.kind is MapKind.CHANGES:
        return changes_page(session, request, settings)
    release = release_of(session, request.release, settings)
    drawers: dict[MapKind, Callable[[], MapPage]] = {
        MapKind.GRIDS: lambda: grids_page(session, request, settings, release),
        MapKind.EVENTS: lambda: events_page(session, request, settings, release),
        MapKind.CHOROPLETH: lambda: choropleth_page(session, request, settings, release),
        MapKind.COVERAGE: lambda: coverage_page(
            measure_coverage(session, CoverageRequest(release, request.level)), settings, request.language
        ),
        MapKind.HEAT_TIME: lambda: heat_time_page(session, request, settings, release),
    }
    return drawers[request.kind]()


def release_of(session: Session, number: int | None, settings: Settings) -> Release:
    """Return the release to draw, or say that nothing is published."""
    if number is not None:
        return get_release(session, number)
    today = datetime.now(ZoneInfo(settings.time_zone)).date()
    release = find_release_on(session, today)
    if release is None:
        raise NotFoundError(
            "No release is in force yet. Import areas and grids, check them, and publish them: "
            "`wangge release publish --from DATE --apply`."
        )
    return release


def releases_between(session: Session, old: int | None, new: int | None) -> tuple[Release, Release]:
    """Return the releases whose changes are asked for: the newest and the one before, unless they are named.

    Raises:
        NotFoundError: There is no such release, or none to compare it with.
    """
    later = get_release(session, new) if new is not None else next(iter(list_releases(session)), None)
    if later is None:
        raise NotFoundError("Nothing has been published yet, so nothing has changed; publish two releases.")
    if old is None and later.number == 1:
        raise NotFoundError(
            "Release 1 is the first, and there is none before it to compare it with; publish another one, or "
            "compare a plan with its base release: `wangge grid compare --plan N --map FILE`."
        )
    return get_release(session, later.number - 1 if old is None else old), later


def frame_of(
    areas: GeoDataFrame,
    request: MapRequest,
    settings: Settings,
    release: Release | None = None,
    reported: tuple[datetime, datetime] | None = None,
) -> MapFrame:
    """Return title, subtitle, period and language of a page."""
    districts = areas.loc[areas["level"] == AreaLevel.DISTRICT.value, "name"].tolist()
    period = reported and (request.wanted.since or reported[0], request.wanted.until or reported[1])
    return MapFrame(
        district=settings.district_name or next(iter(districts), ""),
        release=release.number if release else None,
        effective_from=release.effective_from if release else None,
        period=period,
        language=request.language,
        time_zone=settings.time_zone,
        tile_url=settings.tile_url or None,
        max_grids=settings.max_map_grids,
    )


def changes_page(session: Session, request: MapRequest, settings: Settings) -> MapPage:
    """Draw what became of the grids between two releases."""
    old, new = releases_between(session, request.old, request.release)
    found = compare_releases(session, old.number, new.number, settings).states
    frame = replace(frame_of(found.areas, request, settings, new), old_release=old.number)
    return draw_changes(changes_frame(found), found.old, found.new, found.areas, frame=frame)


def findings_page(session: Session, request: MapRequest, settings: Settings) -> MapPage:
    """Draw the findings of a check over what it checked."""
    check = find_newest_check(session) if request.check is None else get_check(session, request.check)
    if check is None:
        raise NotFoundError("Nothing has been checked yet; `wangge grid check` checks the open plan.")
    checked = read_check(session, check, list_findings(session, check.id))
    release = None if check.release is None else get_release(session, check.release)
    frame = frame_of(checked.areas, request, settings, release)
    return draw_checked(checked, frame)


def draw_checked(checked: CheckedGrids, frame: MapFrame) -> MapPage:
    """Draw findings with their sentences over what was checked."""
    sentences = sentences_of(checked.findings)
    return draw_findings(checked.findings, checked.grids, checked.areas, frame=frame, sentences=sentences)


def grids_page(session: Session, request: MapRequest, settings: Settings, release: Release) -> MapPage:
    """Draw the grids of a release."""
    areas, grids = frames_of(session, release)
    return draw_grids(grids, areas, frame=frame_of(areas, request, settings, release))


def sentences_of(findings: Sequence[Finding]) -> dict[str, list[str]]:
    """Return the sentence of each finding in both languages."""
    return {
        "zh": [describe(finding, "zh") for finding in findings],
        "en": [describe(finding, "en") for finding in findings],
    }


def events_page(session: Session, request: MapRequest, settings: Settings, release: Release) -> MapPage:
    """Draw events as points and heat."""
    areas, grids = frames_of(session, release)
    points = shown_points(list_event_points(session, request.wanted, MOST_EVENTS))
    codes = grids.set_index("id")["code"]
    points["natural_code"] = points["natural_id"].map(codes)
    frame = frame_of(areas, request, settings, release, find_reported_range(session, request.wanted))
    return draw_events(points, grids, areas, frame=frame)


def choropleth_page(session: Session, request: MapRequest, settings: Settings, release: Release) -> MapPage:
    """Colour grids, communities or streets by their events."""
    areas, grids = frames_of(session, release)
    if request.counted_by is CountedBy.GRID:
        shapes = grids[grids["kind"] == "natural"]
        counts = count_events_by(session, "natural_id", request.wanted)
    else:
        shapes = with_households(areas, grids, request.counted_by)
        counts = count_events_by(session, f"{request.counted_by.value}_id", request.wanted)
    frame = frame_of(areas, request, settings, release, find_reported_range(session, request.wanted))
    return draw_choropleth(
        pd.Series(counts, dtype="int64"), shapes, areas, measure=request.measure, frame=frame
    )


def with_households(areas: GeoDataFrame, grids: GeoDataFrame, level: CountedBy) -> GeoDataFrame:
    """Return the areas of a level; where the file gave no households, those of their natural grids."""
    of_level = areas[areas["level"] == level.value].copy()
    street_of = areas.set_index("id")["parent_id"]
    natural = grids[grids["kind"] == "natural"]
    key = natural["community_id"]
    if level is CountedBy.STREET:
        key = key.map(street_of)
    summed = of_level["id"].map(natural["households"].groupby(key).sum())
    of_level["households"] = of_level["households"].fillna(summed)
    return of_level


def coverage_page(found: AreaCoverage, settings: Settings, language: Language) -> MapPage:
    """Colour areas by the share that grids serve, and draw what they leave."""
    subject, areas = found.request.subject, found.areas
    release = subject if isinstance(subject, Release) else None
    frame = frame_of(areas, MapRequest(MapKind.COVERAGE, language=language), settings, release)
    of_level = areas[areas["level"] == found.request.level.value]
    return draw_served(found.served, found.groups, of_level, areas, frame=frame)


def heat_time_page(session: Session, request: MapRequest, settings: Settings, release: Release) -> MapPage:
    """Draw the heat of events step by step."""
    areas, _ = frames_of(session, release)
    points = list_event_points(session, request.wanted, MOST_EVENTS)
    frame = frame_of(areas, request, settings, release, find_reported_range(session, request.wanted))
    return draw_heat_time(points, areas, step=request.step, frame=frame)


def write_plan_map(session: Session, plan_id: int, path: Path, settings: Settings) -> None:
    """Draw a plan as it would be published into an .html or .png file."""
    areas, grids = frames_of(session, get_plan(session, plan_id))
    frame = frame_of(areas, MapRequest(MapKind.GRIDS), settings)
    draw_grids(grids, areas, frame=frame).write(path)


def write_findings_map(checked: CheckedGrids, path: Path, settings: Settings) -> None:
    """Draw the findings of a check that has just run into an .html or .png file."""
    frame = frame_of(checked.areas, MapRequest(MapKind.FINDINGS), settings)
    draw_checked(checked, frame).write(path)


def write_repair_map(
    done: RepairedPlan, places: GeoDataFrame, path: Path, settings: Settings, language: Language
) -> None:
    """Draw a repair, before and after, into an .html or .png file."""
    frame = frame_of(done.before.areas, MapRequest(MapKind.GRIDS, language=language), settings)
    grids = done.before.grids
    before = grids.geometry.to_numpy()
    after = grids.set_geometry(done.repaired.geometry, crs=grids.crs)
    draw_repair(places, after, before, done.before.areas, frame=frame).write(path)
