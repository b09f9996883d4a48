"""From grants to scopes: how far each right of a user reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.identity.roles import OWN_TOO, RIGHTS, Reach, Right, Role
from gis.nouns import EVERYTHING, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class GrantInForce:
    """A role on a branch of the hierarchy, on the day asked about.

    Attributes:
        role: What the user is there.
        unit_id: The unit at the top of the branch.
        is_root: That unit has none above it.
        area_id: Lasting id of the unit's area, or of the nearest unit above that has one; None: no unit has.
    """

    role: Role
    unit_id: int
    is_root: bool
    area_id: int | None


def scopes_of(grants: Iterable[GrantInForce]) -> dict[Right, Scope]:
    """Return how far each right reaches; a right of several grants reaches as far as all of them together.

    Everybody who is signed in has the right to the own account, and nothing else without a grant.
    """
    scopes = {Right.OWN_ACCOUNT: Scope(has_own=True)}
    for grant in grants:
        for right, reach in RIGHTS[grant.role].items():
            scopes[right] = joined(scopes.get(right, Scope()), scope_of(grant, right, reach))
    return scopes


def scope_of(grant: GrantInForce, right: Right, reach: Reach) -> Scope:
    """Return how far one grant's right reaches.

    1. Everywhere, if the right is of that kind.
    2. Only to what one has made, likewise.
    3. Over the branch: its area and its units. A root without an area stands above all areas. If the right
       is one of reading, to what one has made too.
    """
    if reach is Reach.EVERYWHERE:
        return EVERYTHING
    if reach is Reach.OWN:
        return Scope(has_own=True)
    if grant.is_root and grant.area_id is None:
        return EVERYTHING
    areas = frozenset() if grant.area_id is None else frozenset({grant.area_id})
    return Scope(
        area_ids=areas,
        unit_ids=frozenset({grant.unit_id}),
        has_root=grant.is_root,
        has_own=right in OWN_TOO,
    )


def joined(one: Scope, other: Scope) -> Scope:
    """Return the scope that reaches as far as both."""
    return Scope(
        is_everything=one.is_everything or other.is_everything,
        area_ids=one.area_ids | other.area_ids,
        unit_ids=one.unit_ids | other.unit_ids,
        has_root=one.has_root or other.has_root,
        has_own=one.has_own or other.has_own,
    )
