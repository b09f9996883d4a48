"""Who sees what, said a second time and simply: from roles, units and areas alone, without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matrix.world import UNITS, Kind

from gis.identity.roles import RIGHTS, Reach, Right, Role

if TYPE_CHECKING:
    from matrix.world import Caller, Thing

# As they were declared when the test was collected: what is changed later has to be noticed.
DECLARED = {role: dict(rights) for role, rights in RIGHTS.items()}

# What one has made is seen by these, wherever it lies; everything else goes by the branch.
READING = {Right.READ_EVENTS, Right.READ_PLANS, Right.READ_CHECKS, Right.USE_JOBS}

# What a right has to do with; a text is nobody's business who sees the thing under none of them.
ABOUT = {
    Kind.PLAN: {Right.READ_PLANS, Right.DRAFT_PLANS, Right.CHECK, Right.PUBLISH_PLANS},
    Kind.EVENT: {Right.READ_EVENTS},
    Kind.USER: {Right.MANAGE_USERS},
    Kind.JOB: {Right.USE_JOBS},
}


def reach_of(role: Role | None, right: Right) -> Reach | None:
    """Return how far a role's right reaches, None if the role does not have it."""
    if right is Right.OWN_ACCOUNT:
        return Reach.OWN
    return DECLARED[role].get(right) if role else None


def sees(caller: Caller, right: Right, kind: Kind, thing: Thing) -> bool:
    """Whether a caller sees a thing by a right; of sessions everybody has their own, whatever the right."""
    reach = reach_of(caller.role, right)
    if thing.is_gone or reach is None or kind not in thing.ids:
        return False
    if kind is Kind.SESSION:
        return thing is caller.mine
    if reach is Reach.EVERYWHERE:
        return True
    is_mine = thing.maker == caller.login and kind not in {Kind.USER, Kind.UNIT, Kind.WORKER}
    if reach is Reach.OWN or kind is Kind.JOB:
        return is_mine
    if is_mine and right in READING:
        return True
    return falls_into(caller.place, thing) if kind is Kind.EVENT else is_below(caller.place, thing.unit)


def is_below(place: str | None, unit: str | None) -> bool:
    """Whether a unit is a place or below it; what is of no unit is the roots'."""
    if unit is None:
        return place is not None and UNITS[place][0] is None
    while unit is not None and unit != place:
        unit = UNITS[unit][0]
    return unit is not None


def falls_into(place: str | None, thing: Thing) -> bool:
    """Whether an event fell into the area of a place; one in no area is the roots'."""
    if not thing.areas:
        return is_below(place, None)
    unit = place
    while unit is not None and UNITS[unit][1] is None:
        unit = UNITS[unit][0]
    return unit is not None and UNITS[unit][1] in thing.areas


def relation(caller: Caller, thing: Thing) -> str:
    """Return what a thing is to a caller, for the account of the cells."""
    is_near = root_of(thing.unit) == root_of(caller.place)
    names = {
        "deleted": thing.is_gone,
        "own, elsewhere": thing is caller.mine,
        "of no unit": thing.unit is None,
        "own": thing.unit == caller.place,
        "child": is_below(caller.place, thing.unit),
        "parent": is_below(thing.unit, caller.place),
        "sibling": is_near,
        "other district": not is_near,
    }
    return next(name for name, is_so in names.items() if is_so)


def root_of(unit: str | None) -> str | None:
    """Return the unit above all others of a branch."""
    while unit is not None and UNITS[unit][0] is not None:
        unit = UNITS[unit][0]
    return unit


def may_know(caller: Caller, kind: Kind, thing: Thing) -> bool:
    """Whether a caller sees a thing by any right it has; everybody knows who they are themselves."""
    if kind is Kind.USER and thing.name == caller.login:
        return True
    return any(sees(caller, right, kind, thing) for right in ABOUT[kind])
