"""Sentences for what is wrong with one grid alone: its outline, its size, its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.gridding.sentences.phrases import list_codes, size_of, subject_of

if TYPE_CHECKING:
    from gis.nouns import Finding

_MEASURES = {
    "area": ("面积为 {value} m²", "has {value} m²"),
    "households": ("有 {value} 户", "has {value} households"),
}


def repeated_vertex(finding: Finding, tongue: int) -> str:
    """Say how many vertices repeat the one before, and how near."""
    subject, code, count = (
        subject_of(finding, tongue),
        list_codes(finding.grids, tongue),
        finding.detail["count"],
    )
    apart = float(finding.detail["apart_m"])
    if tongue == 0:
        near = f"最近仅 {apart * 100:.2g} cm" if apart else "最近处完全重复"
        return f"{subject} {code} 的边界有 {count} 处相邻顶点重复或过近（{near}）。"
    near = f"{apart * 100:.2g} cm apart at the least" if apart else "the same at least once"
    return (
        f"The outline of {subject} {code} has vertices that repeat the one before in {count} places ({near})."
    )


def spike(finding: Finding, tongue: int) -> str:
    """Say how sharp and how long a spike is."""
    code, subject = list_codes(finding.grids, tongue), subject_of(finding, tongue)
    angle, length = f"{float(finding.detail['angle_deg']):.2g}", finding.detail["length_m"]
    return (
        f"{subject} {code} 的边界有尖刺：夹角 {angle}°，长 {length} m。",
        f"The outline of {subject} {code} turns back in a spike {length} m long, at an angle of {angle}°.",
    )[tongue]


def narrow_neck(finding: Finding, tongue: int) -> str:
    """Say how wide a neck is."""
    code, subject = list_codes(finding.grids, tongue), subject_of(finding, tongue)
    narrowest = finding.detail["narrowest_m"]
    return (
        f"{subject} {code} 有狭窄的颈部，最窄处 {narrowest} m，几乎被分成两半。",
        f"The {subject} {code} has a neck {narrowest} m wide that nearly cuts it in two.",
    )[tongue]


def too_small(finding: Finding, tongue: int) -> str:
    """Say how much it has, and how much it should have at least."""
    return _outsized(finding, ("少于 {limit}", "less than {limit}"), tongue)


def too_large(finding: Finding, tongue: int) -> str:
    """Say how much it has, and how much it may have at most."""
    return _outsized(finding, ("多于 {limit}", "more than {limit}"), tongue)


def not_compact(finding: Finding, tongue: int) -> str:
    """Say how compact it is."""
    code, subject = list_codes(finding.grids, tongue), subject_of(finding, tongue)
    value, limit = float(finding.detail["value"]), float(finding.detail["limit"])
    return (
        f"{subject} {code} 形状狭长或曲折：紧凑度 {value:.2f}，低于 {limit:g}（圆为 1）。",
        f"The {subject} {code} is long or winding: compactness {value:.2f}, below {limit:g} (a disk has 1).",
    )[tongue]


def stray_part(finding: Finding, tongue: int) -> str:
    """Say how much lies apart."""
    code, subject = list_codes(finding.grids, tongue), subject_of(finding, tongue)
    parts, share, size = finding.detail["parts"], float(finding.detail["share"]), size_of(finding, tongue)
    return (
        f"{subject} {code} 有 {parts} 个零碎部分与主体分离：{size}，占其面积的 {share:.2%}。",
        f"The {subject} {code} has {parts} small parts away from its main one: {size}, {share:.2%} of it.",
    )[tongue]


def _outsized(finding: Finding, than: tuple[str, str], tongue: int) -> str:
    detail, code = finding.detail, list_codes(finding.grids, tongue)
    measure = _MEASURES[detail["by"]][tongue].format(value=f"{float(detail['value']):,.6g}")
    beyond = than[tongue].format(limit=f"{float(detail['limit']):,.6g}")
    subject = subject_of(finding, tongue)
    return (f"{subject} {code} {measure}，{beyond}。", f"The {subject} {code} {measure}, {beyond}.")[tongue]


def retired_code(finding: Finding, tongue: int) -> str:
    """Say that the code was given before."""
    code, subject = list_codes(finding.grids, tongue), subject_of(finding, tongue)
    return (
        f"{subject}编码 {code} 曾用于已撤销的{subject}，不得重复启用。",
        f"The code {code} belonged to a {subject} that was retired; it must not be given again.",
    )[tongue]


def code_order(finding: Finding, tongue: int) -> str:
    """Say in which community which codes are out of order."""
    codes, parent = list_codes(finding.grids, tongue), finding.detail["parent"]
    of = (f"社区 {parent} ", f" of community {parent}") if parent else ("", "")
    return (
        f"{of[0]}的{subject_of(finding, tongue)}编码未按自北向南、自西向东的顺序：{codes}。",
        f"Codes{of[1]} do not run from north to south and west to east: {codes}.",
    )[tongue]


def no_worker(finding: Finding, tongue: int) -> str:
    """Say that nobody is on duty."""
    code, subject = list_codes(finding.grids, tongue), subject_of(finding, tongue)
    return (f"{subject} {code} 没有网格员。", f"No worker is on duty for the {subject} {code}.")[tongue]
