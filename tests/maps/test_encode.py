"""Frames to columns: decoded again, nothing is lost but a tenth of a metre."""

from __future__ import annotations

from itertools import pairwise

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from districts import make_district, make_frame

from gis.errors import InputError
from gis.gridding.chain.faults import Chain
from gis.gridding.measure import area_m2
from gis.maps.encode import (
    UNIT,
    area_columns,
    box_of,
    for_display,
    grid_columns,
    level_for_display,
    origin_of,
    plain_texts,
    positions_of,
    shape_columns,
    tints,
    whole_numbers,
)

GRIDS, AREAS = make_district(6)
FRAME = make_frame()


def decoded(rings: list[list[int]], origin: tuple[float, float]) -> list[np.ndarray]:
    """The slow, obvious reading of the columns."""
    outlines = []
    for steps in rings:
        pairs = np.array(steps, dtype=float).reshape(-1, 2)
        outlines.append(pairs.cumsum(axis=0) / UNIT + origin)
    return outlines


def test_decoded_rings_are_the_rings() -> None:
    origin = origin_of(GRIDS)
    columns = shape_columns(GRIDS.geometry.to_numpy(), origin)
    for shape, rings, label in zip(GRIDS.geometry, columns["rings"], columns["label"], strict=True):
        (outline,) = decoded(rings, origin)
        np.testing.assert_allclose(
            outline, shapely.get_coordinates(shape)[:-1], atol=0.5000001 / UNIT, rtol=0
        )
        assert shape.contains(shapely.Point(np.array(label) / UNIT + origin))


def test_holes_parts_and_nothing() -> None:
    donut = shapely.box(0, 0, 4, 4).difference(shapely.box(1, 1, 2, 2))
    pair = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.LineString([(5, 5), (6, 6)])])
    geometry = np.array([donut, pair, None, shapely.Polygon(), shapely.Point(1, 2), mixed], dtype=object)
    columns = shape_columns(geometry, (0.0, 0.0))
    assert [len(rings) for rings in columns["rings"]] == [2, 2, 0, 0, 0, 1]
    assert [label is None for label in columns["label"]] == [False, False, True, True, False, False]
    assert columns["label"][4] == [UNIT, 2 * UNIT]
    assert shapely.box(0, 0, 1, 1).equals(shapely.Polygon(decoded(columns["rings"][5], (0, 0))[0]))


def test_only_whole_numbers_and_nothing_else() -> None:
    numbers, _ = grid_columns(GRIDS, AREAS, origin=origin_of(GRIDS))

    def leaves(value: object) -> list[object]:
        if isinstance(value, dict):
            return [leaf for inner in value.values() for leaf in leaves(inner)]
        if isinstance(value, list):
            return [leaf for inner in value for leaf in leaves(inner)]
        return [value]

    assert {type(leaf) for leaf in leaves(numbers)} == {int, type(None)}


def test_grids_find_their_community_and_areas_their_parent() -> None:
    origin = origin_of(GRIDS)
    grids, _ = grid_columns(GRIDS, AREAS, origin=origin)
    areas, texts = area_columns(AREAS, origin=origin)
    codes = [texts["code"][position] if position >= 0 else None for position in grids["community"]]
    assert codes == [code or None for code in plain_texts(GRIDS, "community_code")]
    parents = [texts["code"][position] if position >= 0 else None for position in areas["parent"]]
    assert parents == [code or None for code in plain_texts(AREAS, "parent_code")]
    assert areas["level"][0] == 0


def test_neighbouring_communities_have_different_tints() -> None:
    numbers = tints(AREAS)
    communities = AREAS[AREAS["level"] == "community"]
    left, right = shapely.STRtree(communities.geometry.to_numpy()).query(
        communities.geometry, predicate="intersects"
    )
    position = communities.index.to_numpy()
    for one, other in zip(position[left], position[right], strict=True):
        assert one == other or numbers[one] != numbers[other]
    assert max(numbers) < 7


def of_level(areas: geopandas.GeoDataFrame, name: str) -> np.ndarray:
    return areas.geometry.to_numpy()[areas["level"] == name]


def vertices(*frames: geopandas.GeoDataFrame) -> int:
    return sum(int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()) for frame in frames)


def test_what_is_drawn_with_fewer_vertices_is_seamless_and_nested() -> None:
    dense, areas = make_district(6, points_on_edge=80)
    whole = vertices(dense, areas)
    grids, fewer = for_display(dense, areas, frame=FRAME, max_vertices=whole * 2 // 3)
    assert 0.4 * whole < vertices(grids, fewer) <= 0.7 * whole
    natural = grids.geometry.to_numpy()[grids["kind"] == "natural"]
    levels = [natural, *(of_level(fewer, name) for name in ("community", "street", "district"))]
    for below, above in pairwise(levels):
        assert len(Chain.of(below, above).residual) == 0
    numbers, _ = grid_columns(grids, fewer, origin=origin_of(grids))
    unchanged, _ = grid_columns(dense, areas, origin=origin_of(grids))
    assert numbers["area_m2"] == unchanged["area_m2"]
    _, alone = for_display(None, areas, frame=FRAME, max_vertices=vertices(areas) // 2)
    assert vertices(alone) < 0.6 * vertices(areas)
    streets = areas[areas["level"] == "street"].iloc[::-1]
    drawn = level_for_display(streets, alone)
    assert set(drawn.geometry.to_wkb()) == set(shapely.to_wkb(of_level(alone, "street")))
    assert drawn["area_m2"].tolist() == pytest.approx(area_m2(streets.geometry.to_numpy()))


def test_few_vertices_are_drawn_as_they_are() -> None:
    grids, areas = for_display(GRIDS, AREAS, frame=FRAME)
    assert grids is GRIDS
    assert areas is AREAS
    assert level_for_display(AREAS, AREAS) is AREAS
    nothing, _ = for_display(None, AREAS, frame=FRAME)
    assert nothing.empty


def test_rows_without_geometry_are_left_alone() -> None:
    grids = GRIDS.copy()
    grids.loc[grids.index[3], "geometry"] = None
    drawn, _ = for_display(grids, AREAS, frame=FRAME, max_vertices=50)
    assert drawn.geometry.iloc[3] is None
    assert vertices(drawn) < vertices(grids)
    dedicated = GRIDS[GRIDS["kind"] == "dedicated"]
    drawn, _ = for_display(dedicated, AREAS[:0], frame=FRAME, max_vertices=5)
    assert len(drawn) == len(dedicated)


def test_too_many_grids_are_refused_with_the_remedy() -> None:
    with pytest.raises(InputError, match="dissolve"):
        for_display(GRIDS, AREAS, frame=make_frame(max_grids=10))


def test_missing_values_and_columns() -> None:
    frame = pd.DataFrame({"n": [1.0, None, 3.4], "t": ["a", None, pd.NA]})
    assert whole_numbers(frame, "n") == [1, None, 3]
    assert whole_numbers(frame, "other") == [None, None, None]
    assert whole_numbers(pd.DataFrame({"n": pd.array([2, None], "Int64")}), "n") == [2, None]
    assert plain_texts(frame, "t").tolist() == ["a", "", ""]
    assert plain_texts(frame, "other").tolist() == ["", "", ""]


def test_positions_are_those_of_the_first() -> None:
    codes = np.array(["a", "b", "a", ""], dtype=object)
    assert positions_of(np.array(["b", "a", "x", ""], dtype=object), codes) == [1, 0, -1, -1]


def test_the_box_of_nothing() -> None:
    nothing = geopandas.GeoDataFrame({"code": []}, geometry=[], crs="EPSG:4490")
    assert box_of(nothing) is None
    assert origin_of(nothing) == (0.0, 0.0)
    assert box_of(nothing, AREAS) == pytest.approx(tuple(AREAS.total_bounds))
