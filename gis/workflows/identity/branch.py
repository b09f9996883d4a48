"""Plans of a branch: a street's planners change the grids of their street, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.errors import InputError
from gis.store.identity.units import get_unit, list_outside_branch
from gis.store.plans import create_plan

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Plan

SHOWN = 5


def open_plan(session: Session, title: str, actor: Actor, unit_code: str | None = None) -> Plan:
    """Open a plan over the newest release, about the branch of a unit.

    Args:
        session: The open transaction.
        title: What the plan is for.
        actor: Who opens it.
        unit_code: The unit; None: that of the actor's role, the oldest if there are several.

    Raises:
        NotFoundError: There is no such unit, or the actor does not see it.
    """
    if unit_code is not None:
        return create_plan(session, title, actor, get_unit(session, unit_code, actor).id)
    return create_plan(session, title, actor, min(actor.scope.unit_ids, default=None))


def require_inside_branch(session: Session, plan_id: int) -> None:
    """Raise InputError if a plan of a branch changes an area, or a grid of a community outside the branch.

    Areas are given, not drawn: only plans of the whole district may bring them.
    """
    outside = list_outside_branch(session, plan_id, SHOWN + 1)
    if outside:
        named = ", ".join(outside[:SHOWN]) + (" ..." if len(outside) > SHOWN else "")
        raise InputError(
            f"Plan {plan_id} is about one branch, and this lies outside it: {named}. "
            "Leave it out, or ask the district to open a plan.",
            field="community_code",
        )
