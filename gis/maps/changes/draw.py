"""What became of the grids between two states: the ground that passed, old and new outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.errors import InputError
from gis.gridding.changes.change import ChangeKind
from gis.maps.encode import UNIT, area_columns, box_of, for_display, grid_columns, origin_of, shape_columns
from gis.maps.page import MapPage, place_numbers

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

    from gis.maps.encode import Numbers, Origin
    from gis.maps.frame import MapFrame

MAX_CHANGES = 20_000

_KINDS = [kind.value for kind in ChangeKind]


def draw_changes(
    changes: geopandas.GeoDataFrame,
    old: geopandas.GeoDataFrame,
    new: geopandas.GeoDataFrame,
    areas: geopandas.GeoDataFrame,
    *,
    frame: MapFrame,
) -> MapPage:
    """Draw changes over the new grids, with a list whose items zoom to the place.

    Args:
        changes: Columns kind, old and new (lists of codes), before_m2, after_m2, moved_m2, zh, en (a sentence
            each) and geometry, the ground that passed; drawn in their order.
        old: The grids as they were; only those a change names are drawn, dashed.
        new: The grids as they are.
        areas: As for `draw_grids`.
        frame: Title, language, limits.

    Raises:
        InputError: If there are too many grids or changes.
    """
    if len(changes) > MAX_CHANGES:
        raise InputError(
            f"{len(changes)} changes are too many for one page (at most {MAX_CHANGES}): raise the limits, "
            "or take --out FILE.csv.",
            field="changes",
        )
    origin = origin_of(old, new, areas)
    drawn, drawn_areas = for_display(new, areas, frame=frame)
    grid_numbers, grid_texts = grid_columns(drawn, drawn_areas, origin=origin)
    area_numbers, area_texts = area_columns(drawn_areas, origin=origin)
    before, of_before = _outlines(changes["old"], old, origin)
    after, of_after = _outlines(changes["new"], new, origin)
    numbers: Numbers = {
        **place_numbers(origin, box_of(old, new, areas)),
        "grids": grid_numbers,
        "areas": area_numbers,
        "before": before,
        "after": after,
        "changes": {**change_columns(changes, origin), "before": of_before, "after": of_after},
    }
    texts: dict[str, object] = {
        "grids": grid_texts,
        "areas": area_texts,
        "changes": {
            "old": changes["old"].tolist(),
            "new": changes["new"].tolist(),
            "sentences": {language: changes[language].tolist() for language in ("zh", "en")},
        },
    }
    return MapPage(kind="changes", numbers=numbers, texts=texts, frame=frame)


def change_columns(changes: geopandas.GeoDataFrame, origin: Origin) -> Numbers:
    """Return changes as numbers: areas in whole square metres."""
    geometry = changes.geometry.to_numpy()
    steps = (shapely.bounds(geometry) - [*origin, *origin]) * UNIT
    return {
        "shapes": shape_columns(geometry, origin),
        "box": [np.rint(row).astype(int).tolist() if np.isfinite(row).all() else None for row in steps],
        "kind": [_KINDS.index(kind) for kind in changes["kind"]],
        **{name: [round(area) for area in changes[name]] for name in ("before_m2", "after_m2", "moved_m2")},
    }


def _outlines(
    named: pd.Series[list[str]], grids: geopandas.GeoDataFrame, origin: Origin
) -> tuple[Numbers, list[list[int]]]:
    """Return the grids that changes name, with every vertex, and for each change which are its own."""
    wanted = {code for codes in named for code in codes}
    kept = grids[grids["code"].isin(wanted)]
    place = {code: number for number, code in enumerate(kept["code"])}
    return shape_columns(kept.geometry.to_numpy(), origin), [
        [place[code] for code in codes if code in place] for codes in named
    ]
