from __future__ import annotations

import time

import numpy as np
import pytest
import shapely
import shapes

from gis.gridding.valid import are_finite, are_valid, make_valid_within


def tangle(corners: int) -> shapely.Polygon:
    """A ring through random places crosses itself everywhere, and keeps GEOS busy with no end in sight."""
    return shapely.Polygon(np.random.default_rng(3).random((corners, 2)))


def test_only_invalid_polygons_are_touched() -> None:
    square = shapes.square()
    made = make_valid_within([square, shapes.bow_tie(), None, shapely.Polygon()], 10)
    assert made.geometries[0] is square
    assert made.geometries[1].area == pytest.approx(5000)
    assert made.geometries[1].is_valid
    assert made.geometries[2] is None
    assert made.geometries[3] is None
    assert made.repaired.tolist() == [False, True, False, False]
    assert made.given_up.tolist() == [False, False, False, False]


def test_a_tangle_is_given_up_in_time_and_costs_the_others_nothing() -> None:
    start = time.monotonic()
    made = make_valid_within([shapes.bow_tie(), tangle(20_000), shapes.bow_tie()], 8)
    assert time.monotonic() - start < 8
    assert made.repaired.tolist() == [True, False, True]
    assert made.given_up.tolist() == [False, True, False]
    assert made.geometries[1] is None


def test_no_time_is_no_repair() -> None:
    assert make_valid_within([shapes.bow_tie()], 0).given_up.tolist() == [True]


def test_coordinates_that_are_no_numbers_are_not_even_tried() -> None:
    corners = shapely.get_coordinates(shapes.square())
    corners[1] = np.nan
    broken = shapely.set_coordinates(shapes.square(), corners)
    assert make_valid_within([broken], 10).given_up.tolist() == [True]
    mixed = np.array([broken, shapes.square(), shapes.bow_tie(), None], dtype=object)
    assert are_finite(mixed).tolist() == [False, True, True, True]
    assert are_valid(mixed).tolist() == [False, True, False, False]
