from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapes
from shapely import Polygon, box

from gis.errors import InputError
from gis.gridding.check import Tolerance, check_areas, check_grids
from gis.gridding.codes import SCHEMES
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

ONE, TWO, THREE, FOUR = (shapes.code(f"00{i}") for i in range(1, 5))


def check(grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None = None, **limits: float) -> list[Finding]:
    return check_grids(
        grids,
        areas,
        tolerance=Tolerance(**limits),
        metric_crs=shapes.METRIC_CRS,
        scheme=SCHEMES["community-3"],
    )


def check_block(cells: Mapping[str, BaseGeometry | None], **options: Any) -> list[Finding]:
    return check(shapes.grids_frame(cells, **options), shapes.areas_frame({shapes.COMMUNITY: shapes.block()}))


def kinds(findings: list[Finding]) -> list[FindingKind]:
    return [finding.kind for finding in findings]


def only(findings: list[Finding], kind: FindingKind) -> Finding:
    (finding,) = [finding for finding in findings if finding.kind is kind]
    return finding


def test_a_clean_block_has_no_findings() -> None:
    assert check_block(shapes.two_by_two()) == []
    assert check(shapes.grids_frame(shapes.two_by_two())) == []


def test_a_block_around_a_lake_has_no_findings() -> None:
    cells, land = shapes.with_lake()
    assert check(shapes.grids_frame(cells), shapes.areas_frame({shapes.COMMUNITY: land})) == []


def test_a_corner_that_only_one_side_has_is_no_finding() -> None:
    assert check_block(shapes.t_junction()) == []


@pytest.mark.parametrize("with_areas", [True, False])
def test_an_enclosed_gap_is_found_once_with_its_size_and_neighbours(*, with_areas: bool) -> None:
    areas = shapes.areas_frame({shapes.COMMUNITY: shapes.block()}) if with_areas else None
    (gap,) = check(shapes.grids_frame(shapes.with_gap(2.0)), areas)
    assert gap.kind is FindingKind.GAP
    assert gap.severity is Severity.ERROR
    assert gap.grids == (ONE, TWO, THREE, FOUR)
    assert gap.area_m2 == pytest.approx(200, rel=1e-3)
    assert gap.width_m == pytest.approx(2 * 200 / 204, rel=1e-3)
    assert gap.detail["place"] == "enclosed"
    assert gap.geometry is not None
    slot = shapes.stored(box(50, 98, 150, 100))
    assert (
        gap.geometry.symmetric_difference(slot).area < 1e-3 * slot.area
    )  # edges are straight in metres, not degrees


def test_an_open_gap_is_found_only_against_the_community() -> None:
    (gap,) = check_block(shapes.with_open_gap(2.0))
    assert (gap.kind, gap.grids, gap.detail["place"]) == (FindingKind.GAP, (ONE, TWO), "edge")
    assert gap.detail["parents"] == shapes.COMMUNITY
    assert check(shapes.grids_frame(shapes.with_open_gap(2.0))) == []


def test_an_island_in_an_unknown_hole_is_no_part_of_the_gap() -> None:
    cells, _ = shapes.with_lake()
    (gap,) = check(shapes.grids_frame(cells | {shapes.code("005"): shapes.square(95, 95, 10)}))
    assert gap.kind is FindingKind.GAP
    assert gap.area_m2 == pytest.approx(400 - 100, rel=1e-3)


def test_a_missing_cell_is_a_gap() -> None:
    cells = shapes.two_by_two()
    del cells[FOUR]
    (gap,) = check_block(cells)
    assert (gap.kind, gap.grids) == (FindingKind.GAP, (TWO, THREE))  # cell 1 only touches its corner
    assert gap.area_m2 == pytest.approx(10_000, rel=1e-3)


def test_an_overlap_is_found_once_with_its_size() -> None:
    (overlap,) = check_block(shapes.with_overlap(2.0))
    assert (overlap.kind, overlap.grids) == (FindingKind.OVERLAP, (ONE, TWO))
    assert overlap.area_m2 == pytest.approx(200, rel=1e-3)
    assert overlap.width_m == pytest.approx(2 * 200 / 204, rel=1e-3)
    assert overlap.detail["relation"] == "partial"


@pytest.mark.parametrize(
    ("cell", "relation"), [(shapes.square(0, 100), "duplicate"), (shapes.square(20, 120, 30), "contained")]
)
def test_a_cell_in_or_on_another_is_named_as_such(cell: Polygon, relation: str) -> None:
    findings = check_block(shapes.two_by_two() | {shapes.code("005"): cell})
    assert [(f.kind, f.grids, f.detail["relation"]) for f in findings] == [
        (FindingKind.OVERLAP, (ONE, shapes.code("005")), relation)
    ]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (0.0005, []),  # half a millimetre, whatever its length
        (0.005, []),  # 0.5 m² and 5 mm
        (0.02, [Severity.WARNING]),  # 2 m²: by its area
        (0.5, [Severity.WARNING]),  # a sliver
        (2.0, [Severity.ERROR]),
    ],
)
def test_width_and_area_decide(width: float, expected: list[Severity]) -> None:
    for cells in (shapes.with_gap(width), shapes.with_open_gap(width), shapes.with_overlap(width)):
        assert [finding.severity for finding in check_block(cells)] == expected


def test_dust_kilometres_long_is_no_finding_but_does_not_hide_a_place() -> None:
    long = {ONE: box(0, 0, 5000, 100), TWO: box(0, 100.0008, 5000, 200)}  # 4 m² of 0.8 mm
    areas = shapes.areas_frame({shapes.COMMUNITY: box(0, 0, 5000, 200)})
    assert check(shapes.grids_frame(long), areas) == []
    long[TWO] = long[TWO].difference(square := box(2000, 100, 2002, 102))
    (gap,) = check(shapes.grids_frame(long), areas)
    assert gap.area_m2 == pytest.approx(square.area, rel=0.01)
    assert gap.width_m == pytest.approx(1.0, rel=0.01)


def test_the_limits_one_by_one() -> None:
    tolerance = Tolerance()
    assert tolerance.severity(area_m2=50, width_m=0.0009) is None
    assert tolerance.severity(area_m2=1.0, width_m=0.1) is None
    assert tolerance.severity(area_m2=1.01, width_m=0.001) is Severity.WARNING
    assert tolerance.severity(area_m2=0.05, width_m=0.11) is Severity.WARNING
    assert tolerance.severity(area_m2=4, width_m=1.0) is Severity.ERROR


def test_limits_can_be_set() -> None:
    assert check(shapes.grids_frame(shapes.with_gap(0.5)), min_width_m=1.0, min_area_m2=1000.0) == []
    (gap,) = check(shapes.grids_frame(shapes.with_gap(0.5)), sliver_width_m=0.2)
    assert gap.severity is Severity.ERROR
    with pytest.raises(InputError, match="min_width_m"):
        Tolerance(min_width_m=0)


def test_a_part_outside_the_community_is_found() -> None:
    cells = shapes.two_by_two() | {TWO: box(100, 100, 203, 200)}
    (outside,) = check_block(cells)
    assert (outside.kind, outside.grids) == (FindingKind.OUTSIDE_PARENT, (TWO,))
    assert outside.area_m2 == pytest.approx(300, rel=1e-3)
    assert outside.detail["parent"] == shapes.COMMUNITY


def two_communities() -> gpd.GeoDataFrame:
    return shapes.areas_frame(
        {shapes.COMMUNITY: box(0, 0, 100, 200), shapes.OTHER_COMMUNITY: box(100, 0, 200, 200)}
    )


def test_a_grid_that_lies_in_another_community_is_named_once() -> None:
    cells = shapes.two_by_two()
    grids = shapes.grids_frame(cells)
    grids["community_code"] = [shapes.COMMUNITY, shapes.COMMUNITY, shapes.COMMUNITY, shapes.OTHER_COMMUNITY]
    grids.loc[3, "code"] = shapes.code("004", shapes.OTHER_COMMUNITY)
    (wrong,) = check(grids, two_communities())
    assert (wrong.kind, wrong.grids, wrong.detail["reason"]) == (
        FindingKind.NESTING,
        (TWO,),
        "lies_elsewhere",
    )
    assert (wrong.detail["parent"], wrong.detail["lies_in"]) == (shapes.COMMUNITY, shapes.OTHER_COMMUNITY)


def test_unknown_and_missing_communities_are_named() -> None:
    grids = shapes.grids_frame(shapes.two_by_two())
    grids["community_code"] = ["320115001099", None, shapes.COMMUNITY, shapes.COMMUNITY]
    findings = check(grids, shapes.areas_frame({shapes.COMMUNITY: shapes.block()}))
    assert [(f.grids, f.detail["reason"]) for f in findings if f.kind is FindingKind.NESTING] == [
        ((ONE,), "unknown_parent"),
        ((TWO,), "no_parent"),
    ]
    assert [f.grids for f in findings if f.kind is FindingKind.BAD_CODE] == [(ONE,)]
    assert len(findings) == 3


def test_a_community_without_grids_is_one_warning() -> None:
    left = {ONE: shapes.square(0, 100), THREE: shapes.square(0, 0)}
    (gap,) = check(shapes.grids_frame(left), two_communities())
    assert (gap.kind, gap.severity, gap.grids) == (FindingKind.GAP, Severity.WARNING, ())
    assert (gap.detail["place"], gap.detail["parents"]) == ("parent", shapes.OTHER_COMMUNITY)
    assert gap.area_m2 == pytest.approx(20_000, rel=1e-3)


def frame_of(*frames: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs="EPSG:4490")


def test_dedicated_grids_lie_over_natural_ones_but_not_over_each_other_nor_two_communities() -> None:
    natural = shapes.grids_frame({ONE: shapes.square(0, 100), THREE: shapes.square(0, 0)})
    beside = shapes.grids_frame(
        {
            shapes.code("002", shapes.OTHER_COMMUNITY): shapes.square(100, 100),
            shapes.code("004", shapes.OTHER_COMMUNITY): shapes.square(100, 0),
        },
        community=shapes.OTHER_COMMUNITY,
    )
    park, mall = shapes.code("101"), shapes.code("102")
    inside = shapes.grids_frame({park: shapes.square(10, 10, 50)}, kind="dedicated")
    assert check(frame_of(natural, beside, inside), two_communities()) == []

    both = shapes.grids_frame({park: shapes.square(10, 10, 50), mall: box(50, 20, 110, 50)}, kind="dedicated")
    findings = check(frame_of(natural, beside, both), two_communities())
    overlap = only(findings, FindingKind.OVERLAP)
    assert (overlap.grids, overlap.detail["layer"]) == ((park, mall), "dedicated")
    assert overlap.area_m2 == pytest.approx(300, rel=1e-3)
    across = only(findings, FindingKind.NESTING)
    assert (across.grids, across.detail["reason"]) == ((mall,), "two_parents")
    assert across.area_m2 == pytest.approx(300, rel=1e-3)
    assert len(findings) == 2

    out = shapes.grids_frame({park: box(10, -20, 60, 30)}, kind="dedicated")
    (outside,) = check(frame_of(natural, beside, out), two_communities())
    assert (outside.kind, outside.grids) == (FindingKind.OUTSIDE_PARENT, (park,))
    assert outside.area_m2 == pytest.approx(1000, rel=1e-3)


def test_special_grids_of_one_task_do_not_overlap_but_of_two_tasks_may() -> None:
    natural = shapes.grids_frame(shapes.two_by_two())
    fire, river = shapes.code("201"), shapes.code("202")
    areas = shapes.areas_frame({shapes.COMMUNITY: shapes.block()})
    first = shapes.grids_frame({fire: shapes.square(20, 20)}, kind="special", task="fire", community=None)
    other = shapes.grids_frame({river: shapes.square(50, 50)}, kind="special", task="river", community=None)
    assert check(frame_of(natural, first, other), areas) == []
    (overlap,) = check(frame_of(natural, first, other.assign(task="fire")), areas)
    assert (overlap.kind, overlap.grids, overlap.detail["task"]) == (
        FindingKind.OVERLAP,
        (fire, river),
        "fire",
    )


def test_codes_are_checked() -> None:
    grids = shapes.grids_frame(shapes.two_by_two())
    grids["code"] = [ONE, ONE, "12", None]
    findings = check(grids)
    assert [(f.kind, f.grids, f.detail.get("reason")) for f in findings] == [
        (FindingKind.DUPLICATE_CODE, (ONE,), None),
        (FindingKind.BAD_CODE, ("",), "missing"),
        (FindingKind.BAD_CODE, ("12",), "length"),
    ]


def test_parts_are_counted() -> None:
    cells: dict[str, BaseGeometry | None] = dict(shapes.two_by_two())
    cells[FOUR] = shapely.MultiPolygon([box(100, 0, 140, 100), box(160, 0, 200, 100)])
    cells[THREE] = shapely.MultiPolygon([shapes.square(0, 0)])  # one part is an ordinary polygon
    findings = check_block(cells)
    parts = only(findings, FindingKind.MULTI_PART)
    assert (parts.grids, parts.detail["parts"]) == ((FOUR,), "2")
    assert only(findings, FindingKind.GAP).area_m2 == pytest.approx(2000, rel=1e-3)
    assert len(findings) == 2


BAD_GEOMETRIES: dict[str, tuple[BaseGeometry | None, str]] = {
    "nothing": (None, "Missing"),
    "empty": (Polygon(), "Empty"),
    "a line": (shapely.LineString([(0, 0), (1, 1)]), "No polygon but LineString"),
    "one point": (Polygon([(100, 0)] * 4), "Too few points in geometry component"),
    "collection": (shapely.GeometryCollection([shapes.square(100, 0)]), "No polygon but GeometryCollection"),
}


@pytest.mark.parametrize("name", BAD_GEOMETRIES)
def test_bad_geometry_is_a_finding_and_its_place_a_gap(name: str) -> None:
    geometry, reason = BAD_GEOMETRIES[name]
    findings = check_block({**shapes.two_by_two(), FOUR: geometry})
    invalid = only(findings, FindingKind.INVALID)
    assert invalid.grids == (FOUR,)
    assert invalid.detail["used"] == "no"
    assert invalid.detail["reason"] == reason
    assert only(findings, FindingKind.GAP).area_m2 == pytest.approx(10_000, rel=1e-3)
    assert len(findings) == 2


def test_a_coordinate_that_is_no_number_is_a_finding() -> None:
    grids = shapes.grids_frame(shapes.two_by_two())
    for number in (np.nan, np.inf, 1e300):
        corners = shapely.get_coordinates(grids.geometry[3])
        corners[1] = number
        broken = shapely.set_coordinates(shapely.Polygon(grids.geometry[3]), corners)
        geometries = gpd.GeoSeries([*grids.geometry[:3], broken], crs="EPSG:4490")
        areas = shapes.areas_frame({shapes.COMMUNITY: shapes.block()})
        findings = check(grids.set_geometry(geometries), areas)
        assert only(findings, FindingKind.INVALID).detail["used"] == "no"
        assert kinds(findings) == [FindingKind.GAP, FindingKind.INVALID]


def test_a_ring_that_crosses_itself_is_named_with_its_place_and_used_as_far_as_possible() -> None:
    findings = check_block(shapes.two_by_two() | {THREE: shapes.bow_tie()})
    invalid = only(findings, FindingKind.INVALID)
    assert (invalid.grids, invalid.detail["reason"], invalid.detail["used"]) == (
        (THREE,),
        "Self-intersection",
        "yes",
    )
    assert invalid.geometry is not None
    assert invalid.geometry.equals_exact(shapes.stored(shapely.Point(50, 50)), 1e-8)
    gaps = [finding for finding in findings if finding.kind is FindingKind.GAP]
    assert [round(gap.area_m2, -1) for gap in gaps] == [2500, 2500]  # above and below the two wings


def test_no_grids_and_no_areas_are_no_trouble() -> None:
    none = shapes.grids_frame(shapes.two_by_two()).iloc[:0]
    assert check(none) == []
    no_areas = shapes.areas_frame({shapes.COMMUNITY: shapes.block()}).iloc[:0]
    assert check(shapes.grids_frame(shapes.two_by_two()), no_areas) == []
    assert check_areas(no_areas, tolerance=Tolerance(), metric_crs=shapes.METRIC_CRS) == []
    with pytest.raises(InputError, match="community_code"):
        check(none.drop(columns="community_code"))


# --- areas ------------------------------------------------------------------------------------------


def areas_of(communities: Mapping[str, BaseGeometry | None]) -> list[Finding]:
    areas = shapes.areas_frame({shapes.COMMUNITY: shapes.block()})
    below = shapes.areas_frame(communities)
    frame = frame_of(areas[areas["level"] != "community"], below[below["level"] == "community"])
    return check_areas(frame, tolerance=Tolerance(), metric_crs=shapes.METRIC_CRS)


def test_levels_that_partition_have_no_findings() -> None:
    assert check_areas(two_communities(), tolerance=Tolerance(), metric_crs=shapes.METRIC_CRS) == []


def test_gap_overlap_and_outside_are_found_between_levels() -> None:
    left, right = shapes.COMMUNITY, shapes.OTHER_COMMUNITY
    (gap,) = areas_of({left: box(0, 0, 100, 200), right: box(110, 0, 200, 200)})
    assert (gap.kind, gap.grids, gap.detail["subject"]) == (FindingKind.GAP, (left, right), "community")
    (overlap,) = areas_of({left: box(0, 0, 105, 200), right: box(100, 0, 200, 200)})
    assert (overlap.kind, overlap.grids) == (FindingKind.OVERLAP, (left, right))
    (outside,) = areas_of({left: box(-5, 0, 100, 200), right: box(100, 0, 200, 200)})
    assert (outside.kind, outside.grids) == (FindingKind.OUTSIDE_PARENT, (left,))
    assert outside.area_m2 == pytest.approx(1000, rel=1e-3)


def test_areas_with_unknown_parents_are_named_with_the_grids() -> None:
    areas = two_communities()
    areas.loc[3, "parent_code"] = "320115099"
    grids = shapes.grids_frame({ONE: box(0, 0, 100, 200)})
    findings = check(grids, areas)
    nesting = only(findings, FindingKind.NESTING)
    assert (nesting.grids, nesting.detail["subject"]) == ((shapes.OTHER_COMMUNITY,), "community")
