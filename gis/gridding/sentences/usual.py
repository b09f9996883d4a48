"""Sentences for what is usually checked: gaps, overlaps, parts outside, shapes, codes and parents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.gridding.codes import CodeFault
from gis.gridding.sentences.phrases import level_of, list_codes, plural_of, size_of, subject_of

if TYPE_CHECKING:
    from gis.nouns import Finding

_REASONS = {
    "Missing": ("没有图形", "it has no geometry"),
    "Empty": ("图形为空", "its geometry is empty"),
    "Invalid Coordinate": ("坐标不是数字", "a coordinate is no number"),
    "Degenerate": ("图形退化", "it collapses when measured in metres"),
    "Self-intersection": ("边界自相交", "its boundary crosses itself"),
    "Ring Self-intersection": ("边界自相接", "its boundary touches itself"),
    "Hole lies outside shell": ("内环在外环之外", "a hole lies outside the shell"),
    "Holes are nested": ("内环相互嵌套", "holes lie within holes"),
    "Interior is disconnected": ("内部不连通", "its interior is cut in two"),
    "Nested shells": ("各部分相互嵌套", "parts lie within each other"),
    "Duplicate Rings": ("边界重复", "a ring occurs twice"),
    "Too few points in geometry component": ("顶点太少", "a ring has too few corners"),
}
_CODE_FAULTS = {
    CodeFault.MISSING: ("没有编码", "it is missing"),
    CodeFault.LENGTH: ("应为 {width} 位", "it must have {width} digits"),
    CodeFault.DIGITS: ("只能由数字组成", "it must consist of digits only"),
    CodeFault.PARENT: ("应以社区编码 {parent} 开头", "it must begin with its community's code {parent}"),
    CodeFault.RANGE: ("顺序号超出范围", "its sequence number is out of range"),
}
_PLACES = {
    "enclosed": ("四周封闭", "enclosed on all sides"),
    "edge": ("位于上级边界处", "at the parent's outline"),
}
_RELATIONS = {
    "partial": ("部分重叠", "overlap"),
    "contained": ("其中一个完全在另一个之内", "overlap, one of them lying inside the other"),
    "duplicate": ("几乎完全重合", "cover the same land"),
}


def gap(finding: Finding, tongue: int) -> str:
    """Say what is blank, where, and beside which grids."""
    size, level = size_of(finding, tongue), level_of(finding, tongue)
    parents = list_codes([code for code in finding.detail.get("parents", "").split(",") if code], tongue)
    if finding.detail.get("place") == "parent":
        return (
            f"{level} {parents} 没有网格，空白 {size}。",
            f"No grid names the {level} {parents}; {size} are blank.",
        )[tongue]
    place = _PLACES[finding.detail.get("place", "enclosed")][tongue]
    beside = list_codes(finding.grids, tongue)
    if tongue == 0:
        within = f"{level} {parents} 内" if parents else ""
        near = f"，相邻{subject_of(finding, tongue)}：{beside}" if beside else ""
        return f"{within}空白 {size}，{place}{near}。"
    within = f" in {level} {parents}" if parents else ""
    near = f", beside {beside}" if beside else ""
    return f"Gap of {size}{within}, {place}{near}."


def overlap(finding: Finding, tongue: int) -> str:
    """Say which two overlap, how, and by how much."""
    relation = _RELATIONS[finding.detail.get("relation", "partial")][tongue]
    codes = list_codes(finding.grids, tongue)
    if tongue == 0:
        return f"{subject_of(finding, tongue)} {codes} {relation}，面积 {size_of(finding, tongue)}。"
    return f"The {plural_of(finding)} {codes} {relation}: {size_of(finding, tongue)}."


def outside_parent(finding: Finding, tongue: int) -> str:
    """Say how much lies outside."""
    code, parent = list_codes(finding.grids, tongue), finding.detail.get("parent", "")
    level = level_of(finding, tongue)
    if tongue == 0:
        of = f"{level} {parent} " if parent else f"全部{level}"
        return f"{subject_of(finding, tongue)} {code} 有 {size_of(finding, tongue)}超出{of}的边界。"
    of = f"its {level} {parent}" if parent else f"every {level}"
    return f"{size_of(finding, tongue)} of {subject_of(finding, tongue)} {code} lie outside {of}."


def invalid(finding: Finding, tongue: int) -> str:
    """Say why a polygon is none, and where."""
    raw = finding.detail.get("reason", "")
    known = _REASONS.get(raw)
    reason = known[tongue] if known else raw
    place = finding.detail.get("place")
    left_out = finding.detail.get("used") == "no"
    code = list_codes(finding.grids, tongue)
    if tongue == 0:
        at = f"（{place}）" if place else ""
        end = "；未参与重叠和空白检查" if left_out else ""
        return f"{subject_of(finding, tongue)} {code} 的图形无效：{reason}{at}{end}。"
    at = f" at {place}" if place else ""
    end = "; it was left out of the check for gaps and overlaps" if left_out else ""
    return f"The polygon of {subject_of(finding, tongue)} {code} is invalid: {reason}{at}{end}."


def multi_part(finding: Finding, tongue: int) -> str:
    """Say in how many parts it lies."""
    code, parts = list_codes(finding.grids, tongue), finding.detail.get("parts", "")
    return (
        f"{subject_of(finding, tongue)} {code} 由互不相连的 {parts} 部分组成。",
        f"The {subject_of(finding, tongue)} {code} lies in {parts} separate parts.",
    )[tongue]


def duplicate_code(finding: Finding, tongue: int) -> str:
    """Say how many bear the code."""
    code, count = list_codes(finding.grids, tongue), finding.detail.get("count", "")
    return (
        f"编码 {code} 被 {count} 个{subject_of(finding, tongue)}重复使用。",
        f"The code {code} is borne by {count} {plural_of(finding)}.",
    )[tongue]


def bad_code(finding: Finding, tongue: int) -> str:
    """Say what is wrong with the code."""
    reason = _CODE_FAULTS[CodeFault(finding.detail["reason"])][tongue]
    reason = reason.format(width=finding.detail.get("width", ""), parent=finding.detail.get("parent", ""))
    code = list_codes(finding.grids, tongue)
    subject = subject_of(finding, tongue)
    return (f"{subject}编码 {code} 不合规则：{reason}。", f"The {subject} code {code} is wrong: {reason}.")[
        tongue
    ]


def nesting(finding: Finding, tongue: int) -> str:
    """Say which parent is named, and what is wrong with it."""
    detail, subject, level = finding.detail, subject_of(finding, tongue), level_of(finding, tongue)
    code, parent, found = (
        list_codes(finding.grids, tongue),
        detail.get("parent", ""),
        detail.get("lies_in", ""),
    )
    size = size_of(finding, tongue)
    sentences = {
        "no_parent": (
            f"{subject} {code} 没有填写所属{level}。",
            f"The {subject} {code} names no {level}.",
        ),
        "unknown_parent": (
            f"{subject} {code} 所属的{level} {parent} 不存在。",
            f"The {subject} {code} names the {level} {parent}, which does not exist.",
        ),
        "lies_elsewhere": (
            f"{subject} {code} 填写的{level}是 {parent}，但大部分位于 {found}。",
            f"The {subject} {code} names the {level} {parent} but lies mostly in {found}.",
        ),
        "two_parents": (
            f"{subject} {code} 跨越{level} {parent} 和 {found}，进入后者 {size}。",
            f"The {subject} {code} names the {level} {parent}; {size} of it lie in {found}.",
        ),
    }
    return sentences[detail["reason"]][tongue]
