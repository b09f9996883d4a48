"""`wangge grid coverage` as a planner types it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from commands import layer, wangge
from shapely import box, segmentize

if TYPE_CHECKING:
    from pathlib import Path

    from gis.settings import Settings

COMMUNITY = "320199001001"


@pytest.fixture
def planned(settings: Settings, tmp_path: Path) -> Settings:
    """A community of which natural grids leave a twentieth."""
    whole = segmentize(box(118.8, 31.9, 118.82, 31.91), 0.0101)
    for level, digits in (("street", 9), ("community", 12)):
        path = layer(tmp_path / f"{level}.geojson", **{COMMUNITY[:digits]: whole})
        wangge(settings, "area", "import", path, "--level", level, "--crs", "cgcs2000", "--apply")
    cells = {
        f"{COMMUNITY}001": box(118.8, 31.9, 118.81, 31.91),
        f"{COMMUNITY}002": box(118.811, 31.9, 118.82, 31.91),
    }
    path = layer(tmp_path / "grids.geojson", **cells)
    wangge(settings, "grid", "import", path, "--kind", "natural", "--crs", "cgcs2000", "--apply")
    return settings


def test_the_table_the_files_and_the_map(planned: Settings, tmp_path: Path) -> None:
    table, left, page = (tmp_path / name for name in ("rows.csv", "left.geojson", "map.html"))
    files = ("--out", str(table), "--json", str(left), "--map", str(page))
    coverage = ("grid", "coverage", "--plan", "1")
    said = wangge(planned, *coverage, "--level", "community", "--kind", "natural", *files)
    assert "Plan 1: 1 areas of the level community." in said
    assert "0 of 1 are served wholly by natural grids." in said
    assert f"{COMMUNITY}" in said
    assert "95.00 %" in said
    assert "No buildings are stored" in said
    with table.open(encoding="utf-8-sig") as written:
        (row,) = csv.DictReader(written)
    assert (row["code"], row["kind"], row["grids"], row["buildings"]) == (COMMUNITY, "natural", "2", "")
    (feature,) = json.loads(left.read_text())["features"]
    assert feature["properties"]["area_m2"] == pytest.approx(float(row["uncovered_m2"]))
    assert min(lon for lon, _ in feature["geometry"]["coordinates"][0]) == 118.81
    assert "wangge.start(" in page.read_text("utf-8")

    said = wangge(planned, *coverage)
    assert "Plan 1: 1 areas of the level street." in said
    assert "natural" in said
    assert "all together" in said
    assert "由自然 网格完全覆盖" in wangge(planned, *coverage, "--kind", "natural", "--lang", "zh")


def test_a_refusal_is_a_sentence(planned: Settings) -> None:
    for arguments, code, said in (
        ((), 3, "No release is in force yet"),
        (("--release", "9"), 3, "no release 9"),
        (("--plan", "9"), 3, "no plan 9"),
        (("--plan", "1", "--release", "1"), 2, "not both"),
        (("--plan", "1", "--level", "district"), 3, "no areas of the level district"),
        (("--plan", "1", "--kind", "dedicated"), 3, "no dedicated grids"),
        (("--kind", "round"), 2, "round"),
        (("--plan", "1", "--map", "picture.gif"), 2, "picture.gif"),
    ):
        assert said in wangge(planned, "grid", "coverage", *arguments, code=code)
