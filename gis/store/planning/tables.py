"""The tables of what was done to plans, beside those of the grids' page, `gis.store.tables`.

A trigger on `plan_area` and `plan_grid` (migration 0009) fills `plan_kept` while an operation is recorded.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.store.tables import Base, further_attributes, identity_key


class PlanOperationRow(Base):
    """One operation on a plan: what was done, by whom, why, and between which states of the plan."""

    __tablename__ = "plan_operation"
    __table_args__ = (Unique("plan_id", "number"),)

    id: Mapped[int] = identity_key()
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    by: Mapped[str]
    reason: Mapped[str | None]
    options: Mapped[dict[str, Any]] = further_attributes()
    # the plan's change numbers before and after; a state that is reached again gets its new number here, too
    changed_from: Mapped[int]
    changed_to: Mapped[int]
    area_count: Mapped[int] = mapped_column(server_default="0")
    grid_count: Mapped[int] = mapped_column(server_default="0")
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]


class PlanKeptRow(Base):
    """A row of a plan on the other side of an operation: before it, or behind it once it is undone.

    Without fields: there is no such row on the other side.
    """

    __tablename__ = "plan_kept"
    __table_args__ = (
        CheckConstraint("noun IN ('area', 'grid')", name="noun"),
        CheckConstraint("(fields IS NULL) = (shape IS NULL)", name="whole"),
    )

    operation_id: Mapped[int] = mapped_column(
        ForeignKey("plan_operation.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    noun: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str]
    # all columns but the geometry, which is beside it as EWKB, so that no bit of it is lost
    fields: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    shape: Mapped[bytes | None]
