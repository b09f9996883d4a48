"""How a workflow tells how far it is: a share, and what it is at in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from gis.gridding.check import CheckPart

Advance: TypeAlias = Callable[[float, Mapping[str, str]], None]
"""Takes the share that is done, 0 to 1, and what begins now, in `zh` and `en`."""


# Where each part begins, as a share of the whole, as a check of 100 000 grids takes its time.
CHECK_STEPS: dict[CheckPart, tuple[float, Mapping[str, str]]] = {
    CheckPart.OUTLINES: (0.24, {"zh": "读取网格轮廓", "en": "Reading the outlines of grids"}),
    CheckPart.SINGLE: (0.35, {"zh": "逐个检查网格及编码", "en": "Checking single grids and their codes"}),
    CheckPart.AREAS: (0.4, {"zh": "读取行政区域轮廓", "en": "Reading the outlines of areas"}),
    CheckPart.RULES: (0.48, {"zh": "按规则检查网格形状", "en": "Checking shapes by the rules"}),
    CheckPart.OVERLAPS_AND_GAPS: (0.52, {"zh": "查找重叠和空隙", "en": "Looking for overlaps and gaps"}),
    CheckPart.COMMUNITIES: (0.58, {"zh": "对照社区检查网格", "en": "Checking grids against communities"}),
    CheckPart.LEVELS: (0.85, {"zh": "检查行政区域隶属关系", "en": "Checking which area lies in which"}),
    CheckPart.KNOWN: (
        0.87,
        {
            "zh": "对照人员、建筑物和单元网格检查",
            "en": "Checking against workers, buildings and unit grids",
        },
    ),
    CheckPart.ORDER: (0.89, {"zh": "整理检查结果", "en": "Putting the findings in order"}),
}


def within(advance: Advance, since: float, until: float, step: Mapping[str, str]) -> Advance:
    """Return what tells the progress of a part of the work, in one name, as that of the whole."""
    return lambda share, _step: advance(since + share * (until - since), step)


def unheard(_share: float, _step: Mapping[str, str]) -> None:
    """Take progress that nobody asks for."""
