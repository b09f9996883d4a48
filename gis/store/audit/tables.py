"""The tables of the audit log. Triggers refuse to change, delete or truncate their rows (migration 0007).

Entries come from the transactions that do what they tell of, so they know nothing of each other. Links give
them their order and their hash afterwards. What is older than logs must be kept may be dropped up to an
anchor, from where the chain goes on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from gis.store.tables import Base, further_attributes, identity_key


class AuditEntryRow(Base):
    """Who did what, to what, when, and from where; without personal data of others."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_xid", "xid"),
        Index("ix_audit_entry_at_id", "at", "id"),
        Index("ix_audit_entry_subject_kind_subject_id", "subject_kind", "subject_id"),
    )

    id: Mapped[int] = identity_key()
    at: Mapped[datetime] = mapped_column(server_default=sql("clock_timestamp()"))
    # the transaction that wrote it, by which the relay knows what it has seen
    xid: Mapped[int] = mapped_column(server_default=sql("(pg_current_xact_id()::text::bigint)"))
    actor: Mapped[str]
    user_id: Mapped[int | None]
    session_id: Mapped[int | None]
    address: Mapped[str | None]
    request: Mapped[str | None]
    action: Mapped[str]
    subject_kind: Mapped[str | None]
    subject_id: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = further_attributes()


class AuditBatchRow(Base):
    """Entries that were sealed at once, and the head of the chain after them."""

    __tablename__ = "audit_batch"

    last: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    head: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime] = mapped_column(server_default=sql("clock_timestamp()"))
    # every visible entry of an older transaction was sealed by then
    seen_xid: Mapped[int]


class AuditLinkRow(Base):
    """The place of an entry in the chain, and the chain's hash there."""

    __tablename__ = "audit_link"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditAnchorRow(Base):
    """Up to where the chain was dropped, and its hash there."""

    __tablename__ = "audit_anchor"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    dropped_at: Mapped[datetime] = mapped_column(server_default=sql("clock_timestamp()"))
    dropped_by: Mapped[str]
