"""Lay streets, communities, natural grids, dedicated grids and fire zones over the parcels of the land."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.sample.land.divide import Balance, divide, grow
from gis.sample.land.ground import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.sample.land.adjacency import Graph
    from gis.sample.land.ground import Plan
    from gis.sample.land.parcels import Parcels
    from gis.sample.land.terrain import Terrain, Town

    Labels = NDArray[np.int64]

STREETS, COMMUNITIES = 10, 201
GRID_HOUSEHOLDS = 400
_LEAST, _MOST = 306.0, 494.0  # households of a grid
_CITY_STREETS = 3
_FIRE_REACH_M = 4_300.0


@dataclass(frozen=True)
class Site:
    """A kind of place with a grid of its own (专属网格) and where it is found.

    Attributes:
        use: Land use, as in the published attribute.
        count: How many the district has.
        least_ha: Smallest area.
        most_ha: Largest area.
        least_density: Sparsest surroundings, households per km2.
        most_density: Densest surroundings.
    """

    use: str
    count: int
    least_ha: float
    most_ha: float
    least_density: float
    most_density: float


SITES = (
    Site("industrial", 12, 45, 130, 150, 900),
    Site("campus", 11, 25, 75, 350, 2_600),
    Site("park", 14, 7, 40, 500, 5_500),  # as many fewer as there are lakes
    Site("hospital", 8, 3, 8, 900, 6_000),
    Site("mall", 10, 1.5, 5, 2_200, 9_000),
    Site("market", 5, 1.5, 5, 600, 4_000),
)


@dataclass(frozen=True)
class Layout:
    """What each parcel belongs to; labels count from 0 and mean nothing else.

    Attributes:
        street: Street of each parcel.
        community: Community of each parcel.
        grid: Natural grid of each parcel.
        site: Dedicated grid of each parcel, -1 for none.
        site_use: Land use of each dedicated grid.
        fire: Fire zone of each parcel, -1 for none.
        households: Households of each parcel; none live in dedicated grids.
    """

    street: Labels
    community: Labels
    grid: Labels
    site: Labels
    site_use: list[str]
    fire: Labels
    households: Labels


def make_layout(terrain: Terrain, parcels: Parcels, seed: int) -> Layout:
    """Divide the district from the top down: every level is a division of the parts of the one above."""
    quarters = parcels.graph.united(parcels.quarter)
    street = grow(quarters, _street_seeds(quarters, terrain))[parcels.quarter]
    site, site_use = choose_sites(parcels, seed)
    households = np.where(site >= 0, 0, parcels.households)
    community = _communities(parcels.graph, street, households, site, seed)
    grid = _grids(parcels.graph, community, households, seed)
    fire = grow(quarters, _fire_seeds(quarters, terrain), reach_m=_FIRE_REACH_M)[parcels.quarter]
    return Layout(street, community, grid, site, site_use, fire, households)


def _nearest(graph: Graph, x: float, y: float) -> int:
    return int(((graph.xy - (x, y)) ** 2).sum(axis=1).argmin())


def _around(town: Town, count: int, share: float) -> list[tuple[float, float]]:
    """Return places in a ring around the middle of a town."""
    turns = [town.turn + 0.55 + 2 * math.pi * number / count for number in range(count)]
    reach = town.radius_m * share
    return [(town.x + reach * math.cos(turn), town.y + reach * math.sin(turn)) for turn in turns]


def _street_seeds(graph: Graph, terrain: Terrain) -> list[int]:
    places = _around(terrain.towns[0], _CITY_STREETS, 0.62)
    places += [(town.x, town.y) for town in terrain.towns if town.rank == 1]
    return [_nearest(graph, *place) for place in places]


def _fire_seeds(graph: Graph, terrain: Terrain) -> list[int]:
    places = [
        place for share, count in ((0.35, 4), (0.85, 8)) for place in _around(terrain.towns[0], count, share)
    ]
    for town in terrain.towns[1:]:
        places += [(town.x, town.y)] if town.rank > 1 else _around(town, 2, 0.5)
    return sorted({_nearest(graph, *place) for place in places})


def _communities(graph: Graph, street: Labels, households: Labels, site: Labels, seed: int) -> Labels:
    """Divide each street by a measure of households and land, so that villages are wide and towns dense."""
    measure = households / 5_200 + graph.area_m2 / 19e6
    shares = np.bincount(street, measure)
    counts = _apportioned(shares / shares.sum() * COMMUNITIES)
    # a site is one piece to this division, so that it lies in one community
    alone = site.max() + 1 + np.arange(len(site))
    piece = np.unique(np.where(site >= 0, site, alone), return_inverse=True)[1]
    whole = graph.united(piece)
    weight = np.asarray(np.bincount(piece, measure), dtype=np.float64)
    street_of = np.zeros(len(weight), dtype=np.int64)
    street_of[piece] = street
    community = np.zeros(len(weight), dtype=np.int64)
    first = 0
    for number, count in enumerate(counts.tolist()):
        pieces = np.flatnonzero(street_of == number)
        each = float(weight[pieces].sum()) / count
        rng = stream(seed, f"communities {number}")
        parts = divide(whole.within(pieces), weight[pieces], count, Balance(0.68 * each, 1.4 * each), rng)
        community[pieces] = first + parts
        first += count
    return community[piece]


def _apportioned(quotas: Plan) -> Labels:
    """Round quotas to whole numbers of the same sum, by largest remainders."""
    counts = np.floor(quotas).astype(np.int64)
    rest = round(float(quotas.sum())) - int(counts.sum())
    counts[np.argsort(counts - quotas, kind="stable")[:rest]] += 1
    return counts


def _grids(graph: Graph, community: Labels, households: Labels, seed: int) -> Labels:
    grid = np.zeros(len(community), dtype=np.int64)
    first = 0
    for number in range(int(community.max()) + 1):
        parcels = np.flatnonzero(community == number)
        weight = households[parcels].astype(float)
        count = max(1, round(float(weight.sum()) / GRID_HOUSEHOLDS))
        rng = stream(seed, f"grids {number}")
        grid[parcels] = first + divide(graph.within(parcels), weight, count, Balance(_LEAST, _MOST), rng)
        first += count
    return grid


def choose_sites(parcels: Parcels, seed: int) -> tuple[Labels, list[str]]:
    """Return the dedicated grid of each parcel (-1: none) and the land use of each such grid.

    A site is a round cluster of touching parcels of one quarter, so it ends at roads, lies in one street
    and later in one community. Lakes come first, as parks of their own.
    """
    rng = stream(seed, "sites")
    site = np.full(len(parcels.density), -1)
    uses: list[str] = []
    for lake in np.flatnonzero(parcels.is_lake):
        site[lake] = len(uses)
        uses.append("scenic")
    lakes = len(uses)
    finder = _SiteFinder(parcels, site)
    for wanted in SITES:
        fits = (parcels.density > wanted.least_density) & (parcels.density < wanted.most_density)
        candidates = rng.permutation(np.flatnonzero(fits & (site < 0)))
        missing = wanted.count - (lakes if wanted.use == "park" else 0)
        for start in candidates.tolist():
            if not missing:
                break
            size = wanted.least_ha * (wanted.most_ha / wanted.least_ha) ** rng.random()
            members = finder.cluster(start, size * 1e4)
            if members is not None:
                site[members] = len(uses)
                uses.append(wanted.use)
                missing -= 1
    return site, uses


class _SiteFinder:
    """Grows clusters of free parcels; sees through `site` what is taken."""

    def __init__(self, parcels: Parcels, site: Labels) -> None:
        self._parcels = parcels
        self._site = site
        graph = parcels.graph
        self._around: list[list[int]] = [[] for _ in parcels.density]
        for a, b in zip(graph.a.tolist(), graph.b.tolist(), strict=True):
            self._around[a].append(b)
            self._around[b].append(a)

    def cluster(self, start: int, area_m2: float) -> Labels | None:
        """Return parcels around one, or None where there is no room or another site is next to it."""
        xy, areas, quarter = self._parcels.graph.xy, self._parcels.graph.area_m2, self._parcels.quarter
        members, area = [start], float(areas[start])
        while area < area_m2:
            rim = {n for member in members for n in self._around[member] if quarter[n] == quarter[start]}
            rim = {n for n in rim - set(members) if self._site[n] < 0 and area + areas[n] < 1.35 * area_m2}
            if not rim:
                break
            # nearest to the start, and better still where it touches several members
            touching = {n: sum(other in members for other in self._around[n]) for n in rim}
            nearest = min(rim, key=lambda n: (((xy[n] - xy[start]) ** 2).sum() / touching[n] ** 2, n))
            members.append(nearest)
            area += float(areas[nearest])
        taken = any(self._site[n] >= 0 for member in members for n in self._around[member])
        if taken or not 0.75 * area_m2 <= area <= 1.35 * area_m2:
            return None
        return np.array(sorted(members))
