"""The lasting id of a finding: the same place found wrong again has the same one, until it changes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

_DEGREES_OF_A_MILLIMETRE = 1e-8
_DIGITS = 32


def ids_of(findings: Sequence[Finding]) -> list[str]:
    """Return an id for each finding: a hash of its kind, its grids and its place to a millimetre.

    It does not depend on the order of rows, on where a ring starts, or on any other finding. A hole that is
    meant has the id of the gap it was. Of findings without a place, facts tell them apart.
    """
    places = np.array([finding.geometry for finding in findings], dtype=object)
    # whole numbers, so that no negative zero and no last bit differs
    rounded = shapely.normalize(
        shapely.transform(places, lambda xy: np.rint(xy / _DEGREES_OF_A_MILLIMETRE) + 0.0)
    )
    return [
        _digest(finding, wkb or b"")
        for finding, wkb in zip(findings, shapely.to_wkb(rounded, byte_order=1), strict=True)
    ]


def remember_holes(findings: Iterable[Finding], intended: AbstractSet[str]) -> list[Finding]:
    """Make hints of the gaps that were marked as meant; one whose outline has changed is a gap again."""
    findings = list(findings)
    if not intended:
        return findings
    return [
        replace(finding, kind=FindingKind.INTENDED_HOLE, severity=Severity.INFO)
        if finding.kind is FindingKind.GAP and one in intended
        else finding
        for finding, one in zip(findings, ids_of(findings), strict=True)
    ]


def _digest(finding: Finding, place: bytes) -> str:
    kind = FindingKind.GAP if finding.kind is FindingKind.INTENDED_HOLE else finding.kind
    facts = "" if place else repr(sorted(finding.detail.items()))
    head = "\x1f".join((kind.value, *finding.grids, facts)).encode()
    return hashlib.sha256(head + b"\x1e" + place).hexdigest()[:_DIGITS]
