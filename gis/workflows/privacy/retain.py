"""Forget in time: who reported events, and what of the audit log need not be kept any longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gis.files.guarded.heads import appending
from gis.identity.actions import Action
from gis.store.audit.drop import drop_sealed, find_droppable
from gis.store.audit.record import record
from gis.store.identity.failures import delete_failures_before
from gis.store.identity.sessions import delete_sessions_before
from gis.store.privacy.values import delete_reporters_before

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from gis.nouns import Actor
    from gis.settings import Settings

SESSIONS_KEPT = timedelta(days=30)
FAILURES_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Retained:
    """What was, or would be, forgotten.

    Attributes:
        reporters: Of how many events the reporter.
        reporters_before: Of events before this time.
        entries: How many entries of the audit log.
        entries_before: Older than this time.
    """

    reporters: int
    reporters_before: datetime
    entries: int
    entries_before: datetime


def retain(session: Session, settings: Settings, actor: Actor, now: datetime, heads: Path | None) -> Retained:
    """Delete what is older than the settings allow, and record how much that was.

    1. Reporters go `reporter_days` after their event was reported.
    2. Sealed entries of the audit log go after `audit_days`, in whole batches from the beginning on. The
       database refuses to delete entries of the last 183 days, whatever the settings say.
    3. The anchor is written to the file of heads before the end of the transaction. If that fails, the file
       names an anchor too many, which is no fault; one too few would be.
    4. Sessions go a month after their end, counts of failed log-ins after a day; anybody can make the latter.

    Args:
        session: The open transaction; rolled back for a dry run.
        settings: Give the periods.
        actor: Who does it.
        now: The present time.
        heads: The file of exported heads; None for a dry run, which leaves no anchor there.
    """
    reporters_before = now - timedelta(days=settings.reporter_days)
    entries_before = now - timedelta(days=settings.audit_days)
    delete_sessions_before(session, now - SESSIONS_KEPT)  # 4
    delete_failures_before(session, now - FAILURES_KEPT)
    reporters = delete_reporters_before(session, reporters_before)
    number, entries = find_droppable(session, entries_before)
    if reporters:
        detail = {"reporters": reporters, "before": reporters_before.isoformat()}
        record(session, actor, Action.PERSONAL_RETAIN, detail=detail)
    if entries:
        detail = {"entries": entries, "before": entries_before.isoformat(), "up_to": number}
        record(session, actor, Action.AUDIT_DROP, detail=detail)
        anchor = drop_sealed(session, number, actor)
        if heads is not None:
            with appending(heads) as file:
                file.append([anchor])
    return Retained(reporters, reporters_before, entries, entries_before)
