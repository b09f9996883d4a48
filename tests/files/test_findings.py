"""Findings in the forms of other programs: GDAL reads the package, the standard's schema holds the log."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import jsonschema  # type: ignore[import-untyped]  # its stubs are another package
import orjson
import pyogrio
import pytest
import shapely

from gis.files.findings.package import write_findings_package
from gis.files.findings.sarif import findings_sarif
from gis.gridding.rules.identity import ids_of
from gis.nouns import Check, Finding, FindingKind, Severity

if TYPE_CHECKING:
    from pathlib import Path

BOX, LINE = shapely.box(118, 31, 118.01, 31.01), shapely.LineString([(118, 31), (118, 32)])
FINDINGS = [
    Finding(FindingKind.GAP, Severity.ERROR, ("001", "002"), BOX, 12.5, 0.25, {"place": "enclosed"}),
    Finding(
        FindingKind.SPIKE, Severity.WARNING, ("002",), LINE, 0.0, 0.0, {"angle_deg": "0.5", "length_m": "3"}
    ),
    Finding(
        FindingKind.EDGE_MISMATCH,
        Severity.INFO,
        ("001", "003"),
        shapely.GeometryCollection([shapely.Point(118, 31), shapely.Point(118, 31.5), LINE]),
        detail={"count": "2", "apart_m": "0.02", "within_m": "0.1", "reason": "corner"},
    ),
    Finding(FindingKind.DUPLICATE_CODE, Severity.ERROR, ("003",), None, detail={"count": "2"}),
    Finding(FindingKind.INTENDED_HOLE, Severity.INFO, ("001",), BOX.buffer(0.001), 9.0, 0.5, {}),
]
CHECK = Check(7, 3, None, 4, datetime(2026, 5, 1, 8, 30, tzinfo=UTC), "planner", 0.1, 1.0, {}, 2)
NAMES = {kind: (f"名{kind}", f"name of {kind}") for kind in FindingKind}

# the members of SARIF 2.1.0 that are used here, as strict as the standard's own schema
TEXT: dict[str, Any] = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "additionalProperties": False,
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "additionalProperties": False,
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "language": {"type": "string", "pattern": "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "additionalProperties": False,
                                            "properties": {
                                                "id": {"type": "string"},
                                                "name": {"type": "string"},
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "help": TEXT,
                                                "properties": {"type": "object"},
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    },
                    "automationDetails": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {"id": {"type": "string"}},
                    },
                    "invocations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["executionSuccessful"],
                            "additionalProperties": False,
                            "properties": {
                                "executionSuccessful": {"type": "boolean"},
                                "endTimeUtc": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT[\d:.]+Z$"},
                            },
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message", "ruleId", "partialFingerprints"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": -1},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "locations": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "properties": {
                                            "logicalLocations": {
                                                "type": "array",
                                                "uniqueItems": True,
                                                "items": {
                                                    "type": "object",
                                                    "additionalProperties": False,
                                                    "properties": {
                                                        "name": {"type": "string"},
                                                        "kind": {"type": "string"},
                                                    },
                                                },
                                            }
                                        },
                                    },
                                },
                                "partialFingerprints": {
                                    "type": "object",
                                    "additionalProperties": {"type": "string"},
                                },
                                "suppressions": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["kind"],
                                        "additionalProperties": False,
                                        "properties": {
                                            "kind": {"enum": ["inSource", "external"]},
                                            "status": {"enum": ["accepted", "underReview", "rejected"]},
                                            "justification": {"type": "string"},
                                        },
                                    },
                                },
                                "properties": {"type": "object"},
                            },
                        },
                    },
                    "properties": {"type": "object"},
                },
            },
        },
    },
}


@pytest.fixture
def package(tmp_path: Path, grids: gpd.GeoDataFrame) -> Path:
    path = tmp_path / "findings.gpkg"
    path.write_bytes(b"what was there before")
    write_findings_package(FINDINGS, (grids, grids.iloc[:1]), path)
    return path


def read(path: Path, layer: str) -> gpd.GeoDataFrame:
    return gpd.read_file(path, layer=layer)


def test_each_layer_holds_geometry_of_one_kind_and_a_finding_of_two_kinds_is_in_two(package: Path) -> None:
    layers = {name: kind for name, kind in pyogrio.list_layers(package) if name != "layer_styles"}
    assert layers == {
        "findings_points": "MultiPoint",
        "findings_lines": "MultiLineString",
        "findings_polygons": "MultiPolygon",
        "findings_without_place": None,
        "grids": "MultiPolygon",
        "areas": "MultiPolygon",
    }
    gap, spike, mismatch, repeated, hole = ids_of(FINDINGS)
    points, lines = read(package, "findings_points"), read(package, "findings_lines")
    assert list(points["id"]) == [mismatch]
    assert len(points.geometry[0].geoms) == 2
    assert list(lines["id"]) == [spike, mismatch]
    polygons = read(package, "findings_polygons")
    assert list(polygons["id"]) == [gap, hole]
    assert polygons.crs.to_epsg() == 4490
    first = polygons.iloc[0]
    assert (first["kind"], first["severity"], first["grids"]) == ("gap", "error", "001, 002")
    assert (first["area_m2"], first["width_m"]) == (12.5, 0.25)
    assert "空白" in first["zh"]
    assert first["en"].startswith("Gap of")
    assert first.geometry.equals(BOX)
    assert list(pyogrio.read_dataframe(package, layer="findings_without_place")["id"]) == [repeated]
    assert list(read(package, "grids")["code"]) == ["001", "002", "003"]


def test_qgis_finds_a_style_for_every_layer(package: Path) -> None:
    with closing(sqlite3.connect(package)) as opened:
        styles = opened.execute(
            "SELECT f_table_name, styleQML FROM layer_styles JOIN gpkg_geometry_columns"
            " ON table_name = f_table_name AND column_name = f_geometry_column WHERE useAsDefault = 1"
        ).fetchall()
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
        assert opened.execute("PRAGMA user_version").fetchone() == (10_200,)
    kinds = {}
    for name, text in styles:
        renderer = ET.fromstring(text).find("renderer-v2")  # noqa: S314 - made by us
        assert renderer is not None
        symbols = {symbol.get("name"): symbol.get("type") for symbol in renderer.iter("symbol")}
        kinds[name] = set(symbols.values())
        if name.startswith("findings"):
            assert renderer.get("attr") == "severity"
            values = {category.get("value"): category.get("symbol") for category in renderer.iter("category")}
            assert set(values) == {severity.value for severity in Severity}
            assert set(values.values()) == set(symbols)
    assert kinds == {
        "findings_points": {"marker"},
        "findings_lines": {"line"},
        "findings_polygons": {"fill"},
        "grids": {"fill"},
        "areas": {"fill"},
    }


def test_without_findings_the_layers_are_there_and_empty(tmp_path: Path) -> None:
    path = tmp_path / "none.gpkg"
    write_findings_package([], (), path)
    assert len(read(path, "findings_polygons")) == 0
    assert "grids" not in dict(pyogrio.list_layers(path))


def log() -> dict[str, Any]:
    reasons = {ids_of(FINDINGS)[4]: "云溪湖", ids_of(FINDINGS)[0]: "of no hole that is meant"}
    return orjson.loads(findings_sarif(CHECK, FINDINGS, NAMES, "1.2.3", reasons))  # type: ignore[no-any-return]  # JSON


def test_a_log_keeps_to_the_schema() -> None:
    jsonschema.validate(log(), SCHEMA)


def test_a_log_says_what_was_found() -> None:
    (run,) = log()["runs"]
    rules, results = run["tool"]["driver"]["rules"], run["results"]
    assert [rule["id"] for rule in rules] == [kind.value for kind in FindingKind]
    assert rules[0]["shortDescription"]["text"] == "名gap name of gap"
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)
    assert [result["level"] for result in results] == ["error", "warning", "note", "error", "note"]
    assert [result["partialFingerprints"]["wanggeFinding/v1"] for result in results] == ids_of(FINDINGS)
    gap = results[0]
    names = [place["logicalLocations"][0]["name"] for place in gap["locations"]]
    assert names == ["001", "002"]
    assert gap["message"]["text"] == f"{gap['properties']['zh']}\n{gap['properties']['en']}"
    assert gap["properties"]["geometry"]["type"] == "Polygon"
    assert (gap["properties"]["area_m2"], gap["properties"]["width_m"]) == (12.5, 0.25)
    assert results[3]["properties"]["geometry"] is None
    assert ["suppressions" in result for result in results] == [False, False, False, False, True]
    assert results[4]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "云溪湖"}
    ]
    assert run["automationDetails"]["id"] == "wangge/plan/3/7"
    assert run["invocations"][0]["endTimeUtc"] == "2026-05-01T08:30:00Z"
