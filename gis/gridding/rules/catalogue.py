"""The rules there are: the limits each one reads, and the layers and levels rules can be set for."""

from __future__ import annotations

from dataclasses import dataclass

from gis.nouns import AreaLevel, FindingKind, GridKind

UNIT = "unit"
"""The layer of unit grids (单元网格), which make up the grids of the other layers."""

LAYERS: tuple[str, ...] = (*(kind.value for kind in GridKind), UNIT, *(level.value for level in AreaLevel))
_GRIDS: tuple[str, ...] = LAYERS[:4]

_WIDTHS = ("min_width_m", "min_area_m2", "dust_width_m", "sliver_width_m")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        limits: Names of its limits, each with its unit at its end.
        needed: Those without which it cannot be checked; of `one_of`, at least one must be given.
        layers: Where it can be set.
    """

    limits: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    layers: tuple[str, ...] = LAYERS


RULES: dict[FindingKind, Rule] = {
    FindingKind.GAP: Rule(_WIDTHS),
    FindingKind.OVERLAP: Rule(_WIDTHS),
    FindingKind.OUTSIDE_PARENT: Rule(_WIDTHS),
    FindingKind.INVALID: Rule(),
    FindingKind.MULTI_PART: Rule(),
    FindingKind.DUPLICATE_CODE: Rule(),
    FindingKind.BAD_CODE: Rule(),
    FindingKind.NESTING: Rule(_WIDTHS),
}
"""Every kind of finding is the finding of one rule."""
