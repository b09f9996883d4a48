"""Read times as people write them; a time without an offset is in the district's own time zone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from gis.errors import InputError
from gis.nouns import RowProblem, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TIME = (
    r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})(?:[-/.月](?P<day>\d{1,2})日?|月)?"
    r"(?:(?:[T\s]\s*|(?<=日))(?P<hour>\d{1,2})[:时](?P<minute>\d{1,2})"
    r"(?:[:分](?P<second>\d{1,2})(?P<fraction>\.\d{1,9})?秒?|分)?)?"
    r"\s*(?P<offset>[Zz]|[+-]\d{2}:?\d{2})?"
)
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_SHOWN_ROWS = 5

_HINTS = (
    (
        re.compile(r"\d{5}(\.\d*)?"),
        "looks like a spreadsheet's serial number; format the column as 2025-03-01 08:05 and save it again",
    ),
    (
        re.compile(r"\d{10}|\d{13}"),
        "looks like seconds since 1970; write it as 2025-03-01T08:05:00Z",
    ),
    (re.compile(r"\d{8}(\d{6})?"), "has no separators; write it as 2025-03-01 08:05"),
    (
        re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*"),
        "leaves open which is the day and which the month; write it as 2025-03-01 08:05",
    ),
)
_UNKNOWN = "is no time of the calendar; write it as 2025-03-01 08:05 or 2025-03-01T08:05:00+08:00"
_MISSING = "the time is missing"
_TWICE_OR_NEVER = "comes twice or never in that time zone (the clock is changed); add the offset, as +08:00"


def parse_times(series: pd.Series[Any], time_zone: str) -> tuple[pd.Series[Any], list[RowProblem]]:
    """Read a column of times.

    Known are ISO 8601 (`2025-03-01`, `2025-03-01T08:05:00Z`, `2025-03-01 08:05+08:00`), `2025/3/1 8:05`,
    `2025.3.1`, `2025年3月1日 8时5分`, and a month alone, `2018-10`, taken as its first day
    and noted.

    Args:
        series: Texts or times; the index holds row numbers.
        time_zone: Where a time without an offset is meant, as "Asia/Shanghai".

    Returns:
        The times in UTC (microseconds; NaT where there is none) with the same index, and the problems:
        an error for each row without a usable time, one note for all months.

    Raises:
        InputError: There is no such time zone.
    """
    zone = _zone(time_zone)
    codes, different = pd.factorize(series.where(series != ""))
    texts = pd.Series([str(value).strip() for value in different], dtype=object)
    parsed, messages, months = _parse(texts, zone)
    # -1 is the code of a missing value, so one more entry than there are different texts
    values = pd.concat([parsed, pd.Series([pd.NaT], dtype=parsed.dtype)])
    times = pd.Series(values.array[codes], index=series.index, name=series.name)
    by_code = [*messages, _MISSING]
    rows = series.index.to_numpy()
    field = None if series.name is None else str(series.name)
    problems = [
        RowProblem(int(rows[at]), field, Severity.ERROR, by_code[codes[at]])
        for at in np.flatnonzero(times.isna().to_numpy())
    ]
    noted = rows[np.append(months, False)[codes]]
    if len(noted):
        shown = ", ".join(map(str, noted[:_SHOWN_ROWS]))
        message = f"{len(noted)} times are only a month and are taken as its first day (rows {shown} ...)"
        problems.insert(0, RowProblem(None, field, Severity.INFO, message))
    return times, problems


def _parse(texts: pd.Series[Any], zone: ZoneInfo) -> tuple[pd.Series[Any], list[str], NDArray[np.bool_]]:
    """Return times in UTC, what is wrong where one is missing, and which were a month alone."""
    parts = texts.str.extract(f"^{_TIME}$", flags=re.ASCII)
    months = (parts["month"].notna() & parts["day"].isna()).to_numpy()
    # a clock time in a month without a day means nothing
    usable = parts["year"].notna() & ~(months & parts["hour"].notna())
    naive = _assembled(parts.where(usable))
    offset = _offsets(parts["offset"])
    local = naive.where(offset.isna()).dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    utc = local.dt.tz_convert("UTC").fillna((naive - offset).dt.tz_localize("UTC"))
    messages = [
        "" if known else f"{text[:40]!r} {_TWICE_OR_NEVER if clock else _hint(text)}"
        for text, known, clock in zip(texts, utc.notna(), naive.notna(), strict=True)
    ]
    return utc, messages, months & utc.notna().to_numpy()


def _assembled(parts: pd.DataFrame) -> pd.Series[Any]:
    """Put the parts together; NaT where they are no time, as on 30 February."""
    whole = parts[["year", "month", "day", "hour", "minute", "second"]].astype("float64")
    whole = whole.fillna({"day": 1, "hour": 0, "minute": 0, "second": 0})
    in_range = whole["year"].between(_FIRST_YEAR, _LAST_YEAR) & (whole["hour"] < 24)  # noqa: PLR2004 - hours
    in_range &= (whole["minute"] < 60) & (whole["second"] < 60)  # noqa: PLR2004 - minutes and seconds
    times = pd.to_datetime(whole.where(in_range), errors="coerce").astype("datetime64[us]")
    microseconds = (parts["fraction"].astype("float64").fillna(0) * 1e6).round()
    return times + pd.to_timedelta(microseconds, unit="us").astype("timedelta64[us]")


def _offsets(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Return offsets from UTC; NaT where none is written."""
    digits = texts.replace({"Z": "+0000", "z": "+0000"}).str.replace(":", "", regex=False)
    minutes = digits.str[1:3].astype("float64") * 60 + digits.str[3:5].astype("float64")
    signed = minutes.where(digits.str[0] != "-", -minutes)
    return pd.to_timedelta(signed, unit="min").astype("timedelta64[us]")


def _hint(text: str) -> str:
    return next((hint for pattern, hint in _HINTS if pattern.fullmatch(text)), _UNKNOWN)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"there is no time zone {name[:40]!r}; write it as Asia/Shanghai", field="time_zone"
        ) from None
