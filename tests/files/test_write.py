from __future__ import annotations

import csv
import io
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import CoordinateSystemError, InputError
from gis.files.atomic import replaced
from gis.files.geojson import to_geojson_bytes, write_layer
from gis.files.geopackage import write_gpkg
from gis.files.spreadsheet import csv_pieces, write_csv
from gis.nouns import GridKind

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = shapely.box(118, 31, 118.01, 31.01)


def framed(
    shape: shapely.Geometry | None = SQUARE, crs: int | None = 4490, **columns: object
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({name: [value] for name, value in columns.items()}, geometry=[shape], crs=crs)


def feature(frame: gpd.GeoDataFrame, **options: object) -> dict[str, object]:
    (only,) = orjson.loads(to_geojson_bytes(frame, **options))["features"]  # type: ignore[arg-type]  # as named
    return only  # type: ignore[no-any-return]  # parsed JSON


def test_one_feature_a_line_without_crs_and_the_same_bytes(tmp_path: Path, grids: gpd.GeoDataFrame) -> None:
    path = tmp_path / "grids.geojson"
    write_layer(grids, path)
    first = path.read_bytes()
    write_layer(grids, path)
    assert path.read_bytes() == first == to_geojson_bytes(grids)
    lines = first.splitlines()
    assert lines[0] == b'{"type":"FeatureCollection","features":['
    assert lines[-1] == b"]}"
    assert [orjson.loads(line.rstrip(b","))["properties"]["code"] for line in lines[1:-1]] == [
        "001",
        "002",
        "003",
    ]
    assert b"crs" not in first
    assert list(tmp_path.iterdir()) == [path]


def test_rings_follow_the_right_hand_and_coordinates_are_rounded() -> None:
    clockwise = shapely.Polygon(
        [(0, 0), (0, 1), (1, 1.00000004), (1, 0)], [[(0.2, 0.2), (0.4, 0.2), (0.2, 0.4)]]
    )
    geometry = feature(framed(clockwise))["geometry"]
    shape = shapely.from_geojson(orjson.dumps(geometry).decode())
    assert shape.exterior.is_ccw
    assert not shape.interiors[0].is_ccw
    assert shapely.equals_exact(
        shape, shapely.orient_polygons(shapely.set_precision(clockwise, 1e-7)), 1e-12
    ) or (shapely.get_coordinates(shape).max() == 1.0)
    assert b"1.0," in to_geojson_bytes(framed(clockwise), decimals=2)


def test_heights_minus_zero_and_missing_geometries() -> None:
    assert feature(framed(shapely.Point(-1e-9, 2, 3)))["geometry"] == {
        "type": "Point",
        "coordinates": [0.0, 2.0],
    }
    assert b"-0" not in to_geojson_bytes(framed(shapely.Point(-1e-9, 2)))
    assert feature(framed(None))["geometry"] is None
    assert feature(framed(shapely.Polygon()))["geometry"] is None
    assert to_geojson_bytes(framed()[:0]) == b'{"type":"FeatureCollection","features":[\n\n]}\n'


def test_values_of_every_kind() -> None:
    frame = framed(
        text='"{{ 7 }}"\n', whole=np.int64(2**60), part=1.5, none=None, nan=np.nan, yes=np.bool_(1),
        at=pd.Timestamp("2025-01-01T08:00Z"), moment=datetime(2025, 1, 1, tzinfo=UTC), day=date(2025, 1, 1),
        gone=pd.NaT, money=Decimal("1.5"), kind=GridKind.NATURAL, many=(1, 2),
    )  # fmt: skip
    frame["nullable"] = pd.array([None], dtype="Int64")
    assert feature(frame)["properties"] == {
        "text": '"{{ 7 }}"\n', "whole": 2**60, "part": 1.5, "none": None, "nan": None, "yes": True,
        "at": "2025-01-01T08:00:00+00:00", "moment": "2025-01-01T00:00:00+00:00", "day": "2025-01-01",
        "gone": None, "money": 1.5, "kind": "natural", "many": [1, 2], "nullable": None,
    }  # fmt: skip


def test_an_id_column_and_a_frame_without_properties() -> None:
    assert feature(framed(code="7", name="a"), id_column="code") == {
        "type": "Feature",
        "id": "7",
        "properties": {"name": "a"},
        "geometry": orjson.loads(shapely.to_geojson(SQUARE)),
    }
    assert feature(framed())["properties"] == {}


def test_what_cannot_be_written_is_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text("old")
    with pytest.raises(InputError, match="row 1 has a value without a JSON form") as caught:
        write_layer(framed(odd=object()), path)
    assert caught.value.row == 1
    with pytest.raises(InputError, match="row 1"):
        write_layer(framed(half="\ud800"), path)
    with pytest.raises(CoordinateSystemError, match="EPSG:4549"):
        write_layer(framed(crs=4549), path)
    with pytest.raises(CoordinateSystemError, match="looks like metres"):
        write_layer(framed(shapely.Point(500_000, 3_400_000)), path)
    with pytest.raises(CoordinateSystemError, match="looks like metres"):
        write_layer(framed(shapely.Point(0, np.inf)), path)
    with pytest.raises(InputError, match=r"\['a'\] appear more than once"):
        write_layer(pd.concat([framed(a=1), framed(a=2)[["a"]]], axis=1), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_many_rows_are_written_in_pieces_that_fit() -> None:
    shapes = shapely.points(np.arange(45_000) / 1_000, 10)
    frame = gpd.GeoDataFrame({"n": np.arange(45_000)}, geometry=shapes, crs=4490)
    features = orjson.loads(to_geojson_bytes(frame))["features"]
    assert [item["properties"]["n"] for item in features] == list(range(45_000))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"), replaced(tmp_path / "none" / "x.csv"):
        pass


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replaced(path) as draft:
        assert draft.suffix == ".txt"
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    with pytest.raises(FileNotFoundError), replaced(path):
        pass  # nothing was written, so nothing takes its place
    assert (path.read_text(), os.listdir(tmp_path)) == ("new", ["a.txt"])  # noqa: PTH208 - hidden ones too


def test_a_link_keeps_pointing_and_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    real, link, pipe = tmp_path / "real.csv", tmp_path / "link.csv", tmp_path / "pipe.csv"
    real.write_text("old")
    link.symlink_to(real)
    write_csv(pd.DataFrame({"a": ["1"]}), link)
    assert link.is_symlink()
    assert real.read_bytes() == b"\xef\xbb\xbfa\r\n1\r\n"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(pipe.read_bytes)
        write_csv(pd.DataFrame({"a": ["1"]}), pipe)
        assert reading.result(timeout=5) == real.read_bytes()
    assert pipe.is_fifo()
    assert sorted(tmp_path.iterdir()) == [link, pipe, real]


def test_a_geopackage_states_the_stored_system_and_keeps_its_other_layers(
    tmp_path: Path, grids: gpd.GeoDataFrame
) -> None:
    path = tmp_path / "a.gpkg"
    write_gpkg(grids, path, "grids")
    write_gpkg(grids.iloc[:1], path, "areas")
    write_gpkg(grids.iloc[:2].set_crs(4326, allow_override=True), path, "grids")
    assert {name for name, _ in pyogrio.list_layers(path)} == {"grids", "areas"}
    read = pyogrio.read_dataframe(path, layer="grids")
    assert (len(read), read.crs.to_epsg()) == (2, 4490)
    assert read["name"].tolist() == ["滨江一", "滨江二"]
    assert shapely.equals(read.geometry.to_numpy(), grids.geometry.to_numpy()[:2]).all()
    with pytest.raises(CoordinateSystemError, match="EPSG:4549"):
        write_gpkg(grids.to_crs(4549), path, "grids")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "＋1", "－1", "＠x", "\ufeff=1"],
)
def test_no_cell_is_a_formula(text: str) -> None:
    (head, row) = csv.reader(
        io.StringIO(b"".join(csv_pieces([pd.DataFrame({text: [text]})])).decode("utf-8-sig"))
    )
    assert head == row == [f"'{text}"]


def test_plain_values_stay(tmp_path: Path, grids: gpd.GeoDataFrame) -> None:
    frame = grids.assign(n=[-1.5, np.nan, 2], t=["-5", "+86", 'a,"b'], at=pd.Timestamp("2025-01-01"))
    write_csv(frame, tmp_path / "a.csv")
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows == [
        ["code", "name", "households", "n", "t", "at"],
        ["001", "滨江一", "300", "-1.5", "-5", "2025-01-01 00:00:00"],
        ["002", "滨江二", "400", "", "+86", "2025-01-01 00:00:00"],
        ["003", "滨江三", "500", "2.0", 'a,"b', "2025-01-01 00:00:00"],
    ]


@given(st.lists(st.text(), min_size=1))
def test_any_text_is_read_back_but_for_guards_and_nul(texts: list[str]) -> None:
    data = b"".join(csv_pieces([pd.DataFrame({"a": pd.Series(texts, dtype=object)})])).decode("utf-8-sig")
    for (cell,), text in zip(list(csv.reader(io.StringIO(data, newline="")))[1:], texts, strict=True):
        clean = text.replace("\0", "").encode("utf-8", "replace").decode()
        assert cell in (clean, f"'{clean}")
