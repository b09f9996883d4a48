"""What the audit log keeps of maps and findings that are taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.identity.actions import Action
from gis.store.audit.record import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Check
    from gis.workflows.draw_map import MapRequest


def record_map(session: Session, actor: Actor, request: MapRequest, form: str) -> None:
    """Record that somebody takes a map away, in a form: which map, and of what."""
    facts = {
        "release": request.release,
        "old": request.old,
        "check": request.check,
        "since": request.wanted.since,
        "until": request.wanted.until,
    }
    detail = {"form": form} | {name: str(value) for name, value in facts.items() if value is not None}
    record(session, actor, Action.MAP_EXPORT, subject=("map", request.kind.value), detail=detail)


def record_findings(session: Session, actor: Actor, check: Check, count: int, form: str) -> None:
    """Record that somebody takes findings of a check away, in a form: how many."""
    detail = {"findings": count, "form": form}
    record(session, actor, Action.FINDINGS_EXPORT, subject=("check", check.id), detail=detail)
