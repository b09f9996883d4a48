"""Events as points, as a heat map, and as counts by grid, with filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gis.errors import InputError
from gis.maps.encode import (
    UNIT,
    area_columns,
    box_of,
    for_display,
    grid_columns,
    origin_of,
    plain_texts,
    positions_of,
)
from gis.maps.page import MapPage, place_numbers
from gis.nouns import Grade, GridKind

if TYPE_CHECKING:
    import geopandas
    from numpy.typing import NDArray

    from gis.maps.encode import Numbers, Origin, Texts
    from gis.maps.frame import MapFrame

MAX_EVENTS = 200_000
MAX_TEXT = 140
"""Longer event texts are cut on the map; the event itself keeps all of it."""

_GRADES = [grade.value for grade in Grade]


def draw_events(
    events: pd.DataFrame, grids: geopandas.GeoDataFrame, areas: geopandas.GeoDataFrame, *, frame: MapFrame
) -> MapPage:
    """Draw events as points and heat or counts by grid, filtered by category and source.

    Args:
        events: Columns `lon`, `lat` (EPSG:4490), `reported_at` (UTC), `category`, `grade`, `source`, `text`,
            `natural_code`. Events without coordinates are counted but not drawn.
        grids: As for `draw_grids`.
        areas: As for `draw_grids`.
        frame: Title, period, language, limits.

    Raises:
        InputError: If there are too many events or grids, or a column is missing.
    """
    located = located_events(events)
    grids, areas = for_display(grids, areas, frame=frame)
    origin = origin_of(grids, areas)
    grid_numbers, grid_texts = grid_columns(grids, areas, origin=origin)
    area_numbers, area_texts = area_columns(areas, origin=origin)
    natural = np.where(grids["kind"].astype(str) == GridKind.NATURAL, plain_texts(grids, "code"), "")
    event_numbers, event_texts = event_columns(located, natural, origin)
    box = box_of(grids, areas) or box_of_points(located)
    numbers: Numbers = {
        **place_numbers(origin, box),
        "grids": grid_numbers,
        "areas": area_numbers,
        "events": {**event_numbers, "unlocated": len(events) - len(located)},
    }
    texts: Texts = {"grids": grid_texts, "areas": area_texts, "events": event_texts}
    return MapPage(kind="events", numbers=numbers, texts=texts, frame=frame, has_heat=True)


def located_events(events: pd.DataFrame) -> pd.DataFrame:
    """Return the events that have coordinates, oldest first.

    Raises:
        InputError: If there are more than `MAX_EVENTS`, or a column is missing.
    """
    for column in ("lon", "lat", "reported_at"):
        if column not in events.columns:
            raise InputError(f"The events have no column {column}.", field=column)
    if len(events) > MAX_EVENTS:
        raise InputError(
            f"{len(events)} events are too many for one page (at most {MAX_EVENTS}): choose a shorter period "
            "or fewer categories.",
            field="events",
        )
    known = np.isfinite(events[["lon", "lat"]].to_numpy(float, na_value=np.nan)).all(axis=1)
    located: pd.DataFrame = events.loc[known & events["reported_at"].notna().to_numpy()]
    return located.sort_values("reported_at", kind="stable")


def event_columns(
    events: pd.DataFrame, grid_codes: NDArray[np.object_], origin: Origin
) -> tuple[Numbers, Texts]:
    """Return events as columns of whole numbers, and their texts.

    Numbers: `x`, `y` in 1e-6 degrees from the origin; `t0` and `t`, seconds since 1970 and the steps from one
    event to the next; positions of category, source, grade and natural grid (-1: none).
    """
    category, categories = pd.factorize(plain_texts(events, "category"), sort=True)
    source, sources = pd.factorize(plain_texts(events, "source"), sort=True)
    grade = positions_of(plain_texts(events, "grade"), np.array(_GRADES, dtype=object))
    seconds = epoch_seconds(events)
    numbers: Numbers = {
        **point_columns(events, origin),
        "t0": int(seconds[0]) if len(seconds) else 0,
        "t": np.diff(seconds, prepend=seconds[:1]).tolist(),
        "category": category.tolist(),
        "source": source.tolist(),
        "grade": np.maximum(grade, 0).tolist(),  # one we do not know is ordinary
        "grid": positions_of(plain_texts(events, "natural_code"), grid_codes),
    }
    texts: Texts = {
        "categories": list(categories),
        "sources": list(sources),
        "text": [_shortened(text) for text in plain_texts(events, "text")],
    }
    return numbers, texts


def point_columns(events: pd.DataFrame, origin: Origin) -> Numbers:
    """Return the events' places as whole steps from the origin."""
    lon_lat = events[["lon", "lat"]].to_numpy(float)
    steps = np.rint((lon_lat - origin) * UNIT).astype(np.int64)
    return {"x": steps[:, 0].tolist(), "y": steps[:, 1].tolist()}


def epoch_seconds(events: pd.DataFrame) -> NDArray[np.int64]:
    """Return `reported_at` as whole seconds since 1970, UTC."""
    moments = pd.to_datetime(events["reported_at"], utc=True)
    return (moments.to_numpy("datetime64[s]")).astype(np.int64)


def box_of_points(events: pd.DataFrame) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of the events; None of nothing."""
    if events.empty:
        return None
    lon, lat = events["lon"].astype(float), events["lat"].astype(float)
    return (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
