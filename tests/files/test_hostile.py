"""Damaged and hostile files: an answer or an error of our own, never another exception, never a hang."""

from __future__ import annotations

import io
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import WanggeError
from gis.files.geojson import to_geojson_bytes
from gis.files.geopackage import write_gpkg
from gis.files.layers import ReadLimits, open_layer
from gis.files.tables import iter_csv

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = ReadLimits(max_features=1_000, max_vertices=500, seconds=20, memory_mb=1_000)
# a child process for each example costs a third of a second
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(max_examples=300, deadline=None)
LONG = settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def whole(name: str) -> dict[str, bytes]:
    """Return the files of a whole layer by their ending."""
    shapes = [shapely.box(118 + at / 100, 31, 118.01 + at / 100, 31.01) for at in range(20)]
    grids = gpd.GeoDataFrame(
        {"code": [f"{at:03}" for at in range(20)], "name": "网格"}, geometry=shapes, crs=4490
    )
    if name == "geojson":
        return {".geojson": to_geojson_bytes(grids)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"grids.{name}"
        if name == "gpkg":
            write_gpkg(grids, path, "grids")
        else:
            grids.to_file(path, **({"encoding": "utf-8"} if name == "shp" else {"driver": "FlatGeobuf"}))
        return {part.suffix: part.read_bytes() for part in Path(folder).iterdir()}


def answer(name: str, files: dict[str, bytes]) -> int | None:
    """Read files as a layer; return the number of rows, None for an error of our own."""
    with tempfile.TemporaryDirectory() as folder:
        for ending, data in files.items():
            (Path(folder) / f"grids{ending}").write_bytes(data)
        try:
            with open_layer(Path(folder) / f"grids.{name}", limits=LIMITS) as layer:
                return sum(len(batch) for batch in layer.batches())
        except WanggeError:
            return None


def damaged(data: bytes, at: float, change: tuple[str, bytes]) -> bytes:
    """Cut the data at a share of its length, or put other bytes there."""
    kind, new = change
    position = int(len(data) * at)
    return data[:position] if kind == "cut" else data[:position] + new + data[position + len(new) :]


places = st.floats(0, 0.999)
changes = st.tuples(
    st.sampled_from(["cut", "put"]), st.binary(min_size=1, max_size=12) | st.just(b"\xff\xff\xff\x7f")
)


@pytest.mark.parametrize("name", ["geojson", "gpkg", "shp", "fgb"])
def test_the_undamaged_file_is_read(name: str) -> None:
    assert answer(name, whole(name)) == 20


@MANY
@given(places, changes)
def test_damaged_geojson(at: float, change: tuple[str, bytes]) -> None:
    answer("geojson", {".geojson": damaged(whole("geojson")[".geojson"], at, change)})


@FEW
@given(places, changes)
def test_damaged_geopackage(at: float, change: tuple[str, bytes]) -> None:
    answer("gpkg", {".gpkg": damaged(whole("gpkg")[".gpkg"], at, change)})


@FEW
@given(places, changes)
def test_damaged_flatgeobuf(at: float, change: tuple[str, bytes]) -> None:
    answer("fgb", {".fgb": damaged(whole("fgb")[".fgb"], at, change)})


@FEW
@given(places, changes, st.sampled_from([".shp", ".shx", ".dbf", ".prj", ".cpg"]))
def test_damaged_shapefile(at: float, change: tuple[str, bytes], part: str) -> None:
    files = whole("shp")
    answer("shp", files | {part: damaged(files[part], at, change)})


@FEW
@given(places, changes)
def test_damaged_zip(at: float, change: tuple[str, bytes]) -> None:
    answer("zip", {".zip": damaged(zipped(), at, change)})


@cache
def zipped() -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as packed:
        for ending, data in whole("shp").items():
            packed.writestr(f"资料/grids{ending}", data)
    return raw.getvalue()


@MANY
@given(st.binary(max_size=200), st.sampled_from(["geojson", "gpkg", "fgb", "shp", "zip"]))
def test_any_bytes_under_any_name(data: bytes, name: str) -> None:
    answer(name, {f".{name}": data})


@MANY
@given(
    st.text(st.sampled_from('a1,;\t"\n\r\0\ufeff网=')) | st.binary(max_size=100),
    st.sampled_from([None, "gbk", "utf-8"]),
)
def test_any_text_as_csv(data: str | bytes, encoding: str | None) -> None:
    raw = data if isinstance(data, bytes) else data.encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        path.write_bytes(raw)
        try:
            table = iter_csv(path, encoding=encoding, batch=3)
            for frame in table:
                assert list(frame.columns) == table.fields
        except WanggeError:
            pass


NIGHTLY: list[tuple[str, Callable[[float, tuple[str, bytes]], None]]] = [
    ("geojson", test_damaged_geojson.hypothesis.inner_test),  # type: ignore[attr-defined]  # hypothesis adds it
    ("gpkg", test_damaged_geopackage.hypothesis.inner_test),  # type: ignore[attr-defined]  # likewise
    ("fgb", test_damaged_flatgeobuf.hypothesis.inner_test),  # type: ignore[attr-defined]  # likewise
    ("zip", test_damaged_zip.hypothesis.inner_test),  # type: ignore[attr-defined]  # likewise
]


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "check"), NIGHTLY, ids=[name for name, _ in NIGHTLY])
def test_damaged_files_for_long(name: str, check: Callable[[float, tuple[str, bytes]], None]) -> None:
    assert answer(name if name != "zip" else "shp", whole(name if name != "zip" else "shp")) == 20
    LONG(given(places, changes)(check))()
