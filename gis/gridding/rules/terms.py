"""The terms of a check: which rules hold, and what is known besides the grids and areas."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gis.gridding.rules.catalogue import LAYERS
from gis.gridding.rules.profile import USUAL, Profile, shipped_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    import geopandas as gpd

    from gis.gridding.checks.tolerance import Tolerance
    from gis.nouns import Finding, FindingKind


def _usual() -> Profile:
    return shipped_profile(USUAL)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a check goes by.

    Attributes:
        profile: The rules.
        buildings: Columns code, geometry (EPSG:4490); None if unknown.
        on_duty: Codes of the grids that a worker is on duty for; None if unknown.
        retired: Codes that must not be given again.
        units: Unit grids, columns code, grid_code, community_code, geometry (EPSG:4490); None if there are
            none.
        intended: Ids of gaps that were marked as meant, of `gis.gridding.rules.identity.ids_of`.
    """

    profile: Profile = field(default_factory=_usual)
    buildings: gpd.GeoDataFrame | None = None
    on_duty: AbstractSet[str] | None = None
    retired: AbstractSet[str] = frozenset()
    units: gpd.GeoDataFrame | None = None
    intended: AbstractSet[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too small to be a finding, by layer and rule."""

    profile: Profile
    usual: Tolerance

    def of(self, layer: str, kind: FindingKind) -> Tolerance:
        """Return the tolerance of a rule in a layer."""
        return self.profile.tolerance(layer, kind, self.usual)


def judged(findings: Iterable[Finding], profile: Profile, layers: Mapping[str, str]) -> list[Finding]:
    """Leave out findings of rules that are off in their layer, and give the others the severity set there.

    Args:
        findings: Any.
        profile: The rules.
        layers: The layer of each code.
    """
    kept = []
    for finding in findings:
        layer = _layer_of(finding, layers)
        setting = profile.setting(layer, finding.kind)
        if layer in LAYERS and setting is None:
            continue
        if setting is None or setting.severity is None:
            kept.append(finding)
        else:
            kept.append(replace(finding, severity=setting.severity))
    return kept


def _layer_of(finding: Finding, layers: Mapping[str, str]) -> str:
    """Tell the layer: it is said, or that of areas is their level, or it is that of the first grid."""
    for name in ("layer", "subject"):
        if finding.detail.get(name) in LAYERS:
            return finding.detail[name]
    return layers.get(finding.grids[0], "") if finding.grids else "natural"
