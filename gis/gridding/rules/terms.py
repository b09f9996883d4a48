"""The terms of a check: which rules hold, and what is known besides the grids and areas."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gis.gridding.rules.catalogue import LAYERS
from gis.gridding.rules.profile import USUAL, Profile, shipped_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gis.gridding.checks.tolerance import Tolerance
    from gis.nouns import Finding, FindingKind


def _usual() -> Profile:
    return shipped_profile(USUAL)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a check goes by.

    Attributes:
        profile: The rules.
    """

    profile: Profile = field(default_factory=_usual)


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
