"""Check the rules of a profile that look at one layer alone, polygon by polygon."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gis.gridding.checks.numbering import find_code_order
from gis.gridding.checks.outlines import find_narrow_necks, find_repeated_vertices, find_spikes
from gis.gridding.checks.sizes import find_not_compact, find_stray_parts, find_too_large, find_too_small
from gis.nouns import FindingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gis.gridding.checks.layer import Layer
    from gis.gridding.rules.profile import Profile
    from gis.nouns import Finding

_Name = TypeVar("_Name", bound=str)
_FINDERS: dict[FindingKind, Callable[..., list[Finding]]] = {
    FindingKind.REPEATED_VERTEX: find_repeated_vertices,
    FindingKind.SPIKE: find_spikes,
    FindingKind.NARROW_NECK: find_narrow_necks,
    FindingKind.TOO_SMALL: find_too_small,
    FindingKind.TOO_LARGE: find_too_large,
    FindingKind.NOT_COMPACT: find_not_compact,
    FindingKind.STRAY_PART: find_stray_parts,
    FindingKind.CODE_ORDER: find_code_order,
}
"""Each takes a layer, and the limits of its rule by their names."""


def find_further(layers: Mapping[_Name, Layer], profile: Profile) -> list[Finding]:
    """Check every layer by the rules that are on in it.

    Args:
        layers: By the names of `gis.gridding.rules.catalogue.LAYERS`.
        profile: The rules.
    """
    findings: list[Finding] = []
    for name, layer in layers.items():
        for kind, find in _FINDERS.items():
            setting = profile.setting(name, kind)
            if setting is not None:
                findings += find(layer, **setting.limits)
    return findings
