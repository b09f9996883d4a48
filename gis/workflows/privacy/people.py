"""Show people masked, or plain for a reason that is recorded; find who has a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.errors import InputError, NotFoundError
from gis.identity.actions import Action
from gis.identity.personal import Person, Subject
from gis.store.audit.record import record
from gis.store.privacy.values import (
    find_people,
    find_worker_code,
    list_known,
    list_seen_events,
    read_people,
    save_people,
)
from gis.workflows.privacy.keys import open_vault

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from gis.nouns import Actor
    from gis.settings import Settings


def list_masked(
    session: Session, settings: Settings, subject: Subject, ids: Collection[int]
) -> dict[int, Person]:
    """Return people by the ids of their events or of themselves, as everybody may see them."""
    if not list_known(session, subject, ids):
        return {}
    people = read_people(session, open_vault(session, settings), subject, ids)
    return {owner: person.masked() for owner, person in people.items()}


def reveal(
    session: Session,
    settings: Settings,
    actor: Actor,
    whose: tuple[Subject, int],
    reason: str,
) -> Person:
    """Return a person plain, and record who saw it and why in the same transaction.

    Raises:
        InputError: The reason is empty.
        NotFoundError: Nothing is known of such a person.
    """
    if not reason.strip():
        raise InputError("say why, as 'call back about the water leak'", field="reason")
    subject, owner = whose
    if not list_known(session, subject, [owner]):
        raise NotFoundError(f"No personal data is kept for {subject.value} {owner}.")
    person = read_people(session, open_vault(session, settings), subject, [owner])[owner]
    detail = {"facts": [fact.value for fact in person.facts()], "reason": reason.strip()}
    record(session, actor, Action.PERSONAL_REVEAL, subject=(subject.value, owner), detail=detail)
    return person


def search_reporter(session: Session, settings: Settings, actor: Actor, phone: str) -> list[int]:
    """Return the ids of the events, of those the actor sees, that somebody reported; record the question."""
    found = find_people(session, open_vault(session, settings), phone)
    ids = list_seen_events(session, [owner for subject, owner in found if subject is Subject.EVENT], actor)
    record(session, actor, Action.PERSONAL_SEARCH, detail={"events": len(ids)})
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
