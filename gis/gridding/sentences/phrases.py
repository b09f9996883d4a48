"""Phrases that sentences are made of: what a finding is about, codes, areas and widths."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.nouns import Finding

_MOST_CODES = 6
_HECTARE_M2 = 10_000

_SUBJECTS = {
    "grid": ("网格", "grid"),
    "unit": ("单元网格", "unit grid"),
    "area": ("区域", "area"),
    "district": ("区县", "district"),
    "street": ("街道", "street"),
    "community": ("社区", "community"),
}


def subject_of(finding: Finding, tongue: int) -> str:
    """Name what the finding is about."""
    return _SUBJECTS[finding.detail.get("subject", "grid")][tongue]


def plural_of(finding: Finding) -> str:
    """Name several of what the finding is about, in English."""
    one = subject_of(finding, 1)
    return "communities" if one == "community" else f"{one}s"


def level_of(finding: Finding, tongue: int) -> str:
    """Name the level of its parents."""
    return _SUBJECTS[finding.detail.get("level", "community")][tongue]


def list_codes(codes: Sequence[str], tongue: int) -> str:
    """List codes, and how many more there are."""
    shown = [code or ("（无编码）", "(no code)")[tongue] for code in codes[:_MOST_CODES]]
    more = len(codes) - len(shown)
    listed = ("、", ", ")[tongue].join(shown)
    return listed + (f"等 {len(codes)} 个", f" and {more} more")[tongue] if more else listed


def size_of(finding: Finding, tongue: int) -> str:
    """Say area and mean width."""
    return size(finding.area_m2, finding.width_m, tongue)


def size(area: float, wide: float, tongue: int) -> str:
    """Say an area in square metres and a mean width in metres."""
    width = f"{wide:.1f} m" if wide >= 1 else f"{wide * 100:.2g} cm"
    text = area_text(area)
    return (f"{text}（平均宽 {width}）", f"{text} ({width} wide on average)")[tongue]


def area_text(area_m2: float) -> str:
    """Write an area in the unit that reads best."""
    if 1 <= area_m2 < _HECTARE_M2:
        return f"{area_m2:,.1f} m²"
    return f"{area_m2 / _HECTARE_M2:,.1f} ha" if area_m2 >= _HECTARE_M2 else f"{area_m2:,.3g} m²"
