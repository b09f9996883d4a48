"""Jobs as callers see them: put into the queue, looked at, cancelled."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from gis.errors import ConflictError, NotFoundError
from gis.identity.actions import Action
from gis.identity.masks import mask_text
from gis.store.audit.record import record
from gis.store.identity.visible import visible
from gis.store.jobs.tables import JobRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gis.nouns import Actor


class JobState(StrEnum):
    """Where a job is in its life; the last three are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that takes longer than a request should.

    Attributes:
        id: Its number; the queue is worked off in this order.
        kind: What is to be done.
        parameters: With what, as JSON.
        state: Queued, running or one of the ends.
        progress: From 0 to 1.
        step: What it is at, by language.
        created_at: When it was asked for.
        created_by: By whom.
        started_at: When a process took it.
        ended_at: When it was done, failed or was cancelled.
        result: What came of it, as JSON; None before.
        problem: Why it failed, as problem details (RFC 9457); None if it did not.
    """

    id: int
    kind: str
    parameters: dict[str, Any]
    state: JobState
    progress: float
    step: dict[str, str]
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    result: dict[str, Any] | None
    problem: dict[str, Any] | None


COLUMNS = [JobRow.__table__.columns[field.name] for field in fields(Job)]


def save_job(session: Session, kind: str, parameters: dict[str, Any], actor: Actor) -> Job:
    """Put a job at the end of the queue; numbers of people in the reason it was given are masked."""
    if isinstance(reason := parameters.get("reason"), str):
        parameters = parameters | {"reason": mask_text(reason)}
    row = session.execute(
        insert(JobRow).values(kind=kind, parameters=parameters, created_by=actor.name).returning(*COLUMNS)
    ).one()
    return job_from(row)


def get_job(session: Session, job_id: int) -> Job:
    """Return a job, or raise NotFoundError."""
    row = session.execute(select(*COLUMNS).where(JobRow.id == job_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no job {job_id}.")
    return job_from(row)


def list_jobs(session: Session, actor: Actor, state: JobState | None, limit: int) -> list[Job]:
    """Return the newest jobs an actor sees, or those of one state."""
    query = select(*COLUMNS).where(visible(JobRow, actor)).order_by(JobRow.id.desc()).limit(limit)
    if state is not None:
        query = query.where(JobRow.state == state)
    return [job_from(row) for row in session.execute(query)]


def count_open_jobs(session: Session, actor: Actor) -> int:
    """Count the jobs of an actor that wait or run."""
    mine = (JobRow.created_by == actor.name, JobRow.state.in_(OPEN))
    return session.scalar(select(func.count()).select_from(JobRow).where(*mine)) or 0


def cancel_job(session: Session, job_id: int, actor: Actor) -> Job:
    """Cancel a job that waits or runs; whoever runs it ends its process, and nothing of it is kept.

    Raises:
        NotFoundError: There is no such job.
        ConflictError: It has ended already, otherwise than by being cancelled.
    """
    row = session.execute(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.state.in_(OPEN))
        .values(state=JobState.CANCELLED, ended_at=func.clock_timestamp())
        .returning(*COLUMNS)
    ).one_or_none()
    if row is not None:
        job = job_from(row)
        record(session, actor, Action.JOB_CANCEL, subject=("job", job_id), detail={"kind": job.kind})
        return job
    job = get_job(session, job_id)
    if job.state is not JobState.CANCELLED:
        raise ConflictError(f"Job {job_id} has ended already: it is {job.state}.")
    return job


def job_from(row: Any) -> Job:  # noqa: ANN401 - a row of COLUMNS
    """Return the job a row holds."""
    values = dict(zip((field.name for field in fields(Job)), row, strict=True))
    return Job(**values | {"state": JobState(values["state"])})
