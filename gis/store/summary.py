"""The numbers of the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gis.nouns import Severity
from gis.store.checks import find_newest_check
from gis.store.events import EventFilter, filtered
from gis.store.sql import statement
from gis.store.tables import EventRow, FindingRow

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from gis.nouns import Actor


def summarise(
    session: Session, today: date, *, counts_for: Actor | None, checks_for: Actor | None
) -> dict[str, Any]:
    """Return counts of what is in force today.

    Args:
        session: The open transaction.
        today: The day in the district.
        counts_for: Whose events are counted; None: nobody's.
        checks_for: Of which checks the newest is told; None: of none.

    Returns:
        district (name or None), release (or None), releases (how many), areas by level, grids by kind,
        workers, buildings, events (or None) and the findings of the newest check (or None), as plain values.
    """
    answer: dict[str, Any] = session.execute(statement("summarise"), {"today": today}).scalar_one()
    events = None if counts_for is None else summarise_events(session, counts_for)
    findings = None if checks_for is None else summarise_findings(session, checks_for)
    return answer | {"events": events, "findings": findings}


def summarise_events(session: Session, actor: Actor) -> dict[str, Any]:
    """Return how many events an actor sees, how many in no grid, and when the last was reported."""
    numbers = select(func.count(), func.count(EventRow.unlocated), func.max(EventRow.reported_at))
    query = filtered(numbers.select_from(EventRow), EventFilter(seen_by=actor))
    total, unlocated, last = session.execute(query).one()
    return {"total": total, "unlocated": unlocated, "last_reported_at": last}


def summarise_findings(session: Session, actor: Actor) -> dict[str, Any] | None:
    """Return the numbers of the newest check an actor sees, None if there is none."""
    check = find_newest_check(session, seen_by=actor)
    if check is None:
        return None
    warnings = select(func.count()).where(
        FindingRow.check_id == check.id, FindingRow.severity == Severity.WARNING
    )
    return {"check_id": check.id, "errors": check.errors, "warnings": session.scalar(warnings)}
