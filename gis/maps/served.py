"""Areas coloured by the share of them that grids serve, with what is left over drawn upon them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.maps.encode import (
    area_columns,
    box_of,
    for_display,
    level_for_display,
    origin_of,
    plain_texts,
    positions_of,
    shape_columns,
    whole_numbers,
)
from gis.maps.page import MapPage, place_numbers
from gis.nouns import AreaLevel

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas
    import pandas as pd

    from gis.gridding.serving.groups import Group
    from gis.gridding.serving.served import Served
    from gis.maps.encode import Numbers, Texts
    from gis.maps.frame import MapFrame

_LEVELS = [level.value for level in AreaLevel]
_MEASURES = {
    "area": ("served_m2", "area_m2", 100),  # in square decimetres, so that no gap is rounded away
    "households": ("households_served", "households", 1),
    "buildings": ("buildings_served", "buildings", 1),
}


def draw_served(
    served: Served,
    groups: Sequence[Group],
    shapes: geopandas.GeoDataFrame,
    areas: geopandas.GeoDataFrame,
    *,
    frame: MapFrame,
) -> MapPage:
    """Colour areas by the share served, worst first in the list; kind of grids and measure can be switched.

    Args:
        served: Of the shapes, in their order, by the groups.
        groups: What was looked at together; the first is shown first.
        shapes: Areas of one level, columns `code`, `name`, `level`, `geometry`.
        areas: As for `draw_grids`; their outlines and names are drawn above the colours.
        frame: Title, language.
    """
    _, areas = for_display(None, areas, frame=frame)
    shapes = level_for_display(shapes, areas)
    origin = origin_of(areas)
    area_numbers, area_texts = area_columns(areas, origin=origin)
    codes = plain_texts(shapes, "code")
    rest = served.remainder
    names = [(group.kind, group.task) for group in groups]
    numbers: Numbers = {
        **place_numbers(origin, box_of(areas)),
        "areas": area_numbers,
        "level": _LEVELS.index(str(shapes["level"].iloc[0])) if len(shapes) else 0,
        "shapes": shape_columns(shapes.geometry.to_numpy(), origin),
        "groups": [
            {name: _parts(own, *columns) for name, columns in _MEASURES.items()}
            for own in (_of_group(served.rows, *name) for name in names)
        ],
        "rest": {
            "shapes": shape_columns(rest.geometry.to_numpy(), origin),
            "group": [names.index(name) for name in zip(rest["kind"], rest["task"], strict=True)],
            "area": positions_of(plain_texts(rest, "code"), codes),
            "area_dm2": [round(area * 100) for area in rest["area_m2"]],
            "width_mm": [round(width * 1000) for width in rest["width_m"]],
        },
    }
    texts: Texts = {
        "areas": area_texts,
        "shapes": {"code": codes.tolist(), "name": plain_texts(shapes, "name").tolist()},
        "groups": [{"kind": kind, "task": task} for kind, task in names],
    }
    return MapPage(kind="served", numbers=numbers, texts=texts, frame=frame)


def _of_group(rows: pd.DataFrame, kind: str, task: str) -> pd.DataFrame:
    return rows[(rows["kind"] == kind) & (rows["task"] == task)]


def _parts(rows: pd.DataFrame, served: str, whole: str, scale: int) -> list[list[int | None]]:
    """Return what is served and what there is of each area, in whole numbers."""
    scaled = rows[[served, whole]] * scale
    return [whole_numbers(scaled, served), whole_numbers(scaled, whole)]
