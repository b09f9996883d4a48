"""What jobs answer with that is kept nowhere else, as what a dry run would do; kept as long as the job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert

from gis.errors import NotFoundError
from gis.store.jobs.tables import JobAnswerRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class JobAnswer:
    """The body of an answer, and what it is."""

    media_type: str
    content: bytes


def save_job_answer(session: Session, job_id: int, answer: JobAnswer) -> None:
    """Keep what a job answers with, in the transaction of its work."""
    session.execute(
        insert(JobAnswerRow).values(job_id=job_id, media_type=answer.media_type, content=answer.content)
    )


def get_job_answer(session: Session, job_id: int) -> JobAnswer:
    """Return what a job answers with.

    Raises:
        NotFoundError: It keeps no answer: it is not at its end, failed, or its result is elsewhere.
    """
    row = session.get(JobAnswerRow, job_id)
    if row is None:
        raise NotFoundError(f"There is no answer of a job {job_id}; `/v1/jobs/{job_id}` says how far it is.")
    return JobAnswer(row.media_type, bytes(row.content))
