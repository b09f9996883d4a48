"""Add organisational units to the tree."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gis.errors import InputError
from gis.identity.actions import Action
from gis.store.audit.record import record
from gis.store.identity.units import find_root, get_unit, is_area_within, save_unit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gis.identity.accounts import Unit
    from gis.nouns import Actor
    from gis.settings import Settings

ROOT_CODE = "C"


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit to add; without a parent a root, without an area it answers for that of the unit above."""

    code: str
    name: str
    parent_code: str | None
    area_code: str | None = None


def add_unit(session: Session, new: NewUnit, actor: Actor) -> Unit:
    """Add a unit below one that the actor sees; roots are added on the command line.

    Raises:
        ConflictError: The code is taken.
        NotFoundError: There is no such parent, or the actor does not see it.
        InputError: The area is not within the actor's: roles on the unit would reach further than the actor.
    """
    if new.parent_code is not None:
        get_unit(session, new.parent_code, actor)
    if new.area_code is not None and not is_area_within(session, new.area_code, actor):
        raise InputError("this is no area within yours; leave it out to take that above", field="area_code")
    save_unit(session, asdict(new))
    unit = get_unit(session, new.code)
    record(session, actor, Action.UNIT_ADD, subject=("unit", unit.id), detail={"code": unit.code})
    return unit


def root_or_new(session: Session, settings: Settings, actor: Actor) -> Unit:
    """Return the first root, made if there is no unit at all: somebody has to be the first administrator."""
    root = find_root(session)
    if root is not None:
        return root
    name = f"{settings.district_name}网格化指挥中心" if settings.district_name else "区网格化指挥中心"
    return add_unit(session, NewUnit(ROOT_CODE, name, None), actor)
