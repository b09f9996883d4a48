"""Drop the beginning of the audit log when its time is over; the chain goes on from an anchor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from gis.identity.chain import Anchor
from gis.store.audit.tables import AuditAnchorRow, AuditBatchRow, AuditEntryRow, AuditLinkRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gis.nouns import Actor


def find_droppable(session: Session, before: datetime) -> tuple[int, int]:
    """Return up to which number all entries are older than a time, and how many entries that are.

    Only whole batches go, so that the hash at the anchor is one of the exported heads.
    """
    kept = (
        select(func.min(AuditLinkRow.number))
        .join(AuditEntryRow, AuditEntryRow.id == AuditLinkRow.entry_id)
        .where(AuditEntryRow.at >= before)
    )
    first_kept = session.scalar(kept)
    batches = select(func.max(AuditBatchRow.last))
    if first_kept is not None:
        batches = batches.where(AuditBatchRow.last < first_kept)
    number = session.scalar(batches) or 0
    count = select(func.count()).select_from(AuditLinkRow).where(AuditLinkRow.number <= number)
    return number, session.scalar(count) or 0


def drop_sealed(session: Session, number: int, actor: Actor) -> Anchor:
    """Drop all entries up to the end of a batch; the database refuses to delete those it must keep."""
    head = bytes(session.execute(select(AuditBatchRow.head).where(AuditBatchRow.last == number)).scalar_one())
    anchored = insert(AuditAnchorRow).values(number=number, hash=head, dropped_by=actor.name)
    (dropped_at,) = session.execute(anchored.returning(AuditAnchorRow.dropped_at)).one()
    linked = select(AuditLinkRow.entry_id).where(AuditLinkRow.number <= number)
    session.execute(delete(AuditEntryRow).where(AuditEntryRow.id.in_(linked)))
    session.execute(delete(AuditLinkRow).where(AuditLinkRow.number <= number))
    session.execute(delete(AuditBatchRow).where(AuditBatchRow.last <= number))
    return Anchor(number, head, dropped_at, actor.name)
