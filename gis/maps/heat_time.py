"""A heat map that plays through the period by hour, day or week."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gis.errors import InputError
from gis.maps.encode import area_columns, box_of, for_display, origin_of
from gis.maps.events import box_of_points, located_events, point_columns
from gis.maps.page import MapPage, place_numbers

if TYPE_CHECKING:
    import geopandas
    from numpy.typing import NDArray

    from gis.maps.encode import Numbers
    from gis.maps.frame import MapFrame

MAX_STEPS = 9000
"""A year of hours, and some."""


class Step(StrEnum):
    """How long one picture of the film lasts, in the district's own time zone; weeks begin on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


def draw_heat_time(
    events: pd.DataFrame, areas: geopandas.GeoDataFrame, *, step: Step = Step.DAY, frame: MapFrame
) -> MapPage:
    """Draw the events' heat step by step, on one scale for all steps so that growth shows.

    Args:
        events: Columns `lon`, `lat` (EPSG:4490) and `reported_at` (UTC).
        areas: As for `draw_grids`.
        step: How long one picture lasts.
        frame: Title, period, language and the time zone whose hours, days and weeks count.

    Raises:
        InputError: If there are too many events, or more than `MAX_STEPS` steps.
    """
    located = located_events(events)
    _, areas = for_display(None, areas, frame=frame)
    origin = origin_of(areas) if len(areas) else (0.0, 0.0)
    starts, first_events = step_columns(located, step, frame.time_zone)
    area_numbers, area_texts = area_columns(areas, origin=origin)
    numbers: Numbers = {
        **place_numbers(origin, box_of(areas) or box_of_points(located)),
        "areas": area_numbers,
        "step": list(Step).index(step),
        "film": {
            **point_columns(located, origin),
            "starts": starts.tolist(),
            "first": first_events.tolist(),
            "unlocated": len(events) - len(located),
        },
    }
    return MapPage(kind="heat_time", numbers=numbers, texts={"areas": area_texts}, frame=frame, has_heat=True)


def step_columns(
    events: pd.DataFrame, step: Step, time_zone: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the film's steps without a hole.

    Args:
        events: Sorted by `reported_at`.
        step: The length of a step.
        time_zone: Its hours, days and weeks count; a day on which clocks change stays one step.

    Returns:
        The steps' edges in seconds since 1970 (one more than steps), and for each edge the position of the
        first event not before it.

    Raises:
        InputError: If there are more than `MAX_STEPS` steps.
    """
    if events.empty:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    moments = pd.DatetimeIndex(pd.to_datetime(events["reported_at"], utc=True)).tz_convert(time_zone)
    naive = moments.tz_localize(None) if step != Step.HOUR else moments.tz_convert("UTC")
    edges = _edges(naive[0], naive[-1], step)
    if len(edges) - 1 > MAX_STEPS:
        raise InputError(
            f"{len(edges) - 1} steps are too many (at most {MAX_STEPS}): choose a longer step or a shorter "
            "period.",
            field="step",
        )
    if step != Step.HOUR:
        edges = edges.tz_localize(time_zone, ambiguous=True, nonexistent="shift_forward")
    seconds = edges.tz_convert("UTC").to_numpy("datetime64[s]").astype(np.int64)
    reported = moments.tz_convert("UTC").to_numpy("datetime64[s]").astype(np.int64)
    return seconds, np.searchsorted(reported, seconds, side="left").astype(np.int64)


def _edges(first: pd.Timestamp, last: pd.Timestamp, step: Step) -> pd.DatetimeIndex:
    """Return the edges from the step that holds `first` to the end of the step that holds `last`."""
    if step == Step.HOUR:
        return pd.date_range(first.floor("h"), last.floor("h") + pd.Timedelta(hours=1), freq="h")
    start = first.normalize()
    if step == Step.WEEK:
        start -= pd.Timedelta(days=start.weekday())
    days = 7 if step == Step.WEEK else 1
    return pd.date_range(start, last.normalize() + pd.Timedelta(days=days), freq=f"{days}D")
