from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapes

from gis.errors import InputError
from gis.gridding.check import Tolerance, check_areas, check_grids
from gis.gridding.codes import SCHEMES
from gis.gridding.rules.catalogue import LAYERS, RULES
from gis.gridding.rules.profile import Profile, parse_profile, shipped_profile, shipped_profiles
from gis.gridding.rules.terms import Terms
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    import geopandas as gpd


def check(grids: gpd.GeoDataFrame, profile: Profile) -> list[Finding]:
    return check_grids(
        grids,
        shapes.areas_frame({shapes.COMMUNITY: shapes.block()}),
        tolerance=Tolerance(),
        metric_crs=shapes.METRIC_CRS,
        scheme=SCHEMES["community-3"],
        terms=Terms(profile),
    )


def test_every_kind_of_finding_has_a_rule() -> None:
    assert list(RULES) == list(FindingKind)
    for rule in RULES.values():
        assert {*rule.needed, *rule.one_of} <= set(rule.limits)
        assert set(rule.layers) <= set(LAYERS)


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_can_be_read_and_holds_the_usual_rules(name: str) -> None:
    profile = shipped_profile(name)
    assert profile.name == name
    assert shipped_profile("usual").settings.keys() <= profile.settings.keys()


def test_a_rule_can_be_switched_off_in_one_layer() -> None:
    natural = shapes.grids_frame(shapes.with_overlap())
    (overlap,) = check(natural, shipped_profile("usual"))
    assert overlap.kind is FindingKind.OVERLAP
    assert check(natural, parse_profile('extends = "usual"\n[natural]\noverlap = false')) == []
    elsewhere = parse_profile('extends = "usual"\n[dedicated]\noverlap = false')
    assert check(natural, elsewhere) == [overlap]


def test_severity_and_limits_can_be_set() -> None:
    grids = shapes.grids_frame(shapes.with_overlap(0.5))
    (warned,) = check(grids, shipped_profile("usual"))
    assert warned.severity is Severity.WARNING
    told = 'extends = "usual"\n[natural]\noverlap = { severity = "info" }'
    assert [finding.severity for finding in check(grids, parse_profile(told))] == [Severity.INFO]
    wide = 'extends = "usual"\n[natural]\noverlap = { min_width_m = 1.0, min_area_m2 = 60 }'
    assert check(grids, parse_profile(wide)) == []
    narrow = 'extends = "usual"\n[natural]\noverlap = { sliver_width_m = 0.2 }'
    assert [finding.severity for finding in check(grids, parse_profile(narrow))] == [Severity.ERROR]


def test_rules_of_areas_are_those_of_their_level() -> None:
    areas = shapes.areas_frame({shapes.COMMUNITY: shapes.square(), shapes.OTHER_COMMUNITY: shapes.square()})

    def kinds(text: str) -> list[FindingKind]:
        terms = Terms(parse_profile(f'extends = "usual"\n{text}'))
        crs = shapes.METRIC_CRS
        return [f.kind for f in check_areas(areas, tolerance=Tolerance(), metric_crs=crs, terms=terms)]

    assert kinds("") == kinds("[street]\noverlap = false") == [FindingKind.OVERLAP]
    assert kinds("[community]\noverlap = false") == []


def test_later_profiles_and_the_own_tables_go_before_earlier_ones() -> None:
    own = parse_profile('extends = ["usual", "full"]\n[natural]\ngap = { min_width_m = 2 }')
    assert own.name == "own"
    setting = own.setting("natural", FindingKind.GAP)
    assert setting is not None
    assert (setting.severity, setting.limits) == (None, {"min_width_m": 2.0})


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ("[natural", "profile", "no TOML"),
        ("name = 3", "name", "must be a text"),
        ("extends = 3", "extends", "shipped profiles"),
        ('extends = "our"', "profile", "no profile 'our'; shipped are dedicated, full"),
        ("[wild]\ngap = true", "wild", "layers are natural"),
        ("natural = 3", "natural", "no table of a layer"),
        ("[natural]\nhole = true", "natural.hole", "rules are gap"),
        ("[natural]\ngap = 3", "natural.gap", "true, false or a table"),
        ('[natural]\ngap = { severity = "bad" }', "natural.gap.severity", "error, warning, info"),
        ("[natural]\ngap = { width = 3 }", "natural.gap.width", "limits are: min_width_m"),
        ("[natural]\ninvalid = { width = 3 }", "natural.invalid.width", "limits are: none"),
        ("[natural]\ngap = { min_width_m = 0 }", "natural.gap.min_width_m", "above 0"),
        ("[natural]\ngap = { min_width_m = nan }", "natural.gap.min_width_m", "above 0"),
        ("[natural]\ngap = { min_width_m = true }", "natural.gap.min_width_m", "above 0"),
    ],
)
def test_what_cannot_be_understood_is_named(text: str, field: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_profile(text)
    assert caught.value.field == field
