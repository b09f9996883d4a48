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
    FindingKind.REPEATED_VERTEX: Rule(("max_apart_m",), needed=("max_apart_m",)),
    FindingKind.SPIKE: Rule(("max_angle_deg", "min_length_m"), needed=("max_angle_deg", "min_length_m")),
    FindingKind.NARROW_NECK: Rule(("max_width_m",), needed=("max_width_m",)),
    FindingKind.TOO_SMALL: Rule(
        ("min_area_m2", "min_households"), one_of=("min_area_m2", "min_households"), layers=_GRIDS
    ),
    FindingKind.TOO_LARGE: Rule(
        ("max_area_m2", "max_households"), one_of=("max_area_m2", "max_households"), layers=_GRIDS
    ),
    FindingKind.NOT_COMPACT: Rule(("min_compactness",), needed=("min_compactness",)),
    FindingKind.STRAY_PART: Rule(("max_share",), needed=("max_share",)),
    FindingKind.RETIRED_CODE: Rule(layers=_GRIDS),
    FindingKind.CODE_ORDER: Rule(layers=_GRIDS),
    FindingKind.NO_WORKER: Rule(layers=_GRIDS),
    FindingKind.EDGE_MISMATCH: Rule(("max_apart_m",), needed=("max_apart_m",), layers=("natural", UNIT)),
    FindingKind.BUILDING_CUT: Rule(
        ("min_depth_m",), needed=("min_depth_m",), layers=("natural", "dedicated")
    ),
    FindingKind.UNIT_GROUP: Rule(("max_units",), needed=("max_units",), layers=("natural",)),
    FindingKind.INTENDED_HOLE: Rule(layers=("natural",)),
}
"""Every kind of finding is the finding of one rule."""
