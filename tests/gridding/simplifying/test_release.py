"""Grids and areas of a release simplified together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from districts import make_district

from gis.gridding.chain.faults import Chain
from gis.gridding.simplifying.release import simplify_release

GRIDS, AREAS = make_district(6)
NATURAL = (GRIDS["kind"] == "natural").to_numpy()


def of_level(name: str) -> np.ndarray:
    return (AREAS["level"] == name).to_numpy()


def count(polygons: np.ndarray) -> int:
    return int(shapely.get_num_coordinates(polygons).sum())


def test_all_levels_come_back_in_their_rows_seamless_and_nested() -> None:
    order = np.random.default_rng(1).permutation(len(AREAS))
    areas = AREAS.iloc[order]
    found = simplify_release(GRIDS, areas, 200)
    assert found.not_seamless == []
    back = np.empty(len(AREAS), dtype=object)
    back[order] = found.areas
    for below, above in (
        (found.grids[NATURAL], back[of_level("community")]),
        (back[of_level("community")], back[of_level("street")]),
        (back[of_level("street")], back[of_level("district")]),
    ):
        assert len(Chain.of(below, above).residual) == 0
    for frame, drawn in ((GRIDS, found.grids), (AREAS, back)):
        overlap = shapely.area(shapely.intersection(frame.geometry.to_numpy(), drawn))
        assert (overlap > 0.8 * shapely.area(drawn)).all()
        assert count(drawn) < count(frame.geometry.to_numpy())


def test_overlays_follow_and_rows_without_geometry_stay() -> None:
    grids = GRIDS.copy()
    twin = grids[NATURAL].iloc[[7]].assign(kind="special", task="fire", community_code="elsewhere")
    none = twin.assign(geometry=None)
    grids = pd.concat([grids, twin, none], ignore_index=True)
    found = simplify_release(grids, AREAS, 200)
    assert shapely.equals(found.grids[-2], found.grids[7])
    assert found.grids[-1] is None
    dedicated = (grids["kind"] == "dedicated").to_numpy()
    assert shapely.is_valid(found.grids[dedicated]).all()


def test_areas_that_grids_do_not_fill_are_named() -> None:
    gone = GRIDS.index[NATURAL][0]
    code = GRIDS.loc[gone, "community_code"]
    assert simplify_release(GRIDS.drop(index=gone), AREAS, 200).not_seamless == [code]
    found = simplify_release(GRIDS[:0], AREAS, 200)
    assert found.not_seamless == []
    assert len(Chain.of(found.areas[of_level("community")], found.areas[of_level("street")]).residual) == 0
    assert simplify_release(GRIDS[:0], AREAS[of_level("community")], 200).not_seamless == []
