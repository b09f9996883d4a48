"""Mark gaps as meant, so that later checks of every plan and release keep them silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.errors import InputError, NotFoundError
from gis.gridding.rules.identity import ids_of
from gis.identity.actions import Action
from gis.store.audit.record import record
from gis.store.checking.intended import list_intended, save_intended, take_back_intended
from gis.store.checks import list_newest_gaps

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
        ConflictError: It is marked already.
    """
    if not reason.strip():
        raise InputError("Say why the gap is meant, as 'the lake'.", field="reason")
    whole, gap = find_gap(session, lasting_id, actor)
    hole = save_intended(session, whole, gap, reason.strip(), actor)
    record(session, actor, Action.HOLE_INTEND, subject=("hole", whole), detail={"reason": hole.reason})
    return hole


def take_back_mark(session: Session, lasting_id: str, actor: Actor) -> str:
    """Let a hole be a gap again in later checks.

    Returns:
        Its whole lasting id.

    Raises:
        InputError: Several holes begin like this.
        NotFoundError: None that is marked does.
    """
    marked = [hole.lasting_id for hole in list_intended(session)]
    whole = only_one(marked, lasting_id, "No hole that is marked as meant has the id {id}.")
    take_back_intended(session, whole, actor)
    record(session, actor, Action.HOLE_TAKE_BACK, subject=("hole", whole))
    return whole


def find_gap(session: Session, lasting_id: str, actor: Actor) -> tuple[str, Finding]:
    """Return the gap of a lasting id, as the newest check the actor sees has it; errors as `intend_gap`."""
    gaps = list_newest_gaps(session, CHECKS_SEARCHED, actor)
    # of the checks that found a gap, the newest comes first and is to be kept
    found = dict(zip(reversed(ids_of(gaps)), reversed(gaps), strict=True))
    unknown = (
        f"None of the last {CHECKS_SEARCHED} checks found a gap with the id {{id}}; "
        "ids are in what `wangge grid check --out` writes."
    )
    whole = only_one(found, lasting_id, unknown)
    return whole, found[whole]


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
