"""Operations on plans: recorded as they are done, listed, undone and done again.

An operation leads from one state of a plan to another, which are told by the plan's change numbers. Undoing
it and doing it again go over to the other side; the state that is reached, bit for bit one that was there
before, gets a new change number, as checks of anything between must not speak of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, delete, func, insert, or_, select, update

from gis.errors import ConflictError, NotFoundError
from gis.identity.actions import Action
from gis.identity.masks import mask_text
from gis.store.audit.record import record
from gis.store.planning.tables import PlanKeptRow, PlanOperationRow
from gis.store.plans import count_change, get_plan, lock_draft
from gis.store.sql import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Plan

SETTING = "wangge.plan_operation"
"""What tells the trigger which operation is recorded; its name stands in migration 0009."""


class OperationKind(StrEnum):
    """What can be done to a plan."""

    IMPORT_AREAS = "import_areas"
    IMPORT_GRIDS = "import_grids"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be done, why and with which options."""

    kind: OperationKind
    reason: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on a plan.

    Attributes:
        plan_id: The plan.
        number: Counts from 1 within the plan.
        kind: What was done.
        at: When.
        by: By whom.
        reason: Why, if it was said.
        options: With which options, as JSON.
        changed_from, changed_to: The plan's change numbers before and after it.
        area_count, grid_count: How many areas and grids it changed, by code.
        undone_at: When it was undone; None: it holds.
        undone_by: By whom.
    """

    plan_id: int
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

    def can_be_undone(self, plan: Plan) -> bool:
        """Tell whether the plan is as this operation left it."""
        return self.undone_at is None and plan.change_number == self.changed_to

    def can_be_redone(self, plan: Plan) -> bool:
        """Tell whether it was undone, and the plan is as it was before it."""
        return self.undone_at is not None and plan.change_number == self.changed_from


COLUMNS = [PlanOperationRow.__table__.columns[one.name] for one in fields(Operation)]


@contextmanager
def recorded(session: Session, plan_id: int, deed: Deed, actor: Actor) -> Iterator[None]:
    """Record what is done to a draft inside the block as one operation; nothing done, nothing recorded.

    Args:
        session: The open transaction; the operation is stored with what it does, or neither is.
        plan_id: A draft.
        deed: What is done.
        actor: Who does it.

    Raises:
        NotFoundError: There is no such plan.
        ConflictError: It is published.
    """
    plan = lock_draft(session, plan_id)
    last = func.coalesce(func.max(PlanOperationRow.number), 0)
    number = select(last + 1).where(PlanOperationRow.plan_id == plan_id).scalar_subquery()
    # an error leaves neither the operation nor the setting
    with session.begin_nested():
        operation_id = session.scalar(
            insert(PlanOperationRow)
            .values(
                plan_id=plan_id,
                number=number,
                kind=deed.kind.value,
                at=func.clock_timestamp(),  # a job's transaction began long ago
                by=actor.name,
                reason=None if deed.reason is None else mask_text(deed.reason),
                options=dict(deed.options),
                changed_from=plan.change_number,
                changed_to=plan.change_number,
            )
            .returning(PlanOperationRow.id)
        )
        session.execute(select(func.set_config(SETTING, str(operation_id), True)))  # noqa: FBT003 - SQL's own
        yield
        session.execute(select(func.set_config(SETTING, "", True)))  # noqa: FBT003 - likewise
        _finish(session, operation_id or 0, get_plan(session, plan_id))


def _finish(session: Session, operation_id: int, plan: Plan) -> None:
    """Say what an operation came to, or forget it if it changed nothing."""
    counts = dict.fromkeys(("area", "grid"), 0)
    rows = session.execute(
        select(PlanKeptRow.noun, func.count(PlanKeptRow.code.distinct()))
        .where(PlanKeptRow.operation_id == operation_id)
        .group_by(PlanKeptRow.noun)
    )
    counts.update((noun, count) for noun, count in rows)
    this = PlanOperationRow.id == operation_id
    if any(counts.values()):
        session.execute(
            update(PlanOperationRow)
            .where(this)
            .values(changed_to=plan.change_number, area_count=counts["area"], grid_count=counts["grid"])
        )
    else:
        session.execute(delete(PlanOperationRow).where(this))


def list_operations(session: Session, plan_id: int) -> list[Operation]:
    """Return what was done to a plan, newest first; an unknown plan has none."""
    query = select(*COLUMNS).where(PlanOperationRow.plan_id == plan_id)
    return [operation_from(row) for row in session.execute(query.order_by(PlanOperationRow.number.desc()))]


def get_operation(session: Session, plan_id: int, number: int) -> Operation:
    """Return one operation.

    Raises:
        NotFoundError: There is no such plan, or no such operation on it.
    """
    get_plan(session, plan_id)
    found = next((one for one in list_operations(session, plan_id) if one.number == number), None)
    if found is None:
        raise NotFoundError(f"There is no operation {number} on plan {plan_id}.")
    return found


def list_operation_codes(session: Session, operation: Operation) -> dict[str, list[str]]:
    """Return the codes of the areas and grids an operation changed, as `area` and `grid`."""
    rows = session.execute(
        select(PlanKeptRow.noun, PlanKeptRow.code)
        .distinct()
        .join(PlanOperationRow, PlanOperationRow.id == PlanKeptRow.operation_id)
        .where(PlanOperationRow.plan_id == operation.plan_id, PlanOperationRow.number == operation.number)
    ).all()
    return {noun: sorted(code for its, code in rows if its == noun) for noun in ("area", "grid")}


def undo_operation(session: Session, plan_id: int, number: int, actor: Actor) -> Operation:
    """Undo the newest operation that holds: the plan is, bit for bit, as it was before it.

    Raises:
        NotFoundError: There is no such plan or operation.
        ConflictError: The plan is published, it is undone already, or the plan was changed since.
    """
    plan = lock_draft(session, plan_id)
    operation = get_operation(session, plan_id, number)
    if operation.undone_at is not None:
        raise ConflictError(f"Operation {number} of plan {plan_id} is undone already.")
    if not operation.can_be_undone(plan):
        raise _changed_since(session, plan, f"operation {number} left it at change {operation.changed_to}")
    _pass(session, operation, operation.changed_from, undone_at=func.clock_timestamp(), undone_by=actor.name)
    record(session, actor, Action.PLAN_UNDO, subject=("plan", plan_id), detail={"operation": number})
    return get_operation(session, plan_id, number)


def redo_operation(session: Session, plan_id: int, number: int, actor: Actor) -> Operation:
    """Do again what was undone last: the plan is, bit for bit, as it was after it.

    Raises:
        NotFoundError: There is no such plan or operation.
        ConflictError: The plan is published, it is not undone, or the plan was changed since.
    """
    plan = lock_draft(session, plan_id)
    operation = get_operation(session, plan_id, number)
    if operation.undone_at is None:
        raise ConflictError(f"Operation {number} of plan {plan_id} holds; there is nothing to do again.")
    if not operation.can_be_redone(plan):
        raise _changed_since(session, plan, f"without operation {number} it was at {operation.changed_from}")
    _pass(session, operation, operation.changed_to, undone_at=None, undone_by=None)
    record(session, actor, Action.PLAN_REDO, subject=("plan", plan_id), detail={"operation": number})
    return get_operation(session, plan_id, number)


def _pass(session: Session, operation: Operation, reached: int, **values: Any) -> None:  # noqa: ANN401 - of columns
    """Go to the other side of an operation, and give the state that is reached the plan's new number."""
    of_plan = PlanOperationRow.plan_id == operation.plan_id
    this = session.scalar(
        update(PlanOperationRow)
        .where(of_plan, PlanOperationRow.number == operation.number)
        .values(**values)
        .returning(PlanOperationRow.id)
    )
    session.execute(statement("pass_plan_operation"), {"operation_id": this})
    count_change(session, operation.plan_id)
    now = get_plan(session, operation.plan_id).change_number
    sides = (PlanOperationRow.changed_from, PlanOperationRow.changed_to)
    session.execute(
        update(PlanOperationRow)
        .where(of_plan, or_(*(side == reached for side in sides)))
        .values({side: case((side == reached, now), else_=side) for side in sides})
    )


def _changed_since(session: Session, plan: Plan, then: str) -> ConflictError:
    """Return what to say of a plan that was changed since, with the remedy."""
    newest = next((one for one in list_operations(session, plan.id) if one.can_be_undone(plan)), None)
    if newest is None:
        remedy = "what changed it kept no record, so correct the plan by an import or a repair"
    else:
        remedy = f"undo operation {newest.number} ({newest.kind}, by {newest.by}) first"
    return ConflictError(f"Plan {plan.id} is at change {plan.change_number}, and {then}: {remedy}.")


def operation_from(row: Any) -> Operation:  # noqa: ANN401 - a row of COLUMNS
    """Return the operation a row holds."""
    values = dict(zip((one.name for one in fields(Operation)), row, strict=True))
    return Operation(**values | {"kind": OperationKind(values["kind"])})
