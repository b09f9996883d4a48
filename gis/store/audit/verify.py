"""Read the chain as it stands, and find what does not hold of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from gis.identity.chain import Anchor, ChainedEntry, Fault, Link, find_faults
from gis.store.audit.seal import list_heads
from gis.store.audit.tables import AuditAnchorRow, AuditEntryRow, AuditLinkRow
from gis.store.sql import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from gis.identity.chain import Exported

_ROWS_AT_ONCE = 5_000


def verify_chain(
    session: Session, exported: Exported, on_progress: Callable[[int], None] = lambda _: None
) -> list[Fault]:
    """Return what does not hold of the log; an empty list: it is as it was sealed.

    Args:
        session: The open transaction.
        exported: The heads and anchors that are kept outside the database.
        on_progress: Told how many links were looked at.
    """
    batches = {head.last: head for head in list_heads(session)}
    passed_over = session.scalars(statement("list_passed_over")).all()
    links = _read_links(session, on_progress)
    return list(find_faults(links, batches, list_anchors(session), exported, passed_over))


def list_anchors(session: Session) -> tuple[Anchor, ...]:
    """Return up to where the log was dropped, each time it was."""
    columns = (
        AuditAnchorRow.number,
        AuditAnchorRow.hash,
        AuditAnchorRow.dropped_at,
        AuditAnchorRow.dropped_by,
    )
    rows = session.execute(select(*columns).order_by(AuditAnchorRow.number))
    return tuple(Anchor(row.number, bytes(row.hash), row.dropped_at, row.dropped_by) for row in rows)


def count_links(session: Session) -> int:
    """Return how many entries are sealed."""
    return session.scalar(select(func.count()).select_from(AuditLinkRow)) or 0


def count_waiting(session: Session) -> int:
    """Return how many entries are not sealed yet."""
    linked = select(AuditLinkRow.entry_id).where(AuditLinkRow.entry_id == AuditEntryRow.id).exists()
    return session.scalar(select(func.count()).select_from(AuditEntryRow).where(~linked)) or 0


def _read_links(session: Session, on_progress: Callable[[int], None]) -> Iterator[Link]:
    rows = session.execute(
        statement("list_chain"), execution_options={"stream_results": True, "yield_per": _ROWS_AT_ONCE}
    )
    for part in rows.partitions():
        for row in part:
            entry = None if row.id is None else ChainedEntry(*row[3:])
            yield Link(row.number, bytes(row.hash), row.entry_id, entry)
        on_progress(len(part))
