"""When and by whom events are reported: seasons, weeks, hours of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gis.nouns import Source
from gis.sample.life.catalogue import CATALOGUE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

YEAR_DAYS = 365
_UTC_OFFSET_S = 8 * 3600  # China has had one time without summer time since 1992
_DAY_S = 86_400

# Weight of each hour from midnight, and of each weekday from Monday, by source.
_HOURS = {
    Source.PATROL: (0, 0, 0, 0, 0, 0, 1, 4, 14, 20, 18, 10, 4, 5, 15, 18, 16, 9, 3, 2, 1, 1, 0, 0),
    Source.RESIDENT: (2, 1, 1, 1, 1, 2, 5, 9, 10, 9, 8, 8, 8, 7, 7, 7, 8, 10, 12, 14, 14, 11, 7, 4),
    Source.HOTLINE: (2, 1, 1, 1, 1, 1, 3, 6, 13, 16, 15, 10, 7, 8, 13, 14, 12, 9, 7, 7, 6, 5, 4, 3),
    Source.DEPARTMENT: (0, 0, 0, 0, 0, 0, 0, 1, 8, 16, 16, 9, 2, 5, 14, 16, 12, 4, 0, 0, 0, 0, 0, 0),
    Source.LEADER: (0, 0, 0, 0, 0, 0, 1, 3, 9, 12, 10, 6, 3, 4, 8, 9, 9, 5, 3, 2, 2, 1, 0, 0),
    Source.SENSOR: (9, 9, 9, 8, 8, 8, 9, 11, 12, 11, 10, 10, 10, 10, 10, 10, 11, 13, 13, 12, 11, 11, 10, 10),
    Source.OPINION: (2, 1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 9, 9, 8, 8, 8, 8, 9, 11, 13, 14, 13, 9, 5),
}
_WEEK = {
    Source.PATROL: (11, 10, 10, 10, 10, 4, 3),
    Source.RESIDENT: (10, 9, 9, 9, 10, 12, 12),
    Source.HOTLINE: (13, 11, 10, 10, 10, 7, 6),
    Source.DEPARTMENT: (12, 11, 11, 11, 10, 1, 1),
    Source.LEADER: (10, 10, 10, 10, 10, 4, 3),
    Source.SENSOR: (10, 10, 10, 10, 10, 10, 10),
    Source.OPINION: (10, 9, 9, 9, 10, 11, 11),
}
_SOURCES = tuple(_HOURS)
_USUAL_SHARES = (46, 22, 17, 6, 2, 4, 3)
_QUARREL_SHARES = (24, 34, 36, 2, 1, 0, 3)  # nobody patrols for quarrels, and no camera sees them
_QUARRELS = ("08", "09")


def draw_sources(small: Ints, rng: np.random.Generator) -> NDArray[np.object_]:
    """Draw who reports each event, from the number of its class in the catalogue."""
    private = np.array([kind.code[:2] in _QUARRELS for kind in CATALOGUE])[small]
    shares = np.where(private[:, None], _QUARREL_SHARES, _USUAL_SHARES) / 100
    chosen = (rng.random(len(small))[:, None] > np.cumsum(shares, axis=1)).sum(axis=1)
    names = np.array([source.value for source in _SOURCES], dtype=object)
    return np.asarray(names[np.minimum(chosen, len(names) - 1)], dtype=object)


def draw_times(
    small: Ints, source: NDArray[np.object_], end: np.datetime64, rng: np.random.Generator
) -> NDArray[np.datetime64]:
    """Draw when each event is reported, in the 365 days before `end`.

    Args:
        small: Number of the class in the catalogue, shape (n,).
        source: Who reports it, shape (n,).
        end: First moment after the year, UTC.
        rng: Draws.

    Returns:
        UTC to the second, shape (n,), the hours following the local day.
    """
    local_end = end + np.timedelta64(_UTC_OFFSET_S, "s")
    start = local_end - np.timedelta64(YEAR_DAYS * _DAY_S, "s")
    days = start.astype("datetime64[D]") + np.arange(YEAR_DAYS + 1)
    month = days.astype("datetime64[M]").astype(int) % 12
    weekday = (days.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    weather = 0.75 + 0.5 * rng.random(len(days))
    at = np.empty(len(small), dtype="datetime64[s]")
    for who in _SOURCES:
        hours = np.array(_HOURS[who], dtype=float)
        week = np.array(_WEEK[who])[weekday]
        for number, kind in enumerate(CATALOGUE):
            rows = np.flatnonzero((small == number) & (source == who.value))
            weight = np.array(kind.season.value)[month] * week * weather
            at[rows] = _moments(rng, len(rows), (days, weight / weight.sum()), hours / hours.sum())
    # the first and the last day are not whole unless the year begins at midnight
    early, late = at < start, at >= local_end
    at[early] += np.timedelta64(_DAY_S, "s")
    at[late] -= np.timedelta64(_DAY_S, "s")
    at -= np.timedelta64(_UTC_OFFSET_S, "s")
    return at


def _moments(
    rng: np.random.Generator,
    count: int,
    days: tuple[NDArray[np.datetime64], NDArray[np.float64]],
    hours: NDArray[np.float64],
) -> NDArray[np.datetime64]:
    day = rng.choice(days[0], count, p=days[1])
    seconds = rng.choice(24, count, p=hours) * 3600 + rng.integers(0, 3600, count)
    return np.asarray(day.astype("datetime64[s]") + seconds.astype("timedelta64[s]"))
