"""The page of rules tells what is checked, and its pictures show what is found."""

from __future__ import annotations

import importlib.util
import re
import sys
from typing import Any

import pytest
from house import ROOT

from gis.gridding.rules.catalogue import RULES
from gis.gridding.rules.profile import Profile, shipped_profile, shipped_profiles
from gis.gridding.sentences import explain
from gis.maps.page import words
from gis.nouns import FindingKind

PAGE = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)` (.*?)(?=^###? |\Z)", PAGE, re.MULTILINE | re.DOTALL))
PARTS = ("natural", "dedicated", "special", "unit")


def script() -> Any:
    spec = importlib.util.spec_from_file_location("rule_pictures", ROOT / "docs/pictures/rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


PICTURES = script()


def set_in(profile: Profile, kind: FindingKind) -> dict[str, str]:
    """Say how a profile checks a rule, as the page does, by layer."""
    said = {}
    for (layer, one), setting in profile.settings.items():
        if one is kind:
            limits = [f"{name} = {limit:g}" for name, limit in setting.limits.items()]
            severity = [setting.severity.value] if setting.severity else []
            facts = ", ".join([*severity, *limits])
            said[layer] = f"`{layer}`" + (f" ({facts})" if facts else "")
    return said


def lines_about(kind: FindingKind) -> list[str]:
    """Give the lines a section must have: limits, and where the rule is checked in which profile."""
    names = [f"`{name}`" for name in RULES[kind].limits]
    lines = ["- limits: " + (", ".join(names) or "none")]
    usual = set_in(shipped_profile("usual"), kind)
    if usual:
        lines.append("- `usual`: " + ", ".join(usual.values()))
    full = set_in(shipped_profile("full"), kind)
    further = [text for layer, text in full.items() if usual.get(layer) != text]
    if further:
        lines.append("- `full`: " + ", ".join(further))
    return lines


def test_the_page_has_a_section_for_every_rule_and_no_other() -> None:
    assert list(SECTIONS) == [kind.value for kind in FindingKind]


def test_the_page_lists_the_shipped_profiles() -> None:
    assert sorted(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == shipped_profiles()


@pytest.mark.parametrize("kind", FindingKind)
def test_a_section_says_the_limits_and_where_the_rule_holds(kind: FindingKind) -> None:
    section = SECTIONS[kind]
    assert section.startswith(words()["zh"][f"finding_{kind}"] + "\n")
    assert f"](pictures/rules/{kind}.svg)" in section
    assert re.findall(r"^- .*$", section, re.MULTILINE) == lines_about(kind)


@pytest.mark.parametrize("kind", FindingKind)
def test_other_programs_are_told_what_the_page_says(kind: FindingKind) -> None:
    assert explain(kind, "en") in " ".join(SECTIONS[kind].split())
    assert explain(kind, "zh").endswith("。")


@pytest.mark.parametrize("layer", PARTS)
def test_full_has_the_rules_of_each_layer_as_its_own_profile_has_them(layer: str) -> None:
    own, full = shipped_profile(layer).settings, shipped_profile("full").settings
    assert {key: setting for key, setting in own.items() if key[0] == layer}.items() <= full.items()


@pytest.mark.parametrize("kind", FindingKind)
def test_the_picture_shows_what_is_found(kind: FindingKind) -> None:
    assert len(PICTURES.findings_of(kind)) == 1
    kept = (PICTURES.FOLDER / f"{kind}.svg").read_text(encoding="utf-8")
    drawn = PICTURES.picture(kind)
    number = re.compile(r"(?<![#\w.-])-?\d+\.\d")
    assert number.sub("0", kept) == number.sub("0", drawn)
    expected = [float(one) for one in number.findall(drawn)]
    assert [float(one) for one in number.findall(kept)] == pytest.approx(expected, abs=0.11)
