"""The audit log: who did what, newest first."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gis.api.access import Acting, Transaction, is_taken_away, needs
from gis.api.wire import geojson
from gis.api.wire.answers import answer_json
from gis.api.wire.caching import PRIVATE
from gis.api.wire.cursors import Cursor, read_cursor, write_cursor
from gis.api.wire.parameters import Moment
from gis.api.wire.strict import StrictRoute
from gis.identity.actions import Action
from gis.identity.roles import Right
from gis.store.audit.entries import AuditFilter, list_entries
from gis.store.audit.record import record
from gis.workflows.auditing.write_entries import csv_of

router = APIRouter(route_class=StrictRoute, prefix="/v1/audit", tags=["audit"])

MOST_ON_PAGE, USUAL_ON_PAGE = 1_000, 100

EXAMPLE: dict[str, Any] = {
    "number": 412,
    "id": 415,
    "at": "2026-05-01T00:30:00.123456Z",
    "actor": "li.na",
    "user_id": 7,
    "session_id": 31,
    "address": "10.2.3.4",
    "request": "9f2c5a1e77b0c3d4",
    "action": "release.publish",
    "subject_kind": "release",
    "subject_id": "3",
    "detail": {"plan": 5, "effective_from": "2026-06-01"},
}


class Form(StrEnum):
    """How entries go out."""

    JSON = "json"
    CSV = "csv"


class EntryOut(BaseModel):
    """Who did what, to what, when, and from where; `number` is null until the entry is sealed."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": EXAMPLE})

    number: int | None
    id: int
    at: datetime
    actor: str
    user_id: int | None
    session_id: int | None
    address: str | None
    request: str | None
    action: str
    subject_kind: str | None
    subject_id: str | None
    detail: dict[str, Any]


class EntriesOut(BaseModel):
    """A page of the audit log, newest entry first; `next` is the path of the following page."""

    entries: list[EntryOut]
    next: Annotated[str | None, Field(description="Path of the following page.")]


def audit_filter(
    *,
    since: Annotated[Moment | None, Query(description="At or after.")] = None,
    until: Annotated[Moment | None, Query(description="Before.")] = None,
    actor: Annotated[str | None, Query(max_length=200, description="Log-in name of who did it.")] = None,
    action: Annotated[Action | None, Query(description="What was done.")] = None,
    subject: Annotated[
        str | None,
        Query(pattern="^[a-z_]+(:.{1,100})?$", description="What it was done to, as event:17 or event."),
    ] = None,
) -> AuditFilter:
    """Return the filter a request's parameters ask for."""
    kind, _, key = (subject or "").partition(":")
    return AuditFilter(since, until, actor, action and action.value, kind or None, key or None)


@router.get(
    "",
    summary="The audit log",
    response_model=EntriesOut,
    responses={
        200: {
            "description": "A page of the audit log",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
)
@needs(Right.READ_AUDIT)
def list_page(  # noqa: PLR0913 - three of them are FastAPI's
    *,
    request: Request,
    session: Transaction,
    actor: Acting,
    wanted: Annotated[AuditFilter, Depends(audit_filter)],
    f: Annotated[Form, Query(description="json or csv.")] = Form.JSON,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ON_PAGE, description="At most so many.")] = USUAL_ON_PAGE,
) -> Response:
    """Return entries, newest first; taking them as CSV is recorded itself."""
    found = list_entries(session, wanted, limit + 1, read_cursor(cursor))
    entries, last = found[:limit], found[:limit][-1:]
    following = {"cursor": write_cursor(last[0].at, last[0].id)} if len(found) > limit else {}
    links = geojson.links(request, **following)
    headers = {"Cache-Control": PRIVATE}
    if following:
        headers["Link"] = f'<{links[1]["href"]}>; rel="next"'
    if f is Form.CSV:
        if is_taken_away(request):
            record(session, actor, Action.AUDIT_EXPORT, detail={"entries": len(entries)})
        content = b"".join(csv_of([entries]))
        return Response(content, headers=headers, media_type="text/csv; charset=utf-8")
    page = EntriesOut(
        entries=[EntryOut.model_validate(entry) for entry in entries],
        next=links[1]["href"] if following else None,
    )
    return answer_json(page, headers)
