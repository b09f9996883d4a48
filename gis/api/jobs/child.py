"""The process of one job: does its work in one transaction, tells how far it is in others."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from gis.api.jobs.asker import asker_of
from gis.api.jobs.kinds import KINDS
from gis.api.problems import explain, problem_body
from gis.logs import configure_logs, request_id
from gis.store.jobs.answers import save_job_answer
from gis.store.jobs.queue import get_job
from gis.store.jobs.running import JobGoneError, end_with_process, fail_job, finish_job, save_job_progress
from gis.store.session import hold_still, make_engine, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from gis.api.jobs.kinds import Outcome
    from gis.settings import Settings

log = logging.getLogger("gis.api.jobs")

ORPHANED = 3


def run_job(settings: Settings, job_id: int) -> None:
    """Do a job that was taken, and end it; what a process of its own does from beginning to end.

    1. The work and the job's end are one transaction: a process that dies leaves nothing. Work that only
       looks has one of its own, which holds still: it would not let a job end whose progress others told.
    2. Progress is told in transactions of its own, and a job that is no longer to run ends there.
    3. The process ends with the one that started it: nobody else would know of it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever stops the service stops us
    threading.Thread(target=end_with_parent, daemon=True).start()
    configure_logs(settings.log_format, settings.log_level)
    request_id.set(f"job-{job_id}")
    # one connection works, the other tells how far it is
    engine = make_engine(settings.model_copy(update={"pool_size": 2}))
    try:
        do_job(engine, settings, job_id)
    except JobGoneError as error:
        log.info("%s", error)
    finally:
        engine.dispose()


def do_job(engine: Engine, settings: Settings, job_id: int) -> None:
    """Do the work of a job and store its end; whoever asked for it has to be allowed to before and after.

    Raises:
        JobGoneError: It was cancelled or given up meanwhile.
    """

    def advance(share: float, step: Mapping[str, str]) -> None:
        with transaction(engine) as session:
            save_job_progress(session, job_id, share, step)

    try:
        with transaction(engine) as session:
            job = get_job(session, job_id)
        kind = KINDS[job.kind]
        only_looks = kind.only_looks(job.parameters)
        with transaction(engine) as session:
            if only_looks:
                hold_still(session)
            end_with_process(session)
            actor = asker_of(session, job, kind.right, settings)
            outcome = kind.work(session, job.parameters, settings, actor, advance)
            with transaction(engine) as now:
                asker_of(now, job, kind.right, settings)
            if not only_looks:
                end_job(session, job_id, outcome)
        if only_looks:
            with transaction(engine) as session:
                end_job(session, job_id, outcome)
    except JobGoneError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked is told
        with transaction(engine) as session:
            fail_job(session, job_id, problem_body(*explain(error)))
    else:
        log.info("%s done: %s", job.kind, outcome.result)


def end_job(session: Session, job_id: int, outcome: Outcome) -> None:
    """Store what came of a job, and its end."""
    if outcome.answer is not None:
        save_job_answer(session, job_id, outcome.answer)
    finish_job(session, job_id, outcome.result)


def end_with_parent() -> None:
    """End this process at once when its parent is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(ORPHANED)
