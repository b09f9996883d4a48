"""By which rules places are repaired, and which of them are left alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Flags, Integers, Polygons

    Lines = NDArray[Any]


class GapRule(StrEnum):
    """Who gets a gap."""

    LONGEST_EDGE = "longest_edge"
    COMPACT = "compact"


class OverlapRule(StrEnum):
    """Who keeps an overlap; if a rule does not tell, the one that borders it longest with what is its own."""

    LONGEST_EDGE = "longest_edge"
    PRIORITY = "priority"
    LARGEST = "largest"
    MIDDLE = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairRules:
    """By which rules to repair.

    Attributes:
        max_gap_width_m: Wider gaps are left. The width is twice the area by the perimeter, or the diameter of
            the largest circle inside, whichever is more.
        gaps: Who gets a gap: the polygon with the longest edge along it, or the one that gains most, or loses
            least, in compactness (4 pi area / perimeter squared).
        overlaps: Who keeps an overlap. `MIDDLE` halves one of two polygons by the straight line between the
            two points where their outlines cross, if that runs inside.
        priority: Of each polygon, for `OverlapRule.PRIORITY`: the lowest number wins, shape (n,).
        fill_border: Fill gaps along the outline of the parents too.
        trim_outside: Take from polygons what lies outside the parents.
        locked: Polygons that must not change, shape (n,).
        groups: The community of each polygon, as a number: a gap goes only to polygons of the community that
            it lies in, shape (n,).
        parent_groups: The community of each parent, shape (p,). Without it a gap lies in the community that
            most of its outline runs along.
        barriers: Lines that no gap is filled across.
        buildings: A gap goes only to a polygon that has all of each building in it afterwards.
        keep: Gaps that lie mostly in one of these are meant to be there: lakes.
        stray_below_m2: Smaller parts of a polygon, other than its largest, are given away.
    """

    max_gap_width_m: float
    gaps: GapRule = GapRule.LONGEST_EDGE
    overlaps: OverlapRule = OverlapRule.LONGEST_EDGE
    priority: Integers | None = None
    fill_border: bool = False
    trim_outside: bool = False
    locked: Flags | None = None
    groups: Integers | None = None
    parent_groups: Integers | None = None
    barriers: Lines | None = None
    buildings: Polygons | None = None
    keep: Polygons | None = None
    stray_below_m2: float = 0.0
