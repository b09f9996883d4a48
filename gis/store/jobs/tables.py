"""The tables of jobs and their answers, beside those of the grids' page, `gis.store.tables`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from gis.store.tables import Base, further_attributes, identity_key


class JobRow(Base):
    """Work that takes longer than a request should: who wants what, how far it is, how it ended."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        Index("ix_job_open", "id", postgresql_where=sql("state IN ('queued', 'running')")),
    )

    id: Mapped[int] = identity_key()
    kind: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="queued")
    progress: Mapped[float] = mapped_column(server_default="0")
    step: Mapped[dict[str, Any]] = further_attributes()
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    created_by: Mapped[str]
    started_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    problem: Mapped[dict[str, Any] | None]


class JobAnswerRow(Base):
    """What a job that has no other place for its result answers with; kept as long as the job."""

    __tablename__ = "job_answer"

    job_id: Mapped[int] = mapped_column(
        ForeignKey("job.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    media_type: Mapped[str]
    content: Mapped[bytes]
