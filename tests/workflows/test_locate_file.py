from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import geopandas
import pytest
from shapely import box

from gis.errors import CoordinateSystemError, InputError
from gis.gridding.locate import GridIndex
from gis.nouns import Release
from gis.settings import Settings
from gis.workflows.locate_point import ReleaseIndex
from gis.workflows.locating import locate_file as locating
from gis.workflows.locating.locate_file import (
    ADDED,
    AnswerCells,
    LocateFileReport,
    LocateFileRequest,
    count_lines,
    locate_file,
)

if TYPE_CHECKING:
    from pathlib import Path

COMMUNITY = "320199001001"


def frame(rows: list[dict[str, Any]]) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4490")


@pytest.fixture(scope="module")
def index() -> ReleaseIndex:
    west, east = box(118.0, 31.0, 118.1, 31.1), box(118.1, 31.0, 118.2, 31.1)
    park, river = box(118.02, 31.02, 118.04, 31.04), box(118.0, 31.05, 118.2, 31.06)
    shapes = [
        ("natural", west),
        ("natural", east),
        ("dedicated", park),
        ("special", river),
        ("special", river),
    ]
    grids = frame(
        [
            {"id": i, "code": f"{COMMUNITY}{i:03}", "name": str(i), "kind": kind, "geometry": shape}
            | {"community_code": COMMUNITY}
            for i, (kind, shape) in enumerate(shapes, 1)
        ]
    )
    whole = box(118.0, 31.0, 118.2, 31.1)
    codes = (("district", "320199", None), ("street", "320199001", "320199"))
    areas = frame(
        [
            {"id": i, "code": code, "name": code, "level": level, "parent_code": parent, "geometry": whole}
            for i, (level, code, parent) in enumerate((*codes, ("community", COMMUNITY, "320199001")), 1)
        ]
    )
    release = Release(3, "", date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), "planner", "5f2a", 3, 5)
    return ReleaseIndex(release, GridIndex.build(grids, areas))


def located(
    index: ReleaseIndex, path: Path, crs: str | None = "wgs84", **request: Any
) -> tuple[list[dict[str, str]], LocateFileReport]:
    out = io.BytesIO()
    report = locate_file(index, LocateFileRequest(path, crs, **request), Settings(), out)
    return list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig")))), report


def test_every_row_is_kept_in_order_with_where_it_belongs(index: ReleaseIndex, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("name,经度,纬度\n甲,118.03,31.055\n=1+1,118.03,31.03\n,118.15,31.01\nfar,1,2\n", "utf-8")
    rows, report = located(index, path)
    assert [row["name"] for row in rows] == ["甲", "'=1+1", "", "far"]
    assert [row["经度"] for row in rows] == ["118.03", "118.03", "118.15", "1"]
    assert rows[0] | {"name": "甲"} == {
        "name": "甲",
        "经度": "118.03",
        "纬度": "31.055",
        "natural_code": f"{COMMUNITY}001",
        "dedicated_code": "",
        "answers_code": f"{COMMUNITY}001",
        "special_codes": f"{COMMUNITY}004;{COMMUNITY}005",
        "community_code": COMMUNITY,
        "street_code": "320199001",
        "district_code": "320199",
        "on_boundary": "false",
        "near_boundary": "false",
        "release": "3",
    }
    assert (rows[1]["answers_code"], rows[1]["natural_code"]) == (f"{COMMUNITY}003", f"{COMMUNITY}001")
    assert [rows[3][name] for name in ADDED] == ["", "", "", "", "", "", "", "false", "false", "3"]
    assert report.counts == {
        "rows": 4,
        "located": 3,
        "in_no_grid": 1,
        "without_point": 0,
        "near_boundary": 0,
    }
    assert report.columns.sources == {"x": "经度", "y": "纬度"}


def test_rows_without_a_usable_place_stay_and_are_named(index: ReleaseIndex, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    lines = [
        "118.03,31.03",
        ",",
        "118.03,",
        "118.03,31°",
        "nan,31",
        "518.03,31.03",
        "1_0,2",
        "inf,1",
        "118.05,31.01",
    ]
    path.write_text("\n".join(["lon,lat", *lines]) + "\n")
    rows, report = located(index, path)
    assert [bool(row["answers_code"]) for row in rows] == [True, *[False] * 7, True]
    assert [f"{row['lon']},{row['lat']}" for row in rows] == lines
    assert report.counts["without_point"] == 7
    told = [(problem.row, problem.field) for problem in report.problems.listed()]
    assert told == [(3, "y"), (4, "y"), (5, "x"), (6, "x"), (7, "x"), (8, "x")]


def test_each_row_may_name_its_system_and_accuracy(index: ReleaseIndex, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text(
        "x,y,crs,accuracy\n"
        "118.0999,31.01,wgs84,20\n"
        "118.0999,31.01,,5\n"
        "118.0999,31.01,WGS 84,\n"
        "118.0351,31.0279,高德,\n"
        "118.0416,31.0336,bd09,\n"
        "119.5,31.0,mars,\n"
        "119.5,31.0,,x\n"
    )
    rows, report = located(index, path, accuracy_m=10)
    assert [row["near_boundary"] for row in rows[:3]] == ["true", "false", "true"]
    assert [row["answers_code"][-3:] for row in rows] == ["001", "001", "001", "003", "003", "", ""]
    told = [(problem.row, problem.field) for problem in report.problems.listed()]
    assert told == [(6, "crs"), (7, "accuracy_m")]
    rows, report = located(index, path, None)
    assert (2, "crs") in [(problem.row, problem.field) for problem in report.problems.listed()]
    assert rows[1]["answers_code"] == ""


def test_an_accuracy_has_bounds(index: ReleaseIndex, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    cells = ("0", "10000", "-1", "10000.5", "1e300", "")
    path.write_text("lon,lat,accuracy\n" + "".join(f"118.099,31.01,{cell}\n" for cell in cells))  # 95 m
    rows, report = located(index, path, accuracy_m=100)
    assert [row["near_boundary"] for row in rows] == ["false", *["true"] * 5]
    told = [(problem.row, problem.message) for problem in report.problems.listed()]
    assert told == [(row, "accuracy must be from 0 to 10000 metres") for row in (3, 4, 5)]
    assert report.problems.errors == 3


def test_metres_and_gzip_and_other_names(index: ReleaseIndex, tmp_path: Path) -> None:
    path = tmp_path / "points.csv.gz"
    text = "Easting;Northing\n313769.13;3433716\n323321.5;3433553\n"
    path.write_bytes(gzip.compress(text.encode()))
    rows, report = located(index, path, "EPSG:4549", columns={"x": "Easting", "y": "Northing"})
    assert [row["answers_code"][-3:] for row in rows] == ["001", "002"]
    assert report.counts["located"] == 2
    assert count_lines(path) == 2


def test_broken_rows_are_left_out_and_said(index: ReleaseIndex, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("lon,lat\n118.03,31.03\n118.03\n118.05,31.01\n")
    rows, report = located(index, path)
    assert len(rows) == 2
    assert [problem.row for problem in report.left_out] == [2]


def test_what_cannot_be_located_is_refused_with_the_remedy(index: ReleaseIndex, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("lon,lat\n1,2\n")
    with pytest.raises(CoordinateSystemError, match=r"points\.csv does not say which coordinate system"):
        located(index, path, None)
    path.write_text("lon,height\n1,2\n")
    with pytest.raises(InputError, match="no column is taken for y"):
        located(index, path)
    path.write_text("lon,lat,release\n1,2,3\n")
    with pytest.raises(InputError, match="already, and the result gets one"):
        located(index, path)


def test_cells_of_answers_are_shared_and_bounded(
    index: ReleaseIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locating, "ANSWERS_KNOWN", 50)
    cells = AnswerCells(index)
    row = (1, -1, 3, 2, 1, (4, 5), False, True)
    assert cells.of(row) is cells.of((*row,))
    for i in range(256):
        special = tuple(4 + (i >> bit & 1) for bit in range(8))
        codes = ";".join(f"{COMMUNITY}{one:03}" for one in special)
        assert cells.of((1, -1, 3, 2, 1, special, False, True))[3] == codes
    assert cells.of.cache_info().currsize == 50


def test_batches_meet_without_a_seam(index: ReleaseIndex, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    count = 45_000
    path.write_text("n,lon,lat\n" + "".join(f"{i},{118 + i * 0.2 / count:.7f},31.01\n" for i in range(count)))
    rows, report = located(index, path)
    assert [row["n"] for row in rows] == [str(i) for i in range(count)]
    assert [row["answers_code"][-3:] for row in rows] == [
        "001" if float(row["lon"]) <= 118.1 else "002" for row in rows
    ]
    assert report.counts["rows"] == count
