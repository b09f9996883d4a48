"""The table of personal data, beside those of the grids' page, `gis.store.tables`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gis.store.tables import Base, identity_key


class PersonalValueRow(Base):
    """One fact about the reporter of an event, or about a worker, encrypted."""

    __tablename__ = "personal_value"
    __table_args__ = (
        CheckConstraint("(event_id IS NULL) <> (worker_id IS NULL)", name="subject"),
        CheckConstraint("fact IN ('name', 'phone', 'id_number')", name="fact"),
        Index("ix_personal_value_event_id_fact", "event_id", "fact", unique=True),
        Index("ix_personal_value_worker_id_fact", "worker_id", "fact", unique=True),
        Index("ix_personal_value_lookup", "lookup"),
    )

    id: Mapped[int] = identity_key()
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    worker_id: Mapped[int | None] = mapped_column(ForeignKey("worker.id", ondelete="CASCADE"))
    fact: Mapped[str]
    key_id: Mapped[str]
    value: Mapped[bytes] = mapped_column(LargeBinary)
    # keyed hash of the normalised number, by which it is found; None for facts nobody searches for
    lookup: Mapped[bytes | None] = mapped_column(LargeBinary)
