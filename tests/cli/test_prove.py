"""`wangge grid prove` as a planner types it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands import layer, wangge
from shapely import box, segmentize

if TYPE_CHECKING:
    from pathlib import Path

    from gis.settings import Settings

COMMUNITY = "320199001001"


def cell(*edges: float) -> object:
    return segmentize(box(*edges), 0.0101)


def test_a_plan_and_a_release_are_proved_or_not(settings: Settings, tmp_path: Path) -> None:
    assert "nothing to prove" in wangge(settings, "grid", "prove", "--plan", opened(settings, tmp_path))
    grids = layer(
        tmp_path / "grids.geojson",
        **{
            f"{COMMUNITY}001": cell(118.8, 31.9, 118.81, 31.91),
            f"{COMMUNITY}002": cell(118.81, 31.9, 118.82, 31.91),
        },
    )
    wangge(settings, "grid", "import", grids, "--kind", "natural", "--crs", "cgcs2000", "--apply")
    said = wangge(settings, "grid", "prove")
    assert "Plan 1: 1 of 1 communities are partitioned exactly." in said
    assert "Every corner fits" in said
    wangge(settings, "grid", "check")
    wangge(settings, "release", "publish", "--from", "2026-01-01", "--apply")
    assert "Release 1: 1 of 1 communities" in wangge(settings, "grid", "prove")

    narrow = layer(tmp_path / "narrow.geojson", **{f"{COMMUNITY}002": cell(118.81, 31.9, 118.8199999, 31.91)})
    wangge(settings, "grid", "import", narrow, "--kind", "natural", "--crs", "cgcs2000", "--apply")
    said = wangge(settings, "grid", "prove", code=4)
    assert "Plan 2: 0 of 1 communities" in said
    assert "`wangge grid check` says where" in said
    assert "Release 1: 1 of 1 communities" in wangge(settings, "grid", "prove", "--release", "1")
    assert "no release 7" in wangge(settings, "grid", "prove", "--release", "7", code=3)


def opened(settings: Settings, folder: Path) -> str:
    """Import one community into a new plan and return the plan's number."""
    path = layer(folder / "community.geojson", **{COMMUNITY: cell(118.8, 31.9, 118.82, 31.91)})
    wangge(settings, "area", "import", path, "--level", "community", "--crs", "cgcs2000", "--apply")
    return "1"
