from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapes
from hypothesis import given, settings
from shapely import box
from strategies import DrawnCoverage, coverages

from gis.gridding.nest import assign_parents


def parents() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": ["B", "A", "C"]},
        geometry=[box(100, 0, 200, 200), box(0, 0, 100, 200), box(200, 0, 300, 200)],
    )


def children(**shapes_by_name: shapely.Geometry | None) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes_by_name.values()), index=list(shapes_by_name))


def test_containment_then_largest_overlap_then_lowest_code() -> None:
    found = assign_parents(
        children(
            inside=shapes.square(10, 10, 50),
            whole=box(100, 0, 200, 200),
            mostly_b=box(90, 0, 130, 10),
            half_and_half=box(90, 0, 110, 10),
            nowhere=shapes.square(1000, 1000),
            beside=shapes.square(300, 0),
            missing=None,
        ),
        parents(),
    )
    assert found.codes.to_dict() == {
        "inside": "A",
        "whole": "B",
        "mostly_b": "B",
        "half_and_half": "A",
        "nowhere": None,
        "beside": None,
        "missing": None,
    }
    assert found.shares.round(6).to_dict() == {
        "inside": 1,
        "whole": 1,
        "mostly_b": 0.75,
        "half_and_half": 0.5,
        "nowhere": 0,
        "beside": 0,
        "missing": 0,
    }


def test_invalid_children_and_parents_have_parents_too() -> None:
    outlines = parents()
    outlines.geometry = [
        outlines.geometry[0],
        shapely.Polygon([(0, 0), (0, 200), (100, 0), (100, 200)]),
        None,
    ]
    found = assign_parents(children(tie=shapes.bow_tie()), outlines)
    assert found.codes.to_dict() == {"tie": "A"}


def test_a_child_that_cannot_be_repaired_goes_where_its_corners_lie() -> None:
    quarter_in_c = shapely.Polygon([(150, 10), (250, 10), (150, 110), (190, 90)])
    corners = shapely.get_coordinates(quarter_in_c)
    corners[2] = np.nan
    broken = shapely.set_coordinates(quarter_in_c, corners)
    found = assign_parents(children(broken=broken), parents())
    assert found.codes.to_dict() == {"broken": "B"}
    assert found.shares["broken"] == pytest.approx(3 / 4)  # the first corner closes the ring as well


def test_no_parents_and_no_children() -> None:
    assert assign_parents(children(inside=shapes.square()), parents().iloc[:0]).codes.tolist() == [None]
    assert len(assign_parents(children(), parents()).codes) == 0


@settings(max_examples=25, deadline=None)
@given(coverages())
def test_every_cell_lies_in_itself(coverage: DrawnCoverage) -> None:
    codes = [f"{i:02d}" for i in range(len(coverage.cells))]
    frame = gpd.GeoDataFrame({"code": codes}, geometry=coverage.cells)
    found = assign_parents(frame.geometry[::-1], frame)
    assert found.codes.tolist() == codes[::-1]
    assert (found.shares == 1).all()
