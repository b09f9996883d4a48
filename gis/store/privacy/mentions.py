"""Events that hold somebody's number anywhere in what was reported, and taking it out of there."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func, select, text, update

from gis.identity.masks import mask_facts, mask_number, normal_number
from gis.store.tables import EventRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

TOLD = (EventRow.source, EventRow.source_id, EventRow.category, EventRow.text, EventRow.attributes)
"""All that whoever reports an event writes as they like."""


def find_mentions(session: Session, number: str) -> list[int]:
    """Return the ids of the events that hold a number, as it is, spaced, with +86, full-width, or as JSON."""
    return list(_masked(session, number))


def mask_mentions(session: Session, number: str) -> None:
    """Replace a number by its mask wherever an event holds it.

    A source or source id that is masked is made unlike any other: two that were apart must not fall together,
    and nobody can take its place beforehand.
    """
    for event_id, masked in _masked(session, number).items():
        if masked.keys() & {"source", "source_id"}:
            stored = session.scalar(select(EventRow.source_id).where(EventRow.id == event_id))
            masked["source_id"] = f"{masked.get('source_id', stored)}~{secrets.token_hex(4)}"
        session.execute(update(EventRow).where(EventRow.id == event_id).values(masked))


def _masked(session: Session, number: str) -> dict[int, dict[str, Any]]:
    """Return the columns that hold a number, masked, by the events' ids.

    The database looks for the digits in their order, whatever stands between them; the mask decides.
    """
    whole = func.concat_ws(" ", *(cast(column, Text) for column in TOLD))
    digits = func.regexp_replace(func.normalize(whole, text("NFKC")), "[^0-9Xx]", "", "g")
    query = select(EventRow.id, *TOLD).where(func.upper(digits).contains(normal_number(number)))
    mask = partial(mask_number, number=number)
    found: dict[int, dict[str, Any]] = {}
    for row in session.execute(query.order_by(EventRow.id)).mappings():
        told = {column.key: row[column.key] for column in TOLD}
        masked = mask_facts(told, mask)
        if changed := {name: value for name, value in masked.items() if value != told[name]}:
            found[row["id"]] = changed
    return found
