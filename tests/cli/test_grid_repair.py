"""`wangge grid repair` as a planner types it: a dry run, what is left, a picture, and applying."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from commands import layer, wangge
from shapely import Polygon, box

if TYPE_CHECKING:
    from pathlib import Path

    from gis.settings import Settings

COMMUNITY = "320199001001"
WEST, EAST = f"{COMMUNITY}001", f"{COMMUNITY}002"
# two grids that draw the line between them otherwise: some 3 m of gap in the south, of overlap in the north
GRIDS = {
    WEST: Polygon(
        [(118.8, 31.9), (118.80197, 31.9), (118.802, 31.901), (118.80203, 31.902), (118.8, 31.902)]
    ),
    EAST: Polygon(
        [(118.802, 31.9), (118.804, 31.9), (118.804, 31.902), (118.802, 31.902), (118.802, 31.901)]
    ),
}


@pytest.fixture
def drawn(settings: Settings, tmp_path: Path) -> Settings:
    whole = box(118.8, 31.9, 118.804, 31.902)
    for level, digits in (("street", 9), ("community", 12)):
        path = layer(tmp_path / f"{level}.geojson", **{COMMUNITY[:digits]: whole})
        wangge(settings, "area", "import", path, "--level", level, "--crs", "cgcs2000", "--apply")
    path = layer(tmp_path / "grids.geojson", **GRIDS)
    wangge(settings, "grid", "import", path, "--kind", "natural", "--crs", "cgcs2000", "--apply")
    return settings


def test_a_dry_run_then_applied_then_nothing_to_do(drawn: Settings, tmp_path: Path) -> None:
    page, places = tmp_path / "repair.html", tmp_path / "repair.geojson"
    repair = ("grid", "repair", "--map", str(page), "--json", str(places))
    said = wangge(drawn, *repair)
    # and corners, and hairs where an edge is straight in degrees and not in metres
    assert re.search(r"2 of 2 grids changed in \d places, 0 places left", said)
    assert "The gap of 157" in said
    assert f"stays with {WEST}" in said or f"stays with {EAST}" in said
    assert "moved m²" in said
    assert "Dry run: nothing was changed; add --apply." in said
    assert 'data-page="repair"' in page.read_text(encoding="utf-8")
    features = json.loads(places.read_text(encoding="utf-8"))["features"]
    assert {one["properties"]["kind"] for one in features} >= {"filled", "decided"}
    assert "并入网格" in features[0]["properties"]["sentence_zh"] + features[1]["properties"]["sentence_zh"]

    applied = wangge(drawn, "grid", "repair", "--lang", "zh", "--apply")
    assert "Saved as change" in applied
    assert "的重叠" in applied
    assert "0 of 2 grids changed in 0 places, 0 places left" in wangge(drawn, "grid", "repair", "--apply")


def test_a_repair_is_listed_undone_and_done_again(drawn: Settings) -> None:
    wangge(drawn, "grid", "repair", "--reason", "Two surveys", "--apply")
    listed = wangge(drawn, "plan", "operations", "1")
    first = next(line for line in listed.splitlines() if "repair" in line)
    assert re.search(r"^ *4 +repair .* 3 → 4 +holds +Two surveys *$", first)
    assert "Plan 1 is at change 4." in listed
    said = wangge(drawn, "plan", "undo", "1")
    assert f"It changes 2 grids: {WEST}, {EAST}." in said
    assert "Dry run: nothing was changed; add --apply." in said
    assert "undone by" not in wangge(drawn, "plan", "operations", "1")
    assert "Saved as change 5 of plan 1" in wangge(drawn, "plan", "undo", "1", "--apply")
    assert "undone by" in wangge(drawn, "plan", "operations", "1")
    assert "2 of 2 grids changed" in wangge(drawn, "grid", "repair")
    assert "Two surveys" in wangge(drawn, "plan", "redo", "1", "--apply")
    assert "0 of 2 grids changed" in wangge(drawn, "grid", "repair")
    assert "Nothing can be done again in plan 1" in wangge(drawn, "plan", "redo", "1", code=4)
    for _ in range(4):
        wangge(drawn, "plan", "undo", "1", "--apply")
    assert "nothing to undo" in wangge(drawn, "plan", "undo", "1", code=4)
    assert "There is no plan 9" in wangge(drawn, "plan", "operations", "9", code=3)
    assert "0 findings, 0 of them errors" in wangge(drawn, "grid", "check")


def test_what_is_left_is_told_and_ends_with_four(drawn: Settings, tmp_path: Path) -> None:
    said = wangge(drawn, "grid", "repair", "--max-gap-width", "1", code=4)
    assert "1 places left" in said
    assert "where it is widest, it is wider than allowed" in said
    found = tmp_path / "findings.geojson"
    wangge(drawn, "grid", "check", "--out", str(found), code=4)
    features = json.loads(found.read_text(encoding="utf-8"))["features"]
    kinds = {one["properties"]["kind"]: one["properties"].get("id", one.get("id")) for one in features}
    meant = tmp_path / "meant.txt"
    meant.write_text(kinds["gap"], encoding="utf-8")
    said = wangge(drawn, "grid", "repair", "--intended", str(meant))
    assert "it is meant to be there" in said


def test_wrong_options_are_refused_with_what_to_do(drawn: Settings, tmp_path: Path) -> None:
    assert "There is no grid 12 in plan 1" in wangge(drawn, "grid", "repair", "--keep-codes", "12", code=2)
    assert "There is no plan 99" in wangge(drawn, "grid", "repair", "--plan", "99", code=3)
    nowhere = str(tmp_path / "nowhere.geojson")
    assert "there is no file" in wangge(drawn, "grid", "repair", "--barriers", nowhere, code=2)
    picture = str(tmp_path / "map.gif")
    assert ".html or .png" in wangge(drawn, "grid", "repair", "--map", picture, "--apply", code=2)
    # and nothing was saved when the picture could not be
    assert "2 of 2 grids changed" in wangge(drawn, "grid", "repair")
