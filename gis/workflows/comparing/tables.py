"""Changes as a frame, for files and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.gridding.crs import geometries_to_stored
from gis.gridding.sentences.changed import describe_change
from gis.nouns import STORED_CRS

if TYPE_CHECKING:
    from gis.gridding.changes.change import Change
    from gis.workflows.comparing.compare_states import ComparedStates


def changes_frame(found: ComparedStates) -> gpd.GeoDataFrame:
    """Return the changes as a frame, those that moved most ground first, sentences in both languages.

    Returns:
        Columns id (1 to n), kind, layer, task, old and new (lists of codes), before_m2, after_m2, moved_m2,
        moves (a list of from, to, area_m2), zh, en; geometry (EPSG:4490) is the ground that passed, and the
        outline of a grid that was renamed.
    """
    both = found.changes()
    outlines = {
        (layer.kind, layer.task, position): polygon
        for layer in found.layers
        for position, polygon in enumerate(layer.comparison.new.polygons)
    }
    ground = np.empty(len(both), dtype=object)
    ground[:] = [
        _together(change)
        if change.moves
        else outlines.get((layer.kind, layer.task, change.new[0].position if change.new else -1))
        for layer, change in both
    ]
    changes = [change for _, change in both]
    return gpd.GeoDataFrame(
        {
            "id": range(1, len(both) + 1),
            "kind": [change.kind.value for change in changes],
            "layer": [layer.kind.value for layer, _ in both],
            "task": [layer.task or None for layer, _ in both],
            "old": [[grid.code for grid in change.old] for change in changes],
            "new": [[grid.code for grid in change.new] for change in changes],
            "before_m2": [round(change.before_m2, 2) for change in changes],
            "after_m2": [round(change.after_m2, 2) for change in changes],
            "moved_m2": [round(change.moved_m2, 2) for change in changes],
            "moves": [_moves(change) for change in changes],
            "zh": [describe_change(change, "zh") for change in changes],
            "en": [describe_change(change, "en") for change in changes],
        },
        geometry=geometries_to_stored(ground, found.metric_crs),
        crs=STORED_CRS,
    )


def flat(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the changes as a table without lists: codes and moves as text."""
    table = pd.DataFrame(frame.drop(columns="geometry"))
    for name in ("old", "new"):
        table[name] = [" ".join(codes) for codes in table[name]]
    table["moves"] = [
        "; ".join(f"{move['from'] or '-'} > {move['to'] or '-'}: {move['area_m2']}" for move in moves)
        for moves in table["moves"]
    ]
    return table


def _moves(change: Change) -> list[dict[str, Any]]:
    return [
        {
            "from": move.source.code if move.source else None,
            "to": move.target.code if move.target else None,
            "area_m2": round(move.area_m2, 2),
        }
        for move in change.moves
    ]


def _together(change: Change) -> shapely.Geometry:
    # places beside each other have their common edge bit by bit, having been laid out together
    return shapely.coverage_union_all([move.geometry for move in change.moves])
