"""Find the grids and areas points belong to.

The rule for a point on a shared outline: it meets every polygon it touches, and within a layer (natural,
dedicated) the grid with the lowest lasting id has it. The test is GEOS' `intersects` on the exact polygons
in degrees, so the answer depends on neither row order nor the start or direction of rings. In SQL the same
is `ST_Intersects` with `ORDER BY id LIMIT 1`. Distances are geodesic; an outline's edge is straight in
degrees, which differs from the geodesic by a centimetre on an edge a kilometre long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import shapely

from gis.errors import InputError
from gis.gridding.coverage.index import CoverageIndex
from gis.gridding.coverage.labels import ChangedLabels, Labels
from gis.gridding.coverage.nearest import MORE
from gis.gridding.coverage.nearness import around_points, place_at
from gis.gridding.located import NONE, Located, LocatedArrays
from gis.gridding.measure import distance_m
from gis.gridding.valid import are_finite
from gis.nouns import AreaLevel, Candidate, Chain, GridKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from gis.gridding.coverage.nearness import Foot, Place

    Floats: TypeAlias = NDArray[np.float64]
    Ids: TypeAlias = NDArray[np.int64]
    Positions: TypeAlias = NDArray[np.intp]

_ON_BOUNDARY_M = 1e-6  # a distance no measure can tell from none
_FARTHEST_M = 3e7  # more than half around the earth
GRID_COLUMNS = ("id", "code", "name", "kind", "community_code", "geometry")
_AREA_COLUMNS = ("id", "code", "name", "level", "parent_code", "geometry")
_KINDS = tuple(GridKind)
_OWNERS = (GridKind.NATURAL, GridKind.DEDICATED)
_POLYGONAL = (shapely.GeometryType.POLYGON.value, shapely.GeometryType.MULTIPOLYGON.value)


@dataclass(frozen=True)
class GridIndex:
    """The grids and areas of one release, ready to be asked.

    Attributes:
        layers: The index of each kind of grid and of each level of areas.
        grid_labels: Code, name and kind of every grid.
        area_labels: Code, name and level of every area.
        community_of: The id of each grid's community, -1 for none, as in `grid_labels`.
        parent_of: The id of each area's parent, likewise.
    """

    layers: Mapping[GridKind | AreaLevel, CoverageIndex]
    grid_labels: Labels
    area_labels: Labels
    community_of: Ids
    parent_of: Ids

    @classmethod
    def build(cls, grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> GridIndex:
        """Index a set of grids and areas.

        Args:
            grids: Columns id (lasting), code, name, kind, community_code, geometry (EPSG:4490).
            areas: Columns id, code, name, level, parent_code, geometry (EPSG:4490); may be empty.

        Raises:
            InputError: A column is missing.
        """
        _require(grids, GRID_COLUMNS, "grids")
        _require(areas, _AREA_COLUMNS, "areas")
        grids, areas = by_id(grids), by_id(areas)
        layers: dict[GridKind | AreaLevel, CoverageIndex] = {}
        for frame, column, kinds in ((grids, "kind", GridKind), (areas, "level", AreaLevel)):
            for kind in kinds:
                chosen = frame[(frame[column] == kind).to_numpy()]
                layers[kind] = CoverageIndex.build(chosen.geometry.to_numpy(), chosen["id"].to_numpy())
        communities = _ids_by_code(areas, AreaLevel.COMMUNITY)
        parents = {
            AreaLevel.COMMUNITY: _ids_by_code(areas, AreaLevel.STREET),
            AreaLevel.STREET: _ids_by_code(areas, AreaLevel.DISTRICT),
            AreaLevel.DISTRICT: {},
        }
        return cls(
            layers=layers,
            grid_labels=Labels.of(grids, "kind", GridKind),
            area_labels=Labels.of(areas, "level", AreaLevel),
            community_of=_ids(communities.get(code, NONE) for code in grids["community_code"]),
            parent_of=_ids(
                parents[AreaLevel(level)].get(code, NONE)
                for level, code in zip(areas["level"], areas["parent_code"], strict=True)
            ),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays of numbers by name, for a file that processes share."""
        arrays: dict[str, NDArray[Any]] = {"community_of": self.community_of, "parent_of": self.parent_of}
        for prefix, labels in (("grid", self.grid_labels), ("area", self.area_labels)):
            arrays |= {f"{prefix}/{name}": array for name, array in labels.arrays().items()}
        for kind, layer in self.layers.items():
            arrays |= {f"{kind.value}/{name}": array for name, array in layer.arrays().items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> GridIndex:
        """Take the arrays of `to_arrays` back, without a copy; they may be read-only memory maps."""

        def under(prefix: str) -> dict[str, NDArray[Any]]:
            start = f"{prefix}/"
            return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}

        return cls(
            layers={kind: CoverageIndex.from_arrays(under(kind.value)) for kind in (*GridKind, *AreaLevel)},
            grid_labels=Labels.from_arrays(under("grid"), GridKind),
            area_labels=Labels.from_arrays(under("area"), AreaLevel),
            community_of=arrays["community_of"],
            parent_of=arrays["parent_of"],
        )

    def locate_many(self, lon: ArrayLike, lat: ArrayLike) -> LocatedArrays:
        """Locate points.

        Args:
            lon: Longitudes, EPSG:4490, shape (n,); NaN belongs nowhere.
            lat: Latitudes, shape (n,).
        """
        x, y = _floats(lon), _floats(lat)
        natural, on_natural = self._first(GridKind.NATURAL, x, y)
        dedicated, on_dedicated = self._first(GridKind.DEDICATED, x, y)
        special = self.layers[GridKind.SPECIAL]
        point, position = special.all(x, y)
        community = _taken(self.grid_labels.positions(natural), self.community_of)
        unknown = community == NONE
        community[unknown] = _taken(self.grid_labels.positions(dedicated[unknown]), self.community_of)
        return LocatedArrays(
            natural=natural,
            dedicated=dedicated,
            special=special.ids[position].astype(np.int64),
            special_offsets=np.searchsorted(point, np.arange(len(x) + 1)).astype(np.int64),
            on_boundary=on_natural | on_dedicated,
            **self._way_up(community, x, y),
        )

    def locate(self, lon: float, lat: float, accuracy_m: float | None = None) -> Located:
        """Locate one point with all that is known about its surroundings.

        Args:
            lon: Longitude, EPSG:4490.
            lat: Latitude.
            accuracy_m: How far off the point may be; None or NaN if unknown.
        """
        chain, on_boundary = self._chain_of_one(lon, lat)
        within_m = max(accuracy_m if accuracy_m is not None and accuracy_m > 0 else 0.0, _ON_BOUNDARY_M)
        is_somewhere = math.isfinite(lon) and math.isfinite(lat)
        outline = self._nearest(lon, lat) if is_somewhere else None
        boundary_m = 0.0 if on_boundary else None if outline is None else outline.distance_m
        outside = outline if chain.answers is None else None
        return Located(
            lon=float(lon),
            lat=float(lat),
            chain=chain,
            on_boundary=on_boundary,
            near_boundary=boundary_m is not None and boundary_m <= within_m,
            boundary_m=boundary_m,
            accuracy_m=accuracy_m,
            candidates=self._candidates(lon, lat, within_m) if is_somewhere else (),
            nearest=None if outside is None else self._candidate(outside.grid_id, outside.distance_m),
            direction=None if outside is None else outside.direction,
        )

    def nearest_many(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Ids, Floats]:
        """Find the nearest natural or dedicated grid of each point; of equally near ones the lowest id.

        Returns:
            Ids (-1 where there is none) and distances in metres (NaN there; 0 inside), shape (n,).
        """
        x, y = _floats(lon), _floats(lat)
        natural, dedicated = self._first(GridKind.NATURAL, x, y)[0], self._first(GridKind.DEDICATED, x, y)[0]
        both = np.stack((natural, dedicated))
        ids = np.where((both != NONE).all(axis=0), both.min(axis=0), both.max(axis=0))
        distance = np.where(ids == NONE, np.nan, 0.0)
        lost = np.flatnonzero((ids == NONE) & np.isfinite(x) & np.isfinite(y))
        # many reports may bear the coordinates of one place, such as that of an office
        places, which = np.unique(x[lost] + 1j * y[lost], return_inverse=True)
        found = [self._nearest(place.real, place.imag) for place in places.tolist()]
        near_ids = _ids(NONE if one is None else one.grid_id for one in found)
        near_m = _floats([np.nan if one is None else one.distance_m for one in found])
        ids[lost], distance[lost] = near_ids[which], near_m[which]
        return ids, distance

    def near_boundary_many(self, lon: ArrayLike, lat: ArrayLike, accuracy_m: ArrayLike) -> NDArray[np.bool_]:
        """Tell which points lie on, or within their accuracy of, a natural or dedicated grid's outline.

        Args:
            lon: Longitudes, EPSG:4490, shape (n,).
            lat: Latitudes, shape (n,).
            accuracy_m: Metres, one number or shape (n,); NaN counts as 0.
        """
        x, y = _floats(lon), _floats(lat)
        accuracy = np.maximum(np.nan_to_num(np.broadcast_to(_floats(accuracy_m), x.shape)), _ON_BOUNDARY_M)
        near = np.zeros(len(x), dtype=bool)
        usable = np.isfinite(x) & np.isfinite(y)
        around = around_points(x[usable], y[usable], accuracy[usable])
        for kind in _OWNERS:
            near[usable] |= self.layers[kind].any_near(around)
        return near

    def _first(self, layer: GridKind | AreaLevel, x: Floats, y: Floats) -> tuple[Ids, NDArray[np.bool_]]:
        """Give the id of who has each point in a layer, -1 for none, and whether it lies on an outline."""
        index = self.layers[layer]
        position, on_outline = index.first(x, y)
        return _taken(position, index.ids), on_outline

    def _way_up(self, community: Ids, x: Floats, y: Floats) -> dict[str, Ids]:
        """Go up from the communities; where a step is unknown, the outlines of that level decide."""
        community = self._filled(community, AreaLevel.COMMUNITY, x, y)
        street = self._filled(self._parents(community), AreaLevel.STREET, x, y)
        district = self._filled(self._parents(street), AreaLevel.DISTRICT, x, y)
        return {"community": community, "street": street, "district": district}

    def _parents(self, areas: Ids) -> Ids:
        return _taken(self.area_labels.positions(areas), self.parent_of)

    def _filled(self, ids: Ids, level: AreaLevel, x: Floats, y: Floats) -> Ids:
        unknown = np.flatnonzero(ids == NONE)
        filled = ids.copy()
        filled[unknown] = self._first(level, x[unknown], y[unknown])[0]
        return filled

    @cached_property
    def _communities(self) -> dict[GridKind, Ids]:
        """The id of the community of each position in the layers of grids that can answer."""
        return {
            kind: _taken(self.grid_labels.positions(self.layers[kind].ids), self.community_of)
            for kind in _OWNERS
        }

    def _community_at(self, kind: GridKind, position: int) -> int:
        if isinstance(self.grid_labels, ChangedLabels):  # positions come and go; a list of all would not last
            grid_id = int(self.layers[kind].ids[position])
            return int(self.community_of[self.grid_labels.position(grid_id)])
        return int(self._communities[kind][position])

    def _chain_of_one(self, lon: float, lat: float) -> tuple[Chain, bool]:
        """Say of one point what `locate_many` says of many, without arrays."""
        owners, community, on_boundary = [], NONE, False
        for kind in _OWNERS:
            position, on_outline = self.layers[kind].at(lon, lat)
            on_boundary |= on_outline
            owners.append(None if position < 0 else int(self.layers[kind].ids[position]))
            if position >= 0 and community == NONE:
                community = self._community_at(kind, position)
        special = self.layers[GridKind.SPECIAL]
        area, areas = community, []
        for level in (AreaLevel.COMMUNITY, AreaLevel.STREET, AreaLevel.DISTRICT):
            if area == NONE:
                layer = self.layers[level]
                position = layer.locate_one(lon, lat)
                area = NONE if position < 0 else int(layer.ids[position])
            areas.append(None if area == NONE else area)
            area = NONE if area == NONE else int(self.parent_of[self.area_labels.position(area)])
        met = special.all_of_one(lon, lat)
        chain = Chain(
            natural=owners[0],
            dedicated=owners[1],
            special=tuple(int(special.ids[position]) for position in met),
            community=areas[0],
            street=areas[1],
            district=areas[2],
        )
        return chain, on_boundary

    def _nearest(self, lon: float, lat: float) -> _Outline | None:
        """Find the nearest outline of a grid that can answer; of equally near ones that of the lowest id."""
        place, nearest = place_at(lon, lat), None
        for kind in _OWNERS:
            most_m = _FARTHEST_M if nearest is None else MORE * nearest.distance_m
            for foot in self.layers[kind].nearest_one(place, most_m):
                found = self._outline(kind, place, foot)
                nearest = found if nearest is None else min(nearest, found, key=_rank)
        return nearest

    def _outline(self, kind: GridKind, place: Place, foot: Foot) -> _Outline:
        position, x, y, _ = foot
        metres, direction = distance_m(place.x, place.y, x, y)
        return _Outline(int(self.layers[kind].ids[position]), metres, direction)

    def _candidates(self, lon: float, lat: float, within_m: float) -> tuple[Candidate, ...]:
        """List the grids of all kinds that the point lies in, or whose outlines are within a distance."""
        place, distances = place_at(lon, lat), {}
        for kind in GridKind:
            layer = self.layers[kind]
            for foot in layer.near_one(place, MORE * within_m):
                outline = self._outline(kind, place, foot)
                if outline.distance_m <= within_m:
                    distances[outline.grid_id] = outline.distance_m
            distances |= {int(layer.ids[position]): 0.0 for position in layer.all_of_one(lon, lat)}
        found = [self._candidate(grid_id, metres) for grid_id, metres in distances.items()]
        return tuple(sorted(found, key=lambda one: (one.distance_m, _KINDS.index(one.kind), one.grid_id)))

    def _candidate(self, grid_id: int, distance_m: float) -> Candidate:
        labels, i = self.grid_labels, self.grid_labels.position(grid_id)
        return Candidate(grid_id, labels.code(i), labels.name(i), GridKind(labels.kind(i)), distance_m)


class _Outline(NamedTuple):
    """A grid's outline near a point: how far, and in which direction in degrees clockwise from north."""

    grid_id: int
    distance_m: float
    direction: float


def _rank(outline: _Outline) -> tuple[float, int]:
    return outline.distance_m, outline.grid_id


def by_id(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows whose geometry can be indexed, lowest id first."""
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    usable = np.isin(shapely.get_type_id(shapes), _POLYGONAL) & ~shapely.is_empty(shapes) & are_finite(shapes)
    # The index may bear the name of the column.
    kept = frame[usable].reset_index(drop=True)
    ordered: gpd.GeoDataFrame = kept.sort_values("id", kind="stable", ignore_index=True)
    return ordered


def _ids_by_code(areas: pd.DataFrame, level: AreaLevel) -> dict[str, int]:
    """Return the ids of a level's areas by code; of a repeated code the lowest."""
    chosen = areas[(areas["level"] == level).to_numpy()]
    return dict(zip(chosen["code"].to_numpy()[::-1], chosen["id"].to_numpy()[::-1].tolist(), strict=True))


def _require(frame: gpd.GeoDataFrame, columns: tuple[str, ...], what: str) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise InputError(f"The {what} lack the column {missing[0]!r}.", field=missing[0])


def _taken(positions: NDArray[np.integer[Any]], values: NDArray[np.integer[Any]]) -> Ids:
    """Return the values at positions, -1 at negative ones."""
    if not len(values):
        return np.full(len(positions), NONE, dtype=np.int64)
    taken: Ids = np.where(positions >= 0, values[positions], NONE).astype(np.int64)
    return taken


def _ids(values: Iterable[int]) -> Ids:
    return np.fromiter(values, dtype=np.int64)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
