"""Stored grids are repaired in metres and brought back: clean, once is enough, bits stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from districts import make_district
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import ConflictError
from gis.gridding.check import check_grids
from gis.gridding.checks.tolerance import Tolerance
from gis.gridding.codes import scheme_named
from gis.gridding.crs import to_metres
from gis.gridding.repairing.grids import GridTerms, RepairedGrids, repair_grids
from gis.gridding.repairing.repaired import Deed, Reason, Trouble
from gis.gridding.repairing.rules import RepairRules
from gis.gridding.rules.profile import shipped_profile
from gis.gridding.rules.terms import Terms
from gis.nouns import FindingKind

if TYPE_CHECKING:
    from gis.nouns import Finding

METRES = "EPSG:4549"
A_METRE = 1e-5  # of latitude
REPAIRED = (
    FindingKind.GAP,
    FindingKind.OVERLAP,
    FindingKind.OUTSIDE_PARENT,
    FindingKind.INVALID,
    FindingKind.EDGE_MISMATCH,
)
DISTRICT, AREAS = make_district(6)
GRIDS = DISTRICT[DISTRICT["kind"] == "natural"].reset_index(drop=True)


def mend(grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame = AREAS, **further: Any) -> RepairedGrids:
    terms: dict[str, Any] = {
        "rules": RepairRules(max_gap_width_m=60, fill_border=True, trim_outside=True),
        "snap_m": 1e-6,
        "locked": np.zeros(len(grids), dtype=bool),
        "priority": np.zeros(len(grids), dtype=int),
    }
    return repair_grids(grids, areas, GridTerms(**terms | further), METRES)


def repaired(grids: gpd.GeoDataFrame, mended: RepairedGrids) -> gpd.GeoDataFrame:
    return grids.set_geometry(mended.geometry, crs=4490)


def found(grids: gpd.GeoDataFrame) -> list[Finding]:
    findings = check_grids(
        grids,
        AREAS,
        tolerance=Tolerance(min_width_m=0.002, min_area_m2=0.01),
        metric_crs=METRES,
        scheme=scheme_named("free"),
        terms=Terms(shipped_profile("natural")),
    )
    return [finding for finding in findings if finding.kind in REPAIRED]


def bits(geometries: Any) -> set[bytes]:
    return {vertex.tobytes() for vertex in shapely.get_coordinates(geometries)}


def damaged(seed: int) -> gpd.GeoDataFrame:
    """Move some corners of some grids, each grid its own, by up to some ten metres."""
    random = np.random.default_rng(seed)
    shapes = GRIDS.geometry.to_numpy().copy()
    for number in random.choice(len(shapes), 6, replace=False):
        ring = shapely.get_coordinates(shapes[number])[:-1]
        some = random.choice(len(ring), 4, replace=False)
        ring[some] += random.uniform(-20, 20, (4, 2)) * A_METRE * random.choice([0.001, 0.1, 1])
        shapes[number] = shapely.Polygon(ring)
    return GRIDS.set_geometry(shapes, crs=4490)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_damaged_grids_partition_their_communities_again(seed: int) -> None:
    grids = damaged(seed)
    mended = mend(grids)
    after = repaired(grids, mended)
    assert mended.left == []
    assert found(after) == []
    before = grids.geometry.to_numpy()
    assert [one is other for one, other in zip(mended.geometry, before, strict=True)] == (
        ~mended.changed
    ).tolist()
    # only where outlines crossed, or met the community's, are there new corners
    known = bits(before) | bits(AREAS.geometry.to_numpy())
    new = [vertex for vertex in bits(mended.geometry) if vertex not in known]
    assert len(new) < len(mended.changes) * 8 + 1
    again = mend(after)
    assert not again.changed.any()
    assert (again.changes, again.left) == ([], [])


def test_grids_without_fault_stay_the_very_objects() -> None:
    mended = mend(GRIDS)
    assert not mended.changed.any()
    assert all(one is other for one, other in zip(mended.geometry, GRIDS.geometry.to_numpy(), strict=True))
    assert np.array_equal(mended.area_before_m2, mended.area_after_m2)


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_share_new_corners_bit_by_bit(seed: int) -> None:
    grids = damaged(seed)
    mended = mend(grids)
    known = bits(grids.geometry.to_numpy()) | bits(AREAS.geometry.to_numpy())
    land = shapely.union_all(AREAS.geometry[AREAS["level"] == "district"].to_numpy())
    users: dict[bytes, int] = {}
    for shape in mended.geometry:
        for vertex in bits([shape]) - known:
            if land.boundary.distance(shapely.Point(np.frombuffer(vertex))) > A_METRE:
                users[vertex] = users.get(vertex, 0) + 1
    assert users
    assert all(number >= 2 for number in users.values())


def test_invalid_outlines_of_all_kinds_are_made_valid_and_only_natural_ones_repaired() -> None:
    grids = DISTRICT.copy()
    shapes = grids.geometry.to_numpy().copy()
    dedicated = int(np.flatnonzero(grids["kind"] == "dedicated")[0])
    ring = shapely.get_coordinates(shapes[dedicated])[:-1]
    ring[[1, 2]] = ring[[2, 1]]
    shapes[dedicated] = shapely.Polygon(ring)
    assert not shapes[dedicated].is_valid
    grids = grids.set_geometry(shapes, crs=4490)
    mended = mend(grids)
    assert np.flatnonzero(mended.changed).tolist() == [dedicated]
    assert mended.geometry[dedicated].is_valid
    (change,) = mended.changes
    assert (change.deed, change.after, change.place.geom_type) == (Deed.MADE_VALID, (dedicated,), "Point")
    assert FindingKind.INVALID not in {finding.kind for finding in found(repaired(grids, mended))}


def test_what_has_no_usable_outline_is_left_and_named() -> None:
    shapes = GRIDS.geometry.to_numpy().copy()
    shapes[3] = shapely.transform(shapes[3], lambda xy: np.where(xy == xy.max(), np.inf, xy))
    mended = mend(GRIDS.set_geometry(shapes, crs=4490))
    assert mended.geometry[3] is shapes[3]
    assert {(one.trouble, one.reason) for one in mended.left} == {
        (Trouble.INVALID, Reason.NOT_USABLE),
        (Trouble.GAP, Reason.TOO_WIDE),
    }


def test_a_grid_is_of_the_community_it_lies_in_whatever_it_says() -> None:
    grids = damaged(1)
    grids.loc[0, "community_code"] = grids["community_code"].iloc[-1]
    mended = mend(grids)
    assert mended.left == []
    areas = shapely.area(to_metres(mended.geometry, METRES))
    assert areas[0] == pytest.approx(shapely.area(to_metres(GRIDS.geometry.to_numpy(), METRES))[0], rel=0.01)


def test_the_next_level_up_stands_in_and_without_areas_only_holes_are_known() -> None:
    grids = GRIDS.drop(index=[0, 14]).reset_index(drop=True)
    streets = AREAS[AREAS["level"] != "community"]
    gaps = [one for one in mend(grids, streets).left if one.trouble is Trouble.GAP]
    assert len(gaps) == 2
    gaps = [one for one in mend(grids, AREAS.iloc[:0]).left if one.trouble is Trouble.GAP]
    assert len(gaps) == 1


@pytest.mark.parametrize("wide", [0.004, 0.02])
def test_a_hair_along_a_long_straight_edge_spoils_no_outline(wide: float) -> None:
    # a corner on the community's northern edge lies on it in degrees, and beside it in metres
    middle, north = 118.8 + wide / 2, 31.9 + wide / 2
    cells = [shapely.box(118.8, 31.9, middle - 3e-5, north), shapely.box(middle, 31.9, 118.8 + wide, north)]
    rows = {"kind": "natural", "community_code": "C", "code": ["1", "2"], "task": None}
    grids = gpd.GeoDataFrame(rows, geometry=cells, crs=4490)
    areas = gpd.GeoDataFrame(
        {"code": ["C"], "level": "community"},
        geometry=[shapely.box(118.8, 31.9, 118.8 + wide, north)],
        crs=4490,
    )
    mended = mend(grids, areas)
    assert shapely.is_valid(mended.geometry).all()
    assert shapely.is_valid(to_metres(mended.geometry, METRES)).all()
    assert mended.left == []
    # neither gets an arm along the other's edge
    west, _, east, _ = shapely.bounds(mended.geometry).T
    assert east[0] == pytest.approx(west[1], abs=4e-5)
    assert not mend(repaired(grids, mended), areas).changed.any()


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda shape: shapely.affinity.scale(shape, 1.1, 1.1), "overlap"),
        (lambda shape: shapely.Polygon(shapely.get_coordinates(shape)[[0, 20, 10, 30]]), "invalid outline"),
    ],
)
def test_communities_that_cannot_be_partitioned_are_refused(spoil: Any, what: str) -> None:
    areas = AREAS.copy()
    number = int(np.flatnonzero(areas["level"] == "community")[0])
    shapes = areas.geometry.to_numpy().copy()
    shapes[number] = spoil(shapes[number])
    with pytest.raises(ConflictError, match=what):
        mend(GRIDS, areas.set_geometry(shapes, crs=4490))
