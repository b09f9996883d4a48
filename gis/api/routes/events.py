"""Events: reports in, each kept once; lists, pages and the unlocated queue out."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gis.api.access import Acting, Configured, Indexes, Transaction, acting_with, is_taken_away, needs
from gis.api.problems import describe_invalid, problem_body, problem_for
from gis.api.routes.event.incoming import list_seen, own_report, refusal_of
from gis.api.routes.event.outgoing import events_out
from gis.api.seen import SeenEvent
from gis.api.wire import geojson
from gis.api.wire.answers import answer_json
from gis.api.wire.caching import PRIVATE
from gis.api.wire.chains import Named
from gis.api.wire.cursors import Cursor, read_cursor, write_cursor
from gis.api.wire.event_forms import (
    EXAMPLE_IN,
    EventIn,
    EventOut,
    event_out,
)
from gis.api.wire.parameters import LAST_ID, Box, Moment, read_box
from gis.api.wire.strict import StrictRoute
from gis.errors import ConflictError
from gis.files.spreadsheet import csv_pieces
from gis.identity.actions import Action
from gis.identity.roles import Right
from gis.nouns import Event, Grade
from gis.store.audit.record import record
from gis.store.events import EventCursor, EventFilter, count_events, get_event, list_events
from gis.workflows.report_events import report_events

router = APIRouter(route_class=StrictRoute, prefix="/v1/events", tags=["events"])

CREATED, KNOWN, TAKEN_ALREADY, INVALID = 201, 200, 409, 422
MOST_IN_BATCH = 1_000
MOST_ON_PAGE = 1_000
USUAL_ON_PAGE = 100


class Form(StrEnum):
    """How a list of events goes out."""

    JSON = "json"
    GEOJSON = "geojson"
    CSV = "csv"


class BatchIn(BaseModel):
    """Reports to take in one by one: what is wrong with one does not touch the others."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"events": [EXAMPLE_IN]}})

    events: Annotated[
        list[Any],
        Field(min_length=1, max_length=MOST_IN_BATCH, description="Each as for a single report."),
    ]


class ItemOut(BaseModel):
    """What became of one report: 201 new, 200 known already, 409 its number stands for another, 422 bad."""

    status: int
    id: int | None = None
    unlocated: str | None = None
    problem: dict[str, Any] | None = None


class BatchOut(BaseModel):
    """What became of each report, in order."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "new": 1,
                "known": 0,
                "invalid": 0,
                "items": [{"status": 201, "id": 871, "unlocated": None, "problem": None}],
            }
        }
    )

    new: int
    known: int
    invalid: int
    items: list[ItemOut]


class PageOut(BaseModel):
    """A page of events, newest report first; `next` is the path of the following page."""

    events: list[EventOut]
    next: str | None


class QueueOut(PageOut):
    """A page of the unlocated queue and its length."""

    total: int


@router.post(
    "",
    status_code=CREATED,
    response_model=EventOut,
    summary="Report an event",
    responses={
        KNOWN: {"model": EventOut, "description": "This report was there already; the event as it is"}
    },
)
@needs(Right.REPORT_EVENTS)
def report(  # noqa: PLR0913 - three of them are FastAPI's
    *,
    request: Request,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    indexes: Indexes,
    names: Named,
    body: EventIn,
) -> Response:
    """Take a report in and locate it; the same source and source_id again is the same event.

    Reports of residents get the source `resident` and a source_id of their account. A report that differs in
    place, time, category or text from the event under its source and source_id answers 409 and is not kept.
    """
    (reported,) = report_events(session, indexes, [own_report(body, actor)], settings, actor)
    seen = list_seen(session, [reported], acting_with(request, Right.READ_EVENTS))
    if refused := refusal_of(reported, seen):
        raise ConflictError(refused)
    event = get_event(session, reported.id)
    if reported.is_new:
        person = body.report().reporter
        out = event_out(event, names.of(session, event.release), person and person.masked())
    else:
        (out,) = events_out(session, settings, names, [event])
    headers = {"Location": f"/v1/events/{reported.id}", "Cache-Control": PRIVATE}
    status = CREATED if reported.is_new else KNOWN
    return answer_json(out, headers, status)


@router.post("/batch", summary="Report many events")
@needs(Right.REPORT_EVENTS)
def report_batch(
    request: Request,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    indexes: Indexes,
    body: BatchIn,
) -> BatchOut:
    """Take reports in item by item: good ones are saved although others are bad."""
    items = [read_item(item) for item in body.events]
    good = [item for item in items if isinstance(item, EventIn)]
    reported = report_events(session, indexes, [own_report(item, actor) for item in good], settings, actor)
    seen = list_seen(session, reported, acting_with(request, Right.READ_EVENTS))
    saved = iter(reported)
    answers = []
    for item in items:
        if isinstance(item, EventIn):
            one = next(saved)
            if refused := refusal_of(one, seen):
                problem = problem_body(problem_for(ConflictError()), refused)
                answers.append(ItemOut(status=TAKEN_ALREADY, problem=problem))
                continue
            unlocated = one.placed["unlocated"] if one.is_new else None
            status = CREATED if one.is_new else KNOWN
            answers.append(ItemOut(status=status, id=one.id, unlocated=unlocated))
        else:
            answers.append(ItemOut(status=INVALID, problem=item))
    counts = [answer.status for answer in answers]
    return BatchOut(
        new=counts.count(CREATED),
        known=counts.count(KNOWN),
        invalid=sum(status in {INVALID, TAKEN_ALREADY} for status in counts),
        items=answers,
    )


def read_item(item: object) -> EventIn | dict[str, Any]:
    """Return a report, or the problem it has."""
    try:
        return EventIn.model_validate(item)
    except ValidationError as error:
        return describe_invalid(error.errors())


def event_filter(  # noqa: PLR0913 - a list has as many filters as its callers need
    *,
    actor: Acting,
    since: Annotated[Moment | None, Query(description="Reported at or after.")] = None,
    until: Annotated[Moment | None, Query(description="Reported before.")] = None,
    category: Annotated[list[str], Query(max_length=100, description="Any of these; repeat it.")] = [],  # noqa: B006 - never changed
    source: Annotated[list[str], Query(max_length=100, description="Any of these; repeat it.")] = [],  # noqa: B006 - never changed
    grade: Annotated[Grade | None, Query(description="Only this grade.")] = None,
    grid: Annotated[
        int | None, Query(ge=1, le=LAST_ID, description="Lasting id of the grid it fell in.")
    ] = None,
    area: Annotated[
        int | None, Query(ge=1, le=LAST_ID, description="Id of the community, street or district.")
    ] = None,
    bbox: Box = None,
    unlocated: Annotated[bool | None, Query(description="Only, or none of, the unlocated queue.")] = None,
) -> EventFilter:
    """Return the filter a request's parameters ask for, within what the caller sees."""
    return EventFilter(
        since=since,
        until=until,
        categories=tuple(category),
        sources=tuple(source),
        grade=grade,
        grid_id=grid,
        area_id=area,
        bbox=read_box(bbox),
        is_unlocated=unlocated,
        seen_by=actor,
    )


Wanted = Annotated[EventFilter, Depends(event_filter)]
PageLimit = Annotated[int, Query(ge=1, le=MOST_ON_PAGE, description="At most so many.")]


def event_cursor(text: str | None) -> EventCursor | None:
    """Return the place a cursor marks."""
    place = read_cursor(text)
    return None if place is None else EventCursor(*place)


@router.get(
    "",
    summary="Events",
    response_model=PageOut,
    responses={
        KNOWN: {
            "description": "A page of events",
            "content": {geojson.MEDIA_TYPE: geojson.CONTENT, "text/csv": {"schema": {"type": "string"}}},
        }
    },
)
@needs(Right.READ_EVENTS)
def list_page(  # noqa: PLR0913 - seven of them are FastAPI's
    *,
    request: Request,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    names: Named,
    wanted: Wanted,
    f: Annotated[Form, Query(description="json, geojson or csv.")] = Form.JSON,
    cursor: Cursor = None,
    limit: PageLimit = USUAL_ON_PAGE,
) -> Response:
    """Return events, newest report first; a page goes on where the last ended, whatever comes in between."""
    found = list_events(session, wanted, limit + 1, event_cursor(cursor))
    following = (
        {"cursor": write_cursor(found[limit - 1].reported_at, found[limit - 1].id)}
        if len(found) > limit
        else {}
    )
    links = geojson.links(request, **following)
    events = events_out(session, settings, names, found[:limit])
    if f is not Form.JSON and is_taken_away(request):
        record(session, actor, Action.EVENTS_EXPORT, detail=export_detail(wanted, f, len(events)))
    if f is Form.GEOJSON:
        return answer_geojson(events, links)
    headers = {"Cache-Control": PRIVATE}
    if following:
        headers["Link"] = f'<{links[1]["href"]}>; rel="next"'
    if f is Form.CSV:
        return Response(csv_of(events), headers=headers, media_type="text/csv; charset=utf-8")
    page = PageOut.model_construct(events=events, next=links[1]["href"] if following else None)
    return answer_json(page, headers)


@router.get("/unlocated", summary="Events in no grid")
@needs(Right.READ_EVENTS)
def list_unlocated(  # noqa: PLR0913 - two of them are FastAPI's
    *,
    request: Request,
    response: Response,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    names: Named,
    cursor: Cursor = None,
    limit: PageLimit = USUAL_ON_PAGE,
) -> QueueOut:
    """Return the queue of events in no natural or dedicated grid, with the nearest grid and its distance."""
    response.headers["Cache-Control"] = PRIVATE
    wanted = EventFilter(is_unlocated=True, seen_by=actor)
    found = list_events(session, wanted, limit + 1, event_cursor(cursor))
    following = (
        {"cursor": write_cursor(found[limit - 1].reported_at, found[limit - 1].id)}
        if len(found) > limit
        else {}
    )
    return QueueOut(
        total=count_events(session, wanted),
        events=events_out(session, settings, names, found[:limit]),
        next=geojson.links(request, **following)[-1]["href"] if following else None,
    )


@router.get("/{event_id}", summary="One event")
@needs(Right.READ_EVENTS)
def one(
    response: Response, session: Transaction, settings: Configured, names: Named, event_id: SeenEvent
) -> EventOut:
    """Return an event with the grids and areas it fell in when it was reported."""
    response.headers["Cache-Control"] = PRIVATE
    event: Event = get_event(session, event_id)
    return events_out(session, settings, names, [event])[0]


def export_detail(wanted: EventFilter, form: Form, count: int) -> dict[str, Any]:
    """Return what the audit log keeps of an export: how many events, and by which filters but free text."""
    filters = {name: getattr(wanted, name) for name in ("since", "until", "grade", "grid_id", "area_id")}
    chosen = {name: str(value) for name, value in filters.items() if value is not None}
    return {"events": count, "form": form.value} | chosen


def answer_geojson(events: list[EventOut], links: list[dict[str, str]]) -> Response:
    """Return events as point features."""
    lines = []
    for event in events:
        properties = event.model_dump(mode="json", exclude={"id", "lon", "lat"})
        lines.append(geojson.feature_line(event.id, event.lon, event.lat, properties))
    collection = b'{"type":"FeatureCollection","features":[' + b",".join(lines) + b"]}"
    return geojson.answer_collection(collection, len(events), {"links": links}, {"Cache-Control": PRIVATE})


COLUMNS = (
    "id",
    "source",
    "source_id",
    "reported_at",
    "received_at",
    "lon",
    "lat",
    "accuracy_m",
    "category",
    "grade",
    "text",
    "release",
    "near_boundary",
    "unlocated",
)


def csv_of(events: Iterable[EventOut]) -> bytes:
    """Return events as CSV that a spreadsheet opens rightly and does not calculate with."""
    rows = []
    for event in events:
        row = event.model_dump(mode="json", include=set(COLUMNS))
        grid = [event.answers.code, event.answers.name] if event.answers else [None, None]
        rows.append([*(row[name] for name in COLUMNS), *grid])
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "grid_code", "grid_name"], dtype=object)
    return b"".join(csv_pieces([frame]))
