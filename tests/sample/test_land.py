"""The tools the land is made with, on shapes one can check by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.sample.borders import OUTSIDE, Borders
from gis.sample.codes import numbered
from gis.sample.land.adjacency import Graph
from gis.sample.land.blocks import _parted
from gis.sample.land.curves import Noise, Warp, lengths, resampled, rounded, wandering
from gis.sample.land.divide import Balance, divide, grow
from gis.sample.land.ground import (
    ORIGIN,
    from_degrees,
    stream,
    to_degrees,
    to_lattice,
    to_plan,
    twice_area,
)
from gis.sample.land.network import Line
from gis.sample.names import community_names, people, street_names, water_names
from gis.sample.shapes import ordered, united

SQUARE = np.array([(0, 0), (10, 0), (10, 10), (0, 10)])


def board(side: int, kinds: dict[tuple[int, int], Line] | None = None) -> Graph:
    """A chess board of `side` x `side` fields of 100 m; kinds by pair of fields."""
    a, b = [], []
    for row in range(side):
        for column in range(side):
            field = row * side + column
            if column + 1 < side:
                a.append(field)
                b.append(field + 1)
            if row + 1 < side:
                a.append(field)
                b.append(field + side)
    edges = list(zip(a, b, strict=True))
    kind = np.array([(kinds or {}).get(edge, Line.LANE) for edge in edges])
    places = np.array([(column, row) for row in range(side) for column in range(side)])
    outer = ((places == 0) | (places == side - 1)).any(axis=1)
    areas = np.full(side * side, 1e4)
    return Graph(np.array(a), np.array(b), np.full(len(a), 100.0), kind, outer, places * 100.0, areas)


def is_connected(graph: Graph, nodes: np.ndarray) -> bool:
    """Walk from the first node and see whether all are met."""
    around = {int(node): set() for node in nodes}
    for a, b in zip(graph.a.tolist(), graph.b.tolist(), strict=True):
        if a in around and b in around:
            around[a].add(b)
            around[b].add(a)
    met, waiting = set(), [int(nodes[0])]
    while waiting:
        node = waiting.pop()
        if node not in met:
            met.add(node)
            waiting += around[node]
    return len(met) == len(nodes)


@given(st.integers(0, 3000), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_divide_gives_connected_parts_within_bounds(seed: int, parts: int) -> None:
    graph = board(12)
    weight = 50 + 40 * stream(seed, "weights").random(144)
    each = float(weight.sum()) / parts
    part = divide(graph, weight, parts, Balance(0.75 * each, 1.25 * each), stream(seed, "trees"))
    assert sorted(set(part.tolist())) == list(range(parts))
    for number in range(parts):
        assert is_connected(graph, np.flatnonzero(part == number))
    sums = np.bincount(part, weight)
    assert sums.min() > 0.6 * each
    assert sums.max() < 1.4 * each


def test_divide_cuts_along_the_river() -> None:
    # 40 fields on one bank and 24 on the other: even halves would be possible, but not along the river
    river = {(row * 8 + 4, row * 8 + 5): Line.RIVER for row in range(8)}
    part = divide(board(8, river), np.ones(64), 2, Balance(24, 40), stream(1, "river"))
    assert set(np.flatnonzero(part == part[0]) % 8) == {0, 1, 2, 3, 4}


def test_divide_takes_a_short_boundary() -> None:
    graph = board(12)  # the shortest one between even halves has 12 sides of 100 m
    lengths_m = []
    for seed in range(10):
        part = divide(graph, np.ones(144), 2, Balance(58, 86), stream(seed, "short"))
        lengths_m.append(graph.length_m[part[graph.a] != part[graph.b]].sum())
    assert np.mean(lengths_m) < 1_900


def test_grow_stops_at_the_reach_and_halves_the_way_between_seeds() -> None:
    graph = board(9)
    assert (grow(graph, [0], reach_m=150) >= 0).sum() == 3
    owner = grow(graph, [0, 80])
    assert owner[0] == 0
    assert owner[80] == 1
    assert abs((owner == 0).sum() - 40.5) < 6


def test_grow_prefers_the_near_bank() -> None:
    river = {(row * 9 + 2, row * 9 + 3): Line.RIVER for row in range(9)}
    owner = grow(board(9, river), [4 * 9, 4 * 9 + 8])
    assert set(np.flatnonzero(owner == 0) % 9) == {0, 1, 2}


def test_graph_within_marks_the_new_rim_as_outer() -> None:
    part = board(4).within(np.array([5, 6]))  # two inner fields of the board
    assert part.a.tolist() == [0]
    assert part.b.tolist() == [1]
    assert part.outer.all()


def test_graph_united_sums_borders_and_areas() -> None:
    halves = board(4).united(np.repeat([0, 1], 8))
    assert halves.length_m.tolist() == [400.0]
    assert halves.area_m2.tolist() == [8e4, 8e4]


def test_a_cut_from_vertex_to_vertex_leaves_both_parts_whole() -> None:
    parts = _parted(SQUARE, 0, 2, np.array([(0, 0), (4, 5), (10, 10)]))
    assert parts is not None
    assert sum(twice_area(part) for part in parts) == 200


def test_a_cut_that_leaves_the_face_is_refused() -> None:
    assert _parted(SQUARE, 0, 2, np.array([(0, 0), (12, 5), (10, 10)])) is None


@given(st.tuples(st.floats(-3e4, 3e4), st.floats(-3e4, 3e4)))
def test_lattice_and_degrees_come_back(place: tuple[float, float]) -> None:
    lattice = to_lattice(np.array([place]))
    degrees = to_degrees(lattice)
    assert (from_degrees(degrees) == lattice).all()
    assert (np.round(degrees, 7) == degrees).all()
    assert np.abs(to_plan(lattice) - place).max() < 0.006


def test_the_plan_begins_at_its_origin() -> None:
    assert to_degrees(np.array([[0, 0]])).tolist() == [list(ORIGIN)]


def test_twice_area_is_exact_and_signed() -> None:
    assert twice_area(SQUARE) == 200
    assert twice_area(SQUARE[::-1]) == -200


def test_streams_of_two_purposes_differ_and_of_one_agree() -> None:
    assert stream(7, "a").random() == stream(7, "a").random()
    assert stream(7, "a").random() != stream(7, "b").random()
    assert stream(7, "a").random() != stream(8, "a").random()


def test_noise_is_smooth_and_bounded() -> None:
    noise = Noise.make(stream(1, "noise"), 1000, 4)
    line = np.column_stack([np.arange(0, 20_000, 5.0), np.full(4_000, 333.0)])
    values = noise.at(line)
    assert np.abs(values).max() <= 1.6
    assert np.abs(np.diff(values)).max() < 0.05
    assert values.std() > 0.1


def test_a_warp_keeps_meeting_lines_together() -> None:
    warp = Warp.make(stream(1, "warp"), 2000, 2, 100)
    bent = warp.of(np.array([(100.0, 200.0), (100.0, 200.0), (900.0, 0.0)]))
    assert (bent[0] == bent[1]).all()
    assert np.abs(bent - [(100.0, 200.0), (100.0, 200.0), (900.0, 0.0)]).max() <= 160


def test_resampled_keeps_the_ends_and_the_spacing() -> None:
    line = np.array([(0.0, 0.0), (1000.0, 0.0), (1000.0, 500.0)])
    drawn = resampled(line, lambda xy: np.full(len(xy), 100.0))
    assert drawn[0].tolist() == [0, 0]
    assert drawn[-1].tolist() == [1000, 500]
    assert lengths(drawn) == pytest.approx(100.0)


def test_wandering_keeps_given_vertices_and_shortens_segments() -> None:
    line = np.array([(0.0, 0.0), (1000.0, 0.0), (1500.0, 700.0)])
    drawn = wandering(line, lambda xy: np.full(len(xy), 60.0), stream(3, "w"), sway=0.1)
    assert {tuple(point) for point in line.tolist()} <= {tuple(point) for point in drawn.tolist()}
    assert lengths(drawn).max() <= 90.0


def test_rounded_keeps_the_ends_of_a_line_and_the_count_of_a_ring() -> None:
    line = rounded(SQUARE.astype(float), 2)
    assert line[0].tolist() == [0, 0]
    assert line[-1].tolist() == [0, 10]
    assert len(rounded(SQUARE.astype(float), 2, closed=True)) == 16


def test_united_takes_inner_boundaries_away_and_moves_no_vertex() -> None:
    left = shapely.Polygon([(0, 0), (1, 0), (1, 0.4), (1, 1), (0, 1)])
    right = shapely.Polygon([(1, 0), (2, 0), (2, 1), (1, 1), (1, 0.4)])
    alone = shapely.box(5, 5, 6, 6)
    (shape,) = united(np.array([left, right, alone]), np.array([0, 0, -1]))
    assert shape.equals(shapely.box(0, 0, 2, 1))
    assert list(shape.exterior.coords) == [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1), (0, 0)]


def test_ordered_does_not_depend_on_where_a_ring_starts_or_turns() -> None:
    one = shapely.Polygon([(1, 0), (2, 1), (1, 2), (0, 1)])
    other = shapely.Polygon([(1, 2), (2, 1), (1, 0), (0, 1)])
    assert list(ordered(one).exterior.coords) == list(ordered(other).exterior.coords)


def test_numbered_reads_rows_from_the_north() -> None:
    boxes = np.array([shapely.box(x, y, x + 1, y + 1) for x, y in [(1, 0), (0, 1), (0, 0), (1, 1)]])
    assert numbered(boxes, ["320199001"] * 4, 801).tolist() == [
        "320199001804",
        "320199001801",
        "320199001803",
        "320199001802",
    ]
    assert numbered(boxes, ["a", "b", "a", "b"], [1, 1, 201, 1]).tolist() == ["a001", "b001", "a201", "b002"]


def test_borders_know_the_neighbour_of_every_edge() -> None:
    degrees = [
        to_degrees(to_lattice(np.array(ring, dtype=float)))
        for ring in (
            [(0, 0), (50, 0), (50, 30), (50, 60), (0, 60)],
            [(50, 0), (90, 0), (90, 60), (50, 60), (50, 30)],
        )
    ]
    borders = Borders(np.array([shapely.Polygon(ring) for ring in degrees]))
    assert borders.neighbours(0) == [1]
    chain = borders.longest_chain(0)
    assert chain is not None
    assert chain.neighbour == 1
    assert np.rint(to_plan(chain.vertices)).tolist() == [[50, 0], [50, 30], [50, 60]]
    coast = borders.longest_chain(0, outside=True)
    assert coast is not None
    assert coast.neighbour == OUTSIDE
    assert len(coast.vertices) == 4
    assert borders.longest_chain(1).replaced_by(coast.vertices)[: len(coast.vertices)].tolist() == (
        coast.vertices.tolist()
    )


def test_names_do_not_repeat_and_pinyin_marks_vowels() -> None:
    rng = stream(7, "names")
    for names in (
        street_names(rng, 10),
        community_names(rng, 129, urban=True),
        community_names(rng, 72, urban=False),
        water_names(rng, 70),
    ):
        assert len({name.zh for name in names}) == len(names)
        assert len({name.en for name in names}) == len(names)
        assert all(name.en[0].isupper() for name in names)
    assert all(2 <= len(name) <= 3 for name in people(rng, 200))
