"""The commands a planner types, against a database of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from alembic import command
from commands import layer, wangge
from shapely import box

from gis.store.migrate import alembic_config

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from gis.settings import Settings

COMMUNITY = "320199001001"
WEST, EAST = box(118.80, 31.90, 118.81, 31.91), box(118.81, 31.90, 118.82, 31.91)
# some five metres short of its neighbour: a gap
SHORT = box(118.80, 31.90, 118.80995, 31.91)


@pytest.fixture
def planned(settings: Settings, tmp_path: Path) -> Settings:
    whole = box(118.80, 31.90, 118.82, 31.91).segmentize(0.01)
    streets = layer(tmp_path / "streets.geojson", **{COMMUNITY[:9]: whole})
    communities = layer(tmp_path / "communities.geojson", **{COMMUNITY: whole})
    for level, path in (("street", streets), ("community", communities)):
        wangge(settings, "area", "import", path, "--level", level, "--crs", "cgcs2000", "--apply")
    return settings


def test_from_import_to_map(planned: Settings, tmp_path: Path) -> None:
    grids = layer(tmp_path / "grids.geojson", **{f"{COMMUNITY}001": WEST, f"{COMMUNITY}002": EAST})
    importing = ("grid", "import", grids, "--kind", "natural", "--crs", "wgs84")
    assert "Dry run" in wangge(planned, *importing)
    assert "no grids to check" in wangge(planned, "grid", "check")  # nothing was changed
    assert "2 saved" in wangge(planned, *importing, "--apply")
    assert "seamless" in wangge(planned, "grid", "check")
    publishing = ("release", "publish", "--from", "2026-01-01")
    assert "would be published" in wangge(planned, *publishing)
    assert "Nothing is published yet" in wangge(planned, "release", "list")
    assert "Release 1 is published" in wangge(planned, *publishing, "--apply")
    assert "2026-01-01" in wangge(planned, "release", "list")
    said = wangge(planned, "locate", "118.805", "31.905", "--crs", "wgs84", "--at", "2026-05-01")
    assert f"{COMMUNITY}001" in said
    assert "Release 1" in said
    events = tmp_path / "events.csv"
    inside = "".join(f"{i},118.80{i},31.905,2026-05-01,noise\n" for i in range(1, 8))
    events.write_text(f"id,lon,lat,time,category\n{inside}8,118.83,31.9,2026-05-01,noise\n")
    imported = wangge(planned, "event", "import", str(events), "--crs", "wgs84", "--apply")
    assert "in a natural grid" in imported
    assert "unlocated: no_grid" in imported
    assert "noise" in wangge(planned, "event", "list", "--unlocated")
    page = tmp_path / "heat.html"
    wangge(planned, "map", "events", "-o", str(page))
    assert "http://" not in page.read_text().replace("http://www.w3.org", "")
    told = wangge(planned, "audit", "list")
    assert all(deed in told for deed in ("map:events", "plan.open", "events.import", "release.publish"))


def test_a_gap_is_found_listed_and_written(planned: Settings, tmp_path: Path) -> None:
    grids = layer(tmp_path / "grids.geojson", **{f"{COMMUNITY}001": SHORT, f"{COMMUNITY}002": EAST})
    wangge(planned, "grid", "import", grids, "--kind", "natural", "--crs", "wgs84", "--apply")
    report, page = tmp_path / "findings.geojson", tmp_path / "findings.html"
    checking = ("grid", "check", "--lang", "zh", "--out", str(report), "--map", str(page))
    assert "空白" in wangge(planned, *checking, code=4)
    found = json.loads(report.read_text())["features"]
    gap = next(finding["properties"] for finding in found if finding["properties"]["kind"] == "gap")
    assert gap["severity"] == "error"
    assert gap["area_m2"] == pytest.approx(4.73 * 1109, rel=0.01)
    assert page.stat().st_size > 100_000
    taken = wangge(planned, "audit", "list", "--action", "findings.export")
    assert all(form in taken for form in ("geojson", "html"))
    wangge(planned, "release", "publish", "--from", "2026-01-01", "--apply", code=4)
    meant = tmp_path / "meant.txt"
    meant.write_text("\n".join(finding["properties"]["id"] for finding in found))
    said = wangge(planned, "grid", "check", "--intended", str(meant))
    assert "Clean" in said
    assert "intended_hole" in said
    assert "own.toml is no readable file" in wangge(planned, "grid", "check", "--profile", "own.toml", code=2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("grid", "check"), 3, "no release"),
        (("map", "grids", "-o", "x.html"), 3, "No release is in force"),
        (("grid", "import", "nowhere.geojson", "--crs", "wgs84"), 2, "nowhere.geojson"),
        (("release", "publish", "--from", "2026-01-01"), 3, "no open plan"),
        (("locate", "118", "31", "--crs", "mars"), 2, "crs: Unknown coordinate system"),
    ],
)
def test_a_refusal_is_a_sentence_and_an_exit_code(
    settings: Settings, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in wangge(settings, *arguments, code=code)


def test_a_schema_of_an_older_version_is_said_so(settings: Settings, engine: Engine) -> None:
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0002")
    assert "run `wangge database upgrade`" in wangge(settings, "grid", "intend", code=5)


def test_a_database_that_is_not_there(settings: Settings) -> None:
    gone = settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"})
    assert "cannot be reached" in wangge(gone, "plan", "list", code=5)
