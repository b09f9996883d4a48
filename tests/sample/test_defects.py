"""Injected defects are where the truth says, and nothing else is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely

from gis.gridding.check import Tolerance, check_grids
from gis.gridding.codes import SCHEMES, check_codes
from gis.gridding.measure import area_m2
from gis.nouns import FindingKind
from gis.sample import inject_defects

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np

EACH = 4
SORTS = {
    "gap": "gap",
    "gap_sliver": "gap",
    "overlap": "overlap",
    "overlap_sliver": "overlap",
    "spill": "outside_parent",
    "bow_tie": "invalid",
    "bow_tie_gap": "gap",
    "second_part": "multi_part",
    "duplicate_code": "duplicate_code",
    "bad_code": "bad_code",
    "wrong_community": "nesting",
}


@pytest.fixture(scope="module")
def made(natural: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    return inject_defects(natural, seed=3, each=EACH)


@pytest.fixture(scope="module")
def grids(made: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    return made[0]


@pytest.fixture(scope="module")
def truth(made: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    return made[1]


def valid(grids: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> np.ndarray:
    """All shapes but the bow-ties, which no overlay can take."""
    bow_ties = ",".join(truth.loc[truth["defect"] == "bow_tie", "grids"]).split(",")
    return grids.loc[~grids["code"].isin(bow_ties)].geometry.to_numpy()


def test_there_are_so_many_of_each_sort(truth: gpd.GeoDataFrame) -> None:
    assert truth["defect"].value_counts().to_dict() == dict.fromkeys(SORTS, EACH)
    assert (truth["kind"] == truth["defect"].map(SORTS)).all()
    assert set(truth["kind"]) <= {kind.value for kind in FindingKind}


def test_the_clean_grids_are_left_alone(natural: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> None:
    assert shapely.coverage_is_valid(natural.geometry.to_numpy())
    same = natural.geometry.to_numpy() == grids.geometry.to_numpy()
    # lens: one shape each; bow-tie: one; second part: two
    assert (~same).sum() == EACH * (5 + 1 + 2)


def test_no_two_defects_share_a_grid_or_a_neighbour(
    natural: gpd.GeoDataFrame, truth: gpd.GeoDataFrame, grids: gpd.GeoDataFrame
) -> None:
    place = {code: number for number, code in enumerate(grids["code"])}
    shapes = natural.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    taken: set[int] = set()
    for row in truth[truth["defect"] != "bow_tie_gap"].itertuples():
        own = {place[code] for code in row.grids.split(",")}
        assert not own & taken
        for number in own:
            taken |= set(tree.query(shapes[number], predicate="touches").tolist())
        taken |= own


def test_gaps_are_empty(grids: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> None:
    whole = shapely.STRtree(valid(grids, truth))
    for gap in truth.loc[(truth["kind"] == "gap") & (truth["defect"] != "bow_tie_gap"), "geometry"]:
        near = whole.geometries[whole.query(gap, predicate="intersects")]
        assert shapely.area(shapely.intersection(near, gap)).sum() < 1e-9 * gap.area + 1e-18


def test_overlaps_are_covered_twice(grids: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> None:
    shapes = grids.set_index("code").geometry
    for row in truth[truth["kind"] == "overlap"].itertuples():
        one, other = (shapes[code] for code in row.grids.split(","))
        common = shapely.intersection(one, other)
        assert shapely.area(shapely.symmetric_difference(common, row.geometry)) < 1e-6 * row.geometry.area
        assert area_m2([common])[0] == pytest.approx(row.area_m2, rel=1e-3)


def test_spills_lie_outside_the_district(
    grids: gpd.GeoDataFrame, truth: gpd.GeoDataFrame, natural: gpd.GeoDataFrame
) -> None:
    whole = shapely.coverage_union_all(natural.geometry.to_numpy())
    shapes = grids.set_index("code").geometry
    for row in truth[truth["defect"] == "spill"].itertuples():
        outside = shapely.difference(shapes[row.grids], whole)
        assert area_m2([outside])[0] == pytest.approx(row.area_m2, rel=1e-3)


def test_slivers_are_thin_and_the_others_are_not(truth: gpd.GeoDataFrame) -> None:
    slivers = truth["defect"].str.endswith("_sliver")
    assert truth.loc[slivers, "width_m"].between(0.1, 0.65).all()
    assert truth.loc[slivers, "area_m2"].gt(10).all()
    assert truth.loc[truth["defect"].isin(["gap", "overlap", "spill"]), "width_m"].gt(2).all()


def test_bow_ties_are_invalid_and_second_parts_are_two(
    grids: gpd.GeoDataFrame, truth: gpd.GeoDataFrame
) -> None:
    shapes = grids.set_index("code").geometry
    assert not shapes[truth.loc[truth["defect"] == "bow_tie", "grids"]].is_valid.any()
    parts = shapes[truth.loc[truth["defect"] == "second_part", "grids"]]
    assert (shapely.get_num_geometries(parts.to_numpy()) == 2).all()
    assert parts.is_valid.all()
    assert grids.is_valid.sum() == len(grids) - EACH


def test_codes_are_wrong_as_told(grids: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> None:
    repeated = grids.loc[grids["code"].duplicated(), "code"]
    assert sorted(repeated) == sorted(truth.loc[truth["defect"] == "duplicate_code", "grids"])
    faults = check_codes(grids["code"], grids["community_code"], SCHEMES["community-3"])
    bad = [code for code, fault in zip(grids["code"], faults, strict=True) if fault]
    assert sorted(bad) == sorted(truth.loc[truth["defect"] == "bad_code", "grids"])


def test_the_check_finds_these_and_no_others(
    grids: gpd.GeoDataFrame, truth: gpd.GeoDataFrame, areas: gpd.GeoDataFrame
) -> None:
    findings = check_grids(
        grids, areas, tolerance=Tolerance(), metric_crs="EPSG:4549", scheme=SCHEMES["community-3"]
    )
    found = sorted((finding.kind.value, ",".join(finding.grids)) for finding in findings)
    assert found == sorted(zip(truth["kind"], truth["grids"], strict=True))
    area = {(finding.kind.value, ",".join(finding.grids)): finding.area_m2 for finding in findings}
    measured = truth[truth["kind"].isin(["gap", "overlap", "outside_parent"])]
    for row in measured.itertuples():
        assert area[row.kind, row.grids] == pytest.approx(row.area_m2, rel=1e-3)


def test_the_same_seed_gives_the_same_defects(natural: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> None:
    again = inject_defects(natural, seed=3, each=EACH)[1]
    assert again.drop(columns="geometry").equals(truth.drop(columns="geometry"))
    other = inject_defects(natural, seed=4, each=1)[1]
    assert not set(other["grids"]) <= set(truth["grids"])
