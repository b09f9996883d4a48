"""Grants: who has which role on which branch from when to when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2.errors import ExclusionViolation
from sqlalchemy import Date, cast, false, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from gis.errors import ConflictError, NotFoundError
from gis.identity.accounts import Grant
from gis.identity.roles import DISTRICT_WIDE, Role
from gis.identity.scopes import GrantInForce
from gis.store.identity.tables import GrantRow
from gis.store.identity.units import ANYBODY
from gis.store.identity.visible import visible
from gis.store.sql import statement
from gis.store.tables import UnitRow

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from gis.nouns import Actor

EXCLUSIVE = "ex_role_grant_administrators"


def save_grant(
    session: Session, user_id: int, role: Role, unit_id: int, valid: tuple[date, date | None], actor: Actor
) -> int:
    """Insert a grant and return its id.

    Raises:
        ConflictError: The user has it already, or it excludes what the user has meanwhile.
    """
    try:
        with session.begin_nested():
            grant_id: int = session.execute(
                insert(GrantRow)
                .values(
                    user_id=user_id,
                    role=role.value,
                    unit_id=unit_id,
                    valid=Range(*valid, bounds="[)"),
                    granted_by=actor.name,
                )
                .returning(GrantRow.id)
            ).scalar_one()
    except IntegrityError as error:
        if not isinstance(error.orig, ExclusionViolation):
            raise
        if error.orig.diag.constraint_name == EXCLUSIVE:
            raise ConflictError(
                "The three administrators exclude one another and every other role (三员分立): "
                "take the other role away first, or give this one to somebody else."
            ) from error
        raise ConflictError(
            "The user has this role on this unit at that time already; end it first."
        ) from error
    return grant_id


def list_grants(session: Session, user_id: int, actor: Actor = ANYBODY) -> list[Grant]:
    """Return the grants of a user, on units an actor sees, that were not taken away, by unit and role."""
    rows = session.execute(
        select(
            GrantRow.id,
            GrantRow.role,
            UnitRow.code,
            UnitRow.name,
            cast(func.lower(GrantRow.valid), Date),
            cast(func.upper(GrantRow.valid), Date),
            GrantRow.granted_at,
            GrantRow.granted_by,
        )
        .join(UnitRow, UnitRow.id == GrantRow.unit_id)
        .where(GrantRow.user_id == user_id, GrantRow.ended_at.is_(None), visible(UnitRow, actor))
        .order_by(UnitRow.branch, GrantRow.role, GrantRow.id)
    )
    return [Grant(row[0], Role(row[1]), *row[2:]) for row in rows]


def has_grants_outside(session: Session, user_id: int, actor: Actor) -> bool:
    """Whether a user holds, or will hold, a role that reaches beyond the branch of an actor."""
    query = select(GrantRow.id).join(UnitRow, UnitRow.id == GrantRow.unit_id)
    is_over = func.upper(GrantRow.valid) <= func.current_date()
    held = query.where(GrantRow.user_id == user_id, GrantRow.ended_at.is_(None), is_over.is_not(True))
    is_wide = false() if actor.scope.has_root else GrantRow.role.in_(sorted(DISTRICT_WIDE))
    return session.scalar(held.where(or_(~visible(UnitRow, actor), is_wide)).limit(1)) is not None


def end_grant(session: Session, user_id: int, grant_id: int, actor: Actor) -> Role:
    """Take a grant away, at once, and return its role.

    Raises:
        NotFoundError: The user has no such grant.
    """
    role = session.scalar(
        update(GrantRow)
        .where(GrantRow.id == grant_id, GrantRow.user_id == user_id, GrantRow.ended_at.is_(None))
        .values(ended_at=func.now(), ended_by=actor.name)
        .returning(GrantRow.role)
    )
    if role is None:
        raise NotFoundError(f"The user has no grant {grant_id}.")
    return Role(role)


def list_grants_in_force(session: Session, user_id: int, day: date) -> tuple[GrantInForce, ...]:
    """Return what a user is on a day, and on which branches."""
    rows = session.execute(statement("list_grants_in_force"), {"user_id": user_id, "day": day})
    return tuple(
        GrantInForce(Role(role), unit_id, is_root, area_id) for role, unit_id, is_root, area_id in rows
    )
