from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapes
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import gap_area, overlaps
from strategies import CELL_M, DrawnCoverage, coverages, turned

from gis.gridding.check import Tolerance, check_grids
from gis.gridding.codes import SCHEMES
from gis.nouns import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry


def check(grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> list[Finding]:
    return check_grids(
        grids,
        areas,
        tolerance=Tolerance(),
        metric_crs=shapes.METRIC_CRS,
        scheme=SCHEMES["community-3"],
    )


def drawn(
    coverage: DrawnCoverage, changed: Mapping[int, BaseGeometry] | None = None
) -> dict[str, BaseGeometry]:
    cells = {shapes.code(f"{i + 1:03d}"): cell for i, cell in enumerate(coverage.cells)}
    return cells | {shapes.code(f"{i + 1:03d}"): cell for i, cell in (changed or {}).items()}


@settings(max_examples=25, deadline=None)
@given(coverages())
def test_an_exact_coverage_is_clean(coverage: DrawnCoverage) -> None:
    areas = shapes.areas_frame({shapes.COMMUNITY: coverage.outline})
    assert check(shapes.grids_frame(drawn(coverage)), areas) == []


@settings(max_examples=25, deadline=None)
@given(coverages(), st.floats(0.3, 20), st.floats(-10, 10), st.data())
def test_a_moved_cell_gives_what_the_naive_overlay_gives(
    coverage: DrawnCoverage, east: float, north: float, data: st.DataObject
) -> None:
    moved = data.draw(st.integers(0, len(coverage.cells) - 1))
    shifted = shapely.transform(coverage.cells[moved], lambda corners: corners + np.array([east, north]))
    cells = drawn(coverage, {moved: shifted})
    areas = shapes.areas_frame({shapes.COMMUNITY: coverage.outline})
    findings = check(shapes.grids_frame(cells), areas)

    expected = overlaps(cells)  # type: ignore[arg-type] # all of them are polygons
    found = {f.grids: f.area_m2 for f in findings if f.kind is FindingKind.OVERLAP}
    for pair, area in expected.items():
        if area > 1.1:
            assert found[pair] == pytest.approx(area, rel=2e-3, abs=0.01), pair
    assert set(found) <= set(expected)
    total = sum(f.area_m2 for f in findings if f.kind is FindingKind.GAP)
    blank = gap_area(list(cells.values()), coverage.outline)  # type: ignore[arg-type] # likewise
    assert total == pytest.approx(blank, rel=2e-3, abs=2.0)
    outside = sum(f.area_m2 for f in findings if f.kind is FindingKind.OUTSIDE_PARENT)
    assert outside == pytest.approx(shifted.difference(coverage.outline).area, rel=2e-3, abs=2.0)


@settings(max_examples=25, deadline=None)
@given(coverages(), st.data())
def test_order_of_rows_and_of_rings_does_not_matter(coverage: DrawnCoverage, data: st.DataObject) -> None:
    chosen = data.draw(st.integers(0, len(coverage.cells) - 1))
    grown = coverage.cells[chosen].buffer(CELL_M / 20, join_style="mitre")
    cells = drawn(coverage, {chosen: grown})
    del cells[shapes.code(f"{len(cells):03d}")]
    areas = shapes.areas_frame({shapes.COMMUNITY: coverage.outline})
    usual = shapes.grids_frame(cells)
    order = data.draw(st.permutations(range(len(usual))))
    steps, reverse = data.draw(st.integers(0, 9)), data.draw(st.booleans())
    other = usual.iloc[order].set_geometry(
        gpd.GeoSeries(
            [turned(usual.geometry[i], steps, reverse=reverse) for i in order], index=order, crs=usual.crs
        )
    )
    assert check(usual, areas) == check(other, areas.iloc[::-1])
