"""What is told of a repair: places as features with sentences, and the areas of grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from gis.gridding.sentences.repairs import describe_change, describe_left
from gis.nouns import STORED_CRS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.gridding.repairing.repaired import Change, Left
    from gis.workflows.repairing.repair_grids import RepairedPlan

_COLUMNS = ("what", "kind", "why", "before", "after", "area_m2", "sentence_zh", "sentence_en")


def places_of(done: RepairedPlan) -> GeoDataFrame:
    """Return the places of a repair, worst first: what was left, then what changed, each by its area.

    Returns:
        Columns id (from 1), what ("left" or "changed"), kind (the trouble, or the deed), why, before, after
        (codes of grids; of what was left the same), area_m2, sentence_zh, sentence_en, geometry (EPSG:4490;
        of corners, and of outlines that were invalid, a point).
    """
    left = sorted(done.repaired.left, key=lambda one: -one.area_m2)
    changes = sorted(done.repaired.changes, key=lambda one: -one.area_m2)
    codes = done.codes
    rows = [*(_left(one, codes) for one in left), *(_changed(one, codes) for one in changes)]
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    table.insert(0, "id", np.arange(1, len(rows) + 1))
    places = np.empty(len(rows), dtype=object)
    places[:] = [*(one.place for one in left), *(one.place for one in changes)]
    return GeoDataFrame(table, geometry=places, crs=STORED_CRS)


def areas_of(done: RepairedPlan) -> pd.DataFrame:
    """Return the grids that changed: code, before_m2, after_m2, moved_m2; most moved first."""
    repaired = done.repaired
    rows = np.flatnonzero(repaired.changed)
    before, after = repaired.area_before_m2[rows], repaired.area_after_m2[rows]
    table = pd.DataFrame(
        {
            "code": done.before.grids["code"].iloc[rows].astype(str).to_numpy(),
            "before_m2": before,
            "after_m2": after,
            "moved_m2": after - before,
        }
    )
    return table.sort_values("moved_m2", key=np.abs, ascending=False, kind="stable").reset_index(drop=True)


def _left(left: Left, codes: Sequence[str]) -> tuple[Any, ...]:
    named = [codes[number] for number in left.polygons]
    sentences = (describe_left(left, codes, "zh"), describe_left(left, codes, "en"))
    return "left", left.trouble.value, left.reason.value, named, named, left.area_m2, *sentences


def _changed(change: Change, codes: Sequence[str]) -> tuple[Any, ...]:
    before, after = ([codes[number] for number in some] for some in (change.before, change.after))
    sentences = (describe_change(change, codes, "zh"), describe_change(change, codes, "en"))
    return "changed", change.deed.value, change.ground.value, before, after, change.area_m2, *sentences
