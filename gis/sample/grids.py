"""Frames of the three kinds of grids, with codes, names and attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.nouns import STORED_CRS, GridKind
from gis.sample.areas import persons, sums
from gis.sample.codes import DEDICATED_FIRST, NATURAL_FIRST, SPECIAL_FIRST, numbered
from gis.sample.land.ground import stream
from gis.sample.names import DISTRICT, Name, people, site_names, water_names
from gis.sample.shapes import united
from gis.sample.special import river_stretches

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gis.sample.areas import Areas
    from gis.sample.land.country import Country
    from gis.sample.layout import Layout

    Geometries = NDArray[np.object_]

COLUMNS = [
    "code", "name", "name_en", "kind", "task", "community_code", "households", "population", "leader",
    "unit", "land_use", "geometry",
]  # fmt: skip
RIVER_TASK, FIRE_TASK = "river", "fire"

_SITE_WORDS = {
    "scenic": ("风景区", "Scenic Area"),
    "industrial": ("产业园", "Industrial Park"),
    "campus": ("学院", "College"),
    "park": ("公园", "Park"),
    "hospital": ("医院", "Hospital"),
    "mall": ("广场", "Plaza"),
    "market": ("农贸市场", "Market"),
}
# people found there on a working day, per hectare; nobody lives in a dedicated grid
_VISITORS_PER_HA = {
    "scenic": 2, "industrial": 70, "campus": 160, "park": 25, "hospital": 600, "mall": 900, "market": 500,
}  # fmt: skip
_HILLS_M = 85.0


def make_grids(
    country: Country, layout: Layout, areas: Areas, blocks: Geometries, seed: int
) -> gpd.GeoDataFrame:
    """Return all grids in EPSG:4490, sorted by code."""
    frames = [
        _natural(country, layout, areas, blocks, seed),
        _dedicated(country, layout, areas, blocks, seed),
        _river(country, areas, seed),
        _fire(country, layout, areas, blocks, seed),
    ]
    special = pd.concat(frames[2:], ignore_index=True)
    special["code"] = numbered(special.geometry.to_numpy(), special["community_code"].tolist(), SPECIAL_FIRST)
    grids = pd.concat([*frames[:2], special], ignore_index=True)
    grids["task"] = grids["task"].astype(object).where(grids["task"].notna(), None)
    grids["leader"] = people(stream(seed, "leaders"), len(grids))
    return grids[COLUMNS].sort_values("code", ignore_index=True)


def _natural(
    country: Country, layout: Layout, areas: Areas, blocks: Geometries, seed: int
) -> gpd.GeoDataFrame:
    shapes = united(blocks, layout.grid[country.parcels.of_block])
    parent = np.zeros(len(shapes), dtype=np.int64)
    parent[layout.grid] = layout.community
    community = areas.community_codes[parent]
    codes = numbered(shapes, community.tolist(), NATURAL_FIRST)
    titles = [_grid_title(areas, code) for code in codes]
    streets = areas.streets.set_index("code")["name"]
    frame = {
        "code": codes,
        "name": [title.zh for title in titles],
        "name_en": [title.en for title in titles],
        "kind": GridKind.NATURAL.value,
        "task": None,
        "community_code": community,
        "households": sums(layout.grid, layout.households),
        "population": sums(layout.grid, persons(layout.households, seed)),
        "unit": [f"{streets[code[:9]]}网格化服务管理中心" for code in codes],
        "land_use": _land_use(country, layout, seed),
    }
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=STORED_CRS)


def _grid_title(areas: Areas, code: str) -> Name:
    street = areas.streets.iloc[areas.streets["code"].searchsorted(code[:9])]
    community = areas.communities.iloc[areas.communities["code"].searchsorted(code[:12])]
    number = int(code[12:])
    return Name(
        f"{street['name']} {community['name']} 第{number}网格",
        f"{street['name_en']}, {community['name_en']}, Grid {number}",
    )


def _land_use(country: Country, layout: Layout, seed: int) -> Geometries:
    """Return the main land use of each natural grid, from density, height and a little chance."""
    parcels = country.parcels
    area = np.bincount(layout.grid, parcels.graph.area_m2)
    density = np.bincount(layout.grid, layout.households) / area * 1e6
    weighted = country.terrain.elevation.at(parcels.graph.xy) * parcels.graph.area_m2
    elevation = np.bincount(layout.grid, weighted) / area
    chance = stream(seed, "land use").random(len(area))
    return np.select(
        [
            (density > 2_500) & (chance < 0.16),  # noqa: PLR2004 - shares and densities that look right
            density > 1_600,  # noqa: PLR2004 - households a km2 and the like
            (density > 350) & (chance < 0.14),  # noqa: PLR2004 - households a km2 and the like
            density > 350,  # noqa: PLR2004 - households a km2 and the like
            elevation > _HILLS_M,
        ],
        ["commercial", "residential", "industrial", "mixed", "forest"],
        "farmland",
    ).astype(object)


def _dedicated(
    country: Country, layout: Layout, areas: Areas, blocks: Geometries, seed: int
) -> gpd.GeoDataFrame:
    of_block = country.parcels.of_block
    shapes = united(blocks, layout.site[of_block])
    parent = np.zeros(len(shapes), dtype=np.int64)
    parent[layout.site[layout.site >= 0]] = layout.community[layout.site >= 0]
    community = areas.community_codes[parent]
    hectares = np.bincount(layout.site + 1, country.parcels.graph.area_m2)[1:] / 1e4
    uses = layout.site_use
    names = site_names(stream(seed, "site names"), len(shapes))
    titles = [
        Name(f"{name.zh}{_SITE_WORDS[use][0]}", f"{name.en} {_SITE_WORDS[use][1]}")
        for name, use in zip(names, uses, strict=True)
    ]
    visitors = np.rint(hectares * [_VISITORS_PER_HA[use] for use in uses]).astype(np.int64)
    frame = {
        "code": numbered(shapes, community.tolist(), DEDICATED_FIRST),
        "name": [title.zh for title in titles],
        "name_en": [title.en for title in titles],
        "kind": GridKind.DEDICATED.value,
        "task": None,
        "community_code": community,
        "households": 0,
        "population": visitors,
        "unit": [f"{title.zh}管理处" for title in titles],
        "land_use": uses,
    }
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=STORED_CRS)


def _river(country: Country, areas: Areas, seed: int) -> gpd.GeoDataFrame:
    names = water_names(stream(seed, "water names"), len(country.rivers))
    stretches = river_stretches(country.network, country.terrain)
    big = Name("大江", "Great River bank")
    titles = [
        Name(f"{name.zh}第{stretch.place}段", f"{name.en}, stretch {stretch.place}")
        for stretch in stretches
        for name in [
            big
            if stretch.river < 0
            else Name(f"{names[stretch.river].zh}河", f"{names[stretch.river].en} River")
        ]
    ]
    polygons = [stretch.polygon for stretch in stretches]
    strips = _special(polygons, titles, areas, (RIVER_TASK, f"{DISTRICT[0]}水务局", "water"))
    return strips.assign(households=0, population=0)


def _fire(country: Country, layout: Layout, areas: Areas, blocks: Geometries, seed: int) -> gpd.GeoDataFrame:
    shapes = united(blocks, layout.fire[country.parcels.of_block])
    titles = [Name(f"消防第{n}片区", f"Fire zone {n}") for n in range(1, len(shapes) + 1)]
    zones = _special(list(shapes), titles, areas, (FIRE_TASK, f"{DISTRICT[0]}消防救援大队", "mixed"))
    zones["households"] = sums(layout.fire, layout.households)
    zones["population"] = sums(layout.fire, persons(layout.households, seed))
    return zones


def _special(
    shapes: list[BaseGeometry], titles: list[Name], areas: Areas, words: tuple[str, str, str]
) -> gpd.GeoDataFrame:
    task, unit, land_use = words
    communities = areas.communities
    place, community = communities.sindex.query(shapely.point_on_surface(shapes), predicate="intersects")
    first = pd.Series(community).groupby(place).min()  # a point on a border goes to the lower code
    frame = {
        "name": [title.zh for title in titles],
        "name_en": [title.en for title in titles],
        "kind": GridKind.SPECIAL.value,
        "task": task,
        "community_code": communities["code"].to_numpy()[first.to_numpy()],
        "unit": unit,
        "land_use": land_use,
    }
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=STORED_CRS)
