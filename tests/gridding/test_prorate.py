from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, box
from strategies import DrawnCoverage, coverages

from gis.errors import InputError
from gis.gridding.assign import Rule, Targets, assign
from gis.gridding.prorate import Crosswalk, Prorated, crosswalk, prorate

if TYPE_CHECKING:
    from collections.abc import Sequence

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "maup.json").read_text())
CASES = GOLDEN["cases"]
OVERLAPPING = "square covered by two that overlap"


def pieces(*rows: tuple[Any, Any, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["source", "target", "share"])


def by_label(**values: float) -> pd.Series[float]:
    return pd.Series(values)


THIRDS = pieces(("a", 1, 1 / 3), ("a", 2, 1 / 3), ("a", 3, 1 / 3), ("b", 2, 0.5))
HALF_OUT = by_label(a=0.0, b=0.5)


def test_whole_numbers_by_largest_remainder() -> None:
    moved = prorate(by_label(a=10, b=5), THIRDS, HALF_OUT, whole_numbers=True)
    assert moved.by_piece.tolist() == [4, 3, 3, 3]  # equal losses: the earlier piece is served first
    assert moved.outside.to_dict() == {"a": 0, "b": 2}  # and the outside last
    assert moved.by_target.to_dict() == {1: 4, 2: 6, 3: 3}
    assert moved.by_piece.dtype == np.int64


def test_the_part_that_lost_most_is_served_first() -> None:
    shares = pieces(("a", 1, 0.21), ("a", 2, 0.29), ("a", 3, 0.5))
    assert prorate(by_label(a=10), shares, by_label(a=0), whole_numbers=True).by_piece.tolist() == [2, 3, 5]


def test_losses_that_differ_by_rounding_alone_are_equal() -> None:
    shares = pieces(("a", 1, 0.3), ("a", 2, 0.1 + 0.2), ("a", 3, 0.4))  # the second is larger by one bit
    assert prorate(by_label(a=5), shares, by_label(a=0), whole_numbers=True).by_piece.tolist() == [2, 1, 2]


def test_other_numbers_add_up_to_the_last_bit() -> None:
    moved = prorate(by_label(a=0.1, b=7.0), THIRDS, HALF_OUT, whole_numbers=False)
    assert math.fsum(moved.by_piece[:3]) == 0.1
    assert moved.by_piece[3] == 3.5
    assert moved.outside.to_dict() == {"a": 0, "b": 3.5}


def test_a_source_without_pieces_is_wholly_outside() -> None:
    moved = prorate(by_label(a=10, b=6, alone=7), THIRDS, HALF_OUT, whole_numbers=True)
    assert moved.outside.to_dict() == {"a": 0, "b": 3, "alone": 7}
    nothing = prorate(by_label(alone=7), THIRDS[:0], by_label(alone=1), whole_numbers=True)
    assert nothing.by_target.empty
    assert nothing.outside.to_dict() == {"alone": 7}


@pytest.mark.parametrize(
    ("totals", "whole_numbers", "said"),
    [
        (by_label(a=1.5, b=0), True, "total of source a is 1.5; give a whole number"),
        (by_label(a=1, b=-1), True, "total of source b is -1"),
        (by_label(a=1, b=2e12), True, "from 0 to 1e\\+12"),
        (by_label(a=float("nan"), b=0), False, "total of source a is nan; give a number"),
        (by_label(a=float("inf"), b=0), False, "total of source a is inf"),
        (by_label(a=1), True, "source b has pieces but no total"),
        (pd.Series([1, 2, 3], index=["a", "a", "b"]), True, "source a has two totals"),
    ],
)
def test_totals_that_cannot_be_moved_are_refused(
    totals: pd.Series[float], *, whole_numbers: bool, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        prorate(totals, THIRDS, HALF_OUT, whole_numbers=whole_numbers)


def slow_whole_parts(total: int, shares: Sequence[float]) -> list[int]:
    """Share out by largest remainder, one unit at a time, in exact arithmetic."""
    whole = sum(map(Fraction, shares))
    exact = [total * Fraction(share) / whole for share in shares]
    parts = [math.floor(part) for part in exact]
    while sum(parts) < total:
        served = max(range(len(parts)), key=lambda i: (round(float(exact[i] - parts[i]), 6), -i))
        parts[served] += 1
    return parts


shares_lists = st.lists(st.floats(1e-6, 1), min_size=1, max_size=6)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), shares_lists), min_size=1, max_size=5), st.randoms())
def test_whole_totals_stay_whatever_the_order(sources: list[tuple[int, list[float]]], random: Any) -> None:
    rows = [(i, j, share) for i, (_, shares) in enumerate(sources) for j, share in enumerate(shares)]
    totals = pd.Series({i: total for i, (total, _) in enumerate(sources)})
    moved = prorate(totals, pieces(*rows), totals * 0.0, whole_numbers=True)
    for i, (total, shares) in enumerate(sources):
        mine = moved.by_piece[[row[0] == i for row in rows]].tolist()
        assert sum(mine) == total
        if total < 10**6:  # beyond, the sixth digit of a loss is no longer exact
            assert mine == slow_whole_parts(total, shares)
    assert moved.by_target.sum() == totals.sum()
    order = sorted(range(len(sources)), key=lambda _: random.random())
    mixed = prorate(totals.iloc[order], pieces(*rows), totals * 0.0, whole_numbers=True)
    assert mixed.by_piece.tolist() == moved.by_piece.tolist()


@settings(deadline=None)
@given(st.floats(-1e9, 1e9), st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0, 1))
def test_the_rounded_sum_of_the_parts_is_the_total(total: float, shares: list[float], outside: float) -> None:
    rows = pieces(*(("a", j, share) for j, share in enumerate(shares)))
    moved = prorate(by_label(a=total), rows, by_label(a=outside), whole_numbers=False)
    assert math.fsum([*moved.by_piece, *moved.outside]) == total
    whole = sum(shares) + outside
    if whole > 0:
        expected = [total * share / whole for share in shares]
        assert moved.by_piece.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-6)


# --- old grids into new ones ------------------------------------------------------------------------


def strips(*edges: float, first: int = 1) -> gpd.GeoSeries:
    """Grids 100 m high between the edges, from west to east."""
    drawn = [box(west, 0, east, 100) for west, east in pairwise(edges)]
    return gpd.GeoSeries(drawn, index=range(first, first + len(drawn)))


OLD = strips(0, 100, 200)
NEW = strips(0, 130, 190, first=11)
HOUSES = gpd.GeoSeries([box(10, 10, 20, 20), box(110, 10, 120, 20), box(195, 10, 199, 20)])


def table(found: Crosswalk) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in found.pieces[["source", "target", "area_m2", "weight", "share"]].to_numpy()]


def test_a_crosswalk_by_area() -> None:
    found = crosswalk(OLD, NEW, in_metres=True)
    assert table(found) == [
        (1, 11, 10_000, 10_000, 1),
        (2, 11, 3_000, 3_000, 0.3),
        (2, 12, 6_000, 6_000, 0.6),
    ]
    assert found.outside.to_dict() == {1: 0, 2: pytest.approx(0.1)}
    assert not found.pieces["by_area"].any()


def test_a_crosswalk_by_what_lies_in_the_grids() -> None:
    found = crosswalk(OLD, NEW, carriers=HOUSES, weights=np.array([4.0, 9.0, 3.0]), in_metres=True)
    assert table(found) == [(1, 11, 10_000, 4, 1), (2, 11, 3_000, 9, 0.75), (2, 12, 6_000, 0, 0)]
    assert found.outside.to_dict() == {1: 0, 2: 0.25}


def test_a_grid_without_any_weight_is_shared_out_by_area_and_says_so() -> None:
    found = crosswalk(OLD, NEW, carriers=HOUSES[:1], weights=np.array([4.0]), in_metres=True)
    assert found.pieces["by_area"].tolist() == [False, True, True]
    assert table(found)[1:] == [(2, 11, 3_000, 3_000, 0.3), (2, 12, 6_000, 6_000, 0.6)]
    assert found.outside[2] == pytest.approx(0.1)


def test_carriers_in_no_old_grid_count_for_nothing() -> None:
    points = gpd.GeoSeries([Point(50, 50), Point(-50, 50)])
    found = crosswalk(OLD, NEW, carriers=points, weights=np.ones(2), in_metres=True)
    assert table(found)[0] == (1, 11, 10_000, 1, 1)


def test_slivers_go_to_the_largest_part() -> None:
    shifted = strips(0, 100.002, 199.995, first=11)  # 0.2 m² and 0.5 m²: drawn again, not changed
    found = crosswalk(OLD, shifted, min_area_m2=1.0, in_metres=True)
    assert table(found) == [
        (1, 11, 10_000, 10_000, 1),
        (2, 12, pytest.approx(9_999.5), pytest.approx(9_999.5), pytest.approx(1)),
    ]
    assert found.outside.tolist() == [0, 0]
    assert len(crosswalk(OLD, shifted, in_metres=True).pieces) == 3


def test_a_grid_smaller_than_the_limit_keeps_its_largest_part() -> None:
    tiny = gpd.GeoSeries([box(0, 0, 0.5, 0.5)], index=[1])
    assert table(crosswalk(tiny, NEW, min_area_m2=1.0, in_metres=True)) == [(1, 11, 0.25, 0.25, 1)]


def test_nothing_old_and_nothing_new() -> None:
    nothing = OLD[:0]
    assert crosswalk(nothing, NEW, min_area_m2=1.0, in_metres=True).pieces.empty
    gone = crosswalk(OLD, NEW[:0], carriers=HOUSES, weights=np.ones(3), min_area_m2=1.0, in_metres=True)
    assert gone.pieces.empty
    assert gone.outside.tolist() == [1, 1]


@settings(max_examples=25, deadline=None)
@given(coverages(), coverages(), st.integers(0, 2**32 - 1))
def test_nothing_is_lost_between_any_two_coverages(old: DrawnCoverage, new: DrawnCoverage, seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, after = gpd.GeoSeries(old.cells), gpd.GeoSeries(new.cells)
    points = gpd.GeoSeries([Point(*rng.uniform(-50, 450, 2)) for _ in range(30)])
    counted = rng.integers(0, 9, 30).astype(float)
    totals = pd.Series(rng.integers(0, 500, len(before)))
    for weight in ({}, {"carriers": points, "weights": counted}):
        found = crosswalk(before, after, in_metres=True, **weight)
        shares = found.pieces.groupby("source")["share"].sum().reindex(before.index, fill_value=0.0)
        assert (shares + found.outside).to_numpy() == pytest.approx(1, abs=1e-9)
        moved = prorate(totals, found.pieces, found.outside, whole_numbers=True)
        assert moved.by_target.sum() + moved.outside.sum() == totals.sum()


def test_totals_move_along_a_crosswalk_and_none_is_lost() -> None:
    found = crosswalk(OLD, NEW, carriers=HOUSES, weights=np.array([4.0, 9.0, 3.0]), in_metres=True)
    moved = prorate(pd.Series({1: 300, 2: 401}), found.pieces, found.outside, whole_numbers=True)
    assert moved.by_target.to_dict() == {11: 300 + 301, 12: 0}
    assert moved.outside.to_dict() == {1: 0, 2: 100}


# --- maup's answers ---------------------------------------------------------------------------------


def polygons(corners: dict[str, list[list[float]]]) -> gpd.GeoSeries:
    return gpd.GeoSeries([Polygon(ring) for ring in corners.values()], index=list(corners))


def moved_by_area(case: dict[str, Any]) -> Prorated:
    sources = polygons(case["sources"])
    split = assign(sources, Targets.build(polygons(case["targets"]), in_metres=True), Rule.SPLIT)
    totals = pd.Series(float(GOLDEN["total"]), index=sources.index)
    return prorate(totals, split.pieces, split.outside, whole_numbers=False)


@pytest.mark.parametrize("name", sorted(CASES.keys() - {OVERLAPPING}))
def test_every_prorated_total_of_maup(name: str) -> None:
    case = CASES[name]
    moved = moved_by_area(case)
    assert moved.by_target.to_dict() == pytest.approx(case["prorate"], rel=1e-15)
    # what maup does not say: where the rest is
    kept = math.fsum([*moved.by_target, *moved.outside])
    assert kept == pytest.approx(GOLDEN["total"] * len(case["sources"]), rel=1e-15)


def test_where_targets_overlap_maup_doubles_the_total_and_we_keep_it() -> None:
    case = CASES[OVERLAPPING]
    assert case["prorate"] == {"a": 10, "b": 10}
    assert moved_by_area(case).by_target.to_dict() == {"a": 5, "b": 5}
