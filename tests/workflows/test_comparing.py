"""Comparing states layer by layer, from frames and from files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from districts import make_frame
from shapely import Polygon, box
from shapes import areas_frame, bow_tie, code, grids_frame, square, stored, two_by_two

from gis.errors import CoordinateSystemError, InputError
from gis.gridding.changes.change import ChangeKind
from gis.gridding.checks.tolerance import Tolerance
from gis.maps.encode import for_display
from gis.nouns import GridKind
from gis.settings import Settings
from gis.workflows.comparing.compare_states import compare_frames
from gis.workflows.comparing.read_state import StateFile, compare_files, read_state
from gis.workflows.comparing.tables import changes_frame, flat

if TYPE_CHECKING:
    from pathlib import Path

    from gis.workflows.comparing.compare_states import ComparedStates

PARK = code("101")


def joined(*frames: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)


def compared(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> ComparedStates:
    return compare_frames((old, new), areas_frame({}), Settings(), Tolerance(), identity="code")


def test_layers_are_compared_apart() -> None:
    natural = grids_frame(two_by_two())
    park = grids_frame({PARK: square(10, 10, 50)}, kind="dedicated")
    fire, river = (
        grids_frame({code(number): square(0, 0, 150)}, kind="special", task=task)
        for number, task in (("201", "fire"), ("202", "river"))
    )
    wider = grids_frame({code("202"): square(0, 0, 170)}, kind="special", task="river")
    found = compared(joined(natural, park, fire, river), joined(natural, fire, wider))
    told = {(layer.kind, layer.task, change.kind) for layer, change in found.changes()}
    assert told == {
        (GridKind.DEDICATED, "", ChangeKind.GONE),
        (GridKind.SPECIAL, "river", ChangeKind.RESHAPED),
    }
    assert found.counts()[ChangeKind.UNCHANGED] == 5
    frame = changes_frame(found)
    assert frame["moved_m2"].tolist() == [pytest.approx(6400, rel=1e-3), pytest.approx(2500, rel=1e-3)]
    assert frame["task"].fillna("").tolist() == ["river", ""]
    table = flat(frame)
    assert table["old"].tolist() == [code("202"), PARK]
    assert table["moves"].tolist() == [f"- > {code('202')}: 6400.0", f"{PARK} > -: 2500.0"]


def test_a_grid_of_another_kind_is_gone_and_new() -> None:
    shape = {PARK: square(10, 10, 50)}
    found = compared(grids_frame(shape), grids_frame(shape, kind="dedicated"))
    assert {(layer.kind, change.kind) for layer, change in found.changes()} == {
        (GridKind.NATURAL, ChangeKind.GONE),
        (GridKind.DEDICATED, ChangeKind.NEW),
    }


def test_ground_of_several_moves_is_one_valid_shape() -> None:
    west, middle, east = square(), square(100), square(200)
    old = {code("001"): west, code("002"): middle, code("003"): east}
    new = {code("001"): west.union(box(100, 0, 150, 100)), code("003"): east.union(box(150, 0, 200, 100))}
    frame = changes_frame(compared(grids_frame(old), grids_frame(new)))
    gone = frame[frame["kind"] == "gone"].iloc[0]
    assert [(move["from"][-3:], move["to"][-3:]) for move in gone["moves"]] == [
        ("002", "001"),
        ("002", "003"),
    ]
    assert gone.geometry.is_valid
    assert gone.geometry.symmetric_difference(stored(middle)).area < 1e-11  # a tenth of a square metre


def test_what_is_invalid_is_made_valid_and_missing_is_no_ground() -> None:
    old = grids_frame({code("001"): bow_tie(), code("002"): square(300)})
    new = grids_frame({code("001"): bow_tie(), code("002"): None})
    found = compared(old, new)
    assert [change.kind for _, change in found.changes()] == [ChangeKind.GONE, ChangeKind.NEW]
    assert found.counts()[ChangeKind.UNCHANGED] == 1
    assert found.problems == []


def test_an_outline_that_cannot_be_used_is_named() -> None:
    old = grids_frame({code("001"): square()})
    new = old.set_geometry([Polygon([(118.8, 31.9), (np.inf, 31.9), (118.9, 32.0)])], crs=old.crs)
    found = compared(old, new)
    (problem,) = found.problems
    assert f"the outline of {code('001')} cannot be made valid" in problem.message
    assert [change.kind for _, change in found.changes()] == [ChangeKind.GONE, ChangeKind.NEW]


def write(path: Path, rows: dict[str, tuple[dict[str, object], object]]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"code": name} | properties,
            "geometry": json.loads(gpd.GeoSeries([stored(shape)]).to_json())["features"][0]["geometry"],
        }
        for name, (properties, shape) in rows.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_kinds_of_files_count_only_where_both_tell_them(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.geojson", {"A": ({}, square()), "B": ({}, square(100))})
    told = write(
        tmp_path / "told.geojson",
        {"A": ({"kind": "natural"}, square()), "B": ({"kind": "dedicated"}, square(100))},
    )
    other = write(
        tmp_path / "other.geojson",
        {"A": ({"kind": "natural"}, square()), "B": ({"kind": "natural"}, square(100))},
    )

    def counts(old: Path, new: Path) -> list[ChangeKind]:
        files = StateFile(old, "cgcs2000"), StateFile(new, "cgcs2000")
        return sorted(change.kind for _, change in compare_files(files, Settings()).changes())

    assert counts(plain, told) == []
    assert counts(told, told) == []
    assert counts(told, other) == [ChangeKind.GONE, ChangeKind.NEW]


def test_a_kind_that_is_none_is_refused_with_its_row(tmp_path: Path) -> None:
    path = write(tmp_path / "wrong.geojson", {"A": ({}, square()), "B": ({"kind": "nature"}, square(100))})
    with pytest.raises(InputError, match="'nature' is no kind of grid; take natural") as refused:
        read_state(StateFile(path, "cgcs2000"), Settings())
    assert (refused.value.field, refused.value.row) == ("kind", 2)


def test_the_system_a_file_does_not_declare_is_the_one_stated_for_such_files(tmp_path: Path) -> None:
    path = write(tmp_path / "plain.geojson", {"A": ({}, square())})
    with pytest.raises(CoordinateSystemError, match="does not say"):
        read_state(StateFile(path), Settings())
    stated, _ = read_state(StateFile(path, undeclared_crs="cgcs2000"), Settings())
    stated.to_crs(4549).to_file(tmp_path / "declared.gpkg")
    # a file that declares its system is not read in the one meant for those that do not
    declared, _ = read_state(StateFile(tmp_path / "declared.gpkg", undeclared_crs="gcj02"), Settings())
    assert declared.geometry.iloc[0].centroid.distance(stated.geometry.iloc[0].centroid) < 1e-9


def test_grids_of_files_can_be_drawn_however_many_corners_they_have(tmp_path: Path) -> None:
    path = write(tmp_path / "plain.geojson", {"A": ({}, square()), "B": ({}, square(100).segmentize(5))})
    found = compare_files((StateFile(path, "cgcs2000"), StateFile(path, "cgcs2000")), Settings())
    drawn, _ = for_display(found.new, found.areas, frame=make_frame(), max_vertices=12)
    assert drawn.geometry.count_coordinates().sum() <= 12
