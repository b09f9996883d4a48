"""Invent a district: areas, grids, rivers and roads, clean by construction.

How it is made, from the large to the small:

1. `land.terrain`: outline, hills, towns and how densely people live; all from one seed.
2. `land.water`, `land.roads`: rain gathers to rivers; towns are joined by roads and have streets.
3. `land.network`: all these lines are noded once, on the lattice of the published coordinates.
4. `land.blocks`: the faces are split to blocks of some 60 households, from vertex to existing vertex.
5. `layout`: blocks are united to streets, communities and grids of 300-500 households whose boundaries
   prefer rivers and roads.
6. Here: polygons, which are unions of whole blocks, with codes, names and attributes. Neighbours share
   every vertex, parents are exactly their children, and rounding has nothing left to break.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.sample.areas import make_areas
from gis.sample.basemap import make_lakes, make_rivers, make_roads
from gis.sample.grids import make_grids
from gis.sample.land.country import make_country
from gis.sample.layout import make_layout
from gis.sample.shapes import block_polygons

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

SEED = 7
"""The seed of the published district."""

STEPS = 5
"""How often `make_district` tells its progress."""


@dataclass(frozen=True)
class SampleDistrict:
    """An invented district; every frame is in EPSG:4490, sorted by code or name, with a fresh index.

    Attributes:
        district: One row: code, name, name_en, level, parent_code, households, population.
        streets: Likewise.
        communities: Likewise, and kind (urban or village).
        grids: All kinds: code, name, name_en, kind, task, community_code, households, population,
            leader, unit, land_use.
        rivers: name, name_en, kind (river, brook), width_m; lines.
        lakes: name, name_en, kind (lake, big_river); polygons.
        roads: name, name_en, kind (ring, highway, arterial, street), width_m; lines.
    """

    district: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    rivers: gpd.GeoDataFrame
    lakes: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame

    def grids_of(self, kind: str) -> gpd.GeoDataFrame:
        """Return the grids of one kind: natural, dedicated or special."""
        return self.grids[self.grids["kind"] == kind].reset_index(drop=True)


def make_district(seed: int = SEED, *, on_progress: Callable[[str], None] = lambda _: None) -> SampleDistrict:
    """Invent a district; the same seed gives the same district.

    Args:
        seed: Any whole number from 0.
        on_progress: Told what is being made, step by step (`STEPS` of them).
    """
    country = make_country(seed, on_progress)
    on_progress("areas and grids")
    layout = make_layout(country.terrain, country.parcels, seed)
    on_progress("codes and names")
    blocks = block_polygons(country.rings)
    areas = make_areas(country, layout, blocks, seed)
    return SampleDistrict(
        areas.district,
        areas.streets,
        areas.communities,
        make_grids(country, layout, areas, blocks, seed),
        make_rivers(country.network, country.rivers, seed),
        make_lakes(country.terrain, country.lake_rings, seed),
        make_roads(country.network, seed),
    )
