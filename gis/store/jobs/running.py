"""Jobs as those see them who work them off: taken in order, seen to be alive, ended exactly once.

Every change is made only while the job is `running`. So of an end, a cancellation and a loss that meet,
the first one holds, and what the others wanted to write with it is rolled back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text, update

from gis.errors import ConflictError
from gis.store.jobs.queue import COLUMNS, OPEN, Job, JobState, job_from
from gis.store.jobs.tables import JobRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session

# any number that nothing else in this database locks
_QUEUE_LOCK = 7_402_613


class JobGoneError(ConflictError):
    """The job is no longer running: it was cancelled, or given up by others."""


def take_job(session: Session, most: int) -> Job | None:
    """Take the oldest job that waits, unless as many run already as may.

    Args:
        session: A transaction of its own: whoever else takes jobs waits for its end.
        most: How many jobs may run at once, on all processes together.
    """
    if session.scalar(select(JobRow.id).where(JobRow.state == JobState.QUEUED).limit(1)) is None:
        return None
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _QUEUE_LOCK})
    states = list(session.execute(select(JobRow.id, JobRow.state).where(JobRow.state.in_(OPEN))))
    waiting = [job_id for job_id, state in states if state == JobState.QUEUED]
    if not waiting or len(states) - len(waiting) >= most:
        return None
    row = session.execute(
        update(JobRow)
        .where(JobRow.id == min(waiting), JobRow.state == JobState.QUEUED)
        .values(state=JobState.RUNNING, started_at=func.clock_timestamp(), seen_at=func.clock_timestamp())
        .returning(*COLUMNS)
    ).one_or_none()
    return None if row is None else job_from(row)


def end_with_process(session: Session) -> None:
    """Have the server end this transaction soon after its process has died, even while it waits for a lock.

    Servers before PostgreSQL 14 cannot, and notice at the end of the statement.
    """
    session.execute(
        text("SELECT set_config(name, '1s', true) FROM pg_settings WHERE name = :name"),
        {"name": "client_connection_check_interval"},
    )


def see_jobs(session: Session, job_ids: Collection[int]) -> set[int]:
    """Say that these jobs have a living process; return those that are still to run."""
    return set(
        session.scalars(
            update(JobRow)
            .where(JobRow.id.in_(job_ids), JobRow.state == JobState.RUNNING)
            .values(seen_at=func.clock_timestamp())
            .returning(JobRow.id)
        )
    )


def lose_jobs(session: Session, unseen_s: float, problem: Mapping[str, Any]) -> list[int]:
    """Give up the jobs whose process nobody has seen for so long; return their ids."""
    limit = func.clock_timestamp() - timedelta(seconds=unseen_s)
    return list(
        session.scalars(
            update(JobRow)
            .where(JobRow.state == JobState.RUNNING, JobRow.seen_at < limit)
            .values(state=JobState.FAILED, ended_at=func.clock_timestamp(), problem=dict(problem))
            .returning(JobRow.id)
        )
    )


def save_job_progress(session: Session, job_id: int, progress: float, step: Mapping[str, str]) -> None:
    """Say how far a job is.

    Raises:
        JobGoneError: It is no longer running, so there is nothing to go on with.
    """
    _change(session, job_id, progress=progress, step=dict(step))


def finish_job(session: Session, job_id: int, result: Mapping[str, Any]) -> None:
    """Say what came of a job, in the transaction of its work: both are stored or neither is.

    Raises:
        JobGoneError: It is no longer running.
    """
    end = func.clock_timestamp()
    _change(session, job_id, state=JobState.DONE, progress=1.0, result=dict(result), ended_at=end)


def fail_job(session: Session, job_id: int, problem: Mapping[str, Any]) -> None:
    """Say why a job came to nothing.

    Raises:
        JobGoneError: It is no longer running.
    """
    _change(session, job_id, state=JobState.FAILED, problem=dict(problem), ended_at=func.clock_timestamp())


def _change(session: Session, job_id: int, **values: object) -> None:
    changed = session.scalar(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.state == JobState.RUNNING)
        .values(**values)
        .returning(JobRow.id)
    )
    if changed is None:
        raise JobGoneError(f"Job {job_id} is no longer running.")
