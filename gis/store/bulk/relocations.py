"""Relocations: how far the relocation of all events into a release has come, and what it found."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from gis.store.tables import RelocationRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Release


@dataclass(frozen=True, slots=True)
class Relocation:
    """A relocation of all events into a release.

    Attributes:
        release: Number of the release.
        sha256: Hash of the release the places were found in.
        started_at: When it began.
        started_by: Who began it.
        finished_at: When no event was left; None while it runs, or after it was killed.
        last_event_id: Every event up to here is done but those that appeared behind it since.
        counts: What it found so far.
    """

    release: int
    sha256: str
    started_at: datetime
    started_by: str
    finished_at: datetime | None
    last_event_id: int
    counts: dict[str, Any]


COLUMNS = [RelocationRow.__table__.columns[field.name] for field in fields(Relocation)]


def find_relocation(session: Session, release: int, *, lock: bool = False) -> Relocation | None:
    """Return the relocation into a release, if there is one; `lock` keeps others waiting for this batch."""
    query = select(*COLUMNS).where(RelocationRow.release == release)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else Relocation(*row)


def start_relocation(session: Session, release: Release, actor: Actor) -> None:
    """Begin a relocation into a release at the first event, instead of any before."""
    begun: dict[str, Any] = {
        "sha256": release.sha256,
        "started_at": func.now(),
        "started_by": actor.name,
        "finished_at": None,
        "last_event_id": 0,
        "counts": {},
    }
    session.execute(
        insert(RelocationRow)
        .values(release=release.number, **begun)
        .on_conflict_do_update(index_elements=["release"], set_=begun)
    )


def save_progress(session: Session, release: int, last_event_id: int, counts: dict[str, Any]) -> None:
    """Say that all events up to an id are done, and what was found so far."""
    done = {"last_event_id": last_event_id, "counts": counts, "finished_at": None}
    session.execute(update(RelocationRow).where(RelocationRow.release == release).values(done))


def finish_relocation(session: Session, release: int) -> None:
    """Say that no event was left."""
    session.execute(
        update(RelocationRow)
        .where(RelocationRow.release == release, RelocationRow.finished_at.is_(None))
        .values(finished_at=func.now())
    )
