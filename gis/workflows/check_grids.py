"""Check the grids of a plan or a release, and keep the findings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gis.errors import InputError
from gis.gridding.check import check_areas, checking_grids, findings_of
from gis.gridding.checks.tolerance import Tolerance
from gis.gridding.codes import scheme_named
from gis.gridding.crs import metric_crs_for
from gis.gridding.rules.profile import USUAL, Profile, parse_profile, shipped_profile, shipped_profiles
from gis.gridding.rules.terms import Terms
from gis.nouns import Actor, Check, Finding, FindingKind, Plan, Release
from gis.store.areas import list_areas
from gis.store.checking.intended import list_intended_ids
from gis.store.checks import save_check
from gis.store.grids import list_grids, list_retired_codes
from gis.store.people import list_buildings, list_codes_on_duty
from gis.store.plans import get_plan, list_plan_areas, list_plan_grids
from gis.store.releases import get_release
from gis.workflows.checking.steps import CHECK_STEPS, unheard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.settings import Settings
    from gis.workflows.checking.steps import Advance


@dataclass(frozen=True, slots=True)
class SeenGrids:
    """What was found, and the frames it was found in."""

    findings: list[Finding]
    grids: GeoDataFrame
    areas: GeoDataFrame


@dataclass(frozen=True, slots=True)
class CheckedGrids(SeenGrids):
    """A stored check with its findings and the frames it looked at.

    `is_current` is False of a plan that has changed since: its frames are no longer those that were checked.
    """

    check: Check
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What to check, and by which rules; one of `plan_id` and `release` is given.

    Attributes:
        plan_id: The plan, checked as it would be published.
        release: Number of the release.
        profile: Name of a shipped profile; None: the usual rules.
        min_width_m: Least width of a gap or overlap; None: that of the settings.
        min_area_m2: Least area of a gap or overlap; None: that of the settings.
        intended: Ids of gaps that are meant.
    """

    plan_id: int | None = None
    release: int | None = None
    profile: str | None = None
    min_width_m: float | None = None
    min_area_m2: float | None = None
    intended: Sequence[str] = ()


READING = {"zh": "读取区域和网格", "en": "Reading areas and grids"}
CHECKING_AREAS = {"zh": "检查行政区域", "en": "Checking areas"}
SAVING = {"zh": "保存检查结果", "en": "Storing the findings"}
SAVING_FROM = 0.9


def check_requested(
    session: Session, request: CheckRequest, settings: Settings, actor: Actor, advance: Advance = unheard
) -> CheckedGrids:
    """Check what a request asks for, and keep the findings.

    Raises:
        NotFoundError: There is no such plan or release.
        InputError: There is no such profile.
    """
    advance(0.0, READING)
    profile = shipped_profile(request.profile or USUAL)
    subject = subject_of(session, request)
    terms = terms_for(session, subject, profile, settings, frozenset(request.intended))
    frames = frames_of(session, subject)
    tolerance = Tolerance(
        request.min_width_m or settings.min_width_m, request.min_area_m2 or settings.min_area_m2
    )
    findings = find_in(frames, settings, tolerance, terms, advance)
    advance(SAVING_FROM, SAVING)
    return keep(session, subject, frames, findings, tolerance, actor)


def subject_of(session: Session, request: CheckRequest) -> Plan | Release:
    """Return the plan or the release a request names, or raise NotFoundError."""
    if request.plan_id is not None:
        return get_plan(session, request.plan_id)
    return get_release(session, request.release or 0)


def count_at_most(session: Session, request: CheckRequest) -> int:
    """Return how many areas and grids a check looks at, at the most; what a plan replaces counts twice.

    Raises:
        NotFoundError: There is no such plan or release.
    """
    subject = subject_of(session, request)
    count = subject.area_count + subject.grid_count
    if isinstance(subject, Plan) and subject.base_release is not None:
        base = get_release(session, subject.base_release)
        count += base.area_count + base.grid_count
    return count


def check_subject(
    session: Session,
    subject: Plan | Release,
    settings: Settings,
    actor: Actor,
    terms: Terms | None = None,
    advance: Advance = unheard,
) -> CheckedGrids:
    """Check all areas and grids of a plan, as it would be published, or of a release.

    Args:
        session: The open transaction.
        subject: What to check.
        settings: Give the metric system, the code scheme and the tolerance.
        actor: Who asks.
        terms: Other rules than the usual and other holes than those that were marked, of `terms_for`.
        advance: Told how far it is.

    Returns:
        The findings, stored under the check's id.
    """
    advance(0.0, READING)
    frames = frames_of(session, subject)
    tolerance = usual_tolerance(settings)
    terms = terms or terms_for(session, subject, shipped_profile(USUAL), settings, frozenset())
    findings = find_in(frames, settings, tolerance, terms, advance)
    advance(SAVING_FROM, SAVING)
    return keep(session, subject, frames, findings, tolerance, actor)


def usual_tolerance(settings: Settings) -> Tolerance:
    """Return the tolerance of whoever asks for none."""
    return Tolerance(settings.min_width_m, settings.min_area_m2)


def find_in(
    frames: tuple[GeoDataFrame, GeoDataFrame],
    settings: Settings,
    tolerance: Tolerance,
    terms: Terms,
    advance: Advance = unheard,
) -> list[Finding]:
    """Return what is wrong with areas and grids; nothing is stored."""
    areas, grids = frames
    crs = metric_crs_of(areas if len(areas) else grids, settings)
    advance(0.1, CHECKING_AREAS)
    of_areas = check_areas(areas, tolerance=tolerance, metric_crs=crs, terms=terms)
    scheme = scheme_named(settings.code_scheme)
    parts = checking_grids(grids, areas, tolerance=tolerance, metric_crs=crs, scheme=scheme, terms=terms)
    return [*of_areas, *findings_of(parts, lambda part: advance(*CHECK_STEPS[part]))]


def keep(
    session: Session,
    subject: Plan | Release,
    frames: tuple[GeoDataFrame, GeoDataFrame],
    findings: list[Finding],
    tolerance: Tolerance,
    actor: Actor,
) -> CheckedGrids:
    """Store a check with its findings."""
    areas, grids = frames
    check = save_check(session, subject, findings, (tolerance.min_width_m, tolerance.min_area_m2), actor)
    return CheckedGrids(findings, grids, areas, check)


def read_check(session: Session, check: Check, findings: list[Finding]) -> CheckedGrids:
    """Put a stored check's findings together with the grids and areas as they are now."""
    plan = None if check.plan_id is None else get_plan(session, check.plan_id)
    areas, grids = frames_of(session, plan or get_release(session, check.release or 0))
    is_current = plan is None or plan.change_number == check.change_number
    return CheckedGrids(findings, grids, areas, check, is_current)


def profile_named(name: str) -> Profile:
    """Return a shipped profile by its name, or read one's own from a file.

    Raises:
        InputError: There is neither, or the file cannot be understood.
    """
    if name in shipped_profiles():
        return shipped_profile(name)
    try:
        return parse_profile(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{name} is no readable file, and no shipped profile; these are {', '.join(shipped_profiles())}.",
            field="profile",
        ) from error


def terms_for(
    session: Session, subject: Plan | Release, profile: Profile, settings: Settings, intended: frozenset[str]
) -> Terms:
    """Collect what is stored that the rules of a profile need.

    Args:
        session: The open transaction.
        subject: What is to be checked.
        profile: The rules.
        settings: Give the time zone, and with it the day whose duties count.
        intended: Ids of gaps that are meant, besides those that were marked once.

    Returns:
        Buildings and duties only where a rule asks for them and any are stored; retired codes for a plan.
    """
    buildings = list_buildings(session) if profile.is_on(FindingKind.BUILDING_CUT) else None
    on_duty = None
    if profile.is_on(FindingKind.NO_WORKER):
        on_duty = list_codes_on_duty(session, datetime.now(ZoneInfo(settings.time_zone)).date())
    retired = list_retired_codes(session) if isinstance(subject, Plan) else frozenset[str]()
    meant = intended | list_intended_ids(session)
    return Terms(profile, buildings, on_duty or None, retired, intended=meant)


def frames_of(session: Session, subject: Plan | Release) -> tuple[GeoDataFrame, GeoDataFrame]:
    """Return the areas and the grids of a plan or a release."""
    if isinstance(subject, Plan):
        return list_plan_areas(session, subject.id), list_plan_grids(session, subject.id)
    return list_areas(session, subject.number), list_grids(session, subject.number)


def metric_crs_of(frame: GeoDataFrame, settings: Settings) -> str:
    """Return the projected system in which this frame's metres are measured."""
    if frame.empty:
        return metric_crs_for(0.0, 0.0, settings.district_crs)
    west, south, east, north = frame.total_bounds
    return metric_crs_for((west + east) / 2, (south + north) / 2, settings.district_crs)
