"""Events as they go out: with the names of their releases, and their reporters masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.api.wire.event_forms import EventOut, event_out
from gis.identity.personal import Subject
from gis.workflows.privacy.people import list_masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from gis.api.wire.chains import ReleaseNames
    from gis.nouns import Event
    from gis.settings import Settings


def events_out(
    session: Session, settings: Settings, names: ReleaseNames, events: Sequence[Event]
) -> list[EventOut]:
    """Return events as they go out."""
    reporters = list_masked(session, settings, Subject.EVENT, [event.id for event in events])
    return [event_out(event, names.of(session, event.release), reporters.get(event.id)) for event in events]
