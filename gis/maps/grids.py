"""Grids by kind, with the outlines and names of the areas they lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.maps.encode import area_columns, box_of, for_display, grid_columns, origin_of
from gis.maps.page import MapPage, place_numbers

if TYPE_CHECKING:
    import geopandas

    from gis.maps.frame import MapFrame


def draw_grids(grids: geopandas.GeoDataFrame, areas: geopandas.GeoDataFrame, *, frame: MapFrame) -> MapPage:
    """Draw natural, dedicated and special grids; codes appear from a zoom on, search finds code and name.

    Args:
        grids: EPSG:4490, columns `code`, `name`, `kind`, `task`, `community_code`, `households`,
            `population`, `geometry`.
        areas: EPSG:4490, columns `code`, `name`, `level`, `parent_code`, `geometry`.
        frame: Title, language, limits.

    Raises:
        InputError: If there are more grids than `frame.max_grids`.
    """
    grids, areas = for_display(grids, areas, frame=frame)
    origin = origin_of(grids, areas)
    grid_numbers, grid_texts = grid_columns(grids, areas, origin=origin)
    area_numbers, area_texts = area_columns(areas, origin=origin)
    return MapPage(
        kind="grids",
        numbers={**place_numbers(origin, box_of(grids, areas)), "grids": grid_numbers, "areas": area_numbers},
        texts={"grids": grid_texts, "areas": area_texts},
        frame=frame,
    )
