from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely
import shapes
from shapely import box

from gis.gridding.checks.layer import read_layer
from gis.gridding.checks.sizes import find_not_compact, find_stray_parts, find_too_large, find_too_small
from gis.gridding.sentences import describe
from gis.nouns import FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from gis.gridding.checks.layer import Layer


def layer_of(
    cells: Mapping[str, BaseGeometry | None], households: Sequence[float | None] | None = None
) -> Layer:
    frame = shapes.grids_frame(cells)
    if households is None:
        return read_layer(frame, ("kind",), shapes.METRIC_CRS, "grid")
    frame["households"] = households
    return read_layer(frame, ("kind", "households"), shapes.METRIC_CRS, "grid")


SIZES = {
    "A": shapes.square(side=50),
    "B": shapes.square(200, 0, 100),
    "C": shapes.square(400, 0, 150),
    "D": None,
}


def test_area_is_held_against_both_limits() -> None:
    (small,) = find_too_small(layer_of(SIZES), min_area_m2=9000)
    assert (small.kind, small.severity, small.grids) == (FindingKind.TOO_SMALL, Severity.WARNING, ("A",))
    assert small.area_m2 == pytest.approx(2500, rel=1e-3)
    assert describe(small, "en").startswith("The grid A has 2,49")
    assert describe(small, "en").endswith(" m², less than 9,000.")
    (large,) = find_too_large(layer_of(SIZES), max_area_m2=11_000)
    assert (large.kind, large.grids, large.detail["by"]) == (FindingKind.TOO_LARGE, ("C",), "area")
    assert describe(large, "zh").endswith("，多于 11,000。")


def test_area_is_that_on_the_ellipsoid() -> None:
    (found,) = find_too_small(layer_of({"A": shapes.square()}), min_area_m2=20_000)
    truth = found.area_m2
    assert truth != pytest.approx(10_000, rel=1e-5)  # the zone is off by more than a hundred-thousandth here
    assert find_too_small(layer_of({"A": shapes.square()}), min_area_m2=truth - 0.01) == []
    assert len(find_too_small(layer_of({"A": shapes.square()}), min_area_m2=truth + 0.01)) == 1
    assert find_too_large(layer_of({"A": shapes.square()}), max_area_m2=truth + 0.01) == []
    assert len(find_too_large(layer_of({"A": shapes.square()}), max_area_m2=truth - 0.01)) == 1
    small = read_layer(shapes.grids_frame({"A": shapes.square()}), ("kind",), "EPSG:32650", "grid")
    assert shapely.area(small.metres[0]) < truth - 0.1  # in this zone the plane is too small
    assert len(find_too_large(small, max_area_m2=truth - 0.01)) == 1


def test_households_are_held_against_both_limits_where_they_are_known() -> None:
    layer = layer_of({"A": None, "B": None, "C": None, "D": None}, [299, 300, None, 501])
    (few,) = find_too_small(layer, min_households=300)
    assert (few.grids, few.detail["value"]) == (("A",), "299")
    assert describe(few, "zh") == "网格 A 有 299 户，少于 300。"
    (many,) = find_too_large(layer, max_households=500)
    assert describe(many, "en") == "The grid D has 501 households, more than 500."
    assert find_too_small(layer_of(SIZES), min_households=300) == []


def test_compactness_of_a_square_and_a_strip() -> None:
    cells = {"A": shapes.square(), "B": box(200, 0, 900, 100)}  # pi / 4 and 7 pi / 64
    assert find_not_compact(layer_of(cells), min_compactness=0.34) == []
    (strip,) = find_not_compact(layer_of(cells), min_compactness=0.35)
    assert (strip.kind, strip.grids) == (FindingKind.NOT_COMPACT, ("B",))
    assert float(strip.detail["value"]) == pytest.approx(7 * 3.14159 / 64, rel=1e-3)
    assert len(find_not_compact(layer_of(cells), min_compactness=0.79)) == 2
    assert describe(strip, "zh") == "网格 B 形状狭长或曲折：紧凑度 0.34，低于 0.35（圆为 1）。"


def test_small_parts_are_stray_and_the_largest_never() -> None:
    parts = [shapes.square(), shapes.square(200, 0, 20), shapes.square(300, 0, 10), shapes.square(400, 0, 60)]
    (found,) = find_stray_parts(layer_of({"A": shapely.MultiPolygon(parts)}), max_share=0.1)
    assert (found.kind, found.grids, found.detail["parts"]) == (FindingKind.STRAY_PART, ("A",), "2")
    assert found.area_m2 == pytest.approx(500, rel=1e-3)
    assert found.geometry is not None
    assert found.geometry.intersects(shapes.stored(shapely.Point(210, 10)))
    assert not found.geometry.intersects(shapes.stored(shapely.Point(430, 30)))
    assert describe(found, "en").startswith("The grid A has 2 small parts away from its main one: 499.8 m²")
    even = shapely.MultiPolygon([shapes.square(100 * i, 0, 90) for i in range(20)])
    assert find_stray_parts(layer_of({"A": even, "B": shapes.square(), "C": None}), max_share=0.1) == []
