"""Sentences for what is wrong between grids and with what lies in them: edges, buildings, units, holes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.gridding.sentences.phrases import list_codes, plural_of, size_of, subject_of

if TYPE_CHECKING:
    from gis.nouns import Finding

_CENTIMETRE = 0.01


def edge_mismatch(finding: Finding, tongue: int) -> str:
    """Say how the corners of neighbours differ, by how much, and that this counts as fitting."""
    detail, codes = finding.detail, list_codes(finding.grids, tongue)
    count, apart, within = detail["count"], _length(detail["apart_m"]), _length(detail["within_m"])
    one, several = subject_of(finding, 0), plural_of(finding)
    if detail["reason"] == "corner":
        return (
            f"{one} {codes} 的公共边有 {count} 个顶点只属于一方（偏离 {apart}）。",
            f"On the edge between the {several} {codes}, {count} corners are of one side only ({apart} off).",
        )[tongue]
    return (
        f"{one} {codes} 的公共顶点有 {count} 处相差至多 {apart}，在容差 {within} 之内，视为吻合。",
        (
            f"Common corners of the {several} {codes} differ by up to {apart} in {count} places; "
            f"within {within} they count as the same."
        ),
    )[tongue]


def building_cut(finding: Finding, tongue: int) -> str:
    """Say which building is cut, and how much is cut off."""
    building, codes, size = (
        finding.detail["building"],
        list_codes(finding.grids, tongue),
        size_of(finding, tongue),
    )
    if len(finding.grids) > 1:
        return (
            f"建筑 {building} 被网格 {codes} 的边界切开，较小一侧 {size}。",
            f"The building {building} is cut by the boundary of the grids {codes}: {size} on one side.",
        )[tongue]
    return (
        f"建筑 {building} 有 {size}超出网格 {codes} 的边界。",
        f"The building {building} is cut by the boundary of the grid {codes}: {size} lie outside.",
    )[tongue]


def unit_group(finding: Finding, tongue: int) -> str:
    """Say how a grid is not made up of unit grids as it should be."""
    code, value, limit = list_codes(finding.grids, tongue), finding.detail["value"], finding.detail["limit"]
    sentences = {
        "none": (f"网格 {code} 不含任何单元网格。", f"The grid {code} has no unit grid."),
        "many": (
            f"网格 {code} 含 {value} 个单元网格，最多应为 {limit} 个。",
            f"The grid {code} has {value} unit grids; {limit} is the most.",
        ),
        "apart": (
            f"网格 {code} 的单元网格不相邻，分为 {value} 组。",
            f"The unit grids of the grid {code} are not adjacent: they lie in {value} groups.",
        ),
        "community": (
            f"网格 {code} 的单元网格 {value} 属于另一社区。",
            f"The unit grid {value} of the grid {code} is of another community.",
        ),
    }
    return sentences[finding.detail["reason"]][tongue]


def intended_hole(finding: Finding, tongue: int) -> str:
    """Say that a hole was marked as meant."""
    beside, size = list_codes(finding.grids, tongue), size_of(finding, tongue)
    near = (f"，相邻网格：{beside}", f", beside {beside}") if beside else ("", "")
    return (f"已确认的空白 {size}{near[0]}。", f"A hole that is meant: {size}{near[1]}.")[tongue]


def _length(metres: str) -> str:
    length = float(metres)
    if length >= 1:
        return f"{length:.1f} m"
    return f"{length * 100:.2g} cm" if length >= _CENTIMETRE / 10 else f"{length * 1000:.2g} mm"
