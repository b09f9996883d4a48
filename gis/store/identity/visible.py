"""What a user sees: the one function every scoped read and write goes through.

It only adds plain conditions on indexed columns, so that the database still takes the spatial index where a
box is asked for; row-level security would keep it from that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, false, or_, select, true
from sqlalchemy.orm import aliased

from gis.errors import NotFoundError
from gis.store.identity.tables import UserRow
from gis.store.jobs.tables import JobRow
from gis.store.tables import Base, CheckRow, EventRow, PlanRow, UnitRow, WorkerRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from gis.nouns import Actor


def visible(row: type[Base], actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which an actor sees a row: it is within the scope.

    Args:
        row: Table of events, plans, checks, jobs, users, units or workers.
        actor: Who reads or writes; the scope is that of the right the act needs.
    """
    if actor.scope.is_everything:
        return true()
    return RULES[row](actor)


def require_visible(session: Session, row: type[Base], key: int, actor: Actor) -> None:
    """Raise NotFoundError if there is no such row, or the actor does not see it: the two look the same."""
    column = row.__table__.columns["id"]
    if session.scalar(select(column).where(column == key, visible(row, actor))) is None:
        raise NotFoundError(f"There is no {NAMES[row]} {key}.")


def sees_event(actor: Actor) -> ColumnElement[bool]:
    """1. In an area of the scope. 2. Without any area, for roots. 3. Reported by the actor, for reading."""
    ids = sorted(actor.scope.area_ids)
    areas = (EventRow.community_id, EventRow.street_id, EventRow.district_id)
    conditions = [is_own(EventRow.received_by, actor)]
    if ids:
        conditions += [column.in_(ids) for column in areas]
    if actor.scope.has_root:
        conditions.append(EventRow.district_id.is_(None))
    return or_(*conditions)


def sees_plan(actor: Actor) -> ColumnElement[bool]:
    """1. Of a unit in the branch. 2. Of no unit, for roots. 3. Opened by the actor, for reading."""
    of_nobody = PlanRow.unit_id.is_(None) if actor.scope.has_root else false()
    return or_(in_branch(PlanRow.unit_id, actor), of_nobody, is_own(PlanRow.created_by, actor))


def sees_check(actor: Actor) -> ColumnElement[bool]:
    """Of a release: everybody who reads checks; of a plan: who sees the plan."""
    plan = exists().where(PlanRow.id == CheckRow.plan_id, sees_plan(actor))
    return or_(CheckRow.plan_id.is_(None), plan)


def sees_job(actor: Actor) -> ColumnElement[bool]:
    """Asked for by the actor."""
    return is_own(JobRow.created_by, actor)


def sees_user(actor: Actor) -> ColumnElement[bool]:
    """Of a unit in the branch."""
    return in_branch(UserRow.unit_id, actor)


def sees_worker(actor: Actor) -> ColumnElement[bool]:
    """Of a unit in the branch."""
    return in_branch(WorkerRow.unit_id, actor)


def sees_unit(actor: Actor) -> ColumnElement[bool]:
    """In the branch."""
    return UnitRow.branch.overlap(sorted(actor.scope.unit_ids)) if actor.scope.unit_ids else false()


def is_own(made_by: InstrumentedAttribute[Any], actor: Actor) -> ColumnElement[bool]:
    """Whether the actor made it, under a right for which that counts (`gis.identity.roles.OWN_TOO`)."""
    return made_by == actor.name if actor.scope.has_own else false()


def in_branch(unit_id: InstrumentedAttribute[Any], actor: Actor) -> ColumnElement[bool]:
    """Whether a unit is one of the scope's or below one of them."""
    # by another name: a query that joins units itself would take the condition for one on its own
    unit = aliased(UnitRow)
    ids = sorted(actor.scope.unit_ids)
    return exists().where(unit.id == unit_id, unit.branch.overlap(ids)) if ids else false()


RULES: dict[type[Base], Callable[[Actor], ColumnElement[bool]]] = {
    EventRow: sees_event,
    PlanRow: sees_plan,
    CheckRow: sees_check,
    JobRow: sees_job,
    UserRow: sees_user,
    UnitRow: sees_unit,
    WorkerRow: sees_worker,
}
NAMES: dict[type[Base], str] = {
    EventRow: "event",
    PlanRow: "plan",
    CheckRow: "check",
    JobRow: "job",
    UserRow: "user",
    UnitRow: "unit",
    WorkerRow: "worker",
}
