"""The published district is the model case: its figures, its coverage, its codes, its sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely

from gis.gridding.check import Tolerance, check_areas, check_grids
from gis.gridding.codes import SCHEMES, check_codes, number_order
from gis.gridding.measure import area_m2
from gis.sample.codes import DEDICATED_FIRST, DISTRICT_CODE, NATURAL_FIRST, SPECIAL_FIRST

if TYPE_CHECKING:
    import geopandas as gpd

    from gis.sample import SampleDistrict

METRIC = "EPSG:4549"
LAYERS = ["district", "streets", "communities", "natural", "dedicated", "river", "fire"]
AREA_ATTRIBUTES = ["code", "name", "name_en", "level", "parent_code", "households", "population"]
GRID_ATTRIBUTES = [
    "code",
    "name",
    "name_en",
    "kind",
    "task",
    "community_code",
    "households",
    "population",
    "leader",
    "unit",
    "land_use",
]


def layer_of(district: SampleDistrict, name: str) -> gpd.GeoDataFrame:
    grids = district.grids
    if name in ("natural", "dedicated"):
        return district.grids_of(name)
    if name in ("river", "fire"):
        return grids[grids["task"] == name].reset_index(drop=True)
    return getattr(district, name)


def test_it_has_the_figures_of_the_model_case(district: SampleDistrict) -> None:
    assert area_m2(district.district.geometry)[0] == pytest.approx(1.5e9, rel=0.03)
    assert len(district.streets) == 10
    assert district.communities["kind"].value_counts().to_dict() == {"urban": 129, "village": 72}
    assert 1_500 <= len(district.grids_of("natural")) <= 2_000
    assert len(district.grids_of("dedicated")) == 60
    assert set(district.grids_of("special")["task"]) == {"river", "fire"}
    west, south, east, north = district.district.total_bounds
    assert west < 118.84 < east
    assert south < 31.90 < north


def test_nearly_every_natural_grid_has_300_to_500_households(natural: gpd.GeoDataFrame) -> None:
    assert natural["households"].between(300, 500).mean() >= 0.97
    assert natural["households"].max() < 1_000


def test_natural_grids_have_mostly_30_to_60_vertices(natural: gpd.GeoDataFrame) -> None:
    vertices = shapely.get_num_coordinates(natural.geometry.to_numpy()) - 1
    assert ((vertices >= 30) & (vertices <= 60)).mean() >= 0.9


def test_grids_are_small_in_town_and_large_in_the_hills(natural: gpd.GeoDataFrame) -> None:
    area = pd.Series(area_m2(natural.geometry)).groupby(natural["land_use"]).median()
    assert area["forest"] > area["farmland"] > area["mixed"] > area["residential"]
    assert area["forest"] > 15 * area["residential"]


def test_boundaries_follow_rivers_and_roads(district: SampleDistrict) -> None:
    lines = [*district.rivers.geometry, *district.roads.geometry]
    corners, line = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    same = line[1:] == line[:-1]
    followed = shapely.STRtree(shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1)[same]))
    for frame, least in ((district.streets, 0.35), (district.communities, 0.4)):
        corners, ring = shapely.get_coordinates(frame.boundary.to_numpy(), return_index=True)
        same = ring[1:] == ring[:-1]
        middle, step = ((corners[1:] + corners[:-1]) / 2)[same], np.diff(corners, axis=0)[same]
        length = np.hypot(*(step * [0.85, 1]).T)
        on_line = np.unique(followed.query(shapely.points(middle), predicate="dwithin", distance=3e-6)[0])
        assert length[on_line].sum() / length.sum() > least


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_a_clean_coverage_of_simple_polygons(district: SampleDistrict, name: str) -> None:
    shapes = layer_of(district, name).geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) == {3}
    if name not in ("river", "fire"):  # overlays may have holes
        assert not shapely.get_num_interior_rings(shapes).any()
    assert shapely.is_ccw(shapely.get_exterior_ring(shapes)).all()


@pytest.mark.parametrize("name", [*LAYERS, "rivers", "lakes", "roads"])
def test_coordinates_have_the_published_decimals(district: SampleDistrict, name: str) -> None:
    corners = shapely.get_coordinates(layer_of(district, name).geometry.to_numpy())
    assert (corners == np.round(corners, 7)).all()


def test_a_parent_is_its_children_vertex_by_vertex(
    district: SampleDistrict, natural: gpd.GeoDataFrame
) -> None:
    for children, parents, key in (
        (natural, district.communities, natural["community_code"]),
        (district.communities, district.streets, district.communities["parent_code"]),
        (district.streets, district.district, district.streets["parent_code"]),
    ):
        shapes = children.geometry.to_numpy()
        united = {
            code: shapely.coverage_union_all(shapes[rows]) for code, rows in key.groupby(key).indices.items()
        }
        assert set(united) == set(parents["code"])
        for code, shape in zip(parents["code"], parents.geometry, strict=True):
            assert shapely.normalize(united[code]).equals_exact(shapely.normalize(shape), 0)


def test_the_check_finds_nothing(district: SampleDistrict, areas: gpd.GeoDataFrame) -> None:
    scheme = SCHEMES["community-3"]
    assert check_areas(areas, tolerance=Tolerance(), metric_crs=METRIC) == []
    assert check_grids(district.grids, areas, tolerance=Tolerance(), metric_crs=METRIC, scheme=scheme) == []


def test_codes_follow_the_scheme_and_the_kind(district: SampleDistrict, areas: gpd.GeoDataFrame) -> None:
    grids = district.grids
    assert grids["code"].is_unique
    assert areas["code"].is_unique
    faults = check_codes(grids["code"], grids["community_code"], SCHEMES["community-3"])
    assert not any(faults)
    assert set(grids["community_code"]) <= set(district.communities["code"])
    assert (district.communities["parent_code"] == district.communities["code"].str[:9]).all()
    assert (district.streets["parent_code"] == DISTRICT_CODE).all()
    sequence = grids["code"].str[12:].astype(int)
    for kind, first, last in (
        ("natural", NATURAL_FIRST, 799),
        ("dedicated", DEDICATED_FIRST, 899),
        ("special", SPECIAL_FIRST, 999),
    ):
        assert sequence[grids["kind"] == kind].between(first, last).all()


def test_grids_are_numbered_as_one_reads_without_a_gap(natural: gpd.GeoDataFrame) -> None:
    for _, grids in natural.groupby("community_code"):
        assert list(grids["code"].str[12:].astype(int)) == list(range(1, len(grids) + 1))
        assert list(number_order(grids.geometry.to_numpy())) == list(range(len(grids)))


def test_households_and_people_add_up(district: SampleDistrict, natural: gpd.GeoDataFrame) -> None:
    for column in ("households", "population"):
        of_communities = natural.groupby("community_code")[column].sum()
        assert of_communities.to_dict() == district.communities.set_index("code")[column].to_dict()
        of_streets = district.communities.groupby("parent_code")[column].sum()
        assert of_streets.to_dict() == district.streets.set_index("code")[column].to_dict()
        assert district.streets[column].sum() == district.district[column].iloc[0]
    persons = natural["population"].sum() / natural["households"].sum()
    assert 2.4 < persons < 3


def test_a_dedicated_grid_lies_in_its_one_community(district: SampleDistrict) -> None:
    dedicated = district.grids_of("dedicated")
    homes = district.communities.set_index("code").geometry[dedicated["community_code"]].to_numpy()
    assert shapely.covers(homes, dedicated.geometry.to_numpy()).all()
    assert (dedicated["households"] == 0).all()
    assert dedicated["land_use"].nunique() == 7


def test_some_dedicated_grids_lie_over_several_natural_ones(
    district: SampleDistrict, natural: gpd.GeoDataFrame
) -> None:
    sites = shapely.buffer(district.grids_of("dedicated").geometry.to_numpy(), -1e-5)
    site, _ = natural.sindex.query(sites, predicate="intersects")
    assert (np.bincount(site) > 1).sum() >= 5


def test_a_special_grid_has_the_community_of_its_representative_point(district: SampleDistrict) -> None:
    special = district.grids_of("special")
    homes = district.communities.set_index("code").geometry[special["community_code"]].to_numpy()
    assert shapely.covers(homes, special.representative_point().to_numpy()).all()
    # strips end at the border where it has no vertex, rounded to the last decimal
    beyond = shapely.difference(special.geometry.to_numpy(), district.district.geometry.iloc[0])
    assert area_m2(beyond).max() < 1


def test_names_are_there_in_both_languages_and_do_not_repeat(district: SampleDistrict) -> None:
    for frame in (district.streets, district.communities, district.grids):
        assert frame["name"].is_unique
        assert frame["name_en"].is_unique
        assert frame["name"].str.contains(r"[\u4e00-\u9fff]").all()
        assert frame["name_en"].str.fullmatch(r"[A-Z][A-Za-z' ,0-9]+").all()
    first = district.grids.iloc[0]
    street, community, number = first["name"].split(" ")
    assert street.endswith("街道")
    assert community.endswith("社区")
    assert number == "第1网格"


def test_attributes_are_complete(district: SampleDistrict) -> None:
    assert list(district.streets.columns) == [*AREA_ATTRIBUTES, "geometry"]
    assert list(district.communities.columns) == [*AREA_ATTRIBUTES, "kind", "geometry"]
    assert list(district.grids.columns) == [*GRID_ATTRIBUTES, "geometry"]
    filled = district.grids.drop(columns="task").notna().all()
    assert filled.all()
    assert district.grids["task"].notna().eq(district.grids["kind"] == "special").all()
