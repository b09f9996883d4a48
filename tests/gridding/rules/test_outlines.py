from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
import shapes
from shapely import Polygon, box

from gis.gridding.checks.layer import read_layer
from gis.gridding.checks.outlines import find_narrow_necks, find_repeated_vertices, find_spikes
from gis.gridding.crs import to_metres
from gis.gridding.sentences import describe
from gis.nouns import FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from gis.gridding.checks.layer import Layer
    from gis.nouns import Finding


def layer_of(cells: Mapping[str, BaseGeometry | None]) -> Layer:
    return read_layer(shapes.grids_frame(cells), ("kind",), shapes.METRIC_CRS, "grid")


def corners_of(finding: Finding) -> list[tuple[float, float]]:
    """Give the corners of a finding's place in the metres the shapes are drawn in, to a millimetre."""
    (place,) = to_metres(np.array([finding.geometry], dtype=object), shapes.METRIC_CRS)
    corners = shapely.get_coordinates(place) - (shapes.EAST, shapes.NORTH)
    return [(round(float(x), 3) + 0.0, round(float(y), 3) + 0.0) for x, y in corners]


SQUARE = [(0, 0), (100, 0), (100, 100), (0, 100)]


# --- repeated vertices ------------------------------------------------------------------------------


def test_vertices_that_repeat_or_nearly_do_are_one_finding_of_their_grid() -> None:
    cells = shapes.two_by_two() | {
        "A": Polygon([(300, 0), (300, 0), (400, 0), (400, 100), (400, 100.004), (300, 100)]),
        "B": Polygon([(500, 0), (600, 0), (600, 100), (600, 100.02), (500, 100)]),
    }
    (found,) = find_repeated_vertices(layer_of(cells), max_apart_m=0.01)
    assert (found.kind, found.severity, found.grids) == (FindingKind.REPEATED_VERTEX, Severity.INFO, ("A",))
    assert found.detail["count"] == "2"
    assert {(round(x), round(y)) for x, y in corners_of(found)} == {(300, 0), (400, 100)}
    assert describe(found, "en").endswith("in 2 places (the same at least once).")
    (exact,) = find_repeated_vertices(layer_of(cells), max_apart_m=1e-6)
    assert (corners_of(exact), exact.geometry and exact.geometry.geom_type) == ([(300, 0)], "Point")
    assert len(find_repeated_vertices(layer_of(cells), max_apart_m=0.03)) == 2


def test_the_first_vertex_at_the_end_of_a_ring_is_no_repetition_but_one_in_a_hole_is() -> None:
    assert find_repeated_vertices(layer_of(shapes.two_by_two()), max_apart_m=1) == []
    hole = [(20, 20), (20, 40), (39.995, 40), (40, 40), (40, 20)]
    (found,) = find_repeated_vertices(layer_of({"A": Polygon(SQUARE, [hole])}), max_apart_m=0.01)
    assert float(found.detail["apart_m"]) == pytest.approx(0.005, abs=1e-4)
    assert describe(found, "zh") == "网格 A 的边界有 1 处相邻顶点重复或过近（最近仅 0.5 cm）。"


def test_a_polygon_that_had_to_be_made_valid_is_not_blamed_for_vertices_it_was_not_given() -> None:
    folded = [(20, 20), (20, 40), (40, 40), (40, 40.005), (40, 20)]
    layer = layer_of({"A": Polygon(SQUARE, [folded]), "B": shapes.bow_tie()})
    assert shapely.get_num_coordinates(layer.metres[0]) != 11
    assert find_repeated_vertices(layer, max_apart_m=0.001) == []
    assert find_spikes(layer, max_angle_deg=1, min_length_m=0.001) == []


# --- spikes -----------------------------------------------------------------------------------------


def with_spike(width: float = 0.4, length: float = 50) -> Polygon:
    """A square of 100 m with a spike of that width at its foot, to the right at half its height."""
    return Polygon(
        [(0, 0), (100, 0), (100, 50), (100 + length, 50 + width / 2), (100, 50 + width), (100, 100), (0, 100)]
    )


def test_a_spike_is_found_with_its_angle_and_length() -> None:
    (found,) = find_spikes(layer_of({"A": with_spike()}), max_angle_deg=1, min_length_m=0.1)
    assert (found.kind, found.severity, found.grids) == (FindingKind.SPIKE, Severity.WARNING, ("A",))
    assert corners_of(found)[1] == (150, 50.2)
    assert float(found.detail["angle_deg"]) == pytest.approx(2 * np.degrees(np.arctan(0.2 / 50)), abs=1e-3)
    assert found.area_m2 == pytest.approx(0.4 * 50 / 2, rel=1e-3)
    assert found.width_m == pytest.approx(0.2, rel=1e-2)
    assert (
        describe(found, "en")
        == "The outline of grid A turns back in a spike 50.00 m long, at an angle of 0.46°."
    )
    assert describe(found, "zh") == "网格 A 的边界有尖刺：夹角 0.46°，长 50.00 m。"


@pytest.mark.parametrize(
    ("limits", "count"), [((0.4, 0.1), 0), ((0.5, 0.1), 1), ((0.5, 51), 0), ((89.9, 0.1), 1), ((500, 0.1), 1)]
)
def test_angle_and_length_decide(limits: tuple[float, float], count: int) -> None:
    found = find_spikes(layer_of({"A": with_spike()}), max_angle_deg=limits[0], min_length_m=limits[1])
    assert len(found) == count


def test_a_crack_in_one_grid_that_is_a_spike_of_the_other_is_one_finding_of_both() -> None:
    crack = box(100, 0, 250, 100).difference(with_spike())
    (found,) = find_spikes(layer_of({"A": with_spike(), "B": crack}), max_angle_deg=1, min_length_m=0.1)
    assert found.grids == ("A", "B")


def test_a_repeated_vertex_does_not_hide_a_spike_and_a_straight_vertex_is_none() -> None:
    corners = list(with_spike().exterior.coords)[:-1]
    corners.insert(4, corners[3])
    assert corners[3] == corners[4] == (150, 50.2)
    corners.append((0, 50))
    (found,) = find_spikes(layer_of({"A": Polygon(corners)}), max_angle_deg=1, min_length_m=0.1)
    assert corners_of(found)[1] == (150, 50.2)


def test_a_spike_at_the_first_vertex_of_a_ring_is_found_and_rings_are_not_taken_for_one() -> None:
    west = shapely.transform(with_spike(), lambda xy: xy * [-1, 1])
    layer = layer_of({"A": west, "B": shapes.square(-300, 0), "C": shapes.square(200, 0)})
    assert shapely.get_coordinates(layer.metres[0])[0] == pytest.approx(
        (shapes.EAST - 150, shapes.NORTH + 50.2)
    )
    (found,) = find_spikes(layer, max_angle_deg=1, min_length_m=0.1)
    assert found.grids == ("A",)
    in_line = layer_of({"A": shapes.square(), "B": shapes.square(0, -300)})
    assert find_spikes(in_line, max_angle_deg=1, min_length_m=0.1) == []
    slit = shapely.Polygon([(0, 0), (200, 0), (200, 200), (0, 200)], [with_spike().exterior.coords[:-1]])
    assert len(find_spikes(layer_of({"A": slit.buffer(0)}), max_angle_deg=1, min_length_m=0.1)) == 1


# --- narrow necks -----------------------------------------------------------------------------------


def dumb_bell(width: float, length: float = 60) -> Polygon:
    """Two squares of 70 m with a passage between them."""
    passage = box(70, 35 - width / 2, 70 + length, 35 + width / 2)
    return shapes.square(0, 0, 70).union(shapes.square(70 + length, 0, 70)).union(passage)


@pytest.mark.parametrize(("width", "count"), [(4.0, 1), (4.9, 1), (5.2, 0), (50, 0)])
def test_a_passage_narrower_than_the_width_is_a_neck(width: float, count: int) -> None:
    found = find_narrow_necks(layer_of({"A": dumb_bell(width)}), max_width_m=5)
    assert len(found) == count
    for neck in found:
        assert (neck.kind, neck.grids) == (FindingKind.NARROW_NECK, ("A",))
        assert float(neck.detail["narrowest_m"]) == pytest.approx(width, abs=0.02)
        assert neck.area_m2 == pytest.approx(width * 60, rel=0.2)
        assert neck.geometry is not None
        assert neck.geometry.intersects(shapes.stored(shapely.Point(100, 35)))


def test_a_thin_tail_and_a_crumb_are_no_necks() -> None:
    tail = shapes.square().union(box(100, 49, 160, 51))
    assert find_narrow_necks(layer_of({"A": tail}), max_width_m=5) == []
    crumb = tail.union(box(160, 46, 167, 53))  # a disk of 5 m fits in, but has room for only 4 m² more
    assert find_narrow_necks(layer_of({"A": crumb}), max_width_m=5) == []


def test_parts_are_no_lobes_of_each_other_and_three_lobes_have_two_necks() -> None:
    apart = shapely.MultiPolygon([shapes.square(0, 0, 70), shapes.square(71, 0, 70)])
    assert find_narrow_necks(layer_of({"A": apart}), max_width_m=5) == []
    chain = dumb_bell(4).union(box(200, 33, 260, 37)).union(shapes.square(260, 0, 70))
    assert len(find_narrow_necks(layer_of({"A": chain}), max_width_m=5)) == 2


def test_the_sentence_of_a_neck() -> None:
    (neck,) = find_narrow_necks(layer_of({"A": dumb_bell(4)}), max_width_m=5)
    assert describe(neck, "en") == "The grid A has a neck 4.00 m wide that nearly cuts it in two."
    assert describe(neck, "zh") == "网格 A 有狭窄的颈部，最窄处 4.00 m，几乎被分成两半。"


def test_nothing_and_no_polygons_are_no_trouble() -> None:
    for cells in ({}, {"A": None}):
        layer = layer_of(cells)
        assert find_repeated_vertices(layer, max_apart_m=1) == []
        assert find_spikes(layer, max_angle_deg=1, min_length_m=1) == []
        assert find_narrow_necks(layer, max_width_m=1) == []
