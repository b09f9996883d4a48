from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import InputError
from gis.files.times import parse_times
from gis.nouns import Severity

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-01", "2025-02-28T16:00:00Z"),
        ("2025-03-01 08:05", "2025-03-01T00:05:00Z"),
        ("2025-03-01T08:05:09", "2025-03-01T00:05:09Z"),
        ("2025-03-01T08:05:09.25", "2025-03-01T00:05:09.250Z"),
        ("2025-03-01T08:05:00Z", "2025-03-01T08:05:00Z"),
        ("2025-03-01T08:05:00+08:00", "2025-03-01T00:05:00Z"),
        ("2025-03-01 08:05:00 -0330", "2025-03-01T11:35:00Z"),
        ("2025/3/1 8:05", "2025-03-01T00:05:00Z"),
        ("2025.3.1", "2025-02-28T16:00:00Z"),
        ("2025年3月1日", "2025-02-28T16:00:00Z"),
        ("2025年3月1日8时5分", "2025-03-01T00:05:00Z"),
        ("2025年3月1日 8时5分9秒", "2025-03-01T00:05:09Z"),
        ("  2025-03-01 08:05 ", "2025-03-01T00:05:00Z"),
        ("2024-02-29 23:59:59", "2024-02-29T15:59:59Z"),
    ],
)
def test_known_spellings(text: str, expected: str) -> None:
    times, problems = parse_times(pd.Series([text]), ZONE)
    assert problems == []
    assert times[0] == pd.Timestamp(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "missing"),
        ("", "missing"),
        (float("nan"), "missing"),
        ("45000", "spreadsheet's serial number"),
        ("45000.336", "spreadsheet's serial number"),
        ("1740800000", "since 1970"),
        ("1740800000000", "since 1970"),
        ("20250301", "no separators"),
        ("01/03/2025 08:05", "which is the day"),
        ("2025-02-29", "no time of the calendar"),
        ("2025-13-01", "no time of the calendar"),
        ("2025-03-01 24:00", "no time of the calendar"),
        ("2025-03-01 08:60", "no time of the calendar"),
        ("0001-03-01", "no time of the calendar"),
        ("2025-03 08:05", "no time of the calendar"),
        ("2025-03-0108:05", "no time of the calendar"),
        ("昨天", "no time of the calendar"),
        ("2025-03-01 08:05\n", ""),
    ],
)
def test_what_is_no_time_is_named_with_the_remedy(text: object, said: str) -> None:
    times, problems = parse_times(pd.Series(["2025-01-01", text], index=[7, 9], name="reported_at"), ZONE)
    if not said:
        assert problems == []
        return
    (problem,) = problems
    assert (problem.row, problem.field, problem.severity) == (9, "reported_at", Severity.ERROR)
    assert said in problem.message
    assert times.isna().tolist() == [False, True]
    assert times.index.tolist() == [7, 9]


def test_a_month_is_its_first_day_and_noted_once() -> None:
    times, problems = parse_times(pd.Series(["2018-10", "2018-10-05", "2018/11"], index=[1, 2, 3]), "UTC")
    assert times.dt.day.tolist() == [1, 5, 1]
    assert [(problem.severity, problem.row) for problem in problems] == [(Severity.INFO, None)]
    assert "2 times are only a month" in problems[0].message


def test_a_clock_time_that_comes_twice_or_never_asks_for_the_offset() -> None:
    skipped, doubled = "2021-03-28 01:30", "2021-10-31 01:30"
    times, problems = parse_times(pd.Series([skipped, doubled, f"{doubled}+01:00"]), "Europe/London")
    assert [problem.row for problem in problems] == [0, 1]
    assert all("add the offset" in problem.message for problem in problems)
    assert times[2] == pd.Timestamp("2021-10-31T00:30Z")


def test_an_unknown_zone_is_refused() -> None:
    for zone in ("Mars/Base", "", "../etc/passwd"):
        with pytest.raises(InputError, match="time zone"):
            parse_times(pd.Series(["2025-01-01"]), zone)


def test_nothing_gives_nothing() -> None:
    times, problems = parse_times(pd.Series([], dtype=object), ZONE)
    assert (len(times), problems, str(times.dtype)) == (0, [], "datetime64[us, UTC]")


_offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_local = st.datetimes(datetime(1950, 1, 1), datetime(2199, 12, 30))  # noqa: DTZ001 - times without a zone are the point


@given(st.lists(st.tuples(_local, st.none() | _offsets), min_size=1, max_size=20))
def test_the_library_of_python_says_the_same(moments: list[tuple[datetime, timezone | None]]) -> None:
    zone = ZoneInfo("Asia/Tokyo")  # no clock changes after 1951
    times, problems = parse_times(
        pd.Series([t.replace(tzinfo=o).isoformat(" ") for t, o in moments]), "Asia/Tokyo"
    )
    for time, (moment, offset), row in zip(times, moments, range(len(moments)), strict=True):
        if row in {problem.row for problem in problems}:
            assert moment.year < 1952
        elif moment.year > 1952:
            assert time.to_pydatetime() == moment.replace(tzinfo=offset or zone).astimezone(UTC)
