"""Organisational units: a tree of which the database keeps every branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoalchemy2.shape import from_shape
from sqlalchemy import exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from gis.errors import ConflictError, InputError, NotFoundError
from gis.identity.accounts import Unit
from gis.nouns import EVERYTHING, Actor
from gis.store.identity.visible import visible
from gis.store.sql import statement
from gis.store.tables import SRID, AreaVersionRow, UnitRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy.orm import Session

COLUMNS = (UnitRow.id, UnitRow.code, UnitRow.name, UnitRow.parent_code, UnitRow.area_code)
# About 0.1 m. Not in metres: an edge that is straight in degrees, as outlines are stored, bends more there.
TOLERANCE_DEGREES = 1e-6
ANYBODY = Actor("", scope=EVERYTHING)


def save_units(session: Session, units: Sequence[dict[str, Any]]) -> None:
    """Insert units, or change those whose code is there already; none goes away.

    Args:
        session: The open transaction.
        units: code, name, parent_code (None: a root), area_code (None: that of the unit above).

    Raises:
        InputError: A parent is missing, or stands below its own child.
    """
    if not units:
        return
    new = insert(UnitRow)
    changed = {name: new.excluded[name] for name in ("name", "parent_code", "area_code")}
    try:
        with session.begin_nested():
            session.execute(
                new.values(list(units)).on_conflict_do_update(index_elements=["code"], set_=changed)
            )
    except IntegrityError as error:
        raise InputError(
            "a unit's parent is missing or stands below it; name an existing unit above", field="parent_code"
        ) from error


def save_unit(session: Session, unit: dict[str, Any]) -> None:
    """Insert a unit; one that is there already stays as it is, also if it came in this very moment.

    Args:
        session: The open transaction.
        unit: As for `save_units`; the unit above is there.

    Raises:
        ConflictError: The code is taken.
    """
    try:
        with session.begin_nested():
            session.execute(insert(UnitRow).values(unit))
    except IntegrityError as error:
        raise ConflictError(f"There is a unit {unit['code']} already; choose another code.") from error


def list_units(session: Session, actor: Actor = ANYBODY) -> list[Unit]:
    """Return the units an actor sees, each behind the one above it."""
    rows = session.execute(select(*COLUMNS).where(visible(UnitRow, actor)).order_by(UnitRow.branch))
    return [Unit(*row) for row in rows]


def get_unit(session: Session, code: str, actor: Actor = ANYBODY) -> Unit:
    """Return a unit by its code, or raise NotFoundError."""
    row = session.execute(select(*COLUMNS).where(UnitRow.code == code, visible(UnitRow, actor))).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no unit {code}; `wangge unit list` shows the units there are.")
    return Unit(*row)


def find_root(session: Session) -> Unit | None:
    """Return the first unit that has none above it."""
    row = session.execute(
        select(*COLUMNS).where(UnitRow.parent_code.is_(None)).order_by(UnitRow.id).limit(1)
    ).one_or_none()
    return None if row is None else Unit(*row)


def is_area_within(session: Session, code: str, actor: Actor) -> bool:
    """Whether a code is of an area of the actor's scope, or of one below, and of no other in any release."""
    if actor.scope.is_everything:
        return True
    ids = sorted(actor.scope.area_ids)
    parent = aliased(AreaVersionRow)
    is_below = exists().where(parent.area_id == AreaVersionRow.parent_id, parent.parent_id.in_(ids))
    is_within = or_(AreaVersionRow.area_id.in_(ids), AreaVersionRow.parent_id.in_(ids), is_below)
    found = session.scalar(select(func.bool_and(is_within)).where(AreaVersionRow.code == code))
    return bool(found)


def is_shape_within(session: Session, shape: BaseGeometry, actor: Actor) -> bool:
    """Whether a whole shape, in degrees, lies in the areas of the actor's scope as they are now.

    To a tolerance of about 0.1 m: plain overlay is not exact where outlines nearly coincide.
    """
    ids = sorted(actor.scope.area_ids)
    widened = func.ST_Union(func.ST_Buffer(AreaVersionRow.geom, TOLERANCE_DEGREES))
    is_inside = func.ST_Covers(widened, from_shape(shape, SRID))
    areas = (AreaVersionRow.area_id.in_(ids), func.upper_inf(AreaVersionRow.valid))
    return bool(session.scalar(select(is_inside).where(*areas)))


def list_outside_branch(session: Session, plan_id: int, most: int) -> list[str]:
    """Return codes of the areas and grids a plan changes outside the area of its unit, at most so many."""
    return list(session.scalars(statement("list_outside_branch"), {"plan_id": plan_id, "most": most}))


def list_branch_communities(session: Session, plan_id: int) -> frozenset[str] | None:
    """Return the codes of the communities a plan of a branch may change; None: it may change everything."""
    codes = session.scalar(statement("list_branch_communities"), {"plan_id": plan_id})
    return None if codes is None else frozenset(codes)
