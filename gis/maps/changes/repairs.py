"""What a repair did and left: the grids before and after, and the places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gis.errors import InputError
from gis.gridding.repairing.repaired import Deed, Trouble
from gis.maps.encode import area_columns, box_of, for_display, grid_columns, origin_of, shape_columns
from gis.maps.findings import MAX_FINDINGS
from gis.maps.page import MapPage, place_numbers

if TYPE_CHECKING:
    import geopandas
    from numpy.typing import NDArray

    from gis.maps.encode import Numbers
    from gis.maps.frame import MapFrame

_KINDS = [*Deed, *Trouble]


def draw_repair(
    places: geopandas.GeoDataFrame,
    grids: geopandas.GeoDataFrame,
    before: NDArray[np.object_],
    areas: geopandas.GeoDataFrame,
    *,
    frame: MapFrame,
) -> MapPage:
    """Draw the places of a repair over the grids before and after, with a list whose items zoom to them.

    Args:
        places: Columns what ("left" or "changed"), kind (a `Trouble` or a `Deed`), before and after (lists of
            codes), area_m2, sentence_zh, sentence_en, geometry; in the order they are listed.
        grids: As they are after the repair; otherwise as for `draw_grids`.
        before: What each grid was: the very object where nothing changed, shape (n,).
        areas: As for `draw_grids`.
        frame: Title, language, limits.

    Raises:
        InputError: If there are too many grids or places.
    """
    if len(places) > MAX_FINDINGS:
        raise InputError(
            f"{len(places)} places are too many for one page (at most {MAX_FINDINGS}); the GeoJSON has all.",
            field="map",
        )
    after = np.asarray(grids.geometry.to_numpy(), dtype=object)
    changed = np.flatnonzero([one is not other for one, other in zip(before, after, strict=True)])
    # what changed is drawn with all its corners, what did not with fewer where there are very many
    grids, areas = for_display(grids, areas, frame=frame)
    origin = origin_of(grids, areas)
    grid_numbers, grid_texts = grid_columns(grids, areas, origin=origin)
    area_numbers, area_texts = area_columns(areas, origin=origin)
    numbers: Numbers = {
        **place_numbers(origin, box_of(grids, areas)),
        "grids": grid_numbers,
        "areas": area_numbers,
        "changed": changed.tolist(),
        "before": shape_columns(before[changed], origin),
        "after": shape_columns(after[changed], origin),
        "places": {
            "shapes": shape_columns(np.asarray(places.geometry.to_numpy(), dtype=object), origin),
            "left": [int(what == "left") for what in places["what"]],
            "kind": [_KINDS.index(kind) for kind in places["kind"]],
            "area_dm2": [round(area * 100) for area in places["area_m2"]],
        },
    }
    texts: dict[str, object] = {
        "grids": grid_texts,
        "areas": area_texts,
        "places": {
            "grids": [
                sorted({*one, *other}) for one, other in zip(places["before"], places["after"], strict=True)
            ],
            "sentences": {
                language: places[f"sentence_{language}"].astype(str).tolist() for language in ("zh", "en")
            },
        },
    }
    return MapPage(kind="repair", numbers=numbers, texts=texts, frame=frame)
