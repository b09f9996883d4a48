"""Rules that hold grids against each other and against what is known besides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
import shapes
from shapely import Polygon, box

from gis.gridding.check import Tolerance, check_grids
from gis.gridding.codes import SCHEMES
from gis.gridding.rules.identity import ids_of
from gis.gridding.rules.profile import parse_profile
from gis.gridding.rules.terms import Terms
from gis.gridding.sentences import describe
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

ONE, TWO, THREE, FOUR = (shapes.code(f"00{i}") for i in range(1, 5))


def check(grids: gpd.GeoDataFrame, rule: str = "", **known: Any) -> list[Finding]:
    return check_grids(
        grids,
        shapes.areas_frame({shapes.COMMUNITY: shapes.block()}),
        tolerance=Tolerance(),
        metric_crs=shapes.METRIC_CRS,
        scheme=SCHEMES["community-3"],
        terms=Terms(parse_profile(f'extends = "usual"\n[natural]\n{rule}'), **known),
    )


def check_cells(cells: Mapping[str, BaseGeometry | None], rule: str = "", **known: Any) -> list[Finding]:
    return check(shapes.grids_frame(cells), rule, **known)


# --- codes ------------------------------------------------------------------------------------------


def test_a_retired_code_is_an_error_of_its_grid() -> None:
    (found,) = check_cells(shapes.two_by_two(), retired={TWO, "320115001001099"})
    assert (found.kind, found.severity, found.grids) == (FindingKind.RETIRED_CODE, Severity.ERROR, (TWO,))
    assert found.geometry is not None
    assert found.geometry.within(shapes.stored(shapes.two_by_two()[TWO]))
    assert describe(found, "zh") == f"网格编码 {TWO} 曾用于已撤销的网格，不得重复启用。"
    assert describe(found, "en").startswith(f"The code {TWO} belonged to a grid that was retired")


def test_codes_run_from_north_to_south_and_from_west_to_east() -> None:
    assert check_cells(shapes.two_by_two(), "code_order = true") == []  # though the rows lie aslant
    west, middle, east = (box(80 * i, 140, min(80 * i + 80, 200), 200) for i in range(3))
    cells = {ONE: west, TWO: middle, THREE: east, FOUR: box(0, 0, 200, 140)}
    assert check_cells(cells, "code_order = true") == []
    (found,) = check_cells(cells | {ONE: middle, TWO: west}, "code_order = true")
    assert (found.kind, found.severity, len(found.grids)) == (FindingKind.CODE_ORDER, Severity.INFO, 1)
    assert found.grids[0] in {ONE, TWO}
    assert describe(found, "en") == (
        f"Codes of community {shapes.COMMUNITY} do not run from north to south and west to east: "
        f"{found.grids[0]}."
    )
    (below,) = check_cells(cells | {ONE: cells[FOUR], FOUR: west}, "code_order = true")
    assert below.grids == (ONE, FOUR)


def test_the_fewest_codes_are_named_that_stand_in_the_way_of_order() -> None:
    row = {f"{i:03}": box(20 * i, 0, 20 * i + 20, 20) for i in range(9)}
    moved = {
        shapes.code(name): shape for name, shape in zip([*list(row)[1:], "000"], row.values(), strict=True)
    }
    orders = [f for f in check_cells(moved, "code_order = true") if f.kind is FindingKind.CODE_ORDER]
    assert [finding.grids for finding in orders] == [(shapes.code("000"),)]


# --- workers ----------------------------------------------------------------------------------------


def test_a_grid_nobody_is_on_duty_for_is_named_where_duties_are_known() -> None:
    assert check_cells(shapes.two_by_two(), "no_worker = true") == []
    (found,) = check_cells(shapes.two_by_two(), "no_worker = true", on_duty={ONE, TWO, FOUR, "other"})
    assert (found.kind, found.grids) == (FindingKind.NO_WORKER, (THREE,))
    assert describe(found, "zh") == f"网格 {THREE} 没有网格员。"
    assert len(check_cells(shapes.two_by_two(), "no_worker = true", on_duty=set())) == 4


# --- edges that do not match ------------------------------------------------------------------------

MATCHING = "edge_mismatch = { max_apart_m = 0.1 }"


def test_a_corner_of_one_side_only_is_one_hint_of_the_grids_there() -> None:
    (found,) = check_cells(shapes.t_junction(), MATCHING)
    assert (found.kind, found.severity, found.grids) == (
        FindingKind.EDGE_MISMATCH,
        Severity.INFO,
        (ONE, TWO, THREE),
    )
    assert found.detail["reason"] == "corner"
    assert found.geometry is not None
    assert found.geometry.equals_exact(shapes.stored(shapely.MultiPoint([(100, 100)])), 1e-8)
    assert describe(found, "zh").startswith(f"网格 {ONE}、{TWO}、{THREE} 的公共边有 1 个顶点只属于一方")


def test_the_same_grids_are_named_once_with_all_places() -> None:
    slab = Polygon([(0, 0), (200, 0), (200, 100), (150, 100), (50, 100), (0, 100)])
    (found,) = check_cells({ONE: box(0, 100, 200, 200), TWO: slab}, MATCHING)
    assert (found.grids, found.detail["count"]) == ((ONE, TWO), "2")


@pytest.mark.parametrize(("apart", "reasons"), [(0.0004, ["shifted"]), (0.05, ["shifted"]), (0.2, [])])
def test_common_corners_a_little_apart_are_clean_and_the_report_says_so(
    apart: float, reasons: list[str]
) -> None:
    lower = Polygon([(0, 0), (200, 0), (200, 100), (120, 100 - apart), (0, 100)])
    upper = Polygon([(0, 100), (120, 100), (200, 100), (200, 200), (0, 200)])
    wide = "\ngap = { min_width_m = 1, min_area_m2 = 100 }"
    found = check_cells({ONE: upper, TWO: lower}, MATCHING + wide)
    assert [finding.detail.get("reason") for finding in found] == reasons
    for finding in found:
        assert (finding.severity, finding.grids) == (Severity.INFO, (ONE, TWO))
        assert float(finding.detail["apart_m"]) == pytest.approx(apart, abs=1e-5)
        assert "within 10 cm they count as the same" in describe(finding, "en")


def test_edges_that_match_and_near_corners_of_one_grid_are_no_mismatch() -> None:
    assert check_cells(shapes.two_by_two(), MATCHING) == []
    notched = shapes.block().difference(box(100, 199, 100.05, 200))
    found = check_cells({ONE: notched}, MATCHING)
    assert FindingKind.EDGE_MISMATCH not in {finding.kind for finding in found}


# --- buildings --------------------------------------------------------------------------------------

CUTTING = "building_cut = { min_depth_m = 0.5 }"


def buildings(**shapes_by_code: Polygon) -> gpd.GeoDataFrame:
    return shapes.grids_frame(shapes_by_code)[["code", "geometry"]]


def test_a_building_over_a_boundary_is_named_with_both_grids_and_the_smaller_side() -> None:
    houses = buildings(A=box(90, 110, 130, 120), B=box(10, 10, 30, 30))
    (found,) = check_cells(shapes.two_by_two(), CUTTING, buildings=houses)
    assert (found.kind, found.grids, found.detail["building"]) == (FindingKind.BUILDING_CUT, (ONE, TWO), "A")
    assert found.area_m2 == pytest.approx(100, rel=1e-3)
    assert describe(found, "en").startswith(
        f"The building A is cut by the boundary of the grids {ONE}, {TWO}: 100.0"
    )
    assert check_cells(shapes.two_by_two(), CUTTING) == []
    assert check_cells(shapes.two_by_two(), buildings=houses) == []


@pytest.mark.parametrize(
    ("west", "east", "cut"),
    [
        (60, 100, False),  # wall on the boundary
        (60, 100.4, False),  # wall 40 cm over it
        (60, 100.6, True),
        (99.6, 140, False),
        (99.4, 140, True),
    ],
)
def test_a_wall_a_little_over_the_boundary_is_no_cut(west: float, east: float, *, cut: bool) -> None:
    found = check_cells(shapes.two_by_two(), CUTTING, buildings=buildings(A=box(west, 110, east, 120)))
    assert bool(found) == cut


def test_a_building_in_four_grids_and_one_over_the_edge_of_all() -> None:
    houses = buildings(A=box(90, 90, 110, 110), B=box(190, 50, 220, 60), C=box(300, 0, 310, 10))
    middle, edge = check_cells(shapes.two_by_two(), CUTTING, buildings=houses)
    assert (middle.grids, edge.grids) == ((ONE, TWO, THREE, FOUR), (FOUR,))
    assert edge.area_m2 == pytest.approx(200, rel=1e-3)
    assert describe(edge, "zh").startswith("建筑 B 有 199.9 m²")


def test_grids_that_both_cover_a_building_do_not_cut_it() -> None:
    houses = buildings(A=box(110, 120, 120, 130), B=box(99.8, 140, 120, 150))
    found = check_cells(shapes.with_overlap(50), CUTTING, buildings=houses)
    assert [finding.kind for finding in found] == [FindingKind.OVERLAP]


# --- unit grids -------------------------------------------------------------------------------------


def units_frame(
    cells: Mapping[str, BaseGeometry | None],
    grid: str | list[str],
    community: str | list[str] = shapes.COMMUNITY,
) -> gpd.GeoDataFrame:
    frame = shapes.grids_frame(cells)[["code", "geometry"]]
    return frame.assign(grid_code=grid, community_code=community)


HALVES = {ONE: box(0, 0, 100, 200), TWO: box(100, 0, 200, 200)}
UNITS = {
    "U1": shapes.square(0, 100),
    "U2": shapes.square(0, 0),
    "U3": shapes.square(100, 100),
    "U4": shapes.square(100, 0),
}
OF_HALVES = [ONE, ONE, TWO, TWO]


def check_units(units: gpd.GeoDataFrame, cells: Mapping[str, BaseGeometry | None] = HALVES) -> list[Finding]:
    return check_grids(
        shapes.grids_frame(cells),
        shapes.areas_frame({shapes.COMMUNITY: shapes.block()}),
        tolerance=Tolerance(),
        metric_crs=shapes.METRIC_CRS,
        scheme=SCHEMES["community-3"],
        terms=Terms(parse_profile('extends = "unit"\n[unit]\ncode_order = false'), units=units),
    )


def test_units_that_make_up_their_grids_are_clean() -> None:
    assert check_units(units_frame(UNITS, OF_HALVES)) == []


def test_a_grid_has_one_to_five_units() -> None:
    strips = {f"U{i}": box(0, 10 * i, 100, 10 * i + 10) for i in range(20)}
    found = check_units(units_frame(strips, ONE), {ONE: HALVES[ONE]})
    (many,) = [finding for finding in found if finding.kind is FindingKind.UNIT_GROUP]
    assert (many.grids, many.detail["reason"], many.detail["value"]) == ((ONE,), "many", "20")
    assert describe(many, "zh") == f"网格 {ONE} 含 20 个单元网格，最多应为 5 个。"
    small = [finding for finding in found if finding.kind is FindingKind.TOO_SMALL]
    assert len(small) == 20
    assert describe(small[0], "en").startswith("The unit grid U0 has 999")
    empty = [
        f for f in check_units(units_frame({"U1": UNITS["U1"], "U2": UNITS["U2"]}, ONE)) if f.grids == (TWO,)
    ]
    assert [(finding.kind, finding.detail["reason"]) for finding in empty] == [
        (FindingKind.UNIT_GROUP, "none")
    ]
    assert describe(empty[0], "en") == f"The grid {TWO} has no unit grid."


def test_units_of_a_grid_are_adjacent_and_a_corner_does_not_join_them() -> None:
    found = check_units(units_frame(UNITS, [ONE, TWO, TWO, ONE]))
    groups = [finding for finding in found if finding.kind is FindingKind.UNIT_GROUP]
    assert [(finding.grids, finding.detail["reason"], finding.detail["value"]) for finding in groups] == [
        ((ONE,), "apart", "2"),
        ((TWO,), "apart", "2"),
    ]
    assert describe(groups[0], "zh") == f"网格 {ONE} 的单元网格不相邻，分为 2 组。"


def test_a_unit_is_of_the_community_of_its_grid() -> None:
    communities = [shapes.COMMUNITY, shapes.COMMUNITY, shapes.OTHER_COMMUNITY, shapes.COMMUNITY]
    (found,) = check_units(units_frame(UNITS, OF_HALVES, communities))
    assert (found.grids, found.detail["reason"], found.detail["value"]) == ((TWO,), "community", "U3")
    assert describe(found, "en") == f"The unit grid U3 of the grid {TWO} is of another community."


def test_units_cover_their_grids_exactly() -> None:
    short = UNITS | {"U3": box(100, 100, 200, 191)}
    (gap,) = check_units(units_frame(short, OF_HALVES))
    assert (gap.kind, gap.detail["subject"]) == (FindingKind.GAP, "unit")
    assert gap.area_m2 == pytest.approx(900, rel=1e-3)
    assert "单元网格" in describe(gap, "zh")
    long = UNITS | {"U3": box(100, 100, 200, 205)}
    (outside,) = check_units(units_frame(long, OF_HALVES))
    assert (outside.kind, outside.grids, outside.detail["parent"]) == (
        FindingKind.OUTSIDE_PARENT,
        ("U3",),
        TWO,
    )
    lost = check_units(units_frame(UNITS, [ONE, ONE, TWO, "nowhere"]))
    assert [(f.kind, f.detail.get("reason")) for f in lost if f.grids == ("U4",)] == [
        (FindingKind.NESTING, "unknown_parent")
    ]


# --- ids and holes that are meant -------------------------------------------------------------------


def test_a_gap_that_was_marked_is_a_hint_until_it_changes() -> None:
    (gap,) = check_cells(shapes.with_gap(2.0))
    marked = frozenset(ids_of([gap]))
    (hole,) = check_cells(shapes.with_gap(2.0), intended=marked)
    assert (hole.kind, hole.severity) == (FindingKind.INTENDED_HOLE, Severity.INFO)
    assert replace(hole, kind=gap.kind, severity=gap.severity) == gap
    assert describe(hole, "zh").startswith("已确认的空白 199.9 m²")
    assert frozenset(ids_of([hole])) == marked  # so that it can be marked again
    (changed,) = check_cells(shapes.with_gap(2.1), intended=marked)
    assert changed.kind is FindingKind.GAP


def test_ids_do_not_depend_on_order_or_drawing_and_differ_between_findings() -> None:
    cells: dict[str, BaseGeometry | None] = {**shapes.with_gap(2.0), TWO: box(100, 100, 205, 200), "12": None}
    grids = shapes.grids_frame(cells)
    ids = ids_of(check(grids))
    assert len(set(ids)) == len(ids) >= 4
    turned = grids.iloc[::-1].copy()
    turned["geometry"] = [shape and shape.reverse() for shape in turned.geometry]
    assert ids_of(check(turned)) == ids


def test_a_place_moved_by_less_than_half_a_millimetre_keeps_its_id() -> None:
    place = shapely.transform(shapes.stored(box(0, 0, 10, 10)), lambda xy: np.rint(xy * 1e8) / 1e8)
    gap = Finding(FindingKind.GAP, Severity.ERROR, ("A",), place)
    near = replace(gap, geometry=shapely.transform(place, lambda xy: xy + 3e-9))
    far = replace(gap, geometry=shapely.transform(place, lambda xy: xy + 2e-8))
    other = replace(gap, grids=("A", "B"))
    first, second, third, fourth = ids_of([gap, near, far, other])
    assert first == second
    assert len({first, third, fourth}) == 3
