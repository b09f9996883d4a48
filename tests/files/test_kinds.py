"""Lines and points are read where they are asked for, and refused where only areas can be used."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from shapely import LineString, MultiLineString, MultiPoint, Point, Polygon, box

from gis.errors import FileFormatError
from gis.files.layers import open_layer
from gis.files.sources import ASSIGNABLE_KINDS, ReadLimits

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from gis.nouns import RowProblem

ANY = ReadLimits(kinds=ASSIGNABLE_KINDS)
SHAPES = [
    LineString([(118, 31), (118.1, 31.1)]),
    MultiLineString([[(118, 31), (118.1, 31.1)], [(118.2, 31), (118.3, 31), (118.3, 31.1)]]),
    Point(118, 31),
    box(118, 31, 118.1, 31.1),
    Polygon([(118, 31), (118.1, 31), (118.1, 31.1)]),
]


def read(path: Path, limits: ReadLimits) -> tuple[list[BaseGeometry | None], list[RowProblem]]:
    with open_layer(path, limits=limits) as layer:
        shapes = [shape for batch in layer.batches() for shape in batch.geometry]
        return shapes, [problem for problem in layer.problems if problem.field == "geometry"]


def geojson(path: Path, *geometries: Any) -> Path:
    features = [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry in geometries]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "fgb"])
def test_every_kind_that_can_be_assigned_is_read_as_it_is(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"mixed.{ending}"
    gpd.GeoDataFrame({"name": list("abcde")}, geometry=SHAPES, crs=4326).to_file(path)
    shapes, problems = read(path, ANY)
    assert not problems
    assert sorted(shape.wkt for shape in shapes if shape) == sorted(shape.wkt for shape in SHAPES)
    areas, refused = read(path, ReadLimits())
    assert sum(shape is not None for shape in areas) == 2
    assert len(refused) == 3
    assert "only Polygon and MultiPolygon can be an area" in refused[0].message


def test_roads_in_a_shapefile(tmp_path: Path) -> None:
    path = tmp_path / "roads.shp"
    gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=SHAPES[:2], crs=4326).to_file(path)
    assert read(path, ANY) == (SHAPES[:2], [])


@pytest.mark.parametrize("ending", ["geojson", "gpkg"])
def test_what_cannot_be_assigned_is_a_problem_of_its_row(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"points.{ending}"
    gpd.GeoDataFrame(geometry=[MultiPoint([(118, 31), (119, 31)]), SHAPES[0]], crs=4326).to_file(path)
    shapes, problems = read(path, ANY)
    assert shapes == [None, SHAPES[0]]
    assert [problem.row for problem in problems] == [1]
    assert "'MultiPoint'; only Polygon" in problems[0].message
    assert "can be assigned to grids" in problems[0].message


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "LineString", "coordinates": [[118, 31]]}, "a line has 1 positions"),
        ({"type": "LineString", "coordinates": None}, "holds no line"),
        ({"type": "LineString", "coordinates": [[118, 31], [118]]}, "fewer than two numbers"),
        ({"type": "LineString", "coordinates": [[118, 31], ["x", 31]]}, "a coordinate is no number"),
        ({"type": "MultiLineString", "coordinates": []}, "holds no line"),
        ({"type": "MultiLineString", "coordinates": [[[118, 31], [119, 31]], 5]}, "holds no line"),
        ({"type": "Point", "coordinates": 118}, "must be a list of two numbers"),
        ({"type": "Point", "coordinates": []}, "fewer than two numbers"),
        ({"type": "Point", "coordinates": [1e300, 0]}, "larger than the Earth"),
        ({"type": "Point"}, "must be a list of two numbers"),
    ],
)
def test_damaged_lines_and_points_are_named(tmp_path: Path, geometry: dict[str, Any], said: str) -> None:
    good = {"type": "Point", "coordinates": [118, 31, 7]}
    shapes, problems = read(geojson(tmp_path / "damaged.geojson", geometry, good), ANY)
    assert shapes == [None, Point(118, 31)]
    assert [problem.row for problem in problems] == [1]
    assert said in problems[0].message


def test_the_limit_on_vertices_holds_for_lines(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[118 + i / 100, 31] for i in range(6)]}
    with pytest.raises(FileFormatError, match="6 vertices, the limit is 5"):
        read(geojson(tmp_path / "long.geojson", line), replace(ANY, max_vertices=5))
