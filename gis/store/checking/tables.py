"""The table of holes that are meant, beside those of the grids' page, `gis.store.tables`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from gis.store.tables import Base, identity_key


class IntendedHoleRow(Base):
    """A gap that somebody marked as meant; one that was taken back stays as a record."""

    __tablename__ = "intended_hole"
    __table_args__ = (
        Index(
            "ix_intended_hole_lasting_id",
            "lasting_id",
            unique=True,
            postgresql_where=sql("taken_back_at IS NULL"),
        ),
    )

    id: Mapped[int] = identity_key()
    lasting_id: Mapped[str]
    reason: Mapped[str]
    grids: Mapped[list[str]]
    area_m2: Mapped[float]
    marked_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    marked_by: Mapped[str]
    taken_back_at: Mapped[datetime | None]
    taken_back_by: Mapped[str | None]
