"""Seal the audit log: give the entries that have come their places in the chain, a batch at a time.

No entry waits for the chain when it is written: that would make one writer of all. Whoever seals takes all
entries he can see and that have no place yet, so an entry whose transaction ends late comes in a later
batch, and none is passed over: see `gis/store/sql/list_unsealed.sql`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, text

from gis.identity.chain import GENESIS, ChainedEntry, Head, hash_after
from gis.store.audit.tables import AuditAnchorRow, AuditBatchRow, AuditLinkRow
from gis.store.sql import statement

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# any number that nothing else in this database locks
_SEAL_LOCK = 7_402_614
MOST_IN_BATCH = 5_000
FIELDS = tuple(ChainedEntry.__dataclass_fields__)


def seal_entries(session: Session, most: int = MOST_IN_BATCH) -> Head | None:
    """Give entries their places in the chain.

    Args:
        session: A transaction of its own: whoever else seals waits for its end.
        most: How many at once; ask again until there are none.

    Returns:
        The head after them; None if there were none.
    """
    if not session.execute(statement("list_unsealed"), {"most": 1}).all():
        return None
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SEAL_LOCK})
    rows = session.execute(statement("list_unsealed"), {"most": most}).all()
    if not rows:
        return None
    number, head = find_end(session)
    links = []
    for row in rows:
        number += 1
        head = hash_after(head, number, ChainedEntry(*row[: len(FIELDS)]))
        links.append({"number": number, "entry_id": row.id, "hash": head})
    session.execute(insert(AuditLinkRow), links)
    # what did not fit may be of any transaction, so nothing is done with yet
    seen_xid = rows[0].seen_xid if len(rows) == most else rows[0].xmin
    values = {"last": number, "head": head, "seen_xid": seen_xid}
    (sealed_at,) = session.execute(
        insert(AuditBatchRow).values(values).returning(AuditBatchRow.sealed_at)
    ).one()
    return Head(number, head, sealed_at, seen_xid)


def find_end(session: Session) -> tuple[int, bytes]:
    """Return the last number of the chain and the hash there."""
    for table in (AuditLinkRow, AuditAnchorRow):
        last = session.execute(
            select(table.number, table.hash).order_by(table.number.desc()).limit(1)
        ).first()
        if last is not None:
            return last.number, bytes(last.hash)
    return 0, GENESIS


def list_heads(session: Session, after: int = 0) -> list[Head]:
    """Return the heads of all batches that end behind a number, in order."""
    query = select(AuditBatchRow.last, AuditBatchRow.head, AuditBatchRow.sealed_at, AuditBatchRow.seen_xid)
    rows = session.execute(query.where(AuditBatchRow.last > after).order_by(AuditBatchRow.last))
    return [Head(row.last, bytes(row.head), row.sealed_at, row.seen_xid) for row in rows]
