"""`wangge grid compare` as a planner types it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from commands import layer, wangge
from shapely import box, segmentize

from gis.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

COMMUNITY = "320199001001"
WEST, EAST = f"{COMMUNITY}001", f"{COMMUNITY}002"


def strips(folder: Path, middle: float) -> str:
    """Two grids side by side with the line between them at a longitude."""
    shapes = [
        segmentize(box(*edges), 0.0101)
        for edges in ((118.8, 31.9, middle, 31.91), (middle, 31.9, 118.82, 31.91))
    ]
    return layer(folder / f"grids-{middle}.geojson", **dict(zip((WEST, EAST), shapes, strict=True)))


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


def test_releases_and_a_plan(published: Settings, tmp_path: Path) -> None:
    written, page = tmp_path / "changes.csv", tmp_path / "changes.html"
    said = wangge(
        published, "grid", "compare", "--from", "1", "--to", "2", "--out", str(written), "--map", str(page)
    )
    assert "Release 1 to release 2: 2 grids to 2, 1 changes." in said
    assert f"The edge between the grids {WEST}, {EAST} moved" in said
    assert "events" in said
    with written.open(encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert (row["kind"], row["old"], row["new"]) == ("moved_edge", f"{WEST} {EAST}", f"{WEST} {EAST}")
    assert float(row["moved_m2"]) == pytest.approx(209_500, rel=0.01)
    assert row["moves"] == f"{EAST} > {WEST}: {row['moved_m2']}"
    assert "The edge between the grids" in page.read_text(encoding="utf-8")
    again = strips(tmp_path, 118.814)
    wangge(published, "grid", "import", again, "--kind", "natural", "--crs", "cgcs2000", "--apply")
    said = wangge(published, "grid", "compare", "--plan", "3", "--lang", "zh")
    assert "Release 2 to plan 3" in said
    assert f"网格 {WEST}、{EAST} 的边界移动" in said
    said = wangge(published, "grid", "compare", "--from", "1", "--to", "1")
    assert "Nothing changed, within the tolerance." in said
    assert "There is no release 9" in wangge(published, "grid", "compare", "--from", "1", "--to", "9", code=3)


def test_files_of_any_system_need_no_database(tmp_path: Path) -> None:
    nowhere = Settings(database_url="postgresql://nobody@127.0.0.1:1/none")
    old = strips(tmp_path, 118.81)
    new = tmp_path / "new.gpkg"
    frame = gpd.read_file(strips(tmp_path, 118.812)).rename(columns={"code": "NR"}).to_crs(4549)
    frame["geometry"] = frame.geometry.segmentize(37)
    frame.iloc[::-1].to_file(new, driver="GPKG")
    renamed = json.loads((tmp_path / "grids-118.81.geojson").read_text())
    for feature in renamed["features"]:
        feature["properties"]["NR"] = feature["properties"].pop("code")
    (tmp_path / "old.geojson").write_text(json.dumps(renamed))
    changes = tmp_path / "changes.geojson"
    arguments = ("grid", "compare", str(tmp_path / "old.geojson"), str(new), "--crs", "cgcs2000")
    said = wangge(nowhere, *arguments, "--code-column", "NR", "--json", str(changes))
    assert "old.geojson to new.gpkg: 2 grids to 2, 1 changes." in said
    assert "moved_edge" in said
    (feature,) = json.loads(changes.read_text())["features"]
    assert feature["properties"]["moves"][0]["from"] == EAST
    said = wangge(nowhere, *arguments[:4], "--code-column", "NR", code=2)
    assert "old.geojson does not say which coordinate system it is in" in said
    assert "no column" in wangge(nowhere, *arguments, "--code-column", "NUMBER", code=2)
    assert "1 changes" not in wangge(nowhere, *arguments, "--code-column", "NR", "--min-width", "300")
    assert "min_width_m is 0.0" in wangge(
        nowhere, *arguments, "--code-column", "NR", "--min-width", "0", code=2
    )
    assert "there is no file" in wangge(nowhere, "grid", "compare", old, f"{old}x", "--crs", "wgs84", code=2)


@pytest.mark.parametrize(
    "arguments",
    [(), ("--from", "1"), ("--plan", "1", "--from", "1", "--to", "2"), ("one.geojson",), ("a", "b", "c")],
)
def test_one_pair_of_states_must_be_asked_for(settings: Settings, arguments: tuple[str, ...]) -> None:
    assert "give two releases" in wangge(settings, "grid", "compare", *arguments, code=2)


def test_rows_with_errors_are_named(settings: Settings, tmp_path: Path) -> None:
    good = strips(tmp_path, 118.81)
    rows = json.loads((tmp_path / "grids-118.81.geojson").read_text())
    rows["features"][1]["properties"]["code"] = None
    bad = tmp_path / "bad.geojson"
    bad.write_text(json.dumps(rows))
    said = wangge(settings, "grid", "compare", good, str(bad), "--crs", "cgcs2000", code=2)
    assert "bad.geojson: 1 rows have errors" in said
    assert "row 2" in said
    rows["features"][1]["properties"] = {"code": WEST, "name": "another"}
    bad.write_text(json.dumps(rows))
    assert f"code {WEST} is in rows 1, 2" in wangge(
        settings, "grid", "compare", good, str(bad), "--crs", "cgcs2000", code=2
    )
    empty = tmp_path / "empty.geojson"
    empty.write_text('{"type": "FeatureCollection", "features": []}')
    assert "holds no rows" in wangge(
        settings, "grid", "compare", good, str(empty), "--crs", "cgcs2000", code=2
    )
