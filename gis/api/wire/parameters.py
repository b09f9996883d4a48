"""Parameters that many routes share: ids, days, moments, boxes, the release asked for."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from math import isfinite
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator, WithJsonSchema

from gis.errors import InputError
from gis.gridding.crs import parse_system
from gis.identity.masks import mask_quoted


class ParameterError(InputError):
    """A parameter of the address cannot be used."""


class Language(StrEnum):
    """Language a page opens in; the reader can switch."""

    ZH = "zh"
    EN = "en"


# The largest number PostgreSQL keeps as an id.
LAST_ID = 2**63 - 1

# Years that a report, a duty or a release can be of; outside them zones cannot be applied to a time.
FIRST_YEAR, LAST_YEAR = 1900, 2199

# In a query string an unescaped + is a blank; nobody means "T08:00:00 08:00".
LOST_PLUS = re.compile(r"^(.+T.+) (\d{2}:?\d{2})$")


def read_day(text: object) -> date:
    """Return a day written YYYY-MM-DD."""
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if FIRST_YEAR <= day.year <= LAST_YEAR:
            return day
    raise ValueError(f"a day from {FIRST_YEAR} to {LAST_YEAR} is wanted, written YYYY-MM-DD, as 2026-05-01")


def read_moment(text: object) -> datetime:
    """Return an ISO 8601 time with a zone, in UTC."""
    if not isinstance(text, str):
        raise ValueError("a time is written as text, as 2026-05-01T08:30:00+08:00")  # noqa: TRY004 - pydantic wants it
    try:
        moment = datetime.fromisoformat(LOST_PLUS.sub(r"\1+\2", text))
    except ValueError:
        raise ValueError("no ISO 8601 time; write 2026-05-01T08:30:00+08:00") from None
    if moment.tzinfo is None:
        raise ValueError("a zone is missing; write 2026-05-01T08:30:00+08:00, or Z for UTC")
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        raise ValueError(f"no time between {FIRST_YEAR} and {LAST_YEAR}")
    return moment.astimezone(UTC)


def read_system(text: object) -> str:
    """Return the canonical name of a coordinate system."""
    if not isinstance(text, str):
        raise ValueError("a coordinate system is written as text, as wgs84 or EPSG:4549")  # noqa: TRY004 - as above
    if len(text) > 100:  # noqa: PLR2004 - the longest name has a third of that; WKT belongs in files
        raise ValueError("a coordinate system is named in at most 100 characters, as EPSG:4549")
    try:
        return parse_system(text)
    except InputError as error:
        raise ValueError(mask_quoted(str(error))) from None


def read_box(text: str | None) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north from a comma-separated text.

    Raises:
        ParameterError: The text is no box of longitudes and latitudes.
    """
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    within = all(isfinite(edge) for edge in (west, south, east, north))
    if not (within and -180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - the earth
        raise ParameterError(
            "a box is west,south,east,north in degrees, smaller values first, as 118.8,31.9,118.9,32.0",
            field="bbox",
        )
    return west, south, east, north


Day = Annotated[date, BeforeValidator(read_day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[
    datetime, BeforeValidator(read_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
System = Annotated[str, BeforeValidator(read_system), WithJsonSchema({"type": "string"})]
Id = Annotated[int, Path(ge=1, le=LAST_ID)]

Box = Annotated[
    str | None,
    Query(description="Only what meets west,south,east,north, degrees.", examples=["118.8,31.9,118.9,32.0"]),
]
OfDay = Annotated[
    Day | None, Query(description="As of this day, in the district's time zone; not together with `release`.")
]
OfRelease = Annotated[
    int | None, Query(ge=1, le=LAST_ID, description="Of this release; not together with `at`.")
]
