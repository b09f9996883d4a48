"""Plans: drafts of areas and grids, filled from files, checked and published."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel, ConfigDict, Field

from gis.api.access import Acting, Configured, Transaction, needs
from gis.api.routes.checks import Asked, CheckedOut
from gis.api.routes.jobs import ACCEPTED_ANSWER
from gis.api.routes.releases import ReleaseOut
from gis.api.seen import SeenPlan
from gis.api.wire.parameters import Day
from gis.api.wire.strict import StrictRoute
from gis.api.wire.uploads import AreaUpload, GridUpload, ImportOut, report_out, spooled
from gis.identity.roles import Right
from gis.nouns import PlanStatus
from gis.store.plans import get_plan, list_plans
from gis.workflows.identity.branch import open_plan
from gis.workflows.import_areas import import_areas
from gis.workflows.import_grids import GridImportRequest, import_grids
from gis.workflows.import_layer import ImportRequest
from gis.workflows.publish_release import publish_release

router = APIRouter(route_class=StrictRoute, prefix="/v1/plans", tags=["plans"])

CREATED = 201


class PlanIn(BaseModel):
    """A plan to open."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"title": "Adjust the grids of Yunxi Street"}}
    )

    title: Annotated[str, Field(min_length=1, max_length=200)]
    unit_code: Annotated[
        str | None,
        Field(max_length=64, description="Unit whose branch it is about; else that of one's own role."),
    ] = None


class PlanOut(BaseModel):
    """A draft set of changes (网格划分方案) over a base release."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": 1,
                "title": "Adjust the grids of Yunxi Street",
                "status": "draft",
                "base_release": 1,
                "created_at": "2026-05-01T00:30:00Z",
                "created_by": "operator",
                "change_number": 2,
                "area_count": 0,
                "grid_count": 14,
            }
        },
    )

    id: int
    title: str
    status: PlanStatus
    base_release: int | None
    created_at: datetime
    created_by: str
    change_number: int
    area_count: int
    grid_count: int


class PlansOut(BaseModel):
    """Plans, newest first."""

    plans: list[PlanOut]


class PublishIn(BaseModel):
    """When a plan takes effect, and why its findings are accepted, if it has any."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"effective_from": "2026-06-01"}})

    effective_from: Day
    accept_reason: Annotated[str | None, Field(min_length=1, max_length=1000)] = None


@router.post("", status_code=CREATED, summary="Open a plan")
@needs(Right.DRAFT_PLANS)
def create(response: Response, session: Transaction, actor: Acting, body: PlanIn) -> PlanOut:
    """Open a new draft over the newest release."""
    plan = open_plan(session, body.title, actor, body.unit_code)
    response.headers["Location"] = f"/v1/plans/{plan.id}"
    return PlanOut.model_validate(plan)


@router.get("", summary="Plans")
@needs(Right.READ_PLANS)
def list_all(session: Transaction, actor: Acting) -> PlansOut:
    """Return the plans of one's branch, newest first."""
    return PlansOut(plans=[PlanOut.model_validate(plan) for plan in list_plans(session, actor)])


@router.get("/{plan_id}", summary="One plan")
@needs(Right.READ_PLANS)
def one(session: Transaction, plan_id: SeenPlan) -> PlanOut:
    """Return a plan."""
    return PlanOut.model_validate(get_plan(session, plan_id))


@router.post("/{plan_id}/areas", summary="Import areas from a file")
@needs(Right.DRAFT_PLANS)
def add_areas(
    session: Transaction,
    settings: Configured,
    actor: Acting,
    plan_id: SeenPlan,
    upload: Annotated[AreaUpload, Form(media_type="multipart/form-data")],
) -> ImportOut:
    """Put a file's areas into the plan; `dry_run` (the default) only says what would happen."""
    with spooled(upload) as path:
        request = ImportRequest(path, plan_id=plan_id, **upload.how_to_read())
        report = import_areas(session, upload.level, request, settings, actor)
    if upload.dry_run:
        session.rollback()
    return report_out(report, upload)


@router.post("/{plan_id}/grids", summary="Import grids from a file")
@needs(Right.DRAFT_PLANS)
def add_grids(
    session: Transaction,
    settings: Configured,
    actor: Acting,
    plan_id: SeenPlan,
    upload: Annotated[GridUpload, Form(media_type="multipart/form-data")],
) -> ImportOut:
    """Put a file's grids into the plan; `dry_run` (the default) only says what would happen."""
    with spooled(upload) as path:
        request = GridImportRequest(path, plan_id=plan_id, **upload.how_to_read())
        report = import_grids(session, request, settings, actor)
    if upload.dry_run:
        session.rollback()
    return report_out(report, upload)


@router.post(
    "/{plan_id}/check",
    status_code=CREATED,
    summary="Check a plan",
    response_model=CheckedOut,
    responses=ACCEPTED_ANSWER,
)
@needs(Right.CHECK)
def check(asked: Asked, plan_id: SeenPlan) -> Response:
    """Check all areas and grids as they would be published, and keep the findings; large plans by a job."""
    return asked.answer(plan_id=plan_id)


@router.post("/{plan_id}/publish", status_code=CREATED, summary="Publish a plan")
@needs(Right.PUBLISH_PLANS)
def publish(
    response: Response,
    session: Transaction,
    settings: Configured,
    actor: Acting,
    plan_id: SeenPlan,
    body: PublishIn,
) -> ReleaseOut:
    """Make the plan the next release, if its newest check allows it."""
    release = publish_release(session, plan_id, body.effective_from, settings, actor, body.accept_reason)
    response.headers["Location"] = f"/v1/releases/{release.number}"
    return ReleaseOut.model_validate(release)
