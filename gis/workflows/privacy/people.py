"""Show people masked, or plain for a reason that is recorded; find who has a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.errors import InputError, NotFoundError
from gis.identity.actions import Action
from gis.identity.personal import Person, Subject
from gis.store.audit.record import record
from gis.store.events import get_event
from gis.store.privacy.values import (
    find_people,
    find_worker_code,
    list_known,
    list_seen_events,
    read_people,
    save_people,
)
from gis.workflows.privacy.keys import open_vault
from gis.workflows.privacy.texts import masked_words

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Event
    from gis.settings import Settings


LEAST_SAID = 4
MARK_DIGITS = 10


def list_masked(
    session: Session, settings: Settings, subject: Subject, ids: Collection[int]
) -> dict[int, Person]:
    """Return people by the ids of their events or of themselves, as everybody may see them."""
    if not list_known(session, subject, ids):
        return {}
    people = read_people(session, open_vault(session, settings), subject, ids)
    return {owner: person.masked() for owner, person in people.items()}


def reveal_worker(session: Session, settings: Settings, actor: Actor, worker_id: int, reason: str) -> Person:
    """Return what is kept of a worker plain, and record who saw it and why in the same transaction.

    Raises:
        InputError: The reason says nothing.
        NotFoundError: Nothing is known of them.
    """
    why = require_reason(reason)
    person = _read_person(session, settings, Subject.WORKER, worker_id)
    if person is None:
        raise NotFoundError(f"No personal data is kept for worker {worker_id}.")
    detail = {"facts": [fact.value for fact in person.facts()], "reason": why}
    record(session, actor, Action.PERSONAL_REVEAL, subject=("worker", worker_id), detail=detail)
    return person


def reveal_event(
    session: Session, settings: Settings, actor: Actor, event_id: int, reason: str
) -> tuple[Person, Event]:
    """Return who reported an event, and the event with its words as they were written; record that.

    Raises:
        InputError: The reason says nothing.
        NotFoundError: Nobody is known to have reported it, and nothing in its words is masked.
    """
    why = require_reason(reason)
    event = get_event(session, event_id)
    person = _read_person(session, settings, Subject.EVENT, event_id)
    facts = [fact.value for fact in person.facts()] if person else []
    facts += list(masked_words(event))
    if not facts:
        raise NotFoundError(f"No personal data is kept for event {event_id}.")
    detail = {"facts": facts, "reason": why}
    record(session, actor, Action.PERSONAL_REVEAL, subject=("event", event_id), detail=detail)
    return person or Person(), event


def require_reason(reason: str) -> str:
    """Return why somebody's data is to be seen, or raise InputError.

    Two Chinese characters or four letters are the least that says anything.
    """
    if sum(1 if sign.isascii() else 2 for sign in reason if sign.isalnum()) < LEAST_SAID:
        raise InputError("say why, as 'call back about the water leak'", field="reason")
    return reason.strip()


def _read_person(session: Session, settings: Settings, subject: Subject, owner: int) -> Person | None:
    """Return what is known of a person, plain; None if that is nothing."""
    if not list_known(session, subject, [owner]):
        return None
    return read_people(session, open_vault(session, settings), subject, [owner])[owner]


def search_reporter(session: Session, settings: Settings, actor: Actor, phone: str, reason: str) -> list[int]:
    """Return the ids of the events, of those the actor sees, that somebody reported.

    The question is recorded with its reason, and with a mark of the number: equal for equal numbers, and
    telling nothing of them without the key.

    Raises:
        InputError: The reason says nothing.
    """
    why = require_reason(reason)
    vault = open_vault(session, settings)
    found = find_people(session, vault, phone)
    ids = list_seen_events(session, [owner for subject, owner in found if subject is Subject.EVENT], actor)
    mark = vault.index(phone).hex()[:MARK_DIGITS]
    record(session, actor, Action.PERSONAL_SEARCH, detail={"events": len(ids), "reason": why, "mark": mark})
    return ids


def save_worker(session: Session, settings: Settings, actor: Actor, worker_id: int, person: Person) -> Person:
    """Replace what is kept of a worker, and return it masked.

    Raises:
        NotFoundError: There is no such worker.
    """
    code = find_worker_code(session, worker_id)
    if code is None:
        raise NotFoundError(f"There is no worker {worker_id}.")
    save_people(session, open_vault(session, settings), Subject.WORKER, {worker_id: person})
    detail = {"code": code, "facts": [fact.value for fact in person.facts()]}
    record(session, actor, Action.PERSONAL_CHANGE, subject=("worker", worker_id), detail=detail)
    return person.masked()
