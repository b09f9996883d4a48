"""The numbers of the start page, in one query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gis.store.sql import statement

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session


def summarise(session: Session, today: date) -> dict[str, Any]:
    """Return counts of what is in force today.

    Returns:
        district (name or None), release (or None), areas by level, grids by kind, events and the newest
        check, as plain values.
    """
    answer: dict[str, Any] = session.execute(statement("summarise"), {"today": today}).scalar_one()
    return answer
