"""Frames of district, streets and communities, and which code each label of the layout got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from gis.nouns import STORED_CRS, AreaLevel
from gis.sample.codes import DISTRICT_CODE, URBAN_FIRST, VILLAGE_FIRST, numbered
from gis.sample.land.ground import stream
from gis.sample.names import DISTRICT, Name, community_names, street_names
from gis.sample.shapes import united

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.sample.land.country import Country
    from gis.sample.layout import Layout

    Geometries = NDArray[np.object_]

URBAN_COMMUNITIES = 129
COLUMNS = ["code", "name", "name_en", "level", "parent_code", "households", "population"]


@dataclass(frozen=True)
class Areas:
    """The frames of the areas, sorted by code, and the codes by label of the layout."""

    district: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    street_codes: Geometries
    community_codes: Geometries


def make_areas(country: Country, layout: Layout, blocks: Geometries, seed: int) -> Areas:
    """Unite blocks to areas, number and name them."""
    of_block = country.parcels.of_block
    parent = np.zeros(layout.community.max() + 1, dtype=np.int64)
    parent[layout.community] = layout.street
    people = persons(layout.households, seed)

    street_shapes = united(blocks, layout.street[of_block])
    street_codes = numbered(street_shapes, [DISTRICT_CODE] * len(street_shapes), 1)
    street_titles = [
        Name(f"{name.zh}街道", f"{name.en} Subdistrict")
        for name in street_names(stream(seed, "street names"), len(street_shapes))
    ]
    urban = _urban(country, layout)
    shapes = united(blocks, layout.community[of_block])
    first = np.where(urban, URBAN_FIRST, VILLAGE_FIRST).tolist()
    codes = numbered(shapes, street_codes[parent].tolist(), first)
    streets = _frame(
        street_codes, street_titles, (AreaLevel.STREET, DISTRICT_CODE), _counts(layout.street, layout, people)
    ).set_geometry(street_shapes, crs=STORED_CRS)
    communities = _frame(
        codes,
        _community_titles(urban, seed),
        (AreaLevel.COMMUNITY, street_codes[parent]),
        _counts(layout.community, layout, people),
    ).set_geometry(shapes, crs=STORED_CRS)
    communities.insert(7, "kind", np.where(urban, "urban", "village"))
    whole = np.zeros(len(layout.street), dtype=np.int64)
    district = _frame(
        np.array([DISTRICT_CODE], dtype=object),
        [Name(*DISTRICT)],
        (AreaLevel.DISTRICT, None),
        _counts(whole, layout, people),
    ).set_geometry(united(blocks, whole[of_block]), crs=STORED_CRS)
    return Areas(
        district,
        streets.sort_values("code", ignore_index=True),
        communities.sort_values("code", ignore_index=True),
        street_codes,
        codes,
    )


def persons(households: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return the population of each parcel: about 2.7 persons to a household."""
    size = 2.2 + stream(seed, "persons").random(len(households))
    return np.asarray(np.rint(households * size).astype(np.int64))


def _counts(
    label: NDArray[np.int64], layout: Layout, people: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return sums(label, layout.households), sums(label, people)


def sums(label: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum of whole numbers for each label; those labelled -1 do not count."""
    kept = label >= 0
    return np.bincount(label[kept], values[kept]).astype(np.int64)


def _urban(country: Country, layout: Layout) -> NDArray[np.bool_]:
    """Tell which communities are urban: the densest ones."""
    area = np.bincount(layout.community, country.parcels.graph.area_m2)
    density = np.bincount(layout.community, layout.households) / area
    urban = np.zeros(len(area), dtype=bool)
    urban[np.argsort(-density, kind="stable")[:URBAN_COMMUNITIES]] = True
    return urban


def _community_titles(urban: NDArray[np.bool_], seed: int) -> list[Name]:
    rng = stream(seed, "community names")
    towns = iter(community_names(rng, int(urban.sum()), urban=True))
    villages = iter(community_names(rng, int((~urban).sum()), urban=False))
    titles = []
    for is_urban in urban.tolist():
        name = next(towns if is_urban else villages)
        ending, ending_en = ("社区", "Community") if is_urban else ("村", "Village")
        titles.append(Name(name.zh + ending, f"{name.en} {ending_en}"))
    return titles


def _frame(
    codes: Geometries,
    titles: list[Name],
    place: tuple[AreaLevel, object],
    counts: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> gpd.GeoDataFrame:
    level, parent = place
    return gpd.GeoDataFrame(
        {
            "code": codes,
            "name": [title.zh for title in titles],
            "name_en": [title.en for title in titles],
            "level": level.value,
            "parent_code": parent,
            "households": counts[0],
            "population": counts[1],
        }
    )
