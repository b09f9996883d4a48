from __future__ import annotations

import gc
import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely

from gis.errors import EncodingError, FileFormatError, InputError
from gis.files.layers import ReadLimits, open_layer
from gis.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

KINDS = {"geojson": "geojson", "geojsonseq": "geojsonseq", "gpkg": "gpkg", "flatgeobuf": "flatgeobuf",
         "shapefile": "shapefile", "zip": "shapefile"}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_gives_the_same_rows(
    layer_files: dict[str, Path], grids: gpd.GeoDataFrame, limits: ReadLimits, kind: str
) -> None:
    with open_layer(layer_files[kind], limits=limits) as layer:
        batches = list(layer.batches(2))
        assert layer.path == layer_files[kind]
    frame = pd.concat(batches)
    assert [batch.index.tolist() for batch in batches] == [[1, 2], [3]]
    assert frame.index.name == "row"
    assert frame["code"].tolist() == ["001", "002", "003"]
    assert frame["name"].tolist() == grids["name"].tolist()
    assert frame["households"].tolist() == [300, 400, 500]
    assert all(type(value) is int for value in frame["households"])
    written = shapely.normalize(shapely.get_parts(frame.geometry.to_numpy()))
    assert shapely.equals_exact(written, shapely.normalize(grids.geometry.to_numpy()), 1e-9).all()
    assert frame.crs is None
    assert (layer.format, layer.feature_count, layer.encoding) == (KINDS[kind], 3, "utf-8")
    assert layer.declared_crs == (None if kind.startswith("geojson") else "cgcs2000")
    assert {"code", "name", "households"} <= set(layer.fields)
    assert layer.sample_rows[0]["name"] == "滨江一"


@pytest.mark.parametrize(
    ("kind", "name", "noted"),
    [
        ("gpkg", "grids.geojson", "called .geojson but its content is gpkg"),
        ("geojson", "grids.gpkg", "called .gpkg but its content is geojson"),
        ("flatgeobuf", "grids.zip", "called .zip but its content is flatgeobuf"),
        ("zip", "grids.shp", "called .shp but its content is zip"),
        ("gpkg", "grids", None),
    ],
)
def test_content_decides_and_a_wrong_ending_is_said(
    tmp_path: Path, layer_files: dict[str, Path], limits: ReadLimits, kind: str, name: str, noted: str | None
) -> None:
    path = tmp_path / name
    shutil.copyfile(layer_files[kind], path)
    with open_layer(path, limits=limits) as layer:
        assert len(next(layer.batches())) == 3
        assert any(noted in problem.message for problem in layer.problems) if noted else True


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hello", "no format known here; give GeoJSON"),
        (b"<kml/>", "an XML file"),
        (b"\x1f\x8b\x08\x00", "a gz file; unpack it first"),
        ("{}".encode("utf-16"), "text in UTF-16"),
        (b"Rar!\x1a\x07", "RAR"),
    ],
)
def test_other_content_is_refused_by_name(
    tmp_path: Path, limits: ReadLimits, content: bytes, said: str
) -> None:
    path = tmp_path / "grids.geojson"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=said):
        open_layer(path, limits=limits)


def test_no_file_and_too_large_a_file(
    tmp_path: Path, layer_files: dict[str, Path], limits: ReadLimits
) -> None:
    with pytest.raises(InputError, match="there is no file"):
        open_layer(tmp_path / "none.geojson", limits=limits)
    with pytest.raises(InputError, match="there is no file"):
        open_layer(tmp_path, limits=limits)
    with pytest.raises(FileFormatError, match="the limit is 0 MB"):
        open_layer(layer_files["gpkg"], limits=ReadLimits(max_file_bytes=100))


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "flatgeobuf"])
def test_an_encoding_is_only_for_formats_that_leave_it_open(
    layer_files: dict[str, Path], limits: ReadLimits, kind: str
) -> None:
    with pytest.raises(EncodingError, match="is UTF-8 by its format"):
        open_layer(layer_files[kind], limits=limits, encoding="gbk")
    open_layer(layer_files[kind], limits=limits, encoding="utf8").close()


@pytest.mark.parametrize("kind", ["gpkg", "flatgeobuf", "shapefile", "zip"])
def test_the_limits_hold_in_every_format(layer_files: dict[str, Path], kind: str) -> None:
    with pytest.raises(FileFormatError, match="the limit"):
        open_layer(layer_files[kind], limits=ReadLimits(max_features=2))
    with (
        open_layer(layer_files[kind], limits=ReadLimits(max_vertices=4)) as layer,
        pytest.raises(FileFormatError, match="feature 1 has 5 vertices, the limit is 4"),
    ):
        list(layer.batches())


def test_a_forgotten_layer_leaves_nothing_behind(layer_files: dict[str, Path], limits: ReadLimits) -> None:
    layer = open_layer(layer_files["zip"], limits=limits)
    folder = layer._unpacked.peek()[2][0]  # type: ignore[union-attr]  # noqa: SLF001 - where it was unpacked
    assert folder.exists()
    del layer
    gc.collect()
    assert not folder.exists()


def test_limits_come_from_the_settings() -> None:
    settings = Settings(max_features=5, max_vertices=6, import_seconds=7, import_memory_mb=8)
    limits = ReadLimits.of(settings)
    assert (limits.max_features, limits.max_vertices, limits.seconds, limits.memory_mb) == (5, 6, 7.0, 8)
