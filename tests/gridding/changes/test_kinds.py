"""What a comparison says of small states one can check in the head; a side is 100 m."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from shapely import MultiPolygon, affinity, box

from gis.errors import InputError
from gis.gridding.changes.change import ChangeKind
from gis.gridding.changes.compare import compare
from gis.gridding.changes.state import State
from gis.gridding.checks.tolerance import Tolerance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from gis.gridding.changes.change import Change, Move
    from gis.gridding.changes.compare import Comparison

A, B, C = box(0, 0, 100, 100), box(100, 0, 200, 100), box(0, 100, 200, 200)
LAYER = {"A": A, "B": B, "C": C}


def state_of(layer: Mapping[str, BaseGeometry | None], names: Mapping[str, str] | None = None) -> State:
    codes, polygons = list(layer), np.empty(len(layer), dtype=object)
    polygons[:] = list(layer.values())
    return State.of(codes, codes, [(names or {}).get(code, "") for code in codes], polygons)


def compared(old: Mapping[str, BaseGeometry | None], new: Mapping[str, BaseGeometry | None]) -> Comparison:
    return compare(state_of(old), state_of(new), Tolerance())


def told(change: Change) -> tuple[str, str, str, dict[str, float]]:
    """Write a change down: kind, old codes, new codes, and areas by who passed ground to whom."""

    def ends(move: Move) -> str:
        return f"{move.source.code if move.source else '-'}>{move.target.code if move.target else '-'}"

    return (
        change.kind.value,
        " ".join(grid.code for grid in change.old),
        " ".join(grid.code for grid in change.new),
        {ends(move): round(move.area_m2, 3) for move in change.moves},
    )


def test_a_layer_is_unchanged_against_itself() -> None:
    found = compared(LAYER, LAYER)
    assert found.changes == []
    assert found.unchanged.tolist() == [[0, 0], [1, 1], [2, 2]]


CASES = {
    "moved edge": (
        LAYER,
        {**LAYER, "A": box(0, 0, 120, 100), "B": box(120, 0, 200, 100)},
        [("moved_edge", "A B", "A B", {"B>A": 2000.0})],
    ),
    "moved corner of three": (
        LAYER,
        {"A": box(0, 0, 110, 110), "B": box(110, 0, 200, 110), "C": box(0, 110, 200, 200)},
        [
            ("moved_edge", "A C", "A C", {"C>A": 1100.0}),
            ("moved_edge", "A B", "A B", {"B>A": 1000.0}),
            ("moved_edge", "B C", "B C", {"C>B": 900.0}),
        ],
    ),
    "reshaped outwards": (
        LAYER,
        {**LAYER, "B": box(100, 0, 230, 100)},
        [("reshaped", "B", "B", {"->B": 3000.0})],
    ),
    "renamed": (LAYER, {"A": A, "X": B, "C": C}, [("renamed", "B", "X", {})]),
    "codes exchanged": (
        LAYER,
        {"A": B, "B": A, "C": C},
        [("renamed", "A", "B", {}), ("renamed", "B", "A", {})],
    ),
    "codes exchanged and an edge moved": (
        LAYER,
        {"A": box(90, 0, 200, 100), "B": box(0, 0, 90, 100), "C": C},
        [
            ("moved_edge", "A B", "A B", {"A>A": 1000.0}),
            ("renamed", "A", "B", {}),
            ("renamed", "B", "A", {}),
        ],
    ),
    "renamed and reshaped": (
        LAYER,
        {"A": A, "X": box(100, 0, 230, 100), "C": C},
        [("reshaped", "B", "X", {"->X": 3000.0}), ("renamed", "B", "X", {})],
    ),
    "split, the code is kept": (
        LAYER,
        {**LAYER, "C": box(0, 100, 100, 200), "D": box(100, 100, 200, 200)},
        [("split", "C", "C D", {"C>D": 10000.0})],
    ),
    "split, the code is not kept": (
        LAYER,
        {"A": A, "B": B, "D": box(0, 100, 100, 200), "E": box(100, 100, 200, 200)},
        [("split", "C", "D E", {"C>D": 10000.0, "C>E": 10000.0})],
    ),
    "an island is cut out": (
        LAYER,
        {**LAYER, "A": A.difference(box(40, 40, 60, 60)), "D": box(40, 40, 60, 60)},
        [("split", "A", "A D", {"A>D": 400.0})],
    ),
    "a split grid takes ground besides": (
        LAYER,
        {
            "A": box(0, 0, 100, 90),
            "B": B,
            "C": box(0, 90, 100, 200),
            "D": box(100, 100, 200, 200),
        },
        [
            ("split", "C", "C D", {"A>C": 1000.0, "C>D": 10000.0}),
            ("moved_edge", "A", "A C", {"A>C": 1000.0}),
        ],
    ),
    "regrouped": (
        LAYER,
        {"A": box(0, 0, 160, 100), "D": box(160, 0, 200, 100), "C": C},
        [("regrouped", "A B", "A D", {"B>A": 6000.0, "B>D": 4000.0})],
    ),
    "new": (LAYER, {**LAYER, "D": box(200, 0, 300, 100)}, [("new", "", "D", {"->D": 10000.0})]),
}
_EXCHANGED = {"split": "merged", "merged": "split", "new": "gone", "gone": "new"}


@pytest.mark.parametrize("case", CASES)
def test_each_kind(case: str) -> None:
    old, new, expected = CASES[case]
    assert [told(change) for change in compared(old, new).changes] == expected


@pytest.mark.parametrize("case", CASES)
def test_the_states_exchanged(case: str) -> None:
    old, new, expected = CASES[case]

    def exchanged(ends: str) -> str:
        return ">".join(reversed(ends.split(">")))

    back = [
        (_EXCHANGED.get(kind, kind), after, before, {exchanged(k): v for k, v in moves.items()})
        for kind, before, after, moves in expected
    ]
    found = [told(change) for change in compared(new, old).changes]
    assert sorted(found, key=str) == sorted(back, key=str)


def test_a_grid_whose_ground_is_shared_out_is_gone() -> None:
    old = {"A": A, "B": B, "C": box(200, 0, 300, 100), "D": box(100, 100, 200, 150)}
    new = {"A": box(0, 0, 140, 100), "C": box(160, 0, 300, 100)}
    new["D"] = old["D"].union(box(140, 0, 160, 100))
    found = [told(change) for change in compared(old, new).changes]
    assert found == [
        ("gone", "B", "", {"B>A": 4000.0, "B>C": 4000.0, "B>D": 2000.0}),
        ("reshaped", "A", "A", {"B>A": 4000.0}),
        ("reshaped", "C", "C", {"B>C": 4000.0}),
        ("reshaped", "D", "D", {"B>D": 2000.0}),
    ]


def test_another_name_is_told() -> None:
    found = compare(state_of(LAYER, {"A": "Old Town"}), state_of(LAYER, {"A": "New Town"}), Tolerance())
    assert [told(change) for change in found.changes] == [("renamed", "A", "A", {})]
    assert found.changes[0].old[0].name == "Old Town"


def test_lasting_ids_tell_who_goes_on_under_another_code() -> None:
    polygons = np.array([A, B], dtype=object)
    old = State.of([7, 9], ["A", "B"], ["", ""], polygons)
    new = State.of([9, 7], ["B", "X"], ["", ""], np.array([box(160, 0, 200, 100), box(0, 0, 160, 100)]))
    found = [told(change) for change in compare(old, new, Tolerance()).changes]
    assert found == [("moved_edge", "A B", "X B", {"B>X": 6000.0}), ("renamed", "A", "X", {})]


def moved_by(metres: float) -> Comparison:
    return compared(LAYER, {**LAYER, "A": box(0, 0, 100 + metres, 100), "B": box(100 + metres, 0, 200, 100)})


def test_an_edge_drawn_anew_within_the_width_is_the_same_however_long() -> None:
    assert moved_by(0.09).changes == []  # 9 m²
    assert [told(change)[0] for change in moved_by(0.11).changes] == ["moved_edge"]


def test_what_is_the_same_corner_by_corner_is_not_laid_out() -> None:
    again = {
        code: affinity.translate(MultiPolygon([shape]), 0.05).normalize() for code, shape in LAYER.items()
    }
    found = compared(LAYER, again)
    assert found.unchanged.tolist() == [[0, 0], [1, 1], [2, 2]]
    assert len(found.passed.polygons) == 0


def test_ground_below_the_area_is_none() -> None:
    notch = box(100, 0, 100.9, 1)
    new = {**LAYER, "A": A.union(notch), "B": B.difference(notch)}
    assert compared(LAYER, new).changes == []
    assert [told(c)[3] for c in compare(state_of(LAYER), state_of(new), Tolerance(0.1, 0.5)).changes] == [
        {"B>A": 0.9}
    ]


def test_a_long_thin_tail_does_not_hide_the_place_it_hangs_on() -> None:
    tail = box(100, 0, 100.02, 100).union(box(100, 0, 102, 2))
    new = {**LAYER, "A": A.union(tail), "B": B.difference(tail)}
    assert tail.area / tail.length * 2 < 0.1
    assert [told(change)[3] for change in compared(LAYER, new).changes] == [{"B>A": round(tail.area, 3)}]


def test_ground_of_grids_that_overlap_is_lost_and_won_once_by_each() -> None:
    over = box(90, 0, 200, 100)
    assert [told(c) for c in compared({"A": A, "B": over}, {"A": A, "B": B}).changes] == [
        ("reshaped", "B", "B", {"B>-": 1000.0})
    ]
    ring = A.difference(box(40, 40, 60, 60))
    twice = {"A": ring, "B": ring}
    assert [told(c) for c in compared(twice, {"A": ring}).changes] == [("gone", "B", "", {"B>-": 9600.0})]
    assert [told(c) for c in compared(twice, {"B": ring}).changes] == [("gone", "A", "", {"A>-": 9600.0})]
    both = {"A": box(0, 0, 110, 100), "B": B}
    assert [told(c) for c in compared(both, {"A": A, "B": box(100, 0, 200, 110)}).changes] == [
        ("reshaped", "A", "A", {"A>-": 1000.0}),
        ("reshaped", "B", "B", {"->B": 1000.0}),
    ]


def test_grids_without_ground_and_empty_states() -> None:
    assert compared({}, {}).changes == []
    assert compared({"A": None}, {"A": None}).changes == []
    assert [told(c) for c in compared({"A": None}, {"A": A}).changes] == [
        ("new", "", "A", {"->A": 10000.0}),
        ("gone", "A", "", {}),
    ]
    assert [told(c)[0] for c in compared(LAYER, {}).changes] == ["gone"] * 3


def test_a_code_that_stands_twice_is_refused_with_its_row() -> None:
    with pytest.raises(InputError, match="'A' stands for two grids") as refused:
        State.of(["A", "B", "A"], ["A", "B", "A"], [""] * 3, np.array([A, B, C], dtype=object))
    assert refused.value.row == 3


def test_a_grid_that_moved_away_from_its_ground_does_not_go_on() -> None:
    new = {**LAYER, "B": affinity.translate(B, 500)}
    assert [told(c) for c in compared(LAYER, new).changes] == [
        ("new", "", "B", {"->B": 10000.0}),
        ("gone", "B", "", {"B>-": 10000.0}),
    ]


def test_kinds_are_counted() -> None:
    counts = moved_by(5).counts()
    assert counts[ChangeKind.MOVED_EDGE] == 1
    assert counts[ChangeKind.UNCHANGED] == 1
    assert sum(counts.values()) == 2
