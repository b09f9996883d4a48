"""`wangge grid crosswalk` and `wangge grid assign` as a planner types them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from commands import layer, wangge
from shapely import LineString, box, segmentize

if TYPE_CHECKING:
    from pathlib import Path

    from gis.settings import Settings

COMMUNITY = "320199001001"


def strips(folder: Path, middle: float) -> str:
    """Two grids side by side with the line between them at a longitude."""
    west, east = (
        segmentize(box(*edges), 0.0101)
        for edges in ((118.8, 31.9, middle, 31.91), (middle, 31.9, 118.82, 31.91))
    )
    return layer(folder / f"grids-{middle}.geojson", **{f"{COMMUNITY}001": west, f"{COMMUNITY}002": east})


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig") as written:
        return list(csv.DictReader(written))


@pytest.fixture
def published(settings: Settings, tmp_path: Path) -> Settings:
    whole = segmentize(box(118.8, 31.9, 118.82, 31.91), 0.0101)
    for level, digits in (("street", 9), ("community", 12)):
        path = layer(tmp_path / f"{level}.geojson", **{COMMUNITY[:digits]: whole})
        wangge(settings, "area", "import", path, "--level", level, "--crs", "cgcs2000", "--apply")
    for middle, day in ((118.81, "2026-01-01"), (118.812, "2026-02-01")):
        path = strips(tmp_path, middle)
        wangge(settings, "grid", "import", path, "--kind", "natural", "--crs", "cgcs2000", "--apply")
        wangge(settings, "grid", "check")
        wangge(settings, "release", "publish", "--from", day, "--apply")
    return settings


def test_crosswalk_and_assignment(published: Settings, tmp_path: Path) -> None:
    written = tmp_path / "crosswalk.csv"
    said = wangge(published, "grid", "crosswalk", "--from", "1", "--to", "2", "--out", str(written))
    assert "by area: 2 natural grids to 2" in said
    assert "1 pass on whole, 0 of them into another grid" in said
    assert "200 households moved, 0 of them into no grid" in said
    assert "1 are shared out" in said
    assert [(row["old_code"][-3:], row["new_code"][-3:], row["households"]) for row in rows(written)] == [
        ("001", "001", "100"),
        ("002", "001", "20"),
        ("002", "002", "80"),
    ]
    crosswalk = ("grid", "crosswalk", "--from", "1", "--to", "2")
    assert "no buildings are stored" in wangge(published, *crosswalk, "--weight", "households", code=4)
    assert "no dedicated grids" in wangge(published, *crosswalk, "--kind", "dedicated")

    road = LineString([(118.805, 31.905), (118.815, 31.905), (118.825, 31.905)])
    roads = layer(tmp_path / "roads.geojson", ring=road)
    written = tmp_path / "roads.csv"
    assign = ("grid", "assign", roads, "--crs", "cgcs2000", "--release", "1")
    said = wangge(published, *assign, "--rule", "split", "--out", str(written))
    assert "by split: 1 features, 2 natural grids of release 1" in said
    assert "1  partly in no grid" in said
    assert [(row["grid_code"][-3:], round(float(row["share"]), 6)) for row in rows(written)] == [
        ("001", 0.25),
        ("002", 0.5),
    ]
    assert round(float(rows(written)[0]["outside"]), 6) == 0.25
    assert "in several grids, and so in none" in wangge(published, *assign, "--rule", "containment")
    far = layer(tmp_path / "far.geojson", far=box(118.83, 31.9, 118.831, 31.901))
    said = wangge(
        published, "grid", "assign", far, "--crs", "cgcs2000", "--rule", "largest", "--release", "1"
    )
    assert "No feature lies in a grid" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("crosswalk", "--from", "1", "--to", "2"), 3, "no release 1"),
        (("assign", "nowhere.geojson", "--rule", "split"), 3, "No release was in force"),
        (("assign", "nowhere.geojson", "--rule", "guess"), 2, "guess"),
    ],
)
def test_a_refusal_is_a_sentence(
    settings: Settings, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in wangge(settings, "grid", *arguments, code=code)
