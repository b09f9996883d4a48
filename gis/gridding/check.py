"""Check grids and areas: everything that is wrong with them, as findings, in one deterministic order.

Bad geometry is a finding, never an exception. The result depends on the rows alone, not on their order or
on where a ring starts and which way it turns.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import shapely

from gis.gridding.checks.gaps import find_empty_parents, find_gaps
from gis.gridding.checks.layer import coverage_of, read_layer
from gis.gridding.checks.nesting import (
    find_across_parents,
    find_outside_land,
    find_outside_parent,
    find_unknown_parents,
    find_wrong_parents,
    place,
)
from gis.gridding.checks.numbering import find_bad_codes, find_duplicate_codes
from gis.gridding.checks.overlaps import find_overlaps
from gis.gridding.checks.tolerance import Tolerance
from gis.gridding.checks.validity import find_invalid, find_multi_part
from gis.gridding.rules.further import find_further
from gis.gridding.rules.identity import remember_holes
from gis.gridding.rules.known import find_in_units, find_with_known
from gis.gridding.rules.terms import Limits, Terms, judged
from gis.nouns import AreaLevel, Finding, FindingKind, GridKind, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    import geopandas as gpd

    from gis.gridding.checks.layer import Coverage, Layer
    from gis.gridding.codes import CodeScheme

__all__ = ["Tolerance", "check_areas", "check_grids", "checking_grids"]

_LEVELS = tuple(AreaLevel)
_SEVERITIES = tuple(Severity)
_KINDS = tuple(FindingKind)


class CheckPart(StrEnum):
    """What a check of grids goes through, in this order."""

    OUTLINES = "outlines"
    SINGLE = "single"
    AREAS = "areas"
    RULES = "rules"
    OVERLAPS_AND_GAPS = "overlaps_and_gaps"
    COMMUNITIES = "communities"
    LEVELS = "levels"
    KNOWN = "known"
    ORDER = "order"


def check_grids(
    grids: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None,
    *,
    tolerance: Tolerance,
    metric_crs: str,
    scheme: CodeScheme,
    terms: Terms | None = None,
) -> list[Finding]:
    """Check a set of grids against each other and against the areas.

    1. Every grid: invalid, multi-part, repeated code, code against the scheme.
    2. Natural grids: overlaps and gaps, against the union of the communities they name; a community that
       no grid names is one warning. Without areas, gaps are the holes of the grids' union.
    3. Dedicated grids, and special ones of one task: overlaps among themselves.
    4. Against the communities: unknown ones, parts outside, grids that lie mostly in another one, dedicated
       grids over two. Where communities are not given, the next level up stands in for the outline.
    5. What else the terms ask for: rules about outlines, sizes, shapes and codes of single grids, about edges
       that do not match, and against workers, buildings and unit grids where these are known.
    6. Areas whose parent is unknown, or that lie mostly in another one. Their partition: `check_areas`.

    Args:
        grids: Columns code, kind, task, community_code, geometry (EPSG:4490); any index.
        areas: Columns code, name, level, parent_code, geometry (EPSG:4490); None or empty if unknown.
        tolerance: What is too small to be a finding.
        metric_crs: The projected system metres are measured in, of `gis.gridding.crs.metric_crs_for`.
        scheme: How codes are built.
        terms: Which rules hold, and what is known besides; None: the usual ones.

    Returns:
        Findings, each place once, ordered by kind, severity, grids and size.

    Raises:
        InputError: A column is missing.
    """
    parts = checking_grids(
        grids, areas, tolerance=tolerance, metric_crs=metric_crs, scheme=scheme, terms=terms
    )
    return findings_of(parts, lambda _part: None)


def findings_of(
    parts: Generator[CheckPart, None, list[Finding]], tell: Callable[[CheckPart], None]
) -> list[Finding]:
    """Go through a check, tell each part before it begins, and return the findings."""
    while True:
        try:
            tell(next(parts))
        except StopIteration as end:
            findings: list[Finding] = end.value
            return findings


def checking_grids(
    grids: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None,
    *,
    tolerance: Tolerance,
    metric_crs: str,
    scheme: CodeScheme,
    terms: Terms | None = None,
) -> Generator[CheckPart, None, list[Finding]]:
    """Check as `check_grids` does, part by part: each is given before it begins, the findings at the end."""
    terms = terms or Terms()
    yield CheckPart.OUTLINES
    households = ("households",) if "households" in grids.columns else ()
    layer = read_layer(grids, ("kind", "task", "community_code", *households), metric_crs, "grid")
    of_kind = {kind: layer.where(layer.rows["kind"].to_numpy() == kind) for kind in GridKind}
    yield CheckPart.SINGLE
    findings = [
        *find_invalid(layer),
        *find_multi_part(layer),
        *find_duplicate_codes(layer),
        *find_bad_codes(layer, scheme, "community_code"),
    ]
    yield CheckPart.AREAS
    levels = _levels(areas, metric_crs)
    parents = next((levels[level] for level in reversed(_LEVELS) if level in levels), None)
    yield CheckPart.RULES
    findings += find_further(of_kind, terms.profile)
    yield CheckPart.OVERLAPS_AND_GAPS
    natural = coverage_of(of_kind[GridKind.NATURAL])
    limits = Limits(terms.profile, tolerance)
    findings += find_overlaps(natural, limits.of("natural", FindingKind.OVERLAP), {"layer": "natural"})
    findings += _gaps(natural, parents, limits.of("natural", FindingKind.GAP))
    for subset, detail in _overlays(of_kind):
        findings += find_overlaps(
            coverage_of(subset), limits.of(detail["layer"], FindingKind.OVERLAP), detail
        )
    yield CheckPart.COMMUNITIES
    if parents is not None:
        findings += _grids_against(parents, layer, natural, limits)
    yield CheckPart.LEVELS
    for child, parent in _steps(levels):
        findings += find_unknown_parents(child.layer, parent.layer, "parent_code", required=True)
        findings += find_wrong_parents(place(child, parent, "parent_code"))
    yield CheckPart.KNOWN
    findings += find_with_known(of_kind, natural, terms)
    findings += find_in_units(natural, terms, limits)
    yield CheckPart.ORDER
    findings = remember_holes(findings, terms.intended)
    layers = dict(zip(layer.codes, layer.rows["kind"], strict=True))
    return _ordered(judged(findings, terms.profile, layers))


def check_areas(
    areas: gpd.GeoDataFrame, *, tolerance: Tolerance, metric_crs: str, terms: Terms | None = None
) -> list[Finding]:
    """Check that the areas of each level partition those of the level above.

    Args:
        areas: Columns code, name, level, parent_code, geometry (EPSG:4490); any index.
        tolerance: What is too small to be a finding.
        metric_crs: The projected system metres are measured in.
        terms: Which rules hold; None: the usual ones.

    Returns:
        Invalid outlines, repeated codes, overlaps within a level, gaps against the level above (the holes
        of the union where there is none) and parts outside the parent. Wrong and unknown parents are
        findings of `check_grids`.

    Raises:
        InputError: A column is missing.
    """
    terms = terms or Terms()
    limits = Limits(terms.profile, tolerance)
    whole = read_layer(areas, ("level", "parent_code"), metric_crs, "area")
    levels = {level: whole.where(whole.rows["level"].to_numpy() == level, level.value) for level in _LEVELS}
    findings = [*find_duplicate_codes(whole), *find_further(levels, terms.profile)]
    coverages: dict[AreaLevel, Coverage] = {}
    for level, layer in levels.items():
        if not len(layer):
            continue
        above = next(reversed(coverages.values()), None)
        coverage = coverages[level] = coverage_of(layer)
        findings += find_invalid(layer)
        findings += find_overlaps(coverage, limits.of(level, FindingKind.OVERLAP), {"layer": level.value})
        findings += find_gaps(coverage, above, limits.of(level, FindingKind.GAP))
        if above is not None:
            placed = place(coverage, above, "parent_code")
            findings += find_outside_parent(placed, limits.of(level, FindingKind.OUTSIDE_PARENT))
    return _ordered(judged(findings, terms.profile, dict(zip(whole.codes, whole.rows["level"], strict=True))))


def _levels(areas: gpd.GeoDataFrame | None, metric_crs: str) -> dict[AreaLevel, Coverage]:
    if areas is None or not len(areas):
        return {}
    whole = read_layer(areas, ("level", "parent_code"), metric_crs, "area")
    masks = {level: whole.rows["level"].to_numpy() == level for level in _LEVELS}
    return {level: coverage_of(whole.where(mask, level.value)) for level, mask in masks.items() if mask.any()}


def _steps(levels: dict[AreaLevel, Coverage]) -> Iterator[tuple[Coverage, Coverage]]:
    present = [levels[level] for level in _LEVELS if level in levels]
    return zip(present[1:], present[:-1], strict=True)


def _of_kind(layer: Layer, kind: GridKind) -> Layer:
    return layer.where(layer.rows["kind"].to_numpy() == kind)


def _overlays(layers: Mapping[GridKind, Layer]) -> Iterator[tuple[Layer, dict[str, str]]]:
    """Give the layers whose members must not overlap each other, besides the natural one."""
    yield layers[GridKind.DEDICATED], {"layer": "dedicated"}
    special = layers[GridKind.SPECIAL]
    for task in sorted(set(special.rows["task"])):
        subset = special.where(special.rows["task"].to_numpy() == task)
        yield subset, {"layer": "special", "task": task}


def _gaps(natural: Coverage, parents: Coverage | None, tolerance: Tolerance) -> list[Finding]:
    if parents is None or not len(natural.layer):
        return find_gaps(natural, None, tolerance)
    if parents.layer.subject != AreaLevel.COMMUNITY:
        return find_gaps(natural, parents, tolerance)
    named = parents.layer.rows["code"].isin(natural.layer.rows["community_code"]).to_numpy()
    communities = coverage_of(parents.layer.where(named)) if named.any() else parents
    findings = find_gaps(natural, communities, tolerance)
    if named.any():
        findings += find_empty_parents(natural, parents.layer.where(~named), tolerance)
    return findings


def _grids_against(parents: Coverage, layer: Layer, natural: Coverage, limits: Limits) -> list[Finding]:
    findings: list[Finding] = []
    land = parents.united()
    if parents.layer.subject == AreaLevel.COMMUNITY:
        is_special = layer.rows["kind"].to_numpy() == GridKind.SPECIAL
        for mask, required in ((~is_special, True), (is_special, False)):
            rows = layer.where(mask)
            findings += find_unknown_parents(rows, parents.layer, "community_code", required=required)
    placed = place(natural, parents, "community_code")
    outside = limits.of("natural", FindingKind.OUTSIDE_PARENT)
    findings += find_wrong_parents(placed)
    findings += find_outside_parent(placed, outside)
    findings += find_outside_land(placed, land, outside, all_rows=False)
    dedicated = place(coverage_of(_of_kind(layer, GridKind.DEDICATED)), parents, "community_code")
    findings += find_wrong_parents(dedicated)
    findings += find_across_parents(dedicated, limits.of("dedicated", FindingKind.NESTING))
    outside = limits.of("dedicated", FindingKind.OUTSIDE_PARENT)
    findings += find_outside_land(dedicated, land, outside, all_rows=True)
    special = place(coverage_of(_of_kind(layer, GridKind.SPECIAL)), parents, "community_code")
    outside = limits.of("special", FindingKind.OUTSIDE_PARENT)
    findings += find_outside_land(special, land, outside, all_rows=True)
    return findings


def _ordered(findings: list[Finding]) -> list[Finding]:
    def rank(finding: Finding) -> tuple[int, int, tuple[str, ...], float, str, str]:
        place_of = "" if finding.geometry is None else shapely.to_wkb(finding.geometry, hex=True)
        return (
            _KINDS.index(finding.kind),
            _SEVERITIES.index(finding.severity),
            finding.grids,
            -finding.area_m2,
            place_of,
            repr(sorted(finding.detail.items())),
        )

    return sorted(findings, key=rank)
