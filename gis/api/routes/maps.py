"""Map pages: served with the service's own scripts, as one self-contained file, or as a picture."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from threading import Lock
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse

from gis.api.access import Acting, Configured, Transaction, is_taken_away, needs
from gis.api.edge.headers import page_policy
from gis.api.wire.caching import ASK_AGAIN, PRIVATE
from gis.api.wire.parameters import LAST_ID, Day, Language, OfRelease, ParameterError
from gis.api.wire.strict import StrictRoute
from gis.errors import NotFoundError
from gis.identity.roles import Right
from gis.maps.choropleth import Measure
from gis.maps.heat_time import Step
from gis.maps.page import MapPage
from gis.maps.picture import picture_of
from gis.nouns import Actor, AreaLevel
from gis.settings import Settings
from gis.store.checks import find_newest_check
from gis.store.events import EventFilter
from gis.store.identity.visible import require_visible
from gis.store.session import transaction
from gis.store.tables import CheckRow
from gis.workflows.auditing.exports import record_map
from gis.workflows.draw_map import CountedBy, MapKind, MapRequest, draw_map, releases_between

router = APIRouter(
    route_class=StrictRoute, prefix="/maps", tags=["maps"], default_response_class=HTMLResponse
)

# A browser takes half a gigabyte, so a second picture waits for the first, but not for ever.
PICTURE_WAIT_S = 60


class Form(StrEnum):
    """How a map goes out."""

    HTML = "html"
    FILE = "file"
    PNG = "png"


@dataclass(frozen=True, slots=True)
class Drawing:
    """What every map is drawn with; `browser` is held while a picture is taken."""

    request: Request
    session: Session
    settings: Settings
    actor: Actor
    engine: Engine
    browser: Lock
    language: Language
    form: Form


async def drawing(
    request: Request,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    lang: Annotated[Language, Query(description="Language the page opens in.")] = Language.ZH,
    f: Annotated[
        Form, Query(description="html: a page; file: one that opens anywhere; png: a picture.")
    ] = Form.HTML,
) -> Drawing:
    """Return what a request's parameters ask for."""
    return Drawing(
        request, session, settings, actor, request.app.state.engine, request.app.state.browser, lang, f
    )


Drawn = Annotated[Drawing, Depends(drawing)]

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}


def period(
    settings: Configured,
    actor: Acting,
    since: Annotated[Day | None, Query(alias="from", description="First day of the events.")] = None,
    until: Annotated[Day | None, Query(alias="to", description="Day after the last of the events.")] = None,
) -> EventFilter:
    """Return the filter for days of the district's time zone, within what the caller sees."""
    zone = ZoneInfo(settings.time_zone)
    if since and until and since >= until:
        raise ParameterError("`to` is the day after the last, so it lies behind `from`", field="to")
    return EventFilter(since=first_moment(since, zone), until=first_moment(until, zone), seen_by=actor)


def first_moment(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Return when a day begins."""
    return None if day is None else datetime.combine(day, time(), zone)


Period = Annotated[EventFilter, Depends(period)]


@router.get("/grids", summary="Map of the grids", responses=ANSWERS)
@needs(Right.READ_GRIDS)
def grids(
    drawn: Drawn,
    release: OfRelease = None,
) -> Response:
    """Return grids by kind with codes and outlines, of a release or as of today."""
    request = MapRequest(MapKind.GRIDS, release=release, language=drawn.language.value)
    return answer_map(drawn, request, ASK_AGAIN)


@router.get("/changes", summary="Map of what became of the grids between two releases", responses=ANSWERS)
@needs(Right.READ_GRIDS)
def changes(
    drawn: Drawn,
    old: Annotated[
        int | None, Query(ge=1, le=LAST_ID, description="The earlier release; else the one before `new`.")
    ] = None,
    new: Annotated[
        int | None, Query(ge=1, le=LAST_ID, description="The later release; else the newest.")
    ] = None,
) -> Response:
    """Return splits, mergers, moved edges and the like, with the ground that passed; 404 for one release."""
    earlier, later = releases_between(drawn.session, old, new)
    request = MapRequest(
        MapKind.CHANGES, release=later.number, old=earlier.number, language=drawn.language.value
    )
    return answer_map(drawn, request, ASK_AGAIN)


@router.get("/findings", summary="Map of findings", responses=ANSWERS)
@needs(Right.READ_CHECKS)
def findings(
    drawn: Drawn,
    actor: Acting,
    check: Annotated[int | None, Query(ge=1, le=LAST_ID, description="Check; else the newest.")] = None,
) -> Response:
    """Return what a check found, by kind and severity."""
    request = MapRequest(
        MapKind.FINDINGS, check=seen_check(drawn.session, check, actor), language=drawn.language.value
    )
    return answer_map(drawn, request, ASK_AGAIN)


def seen_check(session: Session, check: int | None, actor: Actor) -> int:
    """Return the check asked for, else the newest, of those the caller sees.

    Raises:
        NotFoundError: There is none.
    """
    if check is None:
        newest = find_newest_check(session, seen_by=actor)
        if newest is None:
            raise NotFoundError("Nothing has been checked yet; check a plan or a release first.")
        return newest.id
    require_visible(session, CheckRow, check, actor)
    return check


@router.get("/events", summary="Map of events with their heat", responses=ANSWERS)
@needs(Right.READ_EVENTS)
def events(
    drawn: Drawn,
    wanted: Period,
    release: OfRelease = None,
) -> Response:
    """Return events as points and as a heat map."""
    request = MapRequest(MapKind.EVENTS, release=release, wanted=wanted, language=drawn.language.value)
    return answer_map(drawn, request, PRIVATE)


@router.get("/choropleth", summary="Map of event numbers", responses=ANSWERS)
@needs(Right.COUNT_EVENTS)
def choropleth(
    drawn: Drawn,
    wanted: Period,
    by: Annotated[CountedBy, Query(description="Shapes to colour.")] = CountedBy.GRID,
    measure: Annotated[Measure, Query(description="What the colours stand for.")] = Measure.COUNT,
    release: OfRelease = None,
) -> Response:
    """Return grids, communities or streets coloured by their events."""
    request = MapRequest(
        MapKind.CHOROPLETH,
        release=release,
        wanted=wanted,
        counted_by=by,
        measure=measure,
        language=drawn.language.value,
    )
    return answer_map(drawn, request, PRIVATE)


@router.get("/coverage", summary="Map of the areas that grids serve", responses=ANSWERS)
@needs(Right.READ_GRIDS)
def coverage(
    drawn: Drawn,
    level: Annotated[AreaLevel, Query(description="Level of the areas.")] = AreaLevel.STREET,
    release: OfRelease = None,
) -> Response:
    """Return areas coloured by the share that grids of each kind and task serve, with what they leave."""
    request = MapRequest(MapKind.COVERAGE, release=release, level=level, language=drawn.language.value)
    return answer_map(drawn, request, ASK_AGAIN)


@router.get("/heat-time", summary="Film of the heat of events", responses=ANSWERS)
@needs(Right.READ_EVENTS)
def heat_time(
    drawn: Drawn,
    wanted: Period,
    step: Annotated[Step, Query(description="Length of one picture.")] = Step.WEEK,
    release: OfRelease = None,
) -> Response:
    """Return the heat of events, step by step."""
    request = MapRequest(
        MapKind.HEAT_TIME, release=release, wanted=wanted, step=step, language=drawn.language.value
    )
    return answer_map(drawn, request, PRIVATE)


@router.get("/heat", summary="Heat map of events", response_class=RedirectResponse)
@needs(Right.READ_EVENTS)
def heat(request: Request, _drawn: Drawn, _wanted: Period, release: OfRelease = None) -> Response:  # noqa: ARG001 - the parameters of the page it leads to
    """Lead to the map of events, which shows their heat first."""
    query = urlencode(request.query_params.multi_items())
    return RedirectResponse(f"/maps/events?{query}" if query else "/maps/events")


def answer_map(drawn: Drawing, request: MapRequest, keep: str) -> Response:
    """Draw a map and return it in the form asked for; what is taken away is recorded."""
    page = draw_map(drawn.session, request, drawn.settings)
    # a picture takes seconds, and other requests need the connection
    drawn.session.rollback()
    if drawn.form is not Form.HTML:
        is_taken = is_taken_away(drawn.request)
        answer = take_away(page, drawn, request.kind, keep)
        if is_taken:
            with transaction(drawn.engine) as session:
                record_map(session, drawn.actor, request, drawn.form.value)
        return answer
    nonce = secrets.token_urlsafe(18)
    policy = page_policy(nonce, page.frame.tile_origin)
    return HTMLResponse(
        page.html("linked", nonce=nonce), headers={"Cache-Control": keep, "Content-Security-Policy": policy}
    )


def take_away(page: MapPage, drawn: Drawing, kind: MapKind, keep: str) -> Response:
    """Return a map that stands alone: one file, or a picture."""
    name = f"wangge-{kind.value}"
    if drawn.form is Form.PNG:
        headers = {"Cache-Control": keep, "Content-Disposition": f'inline; filename="{name}.png"'}
        return Response(picture(page, drawn.browser), headers=headers, media_type="image/png")
    headers = {"Cache-Control": keep, "Content-Disposition": f'attachment; filename="{name}.html"'}
    return HTMLResponse(page.html("inlined"), headers=headers)


def picture(page: MapPage, browser: Lock) -> bytes:
    """Return a PNG of a map, one at a time.

    Raises:
        SetupError: There is no browser on this machine.
        HTTPException: 503, others are still waiting for theirs.
    """
    if not browser.acquire(timeout=PICTURE_WAIT_S):
        raise HTTPException(
            503, "Other pictures are being made; try again shortly.", headers={"Retry-After": "30"}
        )
    try:
        return picture_of(page.html("inlined"))
    finally:
        browser.release()
