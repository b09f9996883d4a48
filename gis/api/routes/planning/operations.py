"""Operations on plans: what was done, by whom and why; undone and done again one by one."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from gis.api.access import Acting, Transaction, needs
from gis.api.seen import SeenPlan
from gis.api.wire.parameters import LAST_ID
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import Right
from gis.nouns import Plan, PlanStatus
from gis.store.planning.operations import (
    Operation,
    OperationKind,
    get_operation,
    list_operation_codes,
    list_operations,
    redo_operation,
    undo_operation,
)
from gis.store.plans import get_plan

router = APIRouter(route_class=StrictRoute, prefix="/v1/plans", tags=["plans"])

Number = Annotated[int, Path(ge=1, le=LAST_ID)]

EXAMPLE: dict[str, Any] = {
    "number": 2,
    "kind": "repair",
    "at": "2026-05-01T00:30:00Z",
    "by": "operator",
    "reason": "Gaps along the Yunxi river",
    "options": {"max_gap_width_m": 10},
    "changed_from": 4,
    "changed_to": 5,
    "area_count": 0,
    "grid_count": 14,
    "undone_at": None,
    "undone_by": None,
    "can_undo": True,
    "can_redo": False,
}


class OperationOut(BaseModel):
    """One operation on a plan; it leads from one of the plan's change numbers to another.

    `area_count` and `grid_count` say how many areas and grids it changed. `can_undo` and `can_redo` say
    whether the plan is as it was after or before it.
    """

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": EXAMPLE})

    number: int
    kind: OperationKind
    at: datetime
    by: str
    reason: str | None
    options: dict[str, Any]
    changed_from: int
    changed_to: int
    area_count: int
    grid_count: int
    undone_at: datetime | None
    undone_by: str | None
    can_undo: bool
    can_redo: bool


class OperationsOut(BaseModel):
    """What was done to a plan, newest first."""

    plan_id: int
    change_number: int
    operations: list[OperationOut]


class OperationDetailOut(OperationOut):
    """One operation with the codes of the areas and grids it changed."""

    areas: list[str]
    grids: list[str]


@router.get("/{plan_id}/operations", summary="What was done to a plan")
@needs(Right.READ_PLANS)
def list_all(session: Transaction, plan_id: SeenPlan) -> OperationsOut:
    """Return the operations on a plan, newest first, undone ones included."""
    plan = get_plan(session, plan_id)
    operations = [operation_out(one, plan) for one in list_operations(session, plan_id)]
    return OperationsOut(plan_id=plan_id, change_number=plan.change_number, operations=operations)


@router.get("/{plan_id}/operations/{number}", summary="One operation on a plan")
@needs(Right.READ_PLANS)
def one(session: Transaction, plan_id: SeenPlan, number: Number) -> OperationDetailOut:
    """Return an operation with the codes of the areas and grids it changed."""
    operation = get_operation(session, plan_id, number)
    codes = list_operation_codes(session, operation)
    told = operation_out(operation, get_plan(session, plan_id)).model_dump()
    return OperationDetailOut(**told, areas=codes["area"], grids=codes["grid"])


@router.post("/{plan_id}/operations/{number}/undo", summary="Undo an operation")
@needs(Right.DRAFT_PLANS)
def undo(session: Transaction, actor: Acting, plan_id: SeenPlan, number: Number) -> OperationOut:
    """Bring the plan back, bit for bit, to what it was before its newest operation; 409 if it is another."""
    operation = undo_operation(session, plan_id, number, actor)
    return operation_out(operation, get_plan(session, plan_id))


@router.post("/{plan_id}/operations/{number}/redo", summary="Do an undone operation again")
@needs(Right.DRAFT_PLANS)
def redo(session: Transaction, actor: Acting, plan_id: SeenPlan, number: Number) -> OperationOut:
    """Bring the plan back, bit for bit, to what it was after an undone operation; 409 if it changed since."""
    operation = redo_operation(session, plan_id, number, actor)
    return operation_out(operation, get_plan(session, plan_id))


def operation_out(operation: Operation, plan: Plan) -> OperationOut:
    """Return an operation as it goes out."""
    is_draft = plan.status is PlanStatus.DRAFT
    values = {
        name: getattr(operation, name) for name in OperationOut.model_fields if hasattr(operation, name)
    }
    return OperationOut(
        **values,
        can_undo=is_draft and operation.can_be_undone(plan),
        can_redo=is_draft and operation.can_be_redone(plan),
    )
