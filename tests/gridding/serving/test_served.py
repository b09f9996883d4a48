"""How much of each area grids serve: shapes to check by hand, and random ones beside a plain oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box
from shapes import (
    COMMUNITY,
    OTHER_COMMUNITY,
    areas_frame,
    block,
    bow_tie,
    grids_frame,
    square,
    stored,
    two_by_two,
    with_gap,
    with_open_gap,
    with_overlap,
)
from strategies import coverage

from gis.gridding.measure import straight_area_m2
from gis.gridding.serving.groups import Group, groups_of
from gis.gridding.serving.remainder import remainder_of
from gis.gridding.serving.served import Served, measure_served

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NATURAL, DEDICATED, ALL = Group("natural"), Group("dedicated"), Group("all")


def communities(**shapes: Polygon) -> gpd.GeoDataFrame:
    names = dict(zip(shapes, (COMMUNITY, OTHER_COMMUNITY), strict=False))
    frame = areas_frame({names[name]: shape for name, shape in shapes.items()})
    return frame[frame["level"] == "community"].reset_index(drop=True)


def buildings_frame(*places: tuple[float, float, int]) -> gpd.GeoDataFrame:
    """Buildings of 4 m by 4 m around a point, with their households."""
    shapes = [stored(box(x - 2, y - 2, x + 2, y + 2)) for x, y, _ in places]
    return gpd.GeoDataFrame({"households": [n for _, _, n in places]}, geometry=shapes, crs="EPSG:4490")


def served(grids: gpd.GeoDataFrame, *groups: Group, **more: Any) -> Served:
    areas = more.pop("areas", None)
    areas = communities(one=block()) if areas is None else areas
    return measure_served(areas, grids, more.pop("buildings", None), groups or (NATURAL,))


def test_grids_that_fill_their_area_leave_nothing() -> None:
    found = served(grids_frame(two_by_two()))
    row = found.rows.iloc[0]
    assert (row["code"], row["kind"], row["grids"], row["share"], row["parts"]) == (
        COMMUNITY,
        "natural",
        4,
        1,
        0,
    )
    assert row["served_m2"] == row["area_m2"] == pytest.approx(40_000, rel=1e-3)
    assert found.remainder.empty
    assert found.remainder.crs == "EPSG:4490"
    assert found.left_out == []


@pytest.mark.parametrize("gappy", [with_gap, with_open_gap])
def test_a_gap_is_left_with_its_area_and_width(gappy: Callable[[], dict[str, Polygon]]) -> None:
    found = served(grids_frame(gappy()))
    row, part = found.rows.iloc[0], found.remainder.iloc[0]
    assert row["uncovered_m2"] == part["area_m2"] == pytest.approx(200, rel=1e-3)
    assert row["share"] == pytest.approx(1 - 200 / 40_000, abs=1e-5)
    assert row["widest_m"] == part["width_m"] == pytest.approx(400 / 204, rel=1e-3)
    assert row["served_m2"] + row["uncovered_m2"] == row["area_m2"]
    assert part["code"] == COMMUNITY


def test_a_remainder_has_the_corners_of_the_grids_to_the_last_bit() -> None:
    grids = grids_frame(with_gap())
    part = served(grids).remainder.geometry.iloc[0]
    corners = {tuple(at) for at in shapely.get_coordinates(grids.geometry.to_numpy())}
    assert {tuple(at) for at in shapely.get_coordinates(part)} <= corners


def test_what_overlaps_counts_once_and_what_lies_outside_not_at_all() -> None:
    half = two_by_two()
    lower = [name for name in half if name.endswith(("3", "4"))]
    twice = grids_frame({name: half[name] for name in lower} | {"9": box(0, 0, 200, 100)})
    assert served(twice).rows["share"].iloc[0] == pytest.approx(0.5, abs=1e-5)
    assert served(grids_frame(with_overlap())).rows["share"].iloc[0] == 1
    beyond = grids_frame({"8": box(-500, -500, 700, 100)})
    # an edge of 1.2 km that is straight in degrees lies centimetres beside the one drawn in metres
    assert served(beyond).rows["share"].iloc[0] == pytest.approx(0.5, abs=2e-4)
    assert served(grids_frame({"7": box(-500, 0, 0, 200)})).rows[["grids", "share"]].iloc[0].tolist() == [
        0,
        0,
    ]


def test_each_kind_and_each_task_is_measured_alone_and_all_together() -> None:
    shapes = two_by_two()
    names = list(shapes)
    grids = pd.concat(
        [
            grids_frame({names[0]: shapes[names[0]]}),
            grids_frame({"D1": box(50, 100, 150, 200)}, kind="dedicated"),
            grids_frame({"F1": box(0, 0, 200, 200)}, kind="special", task="fire"),
            grids_frame({"R1": box(0, 0, 50, 50)}, kind="special", task="river"),
        ],
        ignore_index=True,
    )
    groups = groups_of(grids)
    assert groups == [NATURAL, DEDICATED, Group("special", "fire"), Group("special", "river"), ALL]
    found = served(grids, *groups).rows
    assert found["task"].tolist() == ["", "", "fire", "river", ""]
    assert found["share"].tolist() == pytest.approx([0.25, 0.25, 1, 0.0625, 1], abs=1e-5)
    without = grids[grids["kind"] != "special"]
    # a quarter and a quarter that share an eighth
    assert served(without, ALL).rows["share"].iloc[0] == pytest.approx(0.375, abs=1e-5)


def test_natural_grids_that_fill_everything_do_not_fill_it_for_others() -> None:
    grids = pd.concat(
        [grids_frame(two_by_two()), grids_frame({"D1": box(0, 0, 100, 100)}, kind="dedicated")],
        ignore_index=True,
    )
    areas = communities(one=shapely.segmentize(block(), 100))
    found = served(grids, NATURAL, DEDICATED, ALL, areas=areas)
    assert found.rows["share"].tolist() == [1, pytest.approx(0.25, abs=1e-5), 1]
    assert found.remainder["kind"].tolist() == ["dedicated"]


def test_a_remainder_is_parted_by_the_areas_it_lies_in() -> None:
    areas = communities(one=box(0, 0, 100, 200), two=box(100, 0, 200, 200))
    hole = box(50, 50, 150, 150)
    found = served(grids_frame({"1": block().difference(hole)}), areas=areas)
    assert found.remainder["code"].tolist() == [COMMUNITY, OTHER_COMMUNITY]
    assert found.remainder["area_m2"].tolist() == pytest.approx([5000, 5000], rel=1e-3)
    assert found.rows["parts"].tolist() == [1, 1]
    both = served(grids_frame({}), NATURAL, ALL, areas=areas)
    order = [
        (COMMUNITY, "natural"),
        (COMMUNITY, "all"),
        (OTHER_COMMUNITY, "natural"),
        (OTHER_COMMUNITY, "all"),
    ]
    for frame in (both.rows, both.remainder):
        assert list(zip(frame["code"], frame["kind"], strict=True)) == order


def test_a_building_counts_once_where_its_point_lies() -> None:
    areas = communities(one=box(0, 0, 100, 200), two=box(100, 0, 200, 200))
    buildings = buildings_frame((50, 150, 3), (50, 50, 5), (100, 50, 7), (150, 50, 11), (900, 900, 13))
    grids = grids_frame({"1": box(0, 0, 100, 100), "2": box(0, 0, 60, 100)})
    found = served(grids, areas=areas, buildings=buildings)
    names = ["buildings", "buildings_served", "households", "households_served"]
    rows = found.rows[names]
    # the building of 7 stands on the line between the areas: its point is in one of them, and in one only
    assert rows.sum().tolist() == [4, rows["buildings_served"].sum(), 26, rows["households_served"].sum()]
    assert rows["buildings"].tolist() in ([3, 1], [2, 2])
    assert rows["households_served"].iloc[0] in (5, 12)
    assert found.rows["households_share"].iloc[1] == 0
    assert found.elsewhere == 1


def test_a_point_on_a_shared_outline_goes_to_the_area_that_comes_first() -> None:
    areas = communities(one=box(0, 0, 100, 200), two=box(100, 0, 200, 200))
    corner = shapely.Point(shapely.get_coordinates(areas.geometry.iloc[1])[0])
    on_line = shapely.Point(areas.geometry.iloc[0].intersection(areas.geometry.iloc[1]).coords[0])
    assert corner.touches(areas.geometry.iloc[1])
    points = gpd.GeoDataFrame({"households": [1, pd.NA]}, geometry=[on_line, on_line], crs="EPSG:4490")
    found = served(grids_frame(two_by_two()), areas=areas, buildings=points).rows
    assert found["buildings"].tolist() == found["buildings_served"].tolist() == [2, 0]
    assert found["households"].tolist() == [1, 0]
    assert found["buildings_share"].isna().tolist() == [False, True]


def test_without_buildings_their_columns_are_missing() -> None:
    for buildings in (None, buildings_frame()):
        found = served(grids_frame(two_by_two()), buildings=buildings)
        assert found.rows.filter(regex="buildings|households").isna().to_numpy().all()
        assert found.elsewhere == 0


def test_what_has_no_usable_outline_is_left_out_by_name() -> None:
    areas = communities(one=block(), two=square(500))
    areas.loc[1, "geometry"] = None
    grids = grids_frame({**two_by_two(), "9": None, "8": bow_tie(), "7": block().exterior})
    buildings = buildings_frame((50, 50, 1))
    found = served(grids, areas=areas, buildings=buildings)
    assert found.left_out == [f"area {OTHER_COMMUNITY}", "grid 9", "grid 7"]
    assert found.rows["share"].fillna(-1).tolist() == [1, -1]
    assert found.rows["grids"].tolist() == [5, 0]


def test_no_grids_at_all_leave_everything() -> None:
    found = served(grids_frame({}), NATURAL, ALL)
    assert found.rows["share"].tolist() == [0, 0]
    assert found.remainder.geometry.iloc[0].equals(stored(block()))
    assert served(grids_frame(two_by_two()), areas=communities()).rows.empty


def test_rounding_leaves_nothing() -> None:
    hair = {"1": box(0, 0, 100, 200), "2": box(100.0004, 0, 200, 200)}
    assert served(grids_frame(hair)).rows["share"].iloc[0] == 1
    seen = {"1": box(0, 0, 100, 200), "2": box(100.004, 0, 200, 200)}
    assert served(grids_frame(seen)).rows["widest_m"].iloc[0] == pytest.approx(0.004, rel=0.01)


def plain_uncovered(area: Polygon, grids: Sequence[Polygon]) -> float:
    """The oracle: take one grid after the other away, and measure what is left."""
    rest = area
    for grid in grids:
        rest = shapely.difference(rest, grid)
    return float(straight_area_m2(np.array([rest], dtype=object))[0])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(0, 3))
def test_random_grids_serve_what_a_plain_overlay_says(seed: int, side: int, bends: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = coverage(side, side, bends, rng)
    kept = [cell for cell in drawn.cells if rng.random() < 0.7]
    west, south = rng.uniform(-80, 80 * side, (2, 3))
    over = [
        box(x, y, x + w, y + h) for x, y, (w, h) in zip(west, south, rng.uniform(5, 150, (3, 2)), strict=True)
    ]
    shapes = [stored(shape) for shape in [*kept, *over[: rng.integers(0, 4)]]]
    rng.shuffle(shapes)
    area = stored(drawn.outline)
    parts, widths = remainder_of(area, np.array([*shapes, None], dtype=object)[:-1])
    assert (widths > 0).all()
    expected = plain_uncovered(area, shapes)
    # 1 mm along every edge is rounding
    limit = 0.001 * 400 * side * (side + 1) + 1e-6
    assert straight_area_m2(parts).sum() == pytest.approx(expected, abs=limit)
    covered = straight_area_m2(np.array([shapely.union_all([s.intersection(area) for s in shapes])]))[0]
    whole = straight_area_m2(np.array([area]))[0]
    assert covered + straight_area_m2(parts).sum() == pytest.approx(whole, abs=limit)
    assert shapely.is_valid(parts).all()
    points = shapely.points(rng.uniform(shapely.bounds(area)[:2], shapely.bounds(area)[2:], (200, 2)))
    bare = shapely.contains_properly(area, points)
    for shape in shapes:
        bare &= shapely.disjoint(shape, points)
    on_outline = np.zeros(200, dtype=bool)
    in_parts = np.zeros(200, dtype=int)
    for part in parts:
        on_outline |= shapely.dwithin(part.exterior, points, 1e-8)
        in_parts += shapely.intersects(part, points)
    assert (in_parts[~on_outline] == bare[~on_outline]).all()


def test_parts_come_in_one_order_however_the_grids_do() -> None:
    gaps = shapely.union_all([box(20, 20, 30, 30), box(120, 20, 130, 40), box(20, 120, 40, 130)])
    shapes = np.array([stored(shape.difference(gaps)) for shape in two_by_two().values()], dtype=object)
    forth, back = (remainder_of(stored(block()), order)[0] for order in (shapes, shapes[::-1]))
    assert len(forth) == 3
    assert shapely.to_wkb(forth).tolist() == shapely.to_wkb(back).tolist()
