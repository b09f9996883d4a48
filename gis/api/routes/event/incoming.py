"""Reports as they come in: whose number they get, and when they are not kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gis.nouns import Scope
from gis.store.events import list_visible_events

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from gis.api.wire.event_forms import EventIn
    from gis.nouns import Actor
    from gis.workflows.report_events import EventReport, Reported

RESIDENT = "resident"
TAKEN = "Somebody else has reported under this source and source_id; give the report a number of its own."


def own_report(body: EventIn, actor: Actor) -> EventReport:
    """Return a report; who reports for themselves alone gets numbers that are nobody else's.

    Else a resident could take the number of a report that the hotline has yet to send.
    """
    report = body.report()
    if actor.scope != Scope(has_own=True):
        return report
    return replace(report, source=RESIDENT, source_id=f"{actor.user_id}:{report.source}:{report.source_id}")


def refusal_of(reported: Reported, seen: Collection[int]) -> str | None:
    """Return why a report is not kept: its number is another's, or stands for something else."""
    if reported.id not in seen:
        return TAKEN
    return reported.contradiction() if reported.differs else None


def list_seen(session: Session, reported: Sequence[Reported], actor: Actor) -> set[int]:
    """Return the ids of reports that are new, or that the caller sees: the number may be another's."""
    known = [one.id for one in reported if not one.is_new]
    new = {one.id for one in reported if one.is_new}
    return new | list_visible_events(session, known, actor) if known else new
