"""What is held about one person: told to them, or erased as far as the law allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gis.errors import InputError
from gis.identity.actions import Action
from gis.identity.masks import normal_number
from gis.identity.personal import Person, Subject
from gis.store.audit.record import record
from gis.store.events import get_event
from gis.store.privacy.mentions import find_mentions, mask_mentions
from gis.store.privacy.values import delete_people, find_people, find_worker_code, read_people
from gis.workflows.privacy.keys import open_vault

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gis.nouns import Actor
    from gis.settings import Settings

KEPT = (
    "The events themselves, without who reported them: they are the district's records of its work.",
    "The audit log, which holds no name and no number: logs are kept for six months at least by law.",
    "Backups made before: they go with their own period; keep the request to repeat it after a restore.",
)
"""What erasing does not touch, and why."""


@dataclass(frozen=True, slots=True)
class Held:
    """Where somebody's number stands.

    Attributes:
        reported: Ids of the events they reported.
        workers: Ids of the workers they are.
        mentioned: Ids of the events whose text holds the number.
    """

    reported: list[int]
    workers: list[int]
    mentioned: list[int]

    def counts(self) -> dict[str, int]:
        """Return how many there are of each."""
        lists = {"reported": self.reported, "workers": self.workers, "mentioned": self.mentioned}
        return {name: len(ids) for name, ids in lists.items()}


def find_held(session: Session, settings: Settings, number: str) -> Held:
    """Return where a phone or identity number stands.

    Raises:
        InputError: This is no such number; it is not repeated.
    """
    if not re.fullmatch(r"\d{5,20}|\d{17}X", normal_number(number)):
        raise InputError("give one phone or identity number: 5 to 20 digits", field="number")
    found = find_people(session, open_vault(session, settings), number)
    return Held(
        reported=[owner for subject, owner in found if subject is Subject.EVENT],
        workers=[owner for subject, owner in found if subject is Subject.WORKER],
        mentioned=find_mentions(session, number),
    )


def export_person(session: Session, settings: Settings, actor: Actor, number: str) -> dict[str, Any]:
    """Return all that is held about a person, as JSON, and record that it was given out.

    Raises:
        InputError: This is no phone or identity number.
    """
    held = find_held(session, settings, number)
    vault = open_vault(session, settings)
    reporters = read_people(session, vault, Subject.EVENT, held.reported)
    workers = read_people(session, vault, Subject.WORKER, held.workers)
    record(session, actor, Action.PERSONAL_EXPORT, detail=held.counts())
    return {
        "reported_events": [
            _event(session, event_id) | {"reporter": _plain(reporters[event_id])}
            for event_id in held.reported
        ],
        "worker": [
            {"id": worker_id, "code": find_worker_code(session, worker_id)} | _plain(workers[worker_id])
            for worker_id in held.workers
        ],
        "mentioned_in_events": [_event(session, event_id) for event_id in held.mentioned],
    }


def erase_person(session: Session, settings: Settings, actor: Actor, number: str) -> Held:
    """Erase who they are from events they reported, mask the number in texts, and record that.

    Data of a worker is erased too; their name and duties stay, being the record of who answered for a grid.

    Raises:
        InputError: This is no phone or identity number.
    """
    held = find_held(session, settings, number)
    delete_people(session, Subject.EVENT, held.reported)
    delete_people(session, Subject.WORKER, held.workers)
    mask_mentions(session, number)
    record(session, actor, Action.PERSONAL_ERASE, detail=held.counts())
    return held


def _event(session: Session, event_id: int) -> dict[str, Any]:
    event = get_event(session, event_id)
    told = ("id", "source", "source_id", "reported_at", "lon", "lat", "category", "text", "attributes")
    return {name: getattr(event, name) for name in told}


def _plain(person: Person) -> dict[str, str]:
    return {fact.value: value for fact, value in person.facts().items()}
