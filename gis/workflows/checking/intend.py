"""Mark gaps as meant, so that later checks of every plan and release keep them silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.errors import ConflictError, InputError, NotFoundError
from gis.gridding.rules.identity import ids_of
from gis.identity.actions import Action
from gis.store.audit.record import record
from gis.store.checking.intended import list_intended, save_intended, take_back_intended
from gis.store.checks import list_newest_gaps
from gis.store.identity.units import ANYBODY, is_shape_within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Finding
    from gis.store.checking.intended import IntendedHole

# Checks that are looked through for a gap, newest first.
CHECKS_SEARCHED = 20
SHORTEST = 8


def intend_gap(session: Session, lasting_id: str, reason: str, actor: Actor) -> IntendedHole:
    """Remember that a gap is meant.

    Args:
        session: The open transaction.
        lasting_id: Its lasting id, or how that begins: 8 signs or more.
        reason: Why it is meant.
        actor: Who says so.

    Raises:
        InputError: The reason is empty, or several gaps begin like this.
        NotFoundError: None of the newest checks found such a gap.
        ConflictError: It is marked already, or does not wholly lie within the actor's branch.
    """
    if not reason.strip():
        raise InputError("Say why the gap is meant, as 'the lake'.", field="reason")
    whole, gap = find_gap(session, lasting_id, actor)
    require_within(session, gap, actor)
    hole = save_intended(session, whole, gap, reason.strip(), actor)
    record(session, actor, Action.HOLE_INTEND, subject=("hole", whole), detail={"reason": hole.reason})
    return hole


def take_back_mark(session: Session, lasting_id: str, actor: Actor) -> str:
    """Let a hole be a gap again in later checks.

    Whose branch it lies in may do so; of one that no check finds any more, who marked it.

    Returns:
        Its whole lasting id.

    Raises:
        InputError: Several holes begin like this.
        NotFoundError: None that is marked does.
        ConflictError: It reaches out of the actor's branch, or is found no more and somebody else's.
    """
    marked = {hole.lasting_id: hole for hole in list_intended(session)}
    whole = only_one(marked, lasting_id, "No hole that is marked as meant has the id {id}.")
    # whether it is there does not depend on who asks: it may be in checks that the actor sees no more
    gap = gaps_found(session, ANYBODY).get(whole)
    if gap is not None or marked[whole].marked_by != actor.name:
        require_within(session, gap, actor)
    take_back_intended(session, whole, actor)
    record(session, actor, Action.HOLE_TAKE_BACK, subject=("hole", whole))
    return whole


def find_gap(session: Session, lasting_id: str, actor: Actor) -> tuple[str, Finding]:
    """Return the gap of a lasting id, as the newest check the actor sees has it; errors as `intend_gap`."""
    found = gaps_found(session, actor)
    unknown = (
        f"None of the last {CHECKS_SEARCHED} checks found a gap with the id {{id}}; "
        "ids are in what `wangge grid check --out` writes."
    )
    whole = only_one(found, lasting_id, unknown)
    return whole, found[whole]


def gaps_found(session: Session, actor: Actor) -> dict[str, Finding]:
    """Return the gaps, meant or not, of the newest checks the actor sees, by their lasting ids."""
    gaps = list_newest_gaps(session, CHECKS_SEARCHED, actor)
    # of the checks that found a gap, the newest comes first and is to be kept
    return dict(zip(reversed(ids_of(gaps)), reversed(gaps), strict=True))


def require_within(session: Session, gap: Finding | None, actor: Actor) -> None:
    """Raise ConflictError unless a gap wholly lies within the branch of the actor, to about 0.1 m.

    Where nobody knows any more where it lay, only the district may.
    """
    if actor.scope.is_everything or actor.scope.has_root:
        return
    outline = None if gap is None else gap.geometry
    if outline is None or not is_shape_within(session, outline, actor):
        raise ConflictError("This gap lies outside your branch; the planners of the district can mark it.")


def only_one(ids: Iterable[str], beginning: str, unknown: str) -> str:
    """Return the one id that begins like this.

    Raises:
        InputError: There are several, or too few signs are given to tell.
        NotFoundError: There is none; `unknown` says so.
    """
    if len(beginning) < SHORTEST:
        raise InputError(f"Give at least {SHORTEST} signs of the id, not {beginning!r}.", field="id")
    found = [one for one in ids if one.startswith(beginning.lower())]
    if not found:
        raise NotFoundError(unknown.format(id=beginning))
    if len(found) > 1:
        raise InputError(f"{len(found)} ids begin with {beginning}; give more of it.", field="id")
    return found[0]
