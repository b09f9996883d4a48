from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapes
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, Point, Polygon, box
from strategies import DrawnCoverage, coverages, turned

from gis.errors import InputError
from gis.gridding.assign import ROUNDING, Assigned, Rule, Targets, assign, assign_one
from gis.gridding.measure import area_m2, length_m

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "maup.json").read_text())
CASES = GOLDEN["cases"]


def series(**named: Any) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(named.values()), index=list(named))


def in_metres(rule: Rule, sources: gpd.GeoSeries, targets: gpd.GeoSeries) -> Assigned:
    return assign(sources, Targets.build(targets, in_metres=True), rule)


def two_strips() -> gpd.GeoSeries:
    """West is 100 m wide, east is as wide and beside it; both are 200 m high. Listed the wrong way round."""
    return gpd.GeoSeries([box(100, 0, 200, 200), box(0, 0, 100, 200)], index=[2, 1])


def rows(found: Assigned, measure: str = "area_m2") -> list[tuple[Any, ...]]:
    return [tuple(row) for row in found.pieces[["source", "target", measure, "share"]].to_numpy().tolist()]


BUILDINGS = series(
    inside=box(10, 10, 20, 20),
    touching=box(90, 0, 100, 10),
    quarter_east=box(70, 50, 110, 60),
    halved=box(90, 100, 110, 110),
    partly_outside=box(190, 0, 220, 10),
    beside=box(200, 0, 210, 10),
    away=box(1000, 1000, 1010, 1010),
)


def test_a_building_is_contained_only_if_it_lies_wholly_in_one_target() -> None:
    found = in_metres(Rule.CONTAINMENT, BUILDINGS, two_strips())
    assert rows(found) == [("inside", 1, 100, 1), ("touching", 1, 100, 1)]


def test_the_largest_part_decides_and_the_lowest_label_where_parts_are_equal() -> None:
    found = in_metres(Rule.LARGEST, BUILDINGS, two_strips())
    assert rows(found) == [
        ("inside", 1, 100, 1),
        ("touching", 1, 100, 1),
        ("quarter_east", 1, 300, 0.75),
        ("halved", 1, 100, 0.5),
        ("partly_outside", 2, 100, pytest.approx(1 / 3)),
    ]


def test_a_split_gives_every_piece_with_its_area_and_share() -> None:
    found = in_metres(Rule.SPLIT, BUILDINGS, two_strips())
    assert rows(found)[2:6] == [
        ("quarter_east", 1, 300, 0.75),
        ("quarter_east", 2, 100, 0.25),
        ("halved", 1, 100, 0.5),
        ("halved", 2, 100, 0.5),
    ]
    assert found.pieces["length_m"].isna().all()


@pytest.mark.parametrize("rule", Rule)
def test_what_lies_outside_is_reported_under_every_rule(rule: Rule) -> None:
    outside = in_metres(rule, BUILDINGS, two_strips()).outside
    assert outside[outside > 0].to_dict() == {
        "partly_outside": pytest.approx(2 / 3),
        "beside": 1,
        "away": 1,
    }


ROADS = series(
    across=LineString([(50, 50), (150, 50)]),
    along_the_shared_edge=LineString([(100, 0), (100, 200)]),
    onto_it=LineString([(150, 20), (100, 20), (100, 120)]),  # 50 m in the east, then 100 m on the edge
    out_and_along=LineString([(100, -30), (100, 30)]),  # 30 m outside, 30 m on the edge
    along_the_rim=LineString([(200, 0), (200, 200)]),
)


def test_a_stretch_on_a_shared_edge_counts_once_and_for_the_lowest_label() -> None:
    assert rows(in_metres(Rule.SPLIT, ROADS, two_strips()), "length_m") == [
        ("across", 1, 50, 0.5),
        ("across", 2, 50, 0.5),
        ("along_the_shared_edge", 1, 200, 1),
        ("onto_it", 1, 100, pytest.approx(2 / 3)),
        ("onto_it", 2, 50, pytest.approx(1 / 3)),
        ("out_and_along", 1, 30, 0.5),
        ("along_the_rim", 2, 200, 1),
    ]


def test_a_road_on_its_target_s_outline_is_contained() -> None:
    found = in_metres(Rule.CONTAINMENT, ROADS, two_strips())
    assert found.pieces.set_index("source")["target"].to_dict() == {
        "along_the_shared_edge": 1,
        "onto_it": 2,
        "along_the_rim": 2,
    }


def test_the_longest_part_of_a_road_decides() -> None:
    found = in_metres(Rule.LARGEST, series(mostly_east=LineString([(80, 5), (180, 5)])), two_strips())
    assert rows(found, "length_m") == [("mostly_east", 2, 80, 0.8)]


@pytest.mark.parametrize("rule", Rule)
def test_a_point_on_a_shared_edge_belongs_to_the_lowest_label(rule: Rule) -> None:
    points = series(east=Point(150, 5), edge=Point(100, 5), corner=Point(200, 0), away=Point(300, 5))
    found = in_metres(rule, points, two_strips())
    assert found.pieces.set_index("source")["target"].to_dict() == {"east": 2, "edge": 1, "corner": 2}
    assert found.pieces[["area_m2", "length_m"]].isna().to_numpy().all()
    assert found.outside["away"] == 1


def test_where_targets_overlap_a_polygon_counts_in_each_and_shares_are_of_the_sum() -> None:
    overlapping = gpd.GeoSeries([box(0, 0, 100, 100), box(50, 0, 150, 100)], index=[1, 2])
    found = in_metres(Rule.SPLIT, series(building=box(50, 0, 100, 20)), overlapping)
    assert rows(found) == [("building", 1, 1000, 0.5), ("building", 2, 1000, 0.5)]
    assert found.outside["building"] == 0


def test_a_polygon_wholly_in_one_target_also_counts_in_another_that_overlaps_it() -> None:
    overlapping = gpd.GeoSeries([box(0, 0, 100, 100), box(90, 0, 150, 100)], index=[1, 2])
    found = in_metres(Rule.SPLIT, series(building=box(80, 0, 100, 20)), overlapping)
    assert rows(found) == [
        ("building", 1, 400, pytest.approx(2 / 3)),
        ("building", 2, 200, pytest.approx(1 / 3)),
    ]
    assert rows(in_metres(Rule.LARGEST, series(building=box(80, 0, 100, 20)), overlapping)) == [
        ("building", 1, 400, 1)
    ]


def test_sources_that_cannot_be_used_are_named_and_the_others_assigned() -> None:
    sources = series(
        none=None,
        empty=Polygon(),
        endless=Polygon([(0, 0), (np.inf, 0), (0, 10)]),
        mixed=shapely.GeometryCollection([Point(0, 0), box(0, 0, 1, 1)]),
        several=MultiPoint([(0, 0), (1, 1)]),
        flat=LineString([(5, 5), (5, 5)]),
        good=box(0, 0, 10, 10),
    )
    with np.errstate(invalid="ignore"):
        found = in_metres(Rule.SPLIT, sources, two_strips())
    assert [problem.split(";")[0] for problem in found.problems] == [
        "it has no geometry",
        "it has no geometry",
        "a coordinate is no number",
        "it mixes points, lines and polygons",
        "it is several points",
        "it has no extent",
    ]
    assert found.problems.index.tolist() == ["none", "empty", "endless", "mixed", "several", "flat"]
    assert found.pieces["source"].tolist() == ["good"]
    assert found.outside[:6].tolist() == [1] * 6


def test_an_invalid_source_is_made_valid() -> None:
    found = in_metres(Rule.SPLIT, series(bow=shapes.bow_tie()), two_strips())
    assert rows(found) == [("bow", 1, 5000, 1)]


def test_heights_are_ignored() -> None:
    solid = shapely.force_3d(BUILDINGS.to_numpy(), 7.0)
    found = in_metres(Rule.SPLIT, gpd.GeoSeries(solid, index=BUILDINGS.index), two_strips())
    assert rows(found) == rows(in_metres(Rule.SPLIT, BUILDINGS, two_strips()))


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1)], index=["a", "a"]), "target a stands twice"),
        (gpd.GeoSeries([LineString([(0, 0), (1, 1)])], index=["road"]), "target road is no polygon"),
        (gpd.GeoSeries([box(0, 0, 1, 1), None], index=["a", "b"]), "target b is no polygon"),
    ],
)
def test_targets_that_cannot_be_used_are_refused(targets: gpd.GeoSeries, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Targets.build(targets)


@pytest.mark.parametrize("rule", Rule)
def test_nothing_to_assign_and_nothing_to_assign_to(rule: Rule) -> None:
    nothing = gpd.GeoSeries([], index=pd.Index([], dtype="int64"))
    assert in_metres(rule, nothing, two_strips()).pieces.empty
    assert in_metres(rule, BUILDINGS, nothing).outside.tolist() == [1] * len(BUILDINGS)


def test_one_target_a_source_with_the_sources_index() -> None:
    targets = Targets.build(two_strips(), in_metres=True)
    found = assign_one(BUILDINGS[::-1], targets)
    assert found.to_dict() == {
        "away": None,
        "beside": None,
        "partly_outside": 2,
        "halved": 1,
        "quarter_east": 1,
        "touching": 1,
        "inside": 1,
    }
    assert assign_one(BUILDINGS, targets, Rule.CONTAINMENT)["quarter_east"] is None


# --- degrees ----------------------------------------------------------------------------------------


def test_stored_degrees_are_measured_in_metres_on_the_ellipsoid() -> None:
    drawn = two_strips()
    targets = Targets.build(gpd.GeoSeries([shapes.stored(shape) for shape in drawn], index=drawn.index))
    building, road = shapes.stored(box(70, 50, 110, 60)), shapes.stored(LineString([(50, 50), (150, 50)]))
    found = assign(series(building=building, road=road), targets, Rule.SPLIT)
    assert rows(found)[:2] == [
        ("building", 1, pytest.approx(300, rel=1e-3), pytest.approx(0.75, rel=1e-5)),
        ("building", 2, pytest.approx(100, rel=1e-3), pytest.approx(0.25, rel=1e-5)),
    ]
    assert found.pieces["length_m"].tolist()[2:] == pytest.approx([50, 50], rel=1e-3)
    # a short edge is a geodesic, so there the ellipsoid's own measures must agree
    assert found.pieces["area_m2"].sum() == pytest.approx(area_m2([building])[0], rel=1e-8)
    assert found.pieces["length_m"].sum() == pytest.approx(length_m([road])[0], rel=1e-9)


@pytest.mark.parametrize("labels", [(1, 2), (2, 1)])
def test_halves_that_differ_in_the_last_bit_are_equal(labels: tuple[int, int]) -> None:
    halves = gpd.GeoSeries([box(118.0, 31, 118.1, 32), box(118.1, 31, 118.2, 32)], index=labels)
    building = series(building=box(118.0997, 31.5, 118.1003, 31.501))
    first, second = assign(building, Targets.build(halves), Rule.SPLIT).pieces["area_m2"]
    assert 0 < abs(first - second) < 1e-6
    assert assign_one(building, Targets.build(halves))["building"] == 1


def test_pieces_of_long_straight_edges_add_up_to_the_whole() -> None:
    """Geodesic edges would not: the middle of an edge of 100 km lies a hundred metres off the geodesic."""
    whole = Polygon([(118, 31), (119, 31.5), (118.5, 32.5)], [[(118.4, 31.5), (118.6, 31.6), (118.5, 31.8)]])
    halves = gpd.GeoSeries([box(117, 30, 118.47, 33), box(118.47, 30, 120, 33)], index=[1, 2])
    line = LineString([(118, 31), (119, 32.3)])
    found = assign(series(land=whole, road=line), Targets.build(halves), Rule.SPLIT)
    assert found.outside.tolist() == [0, 0]
    dense = shapely.segmentize([whole, line], 1e-4)
    assert found.pieces["area_m2"].sum() == pytest.approx(area_m2(dense[:1])[0], rel=1e-8)
    assert found.pieces["length_m"].sum() == pytest.approx(length_m(dense[1:])[0], rel=1e-9)


# --- properties -------------------------------------------------------------------------------------


def slow_areas(sources: list[Polygon], targets: list[Polygon]) -> dict[tuple[int, int], float]:
    """Give the common area of every pair that has one, one after the other."""
    found = {}
    for i, source in enumerate(sources):
        for j, target in enumerate(targets):
            area = source.intersection(target).area
            if area > ROUNDING * source.area:
                found[i, j] = area
    return found


@settings(max_examples=40, deadline=None)
@given(coverages(), coverages(), st.floats(-150, 150), st.integers(0, 2**32 - 1))
def test_pieces_are_those_of_the_slow_way(
    old: DrawnCoverage, new: DrawnCoverage, move: float, seed: int
) -> None:
    sources = [shapely.affinity.translate(cell, move, move / 3) for cell in old.cells]
    expected = slow_areas(sources, new.cells)
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(len(sources)), rng.permutation(len(sources)) + 1000
    listed = [turned(sources[i], int(rng.integers(5)), reverse=bool(rng.integers(2))) for i in order]
    mixed = rng.permutation(len(new.cells))
    targets = gpd.GeoSeries([new.cells[j] for j in mixed], index=mixed)
    found = in_metres(Rule.SPLIT, gpd.GeoSeries(listed, index=names[order]), targets)
    position = {int(name): i for i, name in enumerate(names)}
    got = {
        (position[source], target): area
        for source, target, area in found.pieces[["source", "target", "area_m2"]].itertuples(index=False)
    }
    assert got == {pair: pytest.approx(area, rel=1e-6, abs=1e-6) for pair, area in expected.items()}
    shares = found.pieces.groupby("source")["share"].sum().reindex(found.outside.index, fill_value=0.0)
    assert (shares + found.outside).to_numpy() == pytest.approx(1, abs=1e-12)
    best = {}
    for (i, j), area in expected.items():
        if area > best.get(i, (0.0, 0))[0] * (1 + ROUNDING):
            best[i] = (area, j)
    largest = assign_one(
        gpd.GeoSeries(listed, index=names[order]), Targets.build(targets, in_metres=True)
    ).dropna()
    assert {position[int(name)]: target for name, target in largest.items()} == {
        i: j for i, (_, j) in best.items()
    }


@settings(max_examples=40, deadline=None)
@given(coverages(), st.lists(st.tuples(st.integers(-60, 460), st.integers(-60, 460)), min_size=2, max_size=5))
def test_no_metre_of_a_road_is_lost_or_counted_twice(
    drawn: DrawnCoverage, corners: list[tuple[int, int]]
) -> None:
    road = LineString(corners)
    if road.length == 0:
        return
    edge = shapely.boundary(drawn.cells[0])
    found = in_metres(Rule.SPLIT, series(road=road, edge=edge), gpd.GeoSeries(drawn.cells))
    by_source = found.pieces.groupby("source")["length_m"].sum()
    inside = road.intersection(drawn.outline).length
    assert by_source.get("road", 0.0) == pytest.approx(inside, abs=1e-4)
    assert by_source["edge"] == pytest.approx(edge.length, rel=1e-9)
    assert found.pieces[found.pieces["source"] == "edge"]["target"].tolist() == [0]


# --- maup's answers ---------------------------------------------------------------------------------


def polygons(corners: dict[str, list[list[float]]]) -> gpd.GeoSeries:
    return series(**{name: Polygon(ring) for name, ring in corners.items()})


@pytest.mark.parametrize("name", CASES)
def test_every_answer_of_maup_on_its_own_shapes(name: str) -> None:
    case = CASES[name]
    sources, targets = polygons(case["sources"]), Targets.build(polygons(case["targets"]), in_metres=True)
    assert assign_one(sources, targets).to_dict() == case["assign"]
    pieces = assign(sources, targets, Rule.SPLIT).pieces[["source", "target", "area_m2"]]
    assert sorted(map(list, pieces.itertuples(index=False))) == case["intersections"]
