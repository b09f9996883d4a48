"""Personal data: shown plain for a reason that is recorded, searched by phone, kept for workers."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from gis.api.access import Acting, Configured, Transaction, needs
from gis.api.routes.event.outgoing import events_out
from gis.api.seen import SeenEvent, SeenWorker
from gis.api.wire.caching import PRIVATE
from gis.api.wire.chains import Named
from gis.api.wire.event_forms import EventOut, Phone
from gis.api.wire.strict import StrictRoute
from gis.identity.personal import Person
from gis.identity.roles import Right
from gis.store.events import get_event
from gis.workflows.privacy.people import reveal_event, reveal_worker, save_worker, search_reporter
from gis.workflows.privacy.texts import WRITTEN

router = APIRouter(route_class=StrictRoute, prefix="/v1", tags=["personal data"])

MOST_FOUND = 1_000
ID_NUMBER = r"^[1-9]\d{16}[\dXx]$"
WHY: dict[str, JsonValue] = {"reason": "Call back about the water leak"}
SEARCH: dict[str, JsonValue] = WHY | {"reporter_phone": "138 1234 5678"}
PERSON: dict[str, JsonValue] = {"name": "王小明", "phone": "13812345678", "id_number": None}
REPORTED: dict[str, JsonValue] = PERSON | {
    "category": "exposed rubbish",
    "text": "A heap beside the bus stop, call 13912345678",
    "attributes": {},
}
WORKER: dict[str, JsonValue] = {"phone": "13812345678", "id_number": "320102199003074258"}


class RevealIn(BaseModel):
    """Why somebody's data is to be seen."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": WHY})

    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class PersonOut(BaseModel):
    """What is kept of a person."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": PERSON})

    name: str | None
    phone: str | None
    id_number: str | None


class ReportedOut(PersonOut):
    """Who reported an event, and what they wrote, plain."""

    model_config = ConfigDict(json_schema_extra={"example": REPORTED})

    category: str
    text: str
    attributes: dict[str, Any]


class WorkerIn(BaseModel):
    """What is to be kept of a worker; what is left out is forgotten."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"example": WORKER}
    )

    phone: Phone | None = None
    id_number: Annotated[str | None, Field(pattern=ID_NUMBER)] = None


class SearchIn(RevealIn):
    """Whose events are looked for, and why; in a body, because addresses end up in logs."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": SEARCH})

    reporter_phone: Phone
    limit: Annotated[int, Field(ge=1, le=MOST_FOUND)] = 100


class FoundOut(BaseModel):
    """Events somebody reported, the newest at most `limit`; `total` is how many there are."""

    total: int
    events: list[EventOut]


@router.post("/events/search", summary="Events by their reporter's phone")
@needs(Right.REVEAL_PEOPLE)
def search(
    response: Response,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    names: Named,
    body: SearchIn,
) -> FoundOut:
    """Return the events that somebody with this phone reported; that it was asked, and why, is recorded."""
    response.headers["Cache-Control"] = PRIVATE
    ids = search_reporter(session, settings, actor, body.reporter_phone, body.reason)
    events = [get_event(session, event_id) for event_id in ids[: body.limit]]
    return FoundOut(total=len(ids), events=events_out(session, settings, names, events))


@router.post("/events/{event_id}/reveal", summary="Who reported an event, and its text")
@needs(Right.REVEAL_PEOPLE)
def reveal_reporter(
    response: Response,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    event_id: SeenEvent,
    body: RevealIn,
) -> ReportedOut:
    """Return who reported an event and what they wrote, plain; who asked and why is recorded."""
    response.headers["Cache-Control"] = PRIVATE
    person, event = reveal_event(session, settings, actor, event_id, body.reason)
    written = {name: getattr(event, name) for name in WRITTEN}
    return ReportedOut(name=person.name, phone=person.phone, id_number=person.id_number, **written)


@router.post("/workers/{worker_id}/reveal", summary="A worker's phone and identity number")
@needs(Right.REVEAL_PEOPLE)
def reveal_one_worker(
    response: Response,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    worker_id: SeenWorker,
    body: RevealIn,
) -> PersonOut:
    """Return what is kept of a worker, plain; who asked and why is recorded."""
    response.headers["Cache-Control"] = PRIVATE
    return PersonOut.model_validate(reveal_worker(session, settings, actor, worker_id, body.reason))


@router.put("/workers/{worker_id}/personal", summary="Keep a worker's phone and identity number")
@needs(Right.MANAGE_USERS)
def keep_worker(
    response: Response,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    worker_id: SeenWorker,
    body: WorkerIn,
) -> PersonOut:
    """Replace what is kept of a worker, encrypted; the answer is masked."""
    response.headers["Cache-Control"] = PRIVATE
    person = Person(phone=body.phone, id_number=body.id_number)
    return PersonOut.model_validate(save_worker(session, settings, actor, worker_id, person))
