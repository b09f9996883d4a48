"""Jobs: work that takes longer than a request should; how far it is, what came of it, how to end it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse

from gis.api.access import Acting, Transaction, acting_with, needs
from gis.api.jobs.kinds import KINDS
from gis.api.seen import SeenJob
from gis.api.wire import geojson
from gis.api.wire.answers import answer_json
from gis.api.wire.caching import PRIVATE
from gis.api.wire.strict import StrictRoute
from gis.errors import ConflictError
from gis.identity.roles import Right
from gis.nouns import Actor
from gis.store.identity.visible import require_visible
from gis.store.jobs.answers import get_job_answer
from gis.store.jobs.queue import (
    OPEN,
    Job,
    JobState,
    cancel_job,
    count_open_jobs,
    get_job,
    list_jobs,
    save_job,
)
from gis.store.tables import PlanRow

router = APIRouter(route_class=StrictRoute, prefix="/v1/jobs", tags=["jobs"])

ACCEPTED, SEE_OTHER = 202, 303
MOST_LISTED = 200
ASK_AGAIN_S = 1
MOST_OPEN = 10  # of one user

KEPT: dict[str, Any] = {geojson.MEDIA_TYPE: geojson.CONTENT}

EXAMPLE: dict[str, Any] = {
    "id": 3,
    "kind": "check",
    "parameters": {"plan_id": 1},
    "state": "running",
    "progress": 0.3,
    "step": {"zh": "检查网格", "en": "Checking grids"},
    "created_at": "2026-05-01T00:30:00Z",
    "created_by": "operator",
    "started_at": "2026-05-01T00:30:01Z",
    "ended_at": None,
    "result": None,
    "problem": None,
}


Prefer = Annotated[str | None, Header(description="`respond-async`: answer 202 with a job (RFC 7240).")]


class JobOut(BaseModel):
    """Work that takes longer than a request should.

    `progress` goes from 0 to 1, `step` says in words what it is at. `result` is the address of what came of
    it once it is done; `problem` says why it failed (RFC 9457).
    """

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    id: int
    kind: str
    parameters: dict[str, Any]
    state: JobState
    progress: Annotated[float, Field(ge=0, le=1)]
    step: dict[str, str]
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    result: str | None
    problem: dict[str, Any] | None


class JobsOut(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobOut]


ACCEPTED_ANSWER: dict[int | str, dict[str, Any]] = {
    ACCEPTED: {"description": "A job does it: there is much to do, or `Prefer` asks for it", "model": JobOut}
}
"""What routes whose work a job may do declare besides their own."""


@router.get("", summary="Jobs, newest first")
@needs(Right.USE_JOBS)
def list_all(
    response: Response,
    session: Transaction,
    actor: Acting,
    state: Annotated[JobState | None, Query(description="Only those in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="At most so many.")] = 50,
) -> JobsOut:
    """Return the newest jobs."""
    response.headers["Cache-Control"] = PRIVATE
    return JobsOut(jobs=[job_out(job) for job in list_jobs(session, actor, state, limit)])


@router.get("/{job_id}", summary="One job")
@needs(Right.USE_JOBS)
def one(response: Response, session: Transaction, job_id: SeenJob) -> JobOut:
    """Return how far a job is; while it is not at its end, `Retry-After` says when to ask again."""
    job = get_job(session, job_id)
    response.headers["Cache-Control"] = PRIVATE
    if job.state in OPEN:
        response.headers["Retry-After"] = str(ASK_AGAIN_S)
    return job_out(job)


@router.get(
    "/{job_id}/results",
    summary="What came of a job",
    status_code=SEE_OTHER,
    response_class=RedirectResponse,
    responses={SEE_OTHER: {"description": "Leads to the result"}},
)
@needs(Right.USE_JOBS)
def results(session: Transaction, job_id: SeenJob) -> Response:
    """Lead to the result of a job that is done; 409 says what another one is at or why it failed."""
    job = get_job(session, job_id)
    address = job_out(job).result
    if address is None:
        why = f": {job.problem['detail']}" if job.problem else ""
        raise ConflictError(f"Job {job_id} has no result: it is {job.state}{why}")
    return RedirectResponse(address, SEE_OTHER, {"Cache-Control": PRIVATE})


@router.get(
    "/{job_id}/answer",
    summary="What a job answers with",
    response_class=Response,
    responses={200: {"description": "As the same request would be answered at once", "content": KEPT}},
)
@needs(Right.USE_JOBS)
def answer(request: Request, session: Transaction, job_id: SeenJob) -> Response:
    """Return the answer of a job whose result is kept nowhere else; one has to see the plan it is about."""
    plan_id = get_job(session, job_id).parameters.get("plan_id")
    if plan_id is not None:
        require_visible(session, PlanRow, plan_id, acting_with(request, Right.READ_PLANS))
    kept = get_job_answer(session, job_id)
    return Response(kept.content, headers={"Cache-Control": PRIVATE}, media_type=kept.media_type)


@router.delete("/{job_id}", summary="Cancel a job")
@needs(Right.USE_JOBS)
def cancel(session: Transaction, actor: Acting, job_id: SeenJob) -> JobOut:
    """Cancel a job that waits or runs; nothing of what it did is kept. 409 if it has ended already."""
    return job_out(cancel_job(session, job_id, actor))


def job_out(job: Job) -> JobOut:
    """Return a job as it goes out."""
    kind = KINDS[job.kind]
    address = None if job.result is None else kind.result.format(job_id=job.id, **job.result)
    return JobOut(
        id=job.id,
        kind=job.kind,
        parameters={name: value for name, value in job.parameters.items() if name not in kind.untold},
        state=job.state,
        progress=job.progress,
        step=job.step,
        created_at=job.created_at,
        created_by=job.created_by,
        started_at=job.started_at,
        ended_at=job.ended_at,
        result=address,
        problem=job.problem,
    )


def answer_later(session: Transaction, kind: str, parameters: dict[str, Any], actor: Actor) -> Response:
    """Put a job into the queue and answer 202 with its address.

    Raises:
        ConflictError: Too many of this user's jobs wait already: others wait behind them.
    """
    if count_open_jobs(session, actor) >= MOST_OPEN:
        raise ConflictError(f"{MOST_OPEN} of your jobs wait or run; wait for one, or cancel it.")
    job = save_job(session, kind, parameters, actor)
    headers = {"Location": f"/v1/jobs/{job.id}", "Retry-After": str(ASK_AGAIN_S), "Cache-Control": PRIVATE}
    return answer_json(job_out(job), headers, ACCEPTED)


def wants_async(prefer: str | None) -> bool:
    """Tell whether the header `Prefer` (RFC 7240) asks for an answer before the work is done."""
    wishes = (prefer or "").lower().split(",")
    return any(wish.partition(";")[0].strip() == "respond-async" for wish in wishes)
