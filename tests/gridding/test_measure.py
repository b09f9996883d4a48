from __future__ import annotations

import numpy as np
import pytest
import shapely
import shapes
from pyproj import Geod
from shapely import LineString, Point, Polygon, box

from gis.gridding.measure import area_m2, length_m, width_m


def test_a_square_of_100_m() -> None:
    # 1.2 degrees from the central meridian the zone is 158 ppm too wide, so the ground is that much smaller.
    square = np.array([shapes.stored(shapes.square())])
    assert area_m2(square)[0] == pytest.approx(10_000 * (1 - 2 * 154e-6), rel=2e-5)
    assert length_m(square)[0] == pytest.approx(400 * (1 - 154e-6), rel=2e-5)
    assert width_m(square)[0] == pytest.approx(50 * (1 - 154e-6), rel=2e-5)


def test_a_sliver_has_its_thickness_for_width() -> None:
    sliver = np.array([shapes.stored(box(0, 0, 1000, 0.2))])
    assert width_m(sliver)[0] == pytest.approx(0.2, rel=1e-3)


def test_holes_and_parts_count_whatever_their_direction() -> None:
    ring = shapes.square(side=200).difference(shapes.square(50, 50))
    for shape in (ring, shapely.orient_polygons(ring, exterior_cw=True)):
        assert area_m2(np.array([shapes.stored(shape)]))[0] == pytest.approx(30_000, rel=1e-3)
        assert length_m(np.array([shapes.stored(shape)]))[0] == pytest.approx(1200, rel=1e-3)
    two = shapely.MultiPolygon([shapes.square(), shapes.square(500, 0)])
    assert area_m2(np.array([shapes.stored(two)]))[0] == pytest.approx(20_000, rel=1e-3)


def test_the_reference_implementation_agrees() -> None:
    wide = Polygon([(118.5, 31.5), (119.3, 31.6), (119.1, 32.3), (118.4, 32.0)])
    area, perimeter = Geod(ellps="GRS80").geometry_area_perimeter(wide)
    assert area_m2(np.array([wide]))[0] == pytest.approx(area, rel=1e-12)
    assert length_m(np.array([wide]))[0] == pytest.approx(perimeter, rel=1e-12)


def test_what_has_no_area_has_none() -> None:
    odd = np.array([None, Polygon(), Point(0, 0), LineString([(0, 0), (0, 1)])], dtype=object)
    assert area_m2(odd).tolist() == [0, 0, 0, 0]
    assert width_m(odd).tolist() == [0, 0, 0, 0]
    assert length_m(odd)[:3].tolist() == [0, 0, 0]
    assert length_m(odd)[3] == pytest.approx(110_574, abs=1)  # a degree of latitude at the equator
    assert area_m2(np.array([], dtype=object)).tolist() == []
