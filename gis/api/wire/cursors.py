"""The cursor between pages that are ordered by a time and an id: it stays right while new rows arrive."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from gis.api.wire.parameters import FIRST_YEAR, LAST_ID, LAST_YEAR, ParameterError

Cursor = Annotated[str | None, Query(max_length=200, description="From the `next` link of a page.")]


def write_cursor(moment: datetime, number: int) -> str:
    """Return where a page that ends with the row of this time and id goes on."""
    words = f"{moment.astimezone(UTC).isoformat()} {number}"
    return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")


def read_cursor(text: str | None) -> tuple[datetime, int] | None:
    """Return the time and id a cursor marks.

    Raises:
        ParameterError: This is no cursor of ours.
    """
    if text is None:
        return None
    try:
        words = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        moment, _, number = words.partition(" ")
        cursor = datetime.fromisoformat(moment), int(number)
    except (ValueError, binascii.Error):
        cursor = None
    if cursor is None or cursor[0].tzinfo is None or not 0 < cursor[1] <= LAST_ID:
        raise ParameterError("take the cursor from the `next` link of a page, unchanged", field="cursor")
    if not FIRST_YEAR < cursor[0].year < LAST_YEAR:
        raise ParameterError("take the cursor from the `next` link of a page, unchanged", field="cursor")
    return cursor
