from __future__ import annotations

import os
import sqlite3
import struct
import subprocess
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from gis.errors import FileFormatError, InputError
from gis.files.geopackage import write_gpkg
from gis.files.layers import ReadLimits, open_layer
from gis.files.sandbox.process import Job, look, rows
from gis.nouns import Severity

if TYPE_CHECKING:
    from pathlib import Path

VIEW_IS_LAYER = (
    "INSERT INTO gpkg_contents(table_name, data_type, srs_id) VALUES ('seen', 'features', 4490)",
    "INSERT INTO gpkg_geometry_columns VALUES ('seen', 'geom', 'MULTIPOLYGON', 4490, 0, 0)",
)
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{}</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.fgb", "a.shp", "a.zip", "a.vrt"])
def test_a_vrt_in_disguise_reads_no_other_file(
    tmp_path: Path, layer_files: dict[str, Path], limits: ReadLimits, name: str
) -> None:
    path = tmp_path / name
    path.write_text(VRT.format(layer_files["gpkg"]))
    assert len(pyogrio.read_dataframe(layer_files["gpkg"])) == 3  # there would be something to read
    with pytest.raises(FileFormatError, match="XML"):
        open_layer(path, limits=limits)


@pytest.mark.parametrize("kind", ["flatgeobuf", "shapefile"])
def test_the_child_has_no_other_driver_even_if_asked_to_open_a_vrt(
    tmp_path: Path, layer_files: dict[str, Path], limits: ReadLimits, kind: str
) -> None:
    path = tmp_path / "layer.vrt"
    path.write_text(VRT.format(layer_files["gpkg"]).replace('"x"', '"grids"'))
    assert len(pyogrio.read_dataframe(path)) == 3  # GDAL with all its drivers does read it
    driver = {"flatgeobuf": "FlatGeobuf", "shapefile": "ESRI Shapefile"}[kind]
    with pytest.raises(FileFormatError, match="not recognized"):
        next(look(Job(kind, driver, path, "layer.vrt"), limits, None))
    with pytest.raises(FileFormatError, match="not recognized"):
        next(look(Job(kind, driver, layer_files["geojson"], "grids.geojson"), limits, None))


def edit(path: Path, *statements: str | tuple[str, tuple[object, ...]]) -> None:
    """Change a GeoPackage behind GDAL's back."""
    with sqlite3.connect(path) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (trigger,) in triggers:
            database.execute(f'DROP TRIGGER "{trigger}"')
        for statement in statements:
            database.execute(*([statement] if isinstance(statement, str) else statement))
    database.close()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT fid, geom, load_extension('/lib/x.so') AS code FROM grids", "load_extension"),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i AS fid, 0 AS geom FROM n",
            "authorized",
        ),
    ],
)
def test_a_view_in_a_geopackage_can_run_nothing(
    layer_files: dict[str, Path], limits: ReadLimits, query: str, said: str
) -> None:
    edit(layer_files["gpkg"], f"CREATE VIEW seen AS {query}", *VIEW_IS_LAYER)
    with pytest.raises(FileFormatError, match=said):
        list(open_layer(layer_files["gpkg"], limits=limits, layer="seen").batches())


def test_an_endless_query_is_stopped(layer_files: dict[str, Path]) -> None:
    tables = ", ".join(f"grids t{at}" for at in range(40))
    total = " + ".join(f"t{at}.households" for at in range(40))
    edit(
        layer_files["gpkg"],
        f"CREATE VIEW seen AS SELECT t0.fid, t0.geom FROM {tables} WHERE {total} < 0",  # noqa: S608 - ours
        *VIEW_IS_LAYER,
    )
    started = time.monotonic()
    with pytest.raises(FileFormatError, match=r"not read in 1 seconds.*WANGGE_IMPORT_SECONDS"):
        open_layer(layer_files["gpkg"], limits=ReadLimits(seconds=1), layer="seen")
    assert time.monotonic() - started < 5
    assert children() == []


def test_a_child_that_only_waits_is_stopped(tmp_path: Path) -> None:
    fifo = tmp_path / "layer.fgb"
    os.mkfifo(fifo)
    started = time.monotonic()
    with pytest.raises(FileFormatError, match="not read in 1 seconds"):
        next(look(Job("flatgeobuf", "FlatGeobuf", fifo, "layer.fgb"), ReadLimits(seconds=1), None))
    assert time.monotonic() - started < 5
    assert children() == []


def test_memory_has_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "large.gpkg"
    names = ["x" * 40_000_000]
    write_gpkg(gpd.GeoDataFrame({"name": names}, geometry=[shapely.box(0, 0, 1, 1)], crs=4490), path, "grids")
    with pytest.raises(FileFormatError, match=r"more than 150 MB of memory.*WANGGE_IMPORT_MEMORY_MB"):
        open_layer(path, limits=ReadLimits(memory_mb=150))


def test_a_reader_left_early_leaves_no_process(tmp_path: Path, limits: ReadLimits) -> None:
    path = tmp_path / "wide.gpkg"
    shapes = [shapely.box(0, 0, 1, 1)] * 900
    write_gpkg(gpd.GeoDataFrame({"name": ["x" * 1_000] * 900}, geometry=shapes, crs=4490), path, "grids")
    with open_layer(path, limits=limits) as layer:
        batches = layer.batches(1)
        next(batches)
        assert len(children()) == 1
        batches.close()  # type: ignore[attr-defined]  # an iterator made by a generator
    assert children() == []


def test_the_child_can_write_nothing(
    tmp_path: Path, layer_files: dict[str, Path], limits: ReadLimits
) -> None:
    before = layer_files["gpkg"].read_bytes()
    listed = sorted(layer_files["gpkg"].parent.iterdir())
    assert len(list(rows(Job("gpkg", "", layer_files["gpkg"], "grids.gpkg", "grids"), limits, 10))) == 1
    assert layer_files["gpkg"].read_bytes() == before
    assert sorted(layer_files["gpkg"].parent.iterdir()) == listed


def test_several_layers_are_named_and_one_is_chosen(
    layer_files: dict[str, Path], grids: gpd.GeoDataFrame, limits: ReadLimits
) -> None:
    write_gpkg(grids.iloc[:2], layer_files["gpkg"], "公园")
    with pytest.raises(InputError, match="several layers; choose one with `layer`: grids, 公园"):
        open_layer(layer_files["gpkg"], limits=limits)
    with pytest.raises(InputError, match="no layer 'parks'"):
        open_layer(layer_files["gpkg"], limits=limits, layer="parks")
    with open_layer(layer_files["gpkg"], limits=limits, layer="公园") as layer:
        assert (layer.name, layer.layers, layer.feature_count) == ("公园", ["grids", "公园"], 2)


def test_geometries_a_geopackage_may_hold(tmp_path: Path, limits: ReadLimits) -> None:
    path = tmp_path / "odd.gpkg"
    open_ring = shapely.to_wkb(shapely.box(0, 0, 1, 1)).hex()[:-32] + "00" * 16
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    height, signalling_nan = struct.pack("<d", 7.0), bytes.fromhex("010000000000f07f")
    no_number = shapely.to_wkb(shapely.Polygon([(0, 0), (5, 0), (5, 7)]), byte_order=1).replace(
        height, signalling_nan
    )
    odd = {
        1: (b"GP\0\1" + bytes(4) + shapely.to_wkb(bow_tie), None),
        2: (None, "no geometry"),
        3: (b"", "damaged"),
        4: (b"GP\0\x0f" + bytes(4), "damaged"),
        5: (b"GP\0\1" + bytes(4) + bytes.fromhex(open_ring), "damaged"),
        6: (b"GP\0\1" + bytes(4) + shapely.to_wkb(shapely.Point(1, 2)), "'Point'; only"),
        7: (b"GP\0\1" + bytes(4) + shapely.to_wkb(shapely.MultiPolygon()), "is empty"),
        8: (b"GP\0\1" + bytes(4) + shapely.to_wkb(shapely.box(0, 0, 1e300, 1)), "larger than the Earth"),
        9: (b"GP\0\1" + bytes(4) + bytes.fromhex("0103000000ffffffff"), "damaged"),
        10: (b"GP\0\1" + bytes(4) + shapely.to_wkb(shapely.force_3d(shapely.box(0, 0, 1, 1), 5.0)), None),
        11: (b"GP\0\1" + bytes(4) + no_number, "no number"),
    }
    frame = gpd.GeoDataFrame(
        {"code": [f"{at}" for at in odd]}, geometry=[shapely.box(0, 0, 1, 1)] * len(odd), crs=4490
    )
    write_gpkg(frame, path, "grids")
    edit(path, *(("UPDATE grids SET geom = ? WHERE fid = ?", (blob, at)) for at, (blob, _) in odd.items()))
    with open_layer(path, limits=limits) as layer:
        read = pd.concat(layer.batches(4))
        problems = {
            problem.row: problem.message for problem in layer.problems if problem.severity is Severity.ERROR
        }
        notes = [problem.message for problem in layer.problems if problem.severity is Severity.INFO]
    assert problems.keys() == {at for at, (_, said) in odd.items() if said}
    assert all(said in problems[at] for at, (_, said) in odd.items() if said)
    assert read.geometry.notna().tolist() == [said is None for _, said in odd.values()]
    assert not read.geometry.iloc[0].is_valid
    assert notes == ["heights in the geometry are dropped"]


def test_a_geometry_that_crashes_its_reader_is_an_error_here(
    layer_files: dict[str, Path], limits: ReadLimits
) -> None:
    nested = b"GP\0\1" + bytes(4) + bytes.fromhex("010700000001000000") * 1_000_000
    edit(layer_files["gpkg"], ("UPDATE grids SET geom = ? WHERE fid = 1", (nested,)))
    layer = open_layer(layer_files["gpkg"], limits=limits)
    with pytest.raises(FileFormatError, match=r"damaged: its reader ended with status -\d+"):
        list(layer.batches())


def test_text_that_is_not_utf8_in_a_geopackage_names_the_row(
    layer_files: dict[str, Path], limits: ReadLimits
) -> None:
    edit(layer_files["gpkg"], "UPDATE grids SET name = CAST(x'56e96c657a' AS TEXT) WHERE fid = 2")
    with pytest.raises(InputError, match="name in row 2 is not utf-8"):
        open_layer(layer_files["gpkg"], limits=limits)


def test_an_sqlite_file_that_is_no_geopackage_is_refused(tmp_path: Path, limits: ReadLimits) -> None:
    path = tmp_path / "plain.gpkg"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t(a)")
    database.close()
    with pytest.raises(FileFormatError, match="gpkg_contents"):
        open_layer(path, limits=limits)


def children() -> list[str]:
    """Return the process ids of this process's living children."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,stat=,args=", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in listed.stdout.splitlines() if "child.py" in line]
