"""Save, read, find and delete personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from gis.identity.personal import SEARCHED, Fact, Person, Subject
from gis.store.identity.visible import visible
from gis.store.privacy.tables import PersonalValueRow
from gis.store.tables import EventRow, WorkerRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import InstrumentedAttribute, Session

    from gis.nouns import Actor
    from gis.store.privacy.vault import Vault

OWNER: dict[Subject, InstrumentedAttribute[int | None]] = {
    Subject.EVENT: PersonalValueRow.event_id,
    Subject.WORKER: PersonalValueRow.worker_id,
}


def save_people(session: Session, vault: Vault, subject: Subject, people: Mapping[int, Person]) -> None:
    """Save what is known of people, by the ids of their events or of themselves; facts known before go."""
    rows = [
        {
            "event_id": owner if subject is Subject.EVENT else None,
            "worker_id": owner if subject is Subject.WORKER else None,
            "fact": fact.value,
            **_encrypted(vault, subject, owner, fact, value),
        }
        for owner, person in people.items()
        for fact, value in person.facts().items()
    ]
    delete_people(session, subject, list(people))
    if rows:
        session.execute(insert(PersonalValueRow), rows)


def has_people(session: Session) -> bool:
    """Whether any personal data is stored."""
    return session.scalar(select(PersonalValueRow.id).limit(1)) is not None


def read_people(session: Session, vault: Vault, subject: Subject, ids: Collection[int]) -> dict[int, Person]:
    """Return what is known, by the ids of events or workers; nothing for those of whom nothing is."""
    owner = OWNER[subject]
    query = select(owner, PersonalValueRow.fact, PersonalValueRow.value, PersonalValueRow.key_id)
    known: dict[int, dict[str, str]] = {}
    for row in session.execute(query.where(owner.in_(ids))).mappings():
        owner_id = row[owner.key]
        place = place_of(subject, owner_id, Fact(row["fact"]))
        known.setdefault(owner_id, {})[row["fact"]] = vault.decrypt(bytes(row["value"]), place, row["key_id"])
    return {owner_id: Person(**facts) for owner_id, facts in known.items()}


def list_known(session: Session, subject: Subject, ids: Collection[int]) -> set[int]:
    """Return of which of these anything is known, without decrypting it."""
    owner = OWNER[subject]
    return {one for one in session.scalars(select(owner).where(owner.in_(ids)).distinct()) if one is not None}


def find_people(session: Session, vault: Vault, number: str) -> list[tuple[Subject, int]]:
    """Return whose phone or identity number this is: workers, and events by the newest id first."""
    query = select(PersonalValueRow.event_id, PersonalValueRow.worker_id).where(
        PersonalValueRow.lookup.in_(vault.indexes(number))
    )
    rows = session.execute(query.distinct().order_by(PersonalValueRow.event_id.desc())).all()
    return [
        *((Subject.WORKER, row.worker_id) for row in rows if row.worker_id is not None),
        *((Subject.EVENT, row.event_id) for row in rows if row.event_id is not None),
    ]


def list_seen_events(session: Session, ids: Collection[int], actor: Actor) -> list[int]:
    """Return those of these events that an actor sees, the newest first."""
    query = select(EventRow.id).where(EventRow.id.in_(ids), visible(EventRow, actor))
    return list(session.scalars(query.order_by(EventRow.id.desc())))


def delete_people(session: Session, subject: Subject, ids: Collection[int]) -> int:
    """Delete all that is known; return how many facts that were."""
    owner = OWNER[subject]
    gone = session.scalars(delete(PersonalValueRow).where(owner.in_(ids)).returning(PersonalValueRow.id))
    return len(gone.all())


def delete_reporters_before(session: Session, moment: datetime) -> int:
    """Delete who reported events before a time; return of how many events."""
    old = select(EventRow.id).where(EventRow.reported_at < moment)
    gone = session.scalars(
        delete(PersonalValueRow)
        .where(PersonalValueRow.event_id.in_(old))
        .returning(PersonalValueRow.event_id)
    )
    return len(set(gone))


def encrypt_anew(session: Session, vault: Vault, most: int) -> int:
    """Encrypt values of older keys under the newest one; return how many there were, at most `most`."""
    table = PersonalValueRow
    query = select(table.id, table.event_id, table.worker_id, table.fact, table.value, table.key_id)
    query = query.where(table.key_id != vault.newest).limit(most).with_for_update()
    rows = session.execute(query).all()
    for row in rows:
        subject = Subject.WORKER if row.event_id is None else Subject.EVENT
        owner, fact = row.event_id or row.worker_id, Fact(row.fact)
        plain = vault.decrypt(bytes(row.value), place_of(subject, owner, fact), row.key_id)
        session.execute(
            update(table).where(table.id == row.id).values(_encrypted(vault, subject, owner, fact, plain))
        )
    return len(rows)


def count_by_key(session: Session) -> dict[str, int]:
    """Return how many values are stored under each key."""
    query = select(PersonalValueRow.key_id, func.count()).group_by(PersonalValueRow.key_id)
    return {key_id: count for key_id, count in session.execute(query)}  # noqa: C416 - rows are no pairs to the type checker


def find_worker_code(session: Session, worker_id: int) -> str | None:
    """Return the code of a worker, or None if there is none of this id."""
    return session.scalar(select(WorkerRow.code).where(WorkerRow.id == worker_id))


def place_of(subject: Subject, owner: int, fact: Fact) -> str:
    """Return the place a value is bound to: table, fact and row."""
    return f"personal_value.{fact.value} of {subject.value} {owner}"


def _encrypted(vault: Vault, subject: Subject, owner: int, fact: Fact, plain: str) -> dict[str, Any]:
    """Return the columns of a fact that depend on the key."""
    return {
        "key_id": vault.newest,
        "value": vault.encrypt(plain, place_of(subject, owner, fact)),
        "lookup": vault.index(plain) if fact in SEARCHED else None,
    }
