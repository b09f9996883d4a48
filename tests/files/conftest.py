"""Small files of every format, made here, as clean or as broken as a test wants them."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import orjson
import pytest
import shapely

from gis.files.geojson import write_layer
from gis.files.geopackage import write_gpkg
from gis.files.layers import ReadLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

LIMITS = ReadLimits(max_features=1_000, max_vertices=500, seconds=30, memory_mb=2_000)


@pytest.fixture
def limits() -> ReadLimits:
    return LIMITS


@pytest.fixture
def grids() -> gpd.GeoDataFrame:
    """Three squares of a hundredth of a degree side by side, with codes that begin with zeros."""
    shapes = [shapely.box(118 + at / 100, 31, 118.01 + at / 100, 31.01) for at in range(3)]
    names = ["滨江一", "滨江二", "滨江三"]
    columns = {"code": ["001", "002", "003"], "name": names, "households": [300, 400, 500]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4490)


@pytest.fixture
def layer_files(tmp_path: Path, grids: gpd.GeoDataFrame) -> dict[str, Path]:
    """The same grids in every format, by name of the format."""
    folder = tmp_path / "layers"
    folder.mkdir()
    files = {kind: folder / f"grids.{ending}" for kind, ending in ENDINGS.items()}
    write_layer(grids, files["geojson"])
    lines = files["geojson"].read_bytes().splitlines()[1:-1]
    files["geojsonseq"].write_bytes(b"\n".join(line.rstrip(b",") for line in lines))
    write_gpkg(grids, files["gpkg"], "grids")
    grids.to_file(files["flatgeobuf"], driver="FlatGeobuf", SPATIAL_INDEX="NO")  # keeps the order
    grids.to_file(files["shapefile"], encoding="utf-8")
    files["zip"] = folder / "grids.zip"
    with zipfile.ZipFile(files["zip"], "w") as packed:
        for part in sorted(folder.glob("grids.*")):
            if part.suffix in {".shp", ".shx", ".dbf", ".prj", ".cpg"}:
                packed.write(part, f"资料/{part.name}")
    return files


ENDINGS = {
    "geojson": "geojson",
    "geojsonseq": "geojsonl",
    "gpkg": "gpkg",
    "flatgeobuf": "fgb",
    "shapefile": "shp",
}


@pytest.fixture
def write_shapefile(tmp_path: Path) -> Callable[..., Path]:
    """Write a Shapefile of squares whose `.dbf` has exactly these bytes."""

    def write(
        names: Sequence[tuple[bytes, int]],
        rows: Sequence[Sequence[bytes]],
        language: int = 0,
        cpg: str | None = None,
    ) -> Path:
        path = tmp_path / "grids.shp"
        shapes = [shapely.box(at, 0, at + 1, 1) for at in range(len(rows))]
        gpd.GeoDataFrame({"n": range(len(rows))}, geometry=shapes, crs=4490).to_file(path)
        for stated in (".cpg", ".prj"):
            path.with_suffix(stated).unlink()
        path.with_suffix(".dbf").write_bytes(dbf(names, rows, language))
        if cpg is not None:
            path.with_suffix(".cpg").write_text(cpg)
        return path

    return write


def dbf(names: Sequence[tuple[bytes, int]], rows: Sequence[Sequence[bytes]], language: int) -> bytes:
    """Return a table of text fields, written by the xBase description and not by GDAL."""
    fields = b"".join(struct.pack("<11sc4xBB14x", name[:10], b"C", width, 0) for name, width in names)
    width = 1 + sum(width for _, width in names)
    head = struct.pack("<B3BIHH17xB2x", 3, 125, 1, 1, len(rows), 32 + len(fields) + 1, width, language)
    records = b"".join(
        b" " + b"".join(cell.ljust(size)[:size] for cell, (_, size) in zip(row, names, strict=True))
        for row in rows
    )
    return head + fields + b"\r" + records + b"\x1a"


@pytest.fixture
def write_geojson(tmp_path: Path) -> Callable[..., Path]:
    """Write a feature collection of these geometries (parsed or raw JSON) with these extra members."""

    def write(geometries: Sequence[object], **members: object) -> Path:
        features = [
            {"type": "Feature", "properties": {"code": f"{at:03}"}, "geometry": geometry}
            for at, geometry in enumerate(geometries, start=1)
        ]
        path = tmp_path / "areas.geojson"
        path.write_bytes(orjson.dumps({"type": "FeatureCollection", **members, "features": features}))
        return path

    return write
