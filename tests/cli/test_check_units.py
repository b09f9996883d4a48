"""`wangge grid check --units` as a planner types it."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import geopandas as gpd
from commands import layer, wangge
from shapely import box, segmentize

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from gis.settings import Settings

COMMUNITY = "320199001001"
EDGES = [118.8, 118.801, 118.802, 118.803, 118.804]
"""Of units about 95 m wide and 105 m high: two make up a grid."""


def strip(west: float, east: float) -> BaseGeometry:
    return segmentize(box(west, 31.9, east, 31.90095), 0.01)


def units(path: Path, shapes: list[BaseGeometry], grids: str, **columns: str) -> str:
    """Write unit grids, each of the grid that its digit names."""
    frame = gpd.GeoDataFrame(
        {
            columns.get("code", "code"): [f"U{number}" for number in range(len(shapes))],
            columns.get("grid", "grid_code"): [f"{COMMUNITY}00{digit}" for digit in grids],
            "community_code": COMMUNITY,
        },
        geometry=shapes,
        crs="EPSG:4490",
    )
    frame.to_file(path)
    return str(path)


def test_units_make_up_their_grids_or_not(settings: Settings, tmp_path: Path) -> None:
    shapes = [strip(*edges) for edges in itertools.pairwise(EDGES)]
    community = layer(tmp_path / "community.geojson", **{COMMUNITY: strip(EDGES[0], EDGES[4])})
    wangge(settings, "area", "import", community, "--level", "community", "--crs", "cgcs2000", "--apply")
    halves = {f"{COMMUNITY}001": strip(EDGES[0], EDGES[2]), f"{COMMUNITY}002": strip(EDGES[2], EDGES[4])}
    grids = layer(tmp_path / "grids.geojson", **halves)
    wangge(settings, "grid", "import", grids, "--kind", "natural", "--crs", "cgcs2000", "--apply")

    fitting = units(tmp_path / "units.gpkg", shapes, "1122")
    assert "Nothing found" in wangge(settings, "grid", "check", "--units", fitting)
    one_missing = units(tmp_path / "missing.gpkg", shapes[:3], "112")
    found = tmp_path / "found.geojson"
    wangge(settings, "grid", "check", "--units", one_missing, "--out", str(found), code=4)
    assert [one["properties"]["kind"] for one in json.loads(found.read_text())["features"]] == ["gap"]

    renamed = units(tmp_path / "renamed.gpkg", shapes, "1122", code="no", grid="of")
    said = wangge(settings, "grid", "check", "--units", renamed, "--column", "code=no", code=2)
    assert "name the column, as --column grid_code=..." in said
    columns = ("--column", "code=no", "--column", "grid_code=of")
    assert "Nothing found" in wangge(settings, "grid", "check", "--units", renamed, *columns)
