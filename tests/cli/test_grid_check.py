"""`wangge grid check`: what it writes, and under which names."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from commands import layer, wangge
from shapely import box

if TYPE_CHECKING:
    from pathlib import Path

    from gis.settings import Settings

COMMUNITY = "320199001001"


@pytest.fixture
def planned(settings: Settings, tmp_path: Path) -> Settings:
    """Two grids that leave a strip of five metres between them."""
    whole = box(118.80, 31.90, 118.82, 31.91).segmentize(0.01)
    areas = layer(tmp_path / "communities.geojson", **{COMMUNITY: whole})
    wangge(settings, "area", "import", areas, "--level", "community", "--crs", "cgcs2000", "--apply")
    west, east = box(118.80, 31.90, 118.80995, 31.91), box(118.81, 31.90, 118.82, 31.91)
    grids = layer(tmp_path / "grids.geojson", **{f"{COMMUNITY}001": west, f"{COMMUNITY}002": east})
    wangge(settings, "grid", "import", grids, "--kind", "natural", "--crs", "cgcs2000", "--apply")
    return settings


def test_the_ending_says_the_form(planned: Settings, tmp_path: Path) -> None:
    package, log = tmp_path / "findings.gpkg", tmp_path / "findings.SARIF.json"
    wangge(planned, "grid", "check", "--out", str(package), code=4)
    gap = gpd.read_file(package, layer="findings_polygons").set_index("kind").loc["gap"]
    assert len(gpd.read_file(package, layer="grids")) == 2
    wangge(planned, "grid", "check", "--out", str(log), code=4)
    (run,) = json.loads(log.read_text())["runs"]
    ids = {result["partialFingerprints"]["wanggeFinding/v1"] for result in run["results"]}
    assert gap["id"] in ids
    assert run["tool"]["driver"]["rules"][0]["properties"] == {"nameZh": "空隙", "nameEn": "Gap"}


def test_a_gap_is_marked_as_meant_once_and_taken_back(planned: Settings) -> None:
    checked = wangge(planned, "grid", "check", code=4)
    (beginning,) = set(re.findall(r"error +gap +([0-9a-f]{8}) ", checked))
    marking = ("grid", "intend", beginning, "--reason", "the brook")
    assert "Dry run: 1 would be marked" in wangge(planned, *marking)
    assert "No hole is marked" in wangge(planned, "grid", "intend")
    assert "the brook" in wangge(planned, *marking, "--apply")
    assert "is marked as meant already" in wangge(planned, *marking, code=4)
    listed = wangge(planned, "grid", "intend")
    assert beginning in listed
    assert "the brook" in listed
    again = wangge(planned, "grid", "check")
    assert "Clean" in again
    assert re.search(rf"info +intended_hole +{beginning} ", again)
    wangge(planned, "release", "publish", "--from", "2026-01-01", "--apply")
    assert "Clean" in wangge(planned, "grid", "check", "--release", "1")
    assert "1 taken back" in wangge(planned, "grid", "intend", beginning, "--take-back", "--apply")
    assert re.search(rf"error +gap +{beginning} ", wangge(planned, "grid", "check", "--release", "1", code=4))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("00000000", "--reason", "x"), 3, "None of the last 20 checks found a gap with the id 00000000"),
        (("00", "--reason", "x"), 2, "id: Give at least 8 signs"),
        (("00000000",), 2, "reason: Give either a reason or --take-back"),
        (("00000000", "--take-back", "--reason", "x"), 2, "reason: Give either"),
        (("00000000", "--take-back"), 3, "No hole that is marked as meant has the id 00000000"),
        (("00000000", "--reason", " "), 2, "reason: Say why"),
    ],
)
def test_what_cannot_be_marked_is_said(
    settings: Settings, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in wangge(settings, "grid", "intend", *arguments, code=code)


def test_a_wrong_ending_is_said_before_anything_is_checked(planned: Settings, tmp_path: Path) -> None:
    said = wangge(planned, "grid", "check", "--out", str(tmp_path / "findings.shp"), code=2)
    assert "out: findings.shp has none of the endings" in said
    said = wangge(planned, "grid", "check", "--out", str(tmp_path / "nowhere" / "findings.gpkg"), code=2)
    assert "there is no folder" in said
