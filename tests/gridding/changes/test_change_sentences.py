"""The sentence of each change, in both languages."""

from __future__ import annotations

import numpy as np
import pytest
from shapely import Polygon, box

from gis.gridding.changes.compare import compare
from gis.gridding.changes.state import State
from gis.gridding.checks.tolerance import Tolerance
from gis.gridding.sentences.changed import describe_change

A, B, C = box(0, 0, 100, 100), box(100, 0, 200, 100), box(0, 100, 200, 200)
LAYER = {"A": A, "B": B, "C": C}


def state_of(layer: dict[str, Polygon], names: dict[str, str]) -> State:
    polygons = np.empty(len(layer), dtype=object)
    polygons[:] = list(layer.values())
    return State.of(list(layer), list(layer), [names.get(code, "") for code in layer], polygons)


SAID = {
    "split": (
        LAYER,
        {**LAYER, "A": box(0, 0, 100, 40), "D": box(0, 40, 100, 100)},
        "The grid A (1.0 ha) was split into A (4,000.0 m²), D (6,000.0 m²).",
        "网格 A（1.0 ha）拆分为 A（4,000.0 m²）、D（6,000.0 m²）。",
    ),
    "split and more": (
        LAYER,
        {"A": box(0, 0, 100, 90), "B": B, "C": box(0, 90, 100, 200), "D": box(100, 100, 200, 200)},
        "The grid C (2.0 ha) was split into C (1.1 ha), D (1.0 ha); 1,000.0 m² from A to C.",
        "网格 C（2.0 ha）拆分为 C（1.1 ha）、D（1.0 ha）；1,000.0 m² 由 A 划入 C。",
    ),
    "merged": (
        LAYER,
        {"A": box(0, 0, 200, 100), "C": C},
        "The grids A (1.0 ha), B (1.0 ha) were merged into A (2.0 ha).",
        "网格 A（1.0 ha）、B（1.0 ha）合并为 A（2.0 ha）。",
    ),
    "regrouped": (
        LAYER,
        {"A": box(0, 0, 160, 100), "D": box(160, 0, 200, 100), "C": C},
        "The grids A (1.0 ha), B (1.0 ha) were regrouped into A (1.6 ha), D (4,000.0 m²).",
        "网格 A（1.0 ha）、B（1.0 ha）重组为 A（1.6 ha）、D（4,000.0 m²）。",
    ),
    "new": (
        {"A": A},
        {"A": A, "B": box(100, 0, 200, 50)},
        "The grid B (5,000.0 m²) is new.",
        "新增网格 B（5,000.0 m²）。",
    ),
    "gone": (
        {"A": A, "B": box(100, 0, 200, 50)},
        {"A": A},
        "The grid B (5,000.0 m²) is gone.",
        "网格 B（5,000.0 m²）撤销。",
    ),
    "shared out": (
        {"A": A, "B": B, "C": box(200, 0, 300, 100)},
        {"A": box(0, 0, 150, 100), "C": box(150, 0, 300, 100)},
        "The grid B (1.0 ha) is gone; 5,000.0 m² from B to A, 5,000.0 m² from B to C.",
        "网格 B（1.0 ha）撤销；5,000.0 m² 由 B 划入 A，5,000.0 m² 由 B 划入 C。",
    ),
    "moved edge": (
        LAYER,
        {**LAYER, "A": box(0, 0, 120, 100), "B": box(120, 0, 200, 100)},
        "The edge between the grids A, B moved: 2,000.0 m² from B to A.",
        "网格 A、B 的边界移动：2,000.0 m² 由 B 划入 A。",
    ),
    "reshaped": (
        LAYER,
        {**LAYER, "B": box(100, 0, 230, 100)},
        "The outline of the grid B changed (1.0 ha → 1.3 ha): B took 3,000.0 m² that no grid gave up.",
        "网格 B 的外边界改变（1.0 ha → 1.3 ha）：B 新占 3,000.0 m²，无网格让出。",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_said(case: str) -> None:
    old, new, english, chinese = SAID[case]
    change = compare(state_of(old, {}), state_of(new, {}), Tolerance()).changes[0]
    assert (describe_change(change, "en"), describe_change(change, "zh")) == (english, chinese)


@pytest.mark.parametrize(
    ("code", "old_name", "new_name", "english", "chinese"),
    [
        ("X", "", "", "The grid A has become X.", "网格 A 改为 X。"),
        ("A", "东", "西", 'The grid A "东" has become "西".', "网格 A “东” 改为 “西”。"),
        ("A", "", "西", 'The grid A (no name) has become "西".', "网格 A （无名称） 改为 “西”。"),
        ("X", "东", "西", 'The grid A "东" has become X "西".', "网格 A “东” 改为 X “西”。"),
    ],
)
def test_another_code_or_name(code: str, old_name: str, new_name: str, english: str, chinese: str) -> None:
    found = compare(state_of({"A": A}, {"A": old_name}), state_of({code: A}, {code: new_name}), Tolerance())
    assert describe_change(found.changes[0], "en") == english
    assert describe_change(found.changes[0], "zh") == chinese
