"""Who works off the queue: a thread of each service process starts, watches and ends the jobs' processes."""

from __future__ import annotations

import logging
import multiprocessing
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from gis.api.jobs.child import run_job
from gis.api.jobs.rounds import Rounds
from gis.api.problems import Problem, problem_body
from gis.errors import WanggeError
from gis.store.jobs.running import JobGoneError, fail_job, lose_jobs, see_jobs, take_job
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from gis.settings import Settings

log = logging.getLogger("gis.api.jobs")

ROUND_S = 0.5
"""A job begins, a cancelled one ends and a dead one is noticed after so long at the most."""
SEEN_S = 5
LOST_S = 30
STOP_S = 5

DIED = Problem(500, "job-died", "Job died")
LOST = Problem(
    500, "job-lost", "Job lost", "The service that ran it was ended hard; nothing was saved. Ask again."
)
STOPPED = Problem(
    503,
    "service-stopped",
    "Service stopped",
    "The service was stopped meanwhile; nothing was saved. Ask again.",
)
TOO_LONG = Problem(
    503, "too-slow", "Took too long", "It ran longer than WANGGE_JOB_SECONDS; nothing was saved."
)


class JobKeeper:
    """Works off the queue together with the keepers of all other processes.

    Args:
        settings: Say which database, how many jobs may run at once and for how long.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # jobs must not wait for a connection while requests hold all of theirs
        self._engine = make_engine(settings.model_copy(update={"pool_size": 1}))
        self._children: dict[int, SpawnProcess] = {}
        self._began: dict[int, float] = {}
        self._seen = 0.0
        self._rounds = Rounds("jobs", ROUND_S, self._round)

    def start(self) -> None:
        """Begin to work off the queue."""
        self._rounds.start()

    def stop(self) -> None:
        """End the jobs that run here, saying so, and take no more."""
        self._rounds.stop()
        for job_id in list(self._children):
            with suppress(SQLAlchemyError, WanggeError):
                self._end(job_id, STOPPED)
        self._engine.dispose()

    def _round(self) -> None:
        self._bury()
        now = time.monotonic()
        for job_id, began in list(self._began.items()):
            if now - began > self._settings.job_seconds:
                self._end(job_id, TOO_LONG)
        with transaction(self._engine) as session:
            wanted = see_jobs(session, self._children) if self._children else set()
        for job_id in self._children.keys() - wanted:
            self._end(job_id, None)
        if now - self._seen > SEEN_S:
            self._seen = now
            with transaction(self._engine) as session:
                for job_id in lose_jobs(session, LOST_S, problem_body(LOST, LOST.detail or "")):
                    log.warning("job %s was lost", job_id)
        self._begin()

    def _begin(self) -> None:
        with transaction(self._engine) as session:
            job = take_job(session, self._settings.max_jobs)
        if job is None:
            return
        process = multiprocessing.get_context("spawn").Process(
            target=run_job, args=(self._settings, job.id), name=f"job-{job.id}", daemon=True
        )
        process.start()
        self._children[job.id] = process
        self._began[job.id] = time.monotonic()
        log.info("job %s (%s) begins in process %s", job.id, job.kind, process.pid)

    def _bury(self) -> None:
        """Forget the processes that have ended; a job whose process ended without a word has failed."""
        for job_id, process in list(self._children.items()):
            if process.exitcode is not None:
                detail = (
                    f"Its process ended with code {process.exitcode}, perhaps for want of memory; "
                    "nothing was saved. Ask again."
                )
                self._end(job_id, Problem(DIED.status, DIED.code, DIED.title, detail))

    def _end(self, job_id: int, problem: Problem | None) -> None:
        """End a job's process, and say why unless the job has ended already."""
        process = self._children[job_id]
        process.kill()
        process.join(STOP_S)
        if problem is not None:
            with suppress(JobGoneError), transaction(self._engine) as session:
                body = problem_body(problem, problem.detail or "") | {"request_id": f"job-{job_id}"}
                fail_job(session, job_id, body)
                log.warning("job %s: %s", job_id, problem.code)
        del self._children[job_id], self._began[job_id]
