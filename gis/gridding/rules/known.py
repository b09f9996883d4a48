"""Check the rules that hold grids against what is known besides: codes, workers, buildings, unit grids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.gridding.checks.buildings import find_cut_buildings
from gis.gridding.checks.layer import coverage_of, read_layer
from gis.gridding.checks.mismatches import find_mismatches
from gis.gridding.checks.numbering import find_retired_codes
from gis.gridding.checks.staff import find_without_worker
from gis.gridding.checks.units import find_unit_faults, find_unit_groups
from gis.gridding.rules.catalogue import UNIT
from gis.gridding.rules.further import find_further
from gis.nouns import FindingKind, GridKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gis.gridding.checks.layer import Coverage, Layer
    from gis.gridding.rules.terms import Limits, Terms
    from gis.nouns import Finding


def find_with_known(layers: Mapping[GridKind, Layer], natural: Coverage, terms: Terms) -> list[Finding]:
    """Check every kind of grids against what the terms know.

    Args:
        layers: The grids by kind.
        natural: The natural ones.
        terms: The rules, and what is known.
    """
    findings: list[Finding] = []
    buildings = None
    if terms.buildings is not None and terms.profile.is_on(FindingKind.BUILDING_CUT):
        buildings = read_layer(terms.buildings, (), natural.layer.metric_crs, "building")
    for kind, layer in layers.items():
        if terms.profile.setting(kind, FindingKind.RETIRED_CODE):
            findings += find_retired_codes(layer, terms.retired)
        if terms.on_duty is not None and terms.profile.setting(kind, FindingKind.NO_WORKER):
            findings += find_without_worker(layer, terms.on_duty)
        cutting = terms.profile.setting(kind, FindingKind.BUILDING_CUT)
        if buildings is not None and cutting is not None:
            findings += find_cut_buildings(layer, buildings, **cutting.limits)
    return [*findings, *_mismatches(GridKind.NATURAL, natural, terms)]


def find_in_units(natural: Coverage, terms: Terms, limits: Limits) -> list[Finding]:
    """Check unit grids, and the natural grids they make up.

    Args:
        natural: The natural grids.
        terms: The rules, and the unit grids.
        limits: The limits.
    """
    if terms.units is None:
        return []
    units = read_layer(terms.units, ("grid_code", "community_code"), natural.layer.metric_crs, UNIT)
    coverage = coverage_of(units)
    findings = [
        *find_unit_faults(units, coverage, natural, limits),
        *find_further({UNIT: units}, terms.profile),
        *_mismatches(UNIT, coverage, terms),
    ]
    grouping = terms.profile.setting(GridKind.NATURAL, FindingKind.UNIT_GROUP)
    if grouping is not None:
        findings += find_unit_groups(units, natural.layer, **grouping.limits)
    return findings


def _mismatches(name: str, coverage: Coverage, terms: Terms) -> list[Finding]:
    setting = terms.profile.setting(name, FindingKind.EDGE_MISMATCH)
    return [] if setting is None else find_mismatches(coverage, **setting.limits)
