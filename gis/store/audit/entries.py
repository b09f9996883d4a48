"""Entries of the audit log as they are read: newest first page by page, or all of them, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, tuple_

from gis.store.audit.tables import AuditEntryRow, AuditLinkRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, to what, when, and from where.

    Attributes:
        number: Its place in the chain; None while it waits to be sealed.
        id: Its id.
        at: When.
        actor: Who.
        user_id: Whose account; None on the command line.
        session_id: By which session, likewise.
        address: From which network address, likewise.
        request: The request's id, as the service's log has it.
        action: What was done, by name.
        subject_kind: What it was done to; None if to nothing in particular.
        subject_id: Its id, likewise.
        detail: Further facts.
    """

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


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; None means all.

    Attributes:
        since: At or after.
        until: Before.
        actor: Of this user.
        action: This action, by name.
        subject_kind: Done to this kind of thing.
        subject_id: Done to the one of this id.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    action: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None


def list_entries(
    session: Session, wanted: AuditFilter, limit: int, after: tuple[datetime, int] | None = None
) -> list[AuditEntry]:
    """Return entries, newest first, at most `limit`, from behind a time and id on."""
    query = _select(wanted).order_by(AuditEntryRow.at.desc(), AuditEntryRow.id.desc()).limit(limit)
    if after is not None:
        query = query.where(tuple_(AuditEntryRow.at, AuditEntryRow.id) < tuple_(*after))
    return [AuditEntry(*row) for row in session.execute(query)]


def stream_entries(session: Session, wanted: AuditFilter) -> Iterator[list[AuditEntry]]:
    """Yield all entries, oldest first, a part at a time."""
    query = _select(wanted).order_by(AuditEntryRow.at, AuditEntryRow.id)
    rows = session.execute(query, execution_options={"stream_results": True, "yield_per": _ROWS_AT_ONCE})
    for part in rows.partitions():
        yield [AuditEntry(*row) for row in part]


def _select(wanted: AuditFilter) -> Select[Any]:
    columns = [AuditEntryRow.__table__.columns[name] for name in list(AuditEntry.__dataclass_fields__)[1:]]
    query = select(AuditLinkRow.number, *columns).outerjoin(
        AuditLinkRow, AuditLinkRow.entry_id == AuditEntryRow.id
    )
    conditions = {
        "since": AuditEntryRow.at.__ge__,
        "until": AuditEntryRow.at.__lt__,
        "actor": AuditEntryRow.actor.__eq__,
        "action": AuditEntryRow.action.__eq__,
        "subject_kind": AuditEntryRow.subject_kind.__eq__,
        "subject_id": AuditEntryRow.subject_id.__eq__,
    }
    for name, condition in conditions.items():
        if (value := getattr(wanted, name)) is not None:
            query = query.where(condition(value))
    return query
