from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pandas as pd
import pytest
import shapely

from gis.errors import FileFormatError
from gis.files.layers import Layer, ReadLimits, open_layer
from gis.nouns import Severity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RING = [[0, 0], [1, 0], [1, 1], [0, 0]]
BOW_TIE = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
SQUARE: dict[str, Any] = {"type": "Polygon", "coordinates": [RING]}
FEATURE = '{"type":"Feature","properties":{"a":1},"geometry":null}'


def read(layer: Layer, size: int = 20_000) -> pd.DataFrame:
    return pd.concat(layer.batches(size))


def opened(tmp_path: Path, text: str | bytes, limits: ReadLimits) -> Layer:
    path = tmp_path / "areas.geojson"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_layer(path, limits=limits)


def test_polygons_holes_and_parts_come_as_written(
    write_geojson: Callable[..., Path], limits: ReadLimits
) -> None:
    hole = [[0.1, 0.05], [0.5, 0.05], [0.5, 0.2], [0.1, 0.05]]
    geometries = [
        {"type": "Polygon", "coordinates": [RING, hole]},
        {"type": "MultiPolygon", "coordinates": [[RING], [[[5, 5], [6, 5], [6, 6], [5, 5]], hole]]},
        SQUARE,
    ]
    layer = open_layer(write_geojson(geometries), limits=limits)
    frame = read(layer)
    expected = [shapely.from_geojson(orjson.dumps(geometry).decode()) for geometry in geometries]
    assert shapely.equals_exact(frame.geometry.to_numpy(), expected, 0).all()
    assert frame.index.tolist() == [1, 2, 3]
    assert frame["code"].tolist() == ["001", "002", "003"]
    assert layer.feature_count == 3


def test_batches_count_rows_on_and_may_be_read_again(
    write_geojson: Callable[..., Path], limits: ReadLimits
) -> None:
    layer = open_layer(write_geojson([SQUARE] * 7), limits=limits)
    assert [batch.index.tolist() for batch in layer.batches(3)] == [[1, 2, 3], [4, 5, 6], [7]]
    assert len(read(layer)) == 7


def test_a_bow_tie_stays_as_it_is(write_geojson: Callable[..., Path], limits: ReadLimits) -> None:
    layer = open_layer(write_geojson([{"type": "Polygon", "coordinates": [BOW_TIE]}]), limits=limits)
    shape = read(layer).geometry.iloc[0]
    assert shapely.get_coordinates(shape).tolist() == BOW_TIE
    assert not shape.is_valid
    assert layer.notes.errors == 0


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (None, "no geometry"),
        (5, "must be a GeoJSON object"),
        ({"type": "Point", "coordinates": [1, 2]}, "'Point'; only Polygon"),
        ({"type": "GeometryCollection", "geometries": [SQUARE]}, "'GeometryCollection'; only Polygon"),
        ({"coordinates": [RING]}, "'None'; only Polygon"),
        ({"type": "Polygon"}, "no ring"),
        ({"type": "Polygon", "coordinates": []}, "no ring"),
        ({"type": "MultiPolygon", "coordinates": []}, "no polygon"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "no ring"),
        ({"type": "Polygon", "coordinates": [5]}, "no list of positions"),
        ({"type": "Polygon", "coordinates": [[]]}, "0 positions"),
        ({"type": "Polygon", "coordinates": [RING[:3]]}, "3 positions"),
        ({"type": "Polygon", "coordinates": [[*RING[:3], [0, 0.1]]]}, "not closed"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, "0"], [1, 1], [0, 0]]]}, "is no number"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, True], [1, 1], [0, 0]]]}, "is no number"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, None], [1, 1], [0, 0]]]}, "is no number"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1], [1, 1], [0, 0]]]}, "fewer than two"),
        ({"type": "Polygon", "coordinates": [[[0, 0], "ab", [1, 1], [0, 0]]]}, "list of two numbers"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1e308, 0], [1, 1], [0, 0]]]}, "larger than the Earth"),
    ],
)
def test_what_is_no_polygon_is_a_problem_of_its_row_alone(
    write_geojson: Callable[..., Path], limits: ReadLimits, geometry: object, said: str
) -> None:
    layer = open_layer(write_geojson([SQUARE, geometry, SQUARE]), limits=limits)
    frame = read(layer)
    (problem,) = [problem for problem in layer.problems if problem.severity is Severity.ERROR]
    assert (problem.row, problem.field) == (2, "geometry")
    assert said in problem.message
    assert frame.geometry.isna().tolist() == [False, True, False]


def test_heights_are_dropped_and_noted_once(write_geojson: Callable[..., Path], limits: ReadLimits) -> None:
    high = {"type": "Polygon", "coordinates": [[[*position, 7] for position in RING]]}
    layer = open_layer(write_geojson([SQUARE, high, high]), limits=limits)
    assert not read(layer).geometry.has_z.any()
    assert [problem.message for problem in layer.problems if "heights" in problem.message] == [
        "heights in the geometry are dropped (2 rows, the first is 2)"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", "JSON list"),
        ("{}", "type"),
        ('{"type":"Polygon","coordinates":[]}', "around each geometry"),
        ('{"type":"FeatureCollection"}', "around each geometry"),
        ('{"type":"FeatureCollection","features":{}}', "around each geometry"),
        ('{"type":"Collection","features":[]}', '"type": "FeatureCollection"'),
        ('{"type":"FeatureCollection","features":[5]}', "number 1, is no object"),
        ('{"type":"FeatureCollection","features":[0]}', "number 1, is no object"),
        (f'{{"type":"FeatureCollection","features":[{FEATURE},0]}}', "is no object"),
        (f'{{"type":"FeatureCollection","features":[{FEATURE},]}}', "not valid JSON"),
        (f'{{"type":"FeatureCollection","features":[{FEATURE} {FEATURE}]}}', "not valid JSON"),
        (f'{{"type":"FeatureCollection","features":[{FEATURE}]}} x', "not valid JSON"),
        (f'{{"type":"FeatureCollection","type":"x","features":[{FEATURE}]}}', "more than once"),
        (f"{FEATURE}\n5\n{FEATURE}", "outside of the features"),
        (f"{FEATURE}\n0\n", "outside of the features"),
        ('{"type":"FeatureCollection","features":[{"type":"Featur"}]}', "feature 1 has the type 'Featur'"),
        (
            '{"type":"FeatureCollection","features":[{"type":"Feature","properties":[]}]}',
            "`properties` of feature 1",
        ),
        (FEATURE.replace("1", "NaN"), "feature 1 is not valid JSON"),
        (FEATURE.replace("1", "-Infinity"), "feature 1 is not valid JSON"),
        (FEATURE.replace("1", "1e999"), "feature 1 is not valid JSON"),
        (FEATURE.replace("1", '"\\ud800"'), "feature 1 is not valid JSON"),
        (FEATURE.replace("1", '1,"a":2'), "key 'a' more than once"),
        (FEATURE.replace("1", '{"b":":","b":2}'), "key 'b' more than once"),
        (
            FEATURE.replace("null", '{"type":"Polygon","coordinates":[],"type":"Point"}'),
            "key 'type' more than once",
        ),
        (FEATURE.encode().replace(b"1", b'"\xff"'), "feature 1 is not valid JSON"),
        ('{"type":"FeatureCollection","features":[' + "[" * 5_000, "nested more than 32 deep"),
        (FEATURE.replace("1", "[" * 5_000 + "]" * 5_000), "nested more than 32 deep"),
        ('{"type":"FeatureCollection","features":[{"type":"Fea', "cut short"),
        ('{"\\"features":[{}],"type":"FeatureCollection"}', "`features` member must be a list"),
    ],
)
def test_what_is_no_strict_geojson_is_refused(
    tmp_path: Path, limits: ReadLimits, text: str | bytes, said: str
) -> None:
    with pytest.raises(FileFormatError, match=said.replace("[", "\\[")):
        read(opened(tmp_path, text, limits))


def test_strictness_does_not_refuse_colons_escapes_or_long_numbers(
    tmp_path: Path, limits: ReadLimits
) -> None:
    text = FEATURE.replace("1", '"\\"b\\":1, {\\"a\\":2}","时间":"08:05","n":' + "9" * 5_000 + ',"e":1e-5')
    with pytest.raises(FileFormatError, match="infinity"):
        read(opened(tmp_path, text, limits))
    frame = read(opened(tmp_path, text.replace("9" * 5_000, "12"), limits))
    assert frame["a"].tolist() == ['"b":1, {"a":2}']
    assert frame["时间"].tolist() == ["08:05"]


def test_too_many_vertices_name_the_feature(write_geojson: Callable[..., Path]) -> None:
    layer = open_layer(write_geojson([SQUARE, SQUARE]), limits=ReadLimits(max_vertices=3))
    with pytest.raises(FileFormatError, match="feature 1 has 4 vertices, the limit is 3"):
        read(layer)


def test_too_many_features_are_refused_at_once(write_geojson: Callable[..., Path]) -> None:
    with pytest.raises(FileFormatError, match="more than 2 features"):
        open_layer(write_geojson([SQUARE] * 3), limits=ReadLimits(max_features=2))


def test_a_byte_order_mark_and_one_feature_alone_are_fine(tmp_path: Path, limits: ReadLimits) -> None:
    layer = opened(tmp_path, b"\xef\xbb\xbf" + FEATURE.encode(), limits)
    assert (layer.format, layer.feature_count, layer.fields) == ("geojson", 1, ["a"])
    assert read(layer)["a"].tolist() == [1]


def test_columns_keep_types_and_later_ones_are_not_lost(tmp_path: Path, limits: ReadLimits) -> None:
    features = [
        {
            "type": "Feature",
            "id": 7,
            "properties": {"code": "007", "n": 1, "tags": {"a": [1]}},
            "geometry": None,
        },
        {"type": "Feature", "id": 8, "properties": None, "geometry": None},
        {"type": "Feature", "properties": {"geometry": "x", "late": True}, "geometry": None},
    ]
    layer = opened(tmp_path, b"\n".join(map(orjson.dumps, features)), limits)
    frame = read(layer, 2)
    assert layer.format == "geojsonseq"
    assert layer.fields == ["feature_id", "code", "n", "tags", "geometry_2", "late"]
    assert frame["n"].tolist() == [1, None, None]
    assert type(frame["n"].iloc[0]) is int
    assert frame["tags"].tolist() == ['{"a":[1]}', None, None]
    assert frame["feature_id"].tolist() == [7, 8, None]
    assert any("geometry_2" in problem.message for problem in layer.problems)


def test_nul_is_an_error_and_a_lost_character_a_note(tmp_path: Path, limits: ReadLimits) -> None:
    layer = opened(tmp_path, FEATURE.replace("1", '"a\\u0000b","z":"V\\ufffdlez"'), limits)
    assert read(layer)["a"].tolist() == ["ab"]
    found = {(problem.severity, problem.field) for problem in layer.problems if problem.field == "a"}
    assert found == {(Severity.ERROR, "a")}
    assert any("lost" in problem.message for problem in layer.problems)


@pytest.mark.parametrize(
    ("member", "system"),
    [
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, "wgs84"),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}, "cgcs2000"),
        ({"type": "name", "properties": {"name": "EPSG:4549"}}, "EPSG:4549"),
        ({"type": "name", "properties": {"name": "my own"}}, None),
        ({"type": "link", "properties": {"href": "http://example.org/crs"}}, None),
        ("EPSG:4326", None),
    ],
)
def test_the_old_crs_member_is_read(
    write_geojson: Callable[..., Path], limits: ReadLimits, member: object, system: str | None
) -> None:
    layer = open_layer(write_geojson([SQUARE], crs=member), limits=limits)
    assert layer.declared_crs == system
    assert (system is None) == bool(layer.problems)


def test_ten_thousand_bad_rows_stay_readable(tmp_path: Path) -> None:
    layer = opened(tmp_path, "\n".join([FEATURE] * 3_000), ReadLimits())
    read(layer)
    assert len(layer.problems) == 1_002
    assert layer.problems[-1].message == "2000 more problems are not listed"
