"""Events whose running text holds somebody's number, and taking it out of there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func, or_, select, update

from gis.identity.masks import mask_identity, mask_phone, normal_number
from gis.store.tables import EventRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

MOBILE_DIGITS = 11


def find_mentions(session: Session, number: str) -> list[int]:
    """Return the ids of the events whose text or further attributes hold a number, as it is or spaced."""
    texts = (EventRow.text, cast(EventRow.attributes, Text))
    query = select(EventRow.id).where(or_(*(text.op("~")(_pattern(number)) for text in texts)))
    return list(session.scalars(query.order_by(EventRow.id)))


def mask_mentions(session: Session, number: str) -> int:
    """Replace a number by its mask in the text and further attributes of all events; return of how many."""
    plain = normal_number(number)
    mask = mask_phone(plain) if len(plain) <= MOBILE_DIGITS else mask_identity(plain)

    def masked(text: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.regexp_replace(text, _pattern(number), mask, "g")

    attributes = EventRow.__table__.columns["attributes"]
    ids = find_mentions(session, number)
    if ids:
        session.execute(
            update(EventRow)
            .where(EventRow.id.in_(ids))
            .values(
                text=masked(EventRow.__table__.columns["text"]),
                attributes=cast(masked(cast(attributes, Text)), attributes.type),
            )
        )
    return len(ids)


def _pattern(number: str) -> str:
    """Return the expression a number is found by: its digits, blanks or hyphens between them, and no more."""
    return r"(?<!\d)" + r"[\s-]?".join(normal_number(number)) + r"(?!\d)"
