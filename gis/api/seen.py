"""Ids in paths whose thing the caller must see: what is invisible answers 404, as if it were not there."""

from typing import Annotated

from fastapi import Depends

from gis.api.access import Acting, Transaction
from gis.api.wire.parameters import Id
from gis.store.identity.visible import require_visible
from gis.store.jobs.tables import JobRow
from gis.store.tables import CheckRow, EventRow, PlanRow, WorkerRow


def seen_plan(session: Transaction, actor: Acting, plan_id: Id) -> int:
    """Return the id of a plan the caller sees."""
    require_visible(session, PlanRow, plan_id, actor)
    return plan_id


def seen_check(session: Transaction, actor: Acting, check_id: Id) -> int:
    """Return the id of a check the caller sees."""
    require_visible(session, CheckRow, check_id, actor)
    return check_id


def seen_event(session: Transaction, actor: Acting, event_id: Id) -> int:
    """Return the id of an event the caller sees."""
    require_visible(session, EventRow, event_id, actor)
    return event_id


def seen_job(session: Transaction, actor: Acting, job_id: Id) -> int:
    """Return the id of a job the caller sees."""
    require_visible(session, JobRow, job_id, actor)
    return job_id


def seen_worker(session: Transaction, actor: Acting, worker_id: Id) -> int:
    """Return the id of a worker the caller sees."""
    require_visible(session, WorkerRow, worker_id, actor)
    return worker_id


SeenPlan = Annotated[int, Depends(seen_plan)]
SeenCheck = Annotated[int, Depends(seen_check)]
SeenEvent = Annotated[int, Depends(seen_event)]
SeenJob = Annotated[int, Depends(seen_job)]
SeenWorker = Annotated[int, Depends(seen_worker)]
