"""The sentence a planner reads for a finding, in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from gis.gridding.codes import CodeFault
from gis.nouns import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Language: TypeAlias = Literal["zh", "en"]

_MOST_CODES = 6
_HECTARE_M2 = 10_000

_SUBJECTS = {
    "grid": ("网格", "grid"),
    "area": ("区域", "area"),
    "district": ("区县", "district"),
    "street": ("街道", "street"),
    "community": ("社区", "community"),
}
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


def describe(finding: Finding, language: Language) -> str:
    """Say in one sentence what is wrong, where it helps with size and width.

    Args:
        finding: Any finding of `gis.gridding.check`.
        language: "zh" or "en".

    >>> from gis.nouns import Severity
    >>> twice = Finding(FindingKind.DUPLICATE_CODE, Severity.ERROR, ("A1",), None, detail={"count": "2"})
    >>> describe(twice, "en"), describe(twice, "zh")
    ('The code A1 is borne by 2 grids.', '编码 A1 被 2 个网格重复使用。')
    """
    return _SENTENCES[finding.kind](finding, 0 if language == "zh" else 1)


def _gap(finding: Finding, tongue: int) -> str:
    size, level = _size(finding, tongue), _level(finding, tongue)
    parents = _codes([code for code in finding.detail.get("parents", "").split(",") if code], tongue)
    if finding.detail.get("place") == "parent":
        return (
            f"{level} {parents} 没有网格，空白 {size}。",
            f"No grid names the {level} {parents}; {size} are blank.",
        )[tongue]
    place = _PLACES[finding.detail.get("place", "enclosed")][tongue]
    beside = _codes(finding.grids, tongue)
    if tongue == 0:
        within = f"{level} {parents} 内" if parents else ""
        near = f"，相邻{_subject(finding, tongue)}：{beside}" if beside else ""
        return f"{within}空白 {size}，{place}{near}。"
    within = f" in {level} {parents}" if parents else ""
    near = f", beside {beside}" if beside else ""
    return f"Gap of {size}{within}, {place}{near}."


def _overlap(finding: Finding, tongue: int) -> str:
    relation = _RELATIONS[finding.detail.get("relation", "partial")][tongue]
    codes = _codes(finding.grids, tongue)
    if tongue == 0:
        return f"{_subject(finding, tongue)} {codes} {relation}，面积 {_size(finding, tongue)}。"
    return f"The {_plural(finding)} {codes} {relation}: {_size(finding, tongue)}."


def _outside_parent(finding: Finding, tongue: int) -> str:
    code, parent = _codes(finding.grids, tongue), finding.detail.get("parent", "")
    level = _level(finding, tongue)
    if tongue == 0:
        of = f"{level} {parent} " if parent else f"全部{level}"
        return f"{_subject(finding, tongue)} {code} 有 {_size(finding, tongue)}超出{of}的边界。"
    of = f"its {level} {parent}" if parent else f"every {level}"
    return f"{_size(finding, tongue)} of {_subject(finding, tongue)} {code} lie outside {of}."


def _invalid(finding: Finding, tongue: int) -> str:
    raw = finding.detail.get("reason", "")
    known = _REASONS.get(raw)
    reason = known[tongue] if known else raw
    place = finding.detail.get("place")
    left_out = finding.detail.get("used") == "no"
    code = _codes(finding.grids, tongue)
    if tongue == 0:
        at = f"（{place}）" if place else ""
        end = "；未参与重叠和空白检查" if left_out else ""
        return f"{_subject(finding, tongue)} {code} 的图形无效：{reason}{at}{end}。"
    at = f" at {place}" if place else ""
    end = "; it was left out of the check for gaps and overlaps" if left_out else ""
    return f"The polygon of {_subject(finding, tongue)} {code} is invalid: {reason}{at}{end}."


def _multi_part(finding: Finding, tongue: int) -> str:
    code, parts = _codes(finding.grids, tongue), finding.detail.get("parts", "")
    return (
        f"{_subject(finding, tongue)} {code} 由互不相连的 {parts} 部分组成。",
        f"The {_subject(finding, tongue)} {code} lies in {parts} separate parts.",
    )[tongue]


def _duplicate_code(finding: Finding, tongue: int) -> str:
    code, count = _codes(finding.grids, tongue), finding.detail.get("count", "")
    return (
        f"编码 {code} 被 {count} 个{_subject(finding, tongue)}重复使用。",
        f"The code {code} is borne by {count} {_plural(finding)}.",
    )[tongue]


def _bad_code(finding: Finding, tongue: int) -> str:
    reason = _CODE_FAULTS[CodeFault(finding.detail["reason"])][tongue]
    reason = reason.format(width=finding.detail.get("width", ""), parent=finding.detail.get("parent", ""))
    code = _codes(finding.grids, tongue)
    subject = _subject(finding, tongue)
    return (f"{subject}编码 {code} 不合规则：{reason}。", f"The {subject} code {code} is wrong: {reason}.")[
        tongue
    ]


def _nesting(finding: Finding, tongue: int) -> str:
    detail, subject, level = finding.detail, _subject(finding, tongue), _level(finding, tongue)
    code, parent, found = _codes(finding.grids, tongue), detail.get("parent", ""), detail.get("lies_in", "")
    size = _size(finding, tongue)
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


def _subject(finding: Finding, tongue: int) -> str:
    return _SUBJECTS[finding.detail.get("subject", "grid")][tongue]


def _plural(finding: Finding) -> str:
    one = _subject(finding, 1)
    return "communities" if one == "community" else f"{one}s"


def _level(finding: Finding, tongue: int) -> str:
    return _SUBJECTS[finding.detail.get("level", "community")][tongue]


def _codes(codes: Sequence[str], tongue: int) -> str:
    shown = [code or ("（无编码）", "(no code)")[tongue] for code in codes[:_MOST_CODES]]
    more = len(codes) - len(shown)
    listed = ("、", ", ")[tongue].join(shown)
    return listed + (f"等 {len(codes)} 个", f" and {more} more")[tongue] if more else listed


def _size(finding: Finding, tongue: int) -> str:
    wide = finding.width_m
    width = f"{wide:.1f} m" if wide >= 1 else f"{wide * 100:.2g} cm"
    area = finding.area_m2
    text = f"{area / _HECTARE_M2:,.1f} ha" if area >= _HECTARE_M2 else f"{area:,.3g} m²"
    if 1 <= area < _HECTARE_M2:
        text = f"{area:,.1f} m²"
    return (f"{text}（平均宽 {width}）", f"{text} ({width} wide on average)")[tongue]


_SENTENCES: dict[FindingKind, Callable[[Finding, int], str]] = {
    FindingKind.GAP: _gap,
    FindingKind.OVERLAP: _overlap,
    FindingKind.OUTSIDE_PARENT: _outside_parent,
    FindingKind.INVALID: _invalid,
    FindingKind.MULTI_PART: _multi_part,
    FindingKind.DUPLICATE_CODE: _duplicate_code,
    FindingKind.BAD_CODE: _bad_code,
    FindingKind.NESTING: _nesting,
}
