"""The wheel holds everything: built, installed into an empty environment, and used from there."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gis.settings import Settings

ROOT = Path(__file__).parents[1]

USE = """
import gis, pathlib, sys
assert pathlib.Path(gis.__file__).is_relative_to(sys.prefix), gis.__file__
from gis.settings import Settings
from gis.store.migrate import upgrade_to_head
from gis.store.session import make_engine
assert upgrade_to_head(make_engine(Settings())).is_current
import geopandas
from shapely import box
from gis.maps.frame import MapFrame
from gis.maps.grids import draw_grids
grids = geopandas.GeoDataFrame(
    {"id": [1], "code": ["1"], "name": ["one"], "kind": ["natural"], "task": [None],
     "community_code": ["c"], "households": [400], "population": [900]},
    geometry=[box(118.8, 31.9, 118.9, 32.0)], crs="EPSG:4490")
areas = geopandas.GeoDataFrame(
    {"id": [2], "code": ["c"], "name": ["c"], "level": ["community"], "parent_code": [None]},
    geometry=[box(118.8, 31.9, 118.9, 32.0)], crs="EPSG:4490")
print(len(draw_grids(grids, areas, frame=MapFrame()).html("inlined")))
from gis.api.app import create_app
print(len(create_app(Settings()).openapi()["paths"]))
"""


@pytest.fixture(scope="module")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    wheel = next(folder.glob("*.whl"))
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    # third-party packages are taken from here; a path file inside them, as of an editable
    # install, is not followed, so `gis` can only be the wheel's
    site = next(environment.glob("lib/python*/site-packages"))
    (site / "third_party.pth").write_text(sysconfig.get_path("purelib"))
    return environment


def test_the_wheel_works_where_nothing_else_is(empty_environment: Path, settings: Settings) -> None:
    done = subprocess.run(
        [str(empty_environment / "bin" / "python"), "-c", USE],
        env=os.environ | {"WANGGE_DATABASE_URL": settings.database_url or ""},
        cwd=empty_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page, routes = map(int, done.stdout.split())
    assert page > 100_000
    assert routes > 20


def test_the_command_is_installed(empty_environment: Path) -> None:
    command = [str(empty_environment / "bin" / "wangge"), "version"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=empty_environment)
    assert said.stdout.startswith("wangge 0.")
