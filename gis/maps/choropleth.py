"""Grids, communities or streets coloured by how much is reported there."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from gis.errors import InputError
from gis.maps.encode import (
    area_columns,
    box_of,
    for_display,
    level_for_display,
    origin_of,
    plain_texts,
    require_drawable,
    shape_columns,
    whole_areas,
    whole_numbers,
)
from gis.maps.page import MapPage, place_numbers

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

    from gis.maps.encode import Numbers, Texts
    from gis.maps.frame import MapFrame


class Measure(StrEnum):
    """What the colours stand for; the reader can switch between those the data allow."""

    COUNT = "count"
    PER_1000_HOUSEHOLDS = "per_1000_households"
    PER_KM2 = "per_km2"


def draw_choropleth(
    counts: pd.Series[int],
    shapes: geopandas.GeoDataFrame,
    areas: geopandas.GeoDataFrame,
    *,
    measure: Measure = Measure.COUNT,
    frame: MapFrame,
) -> MapPage:
    """Colour shapes by their counts in quantile classes, with the highest ones in a list.

    Args:
        counts: Whole numbers indexed by the shapes' `id`; a shape without one counts 0.
        shapes: Grids (with `kind`) or areas of one level, EPSG:4490, columns `id`, `code`, `name`, `geometry`
            and, for the measure per 1 000 households, `households`.
        areas: As for `draw_grids`; their outlines and names are drawn above the colours.
        measure: What is shown first.
        frame: Title, period, language, limits.

    Raises:
        InputError: If there are too many shapes, or the measure needs a column the shapes do not have.
    """
    require_drawable(len(shapes), frame)
    households = whole_numbers(shapes, "households")
    if measure == Measure.PER_1000_HOUSEHOLDS and not any(households):
        raise InputError(
            "Counts per 1 000 households need the shapes' households: give them, or choose another measure.",
            field="measure",
        )
    if "kind" in shapes.columns:
        shapes, areas = for_display(shapes, areas, frame=frame)
    else:
        _, areas = for_display(None, areas, frame=frame)
        shapes = level_for_display(shapes, areas)
    origin = origin_of(shapes, areas)
    area_numbers, area_texts = area_columns(areas, origin=origin)
    numbers: Numbers = {
        **place_numbers(origin, box_of(shapes, areas)),
        "areas": area_numbers,
        "level": _level_number(shapes),
        "measure": list(Measure).index(measure),
        "counted": {
            "shapes": shape_columns(shapes.geometry.to_numpy(), origin),
            "count": counts.reindex(shapes["id"]).fillna(0).astype(int).tolist(),
            "households": households,
            "area_m2": whole_areas(shapes),
        },
    }
    texts: Texts = {
        "areas": area_texts,
        "counted": {name: plain_texts(shapes, name).tolist() for name in ("code", "name")},
    }
    return MapPage(kind="choropleth", numbers=numbers, texts=texts, frame=frame)


def _level_number(shapes: geopandas.GeoDataFrame) -> int:
    """Return 0 for grids, 1 for communities, 2 for streets and wider, for the words of the page."""
    if "level" not in shapes.columns or shapes.empty:
        return 0
    return {"community": 1}.get(str(shapes["level"].iloc[0]), 2)
