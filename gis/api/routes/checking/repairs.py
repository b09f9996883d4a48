"""Repair the grids of a plan: a dry run unless told otherwise, answered as features with sentences."""

from fastapi import APIRouter, Depends, Request, Response

from gis.api.access import Acting, Configured, Transaction, needs
from gis.api.jobs.kinds import REPAIR
from gis.api.jobs.repairs import RepairIn, repair_as_asked
from gis.api.routes.jobs import ACCEPTED_ANSWER, Prefer, answer_later, wants_async
from gis.api.seen import SeenPlan
from gis.api.wire import geojson
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import Right
from gis.store.plans import get_draft
from gis.workflows.check_grids import CheckRequest, count_at_most

router = APIRouter(route_class=StrictRoute, prefix="/v1/plans", tags=["plans"])


async def hold_dry_runs_still(request: Request, body: RepairIn) -> None:
    """Have the transaction of a dry run read one state of the plan, which others may go on changing."""
    request.state.holds_still = body.dry_run


@router.post(
    "/{plan_id}/repair",
    summary="Repair the grids of a plan",
    response_class=Response,
    dependencies=[Depends(hold_dry_runs_still)],
    responses=geojson.ANSWERS | ACCEPTED_ANSWER,
)
@needs(Right.DRAFT_PLANS)
def repair(
    *,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    plan_id: SeenPlan,
    body: RepairIn,
    prefer: Prefer = None,
) -> Response:
    """Repair natural grids so that they partition their communities; `dry_run` (the default) only says how.

    The features are the places that were left, then those that changed, each with a sentence in Chinese and
    English. Beside them: the counts of findings before and after, and the areas of the grids that changed.
    Large plans are repaired by a job, whose result is the same answer.
    """
    request = body.request_for(plan_id)
    get_draft(session, plan_id)  # a job would say so too late
    is_large = count_at_most(session, CheckRequest(plan_id)) > settings.max_sync_grids
    if is_large or wants_async(prefer):
        rules = body.model_dump(mode="json", exclude_defaults=True)
        parameters = {"plan_id": plan_id, "dry_run": body.dry_run} | rules
        return answer_later(session, REPAIR, parameters, actor)
    answer = repair_as_asked(session, request, settings, actor, dry_run=body.dry_run)
    return Response(answer.content, media_type=answer.media_type)
