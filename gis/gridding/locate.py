"""Find the grids and areas points belong to.

The rule for a point on a shared outline: it meets every polygon it touches, and within a layer (natural,
dedicated) the grid with the lowest lasting id has it. The test is GEOS' `intersects` on the exact polygons
in degrees, so the answer depends on neither row order nor the start or direction of rings. In SQL the same
is `ST_Intersects` with `ORDER BY id LIMIT 1`. Distances are measured in the projected zone; an outline's
edge is straight in degrees there and here, which differs by a centimetre on an edge a kilometre long.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from pyproj import Geod

from gis.errors import InputError
from gis.gridding.crs import points_to_metres, to_metres, to_stored
from gis.gridding.located import NONE, Located, LocatedArrays
from gis.gridding.valid import are_finite
from gis.nouns import AreaLevel, Candidate, GridKind

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ids: TypeAlias = NDArray[np.int64]
    Positions: TypeAlias = NDArray[np.intp]

_ON_BOUNDARY_M = 1e-6  # what projecting costs a point that lies on an outline
_ELLIPSOID = Geod(ellps="GRS80")
_GRID_COLUMNS = ("id", "code", "name", "kind", "community_code", "geometry")
_AREA_COLUMNS = ("id", "code", "level", "parent_code", "geometry")
_KINDS = tuple(GridKind)
_POLYGONAL = (shapely.GeometryType.POLYGON.value, shapely.GeometryType.MULTIPOLYGON.value)


@dataclass(frozen=True)
class GridIndex:
    """The grids and areas of one release, ready to be asked.

    Attributes:
        grids: The grids with a polygon, by id.
        metric_crs: The projected system distances are measured in.
    """

    grids: gpd.GeoDataFrame
    metric_crs: str
    _natural: _Layer
    _dedicated: _Layer
    _special: _Layer
    _areas: _Areas

    @classmethod
    def build(cls, grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, metric_crs: str) -> GridIndex:
        """Index a set of grids and areas.

        Args:
            grids: Columns id (lasting), code, name, kind, community_code, geometry (EPSG:4490).
            areas: Columns id, code, level, parent_code, geometry (EPSG:4490); may be empty.
            metric_crs: Projected system in metres, of `gis.gridding.crs.metric_crs_for`.

        Raises:
            InputError: A column is missing.
        """
        _require(grids, _GRID_COLUMNS, "grids")
        _require(areas, _AREA_COLUMNS, "areas")
        ordered = _by_id(grids)
        kinds, polygons = ordered["kind"].to_numpy(dtype=object), ordered.geometry.to_numpy()
        natural, dedicated, special = (
            _Layer(polygons[kinds == kind], np.flatnonzero(kinds == kind))
            for kind in (GridKind.NATURAL, GridKind.DEDICATED, GridKind.SPECIAL)
        )
        return cls(ordered, metric_crs, natural, dedicated, special, _Areas(_by_id(areas)))

    def locate_many(self, lon: ArrayLike, lat: ArrayLike) -> LocatedArrays:
        """Locate points.

        Args:
            lon: Longitudes, EPSG:4490, shape (n,); NaN belongs nowhere.
            lat: Latitudes, shape (n,).
        """
        x, y = _floats(lon), _floats(lat)
        natural, on_natural = self._natural.first(x, y)
        dedicated, on_dedicated = self._dedicated.first(x, y)
        point, hit = self._special.hits(x, y)
        counts = np.bincount(point, minlength=len(x))
        community = np.where(natural >= 0, self._community_of(natural), NONE)
        community = np.where(community == NONE, self._community_of(dedicated), community)
        return LocatedArrays(
            natural=self._ids(natural),
            dedicated=self._ids(dedicated),
            special=self._ids(hit),
            special_offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            on_boundary=on_natural | on_dedicated,
            **self._areas.chain(community, x, y),
        )

    def locate(self, lon: float, lat: float, accuracy_m: float | None = None) -> Located:
        """Locate one point with all that is known about its surroundings.

        Args:
            lon: Longitude, EPSG:4490.
            lat: Latitude.
            accuracy_m: How far off the point may be; None or NaN if unknown.
        """
        found = self.locate_many([lon], [lat])
        chain, on_boundary = found.chain(0), bool(found.on_boundary[0])
        x, y = points_to_metres([lon], [lat], self.metric_crs)
        accuracy = accuracy_m if accuracy_m is not None and accuracy_m > 0 else 0.0
        boundary = 0.0 if on_boundary else self._boundary_m(x, y)
        nearest, direction = (None, None) if chain.answers is not None else self._nearest(lon, lat, x, y)
        return Located(
            lon=float(lon),
            lat=float(lat),
            chain=chain,
            on_boundary=on_boundary,
            near_boundary=boundary is not None and boundary <= accuracy,
            boundary_m=boundary,
            accuracy_m=accuracy_m,
            candidates=self._candidates(lon, lat, x, y, accuracy),
            nearest=nearest,
            direction=direction,
        )

    def nearest_many(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Ids, Floats]:
        """Find the nearest natural or dedicated grid of each point; of equally near ones the lowest id.

        Returns:
            Ids (-1 where there is none) and distances in metres (NaN there; 0 inside), shape (n,).
        """
        positions, distance = self._nearest_owner(*points_to_metres(lon, lat, self.metric_crs))
        return self._ids(positions), distance

    def near_boundary_many(self, lon: ArrayLike, lat: ArrayLike, accuracy_m: ArrayLike) -> NDArray[np.bool_]:
        """Tell which points lie on, or within their accuracy of, a natural or dedicated grid's outline.

        Args:
            lon: Longitudes, EPSG:4490, shape (n,).
            lat: Latitudes, shape (n,).
            accuracy_m: Metres, one number or shape (n,); NaN counts as 0.
        """
        x, y = _floats(lon), _floats(lat)
        near = self._natural.first(x, y)[1] | self._dedicated.first(x, y)[1]
        accuracy = np.maximum(np.nan_to_num(np.broadcast_to(_floats(accuracy_m), x.shape)), _ON_BOUNDARY_M)
        east, north = points_to_metres(x, y, self.metric_crs)
        usable = np.flatnonzero(np.isfinite(east) & ~near)
        points = shapely.points(east[usable], north[usable])
        hit, _ = self._outlines.query(points, predicate="dwithin", distance=accuracy[usable])
        near[usable[hit]] = True
        return near

    @cached_property
    def _owners(self) -> Positions:
        """Positions of the grids that can answer for a place."""
        return np.flatnonzero(self.grids["kind"].isin((GridKind.NATURAL, GridKind.DEDICATED)).to_numpy())

    @cached_property
    def _metres(self) -> NDArray[np.object_]:
        return to_metres(self.grids.geometry.to_numpy(), self.metric_crs)

    @cached_property
    def _metres_tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._metres)

    @cached_property
    def _owners_tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._metres[self._owners])

    @cached_property
    def _outlines(self) -> shapely.STRtree:
        return shapely.STRtree(_edges(self._metres[self._owners]))

    @cached_property
    def _communities(self) -> Positions:
        """The position of each grid's community among the areas, -1 for none."""
        return self._areas.positions(self.grids["community_code"], AreaLevel.COMMUNITY)

    def _ids(self, positions: Positions) -> Ids:
        return _taken(self.grids["id"].to_numpy(dtype=np.int64), positions)

    def _community_of(self, positions: Positions) -> Positions:
        return _taken(self._communities, positions)

    def _boundary_m(self, x: Floats, y: Floats) -> float | None:
        if not (len(self._owners) and np.isfinite(x[0])):
            return None
        _, distance = self._outlines.query_nearest(
            shapely.Point(x[0], y[0]), return_distance=True, all_matches=False
        )
        return float(distance[0])

    def _candidates(
        self, lon: float, lat: float, x: Floats, y: Floats, accuracy: float
    ) -> tuple[Candidate, ...]:
        distances: dict[int, float] = {}
        if np.isfinite(x[0]):
            point = shapely.Point(x[0], y[0])
            near = self._metres_tree.query(point, predicate="dwithin", distance=max(accuracy, _ON_BOUNDARY_M))
            distances = dict(zip(near.tolist(), shapely.distance(self._metres[near], point), strict=True))
        for layer in (self._natural, self._dedicated, self._special):
            _, hit = layer.hits(_floats([lon]), _floats([lat]))
            distances |= dict.fromkeys(hit.tolist(), 0.0)
        found = [self._candidate(position, float(metres)) for position, metres in distances.items()]
        return tuple(sorted(found, key=lambda c: (c.distance_m, _KINDS.index(c.kind), c.grid_id)))

    def _candidate(self, position: int, distance_m: float) -> Candidate:
        row = self.grids.iloc[position]
        return Candidate(
            int(row["id"]), str(row["code"]), str(row["name"]), GridKind(row["kind"]), distance_m
        )

    def _nearest(self, lon: float, lat: float, x: Floats, y: Floats) -> tuple[Candidate | None, float | None]:
        positions, distance = self._nearest_owner(x, y)
        if positions[0] < 0:
            return None, None
        way = shapely.shortest_line(shapely.Point(x[0], y[0]), self._metres[positions[0]])
        end = shapely.get_coordinates(way)[-1]
        end_lon, end_lat = to_stored([end[0]], [end[1]], self.metric_crs)
        azimuth = _ELLIPSOID.inv(lon, lat, end_lon[0], end_lat[0])[0]
        return self._candidate(int(positions[0]), float(distance[0])), float(azimuth % 360)

    def _nearest_owner(self, x: Floats, y: Floats) -> tuple[Positions, Floats]:
        positions, distance = np.full(len(x), -1), np.full(len(x), np.nan)
        usable = np.flatnonzero(np.isfinite(x))
        if not (len(self._owners) and len(usable)):
            return positions, distance
        points = shapely.points(x[usable], y[usable])
        (point, hit), metres = self._owners_tree.query_nearest(points, return_distance=True)
        order = np.lexsort((-hit, point))  # the last written is the lowest id
        positions[usable[point[order]]] = self._owners[hit[order]]
        distance[usable[point[order]]] = metres[order]
        return positions, distance


class _Layer:
    """Polygons of one layer in the order of their ids, with boxes in a tree and prepared for point tests."""

    def __init__(self, polygons: NDArray[np.object_], positions: Positions) -> None:
        self._polygons, self._positions = polygons, positions
        self._tree = shapely.STRtree(polygons)
        shapely.prepare(polygons)
        # GEOS finishes a prepared polygon at the first test inside its box. Threads share the index, so that
        # has to happen here and not under two of them at once.
        west, south, east, north = shapely.bounds(polygons).reshape(-1, 4).T
        shapely.intersects_xy(polygons, (west + east) / 2, (south + north) / 2)

    def hits(self, x: Floats, y: Floats) -> tuple[Positions, Positions]:
        """Give all pairs of a point and the position of a polygon it meets, by point, then by id."""
        point, polygon = self._meets(x, y)
        return point, self._positions[polygon]

    def first(self, x: Floats, y: Floats) -> tuple[Positions, NDArray[np.bool_]]:
        """Give the position of the polygon with the lowest id each point meets (-1), and if on an outline."""
        point, polygon = self._meets(x, y)
        owner, on_outline = np.full(len(x), -1), np.zeros(len(x), dtype=bool)
        owner[point[::-1]] = self._positions[polygon[::-1]]
        inside = shapely.contains_xy(self._polygons[polygon], x[point], y[point])
        on_outline[point[~inside]] = True
        return owner, on_outline

    def _meets(self, x: Floats, y: Floats) -> tuple[Positions, Positions]:
        if not len(self._polygons):
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
        usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        point, polygon = self._tree.query(shapely.points(x[usable], y[usable]))
        point = usable[point]
        order = np.lexsort((polygon, point))
        point, polygon = point[order], polygon[order]
        meets = shapely.intersects_xy(self._polygons[polygon], x[point], y[point])
        return point[meets], polygon[meets]


class _Areas:
    """The areas of all levels, with the way up from each."""

    def __init__(self, areas: gpd.GeoDataFrame) -> None:
        self._areas = areas
        self._levels = areas["level"].to_numpy(dtype=object)
        self._ids = areas["id"].to_numpy(dtype=np.int64)
        outlines = areas.geometry.to_numpy()
        masks = {level: np.flatnonzero(self._levels == level) for level in AreaLevel}
        self._layers = {level: _Layer(outlines[rows], rows) for level, rows in masks.items()}
        self._street_of = self.positions(areas["parent_code"], AreaLevel.STREET)
        self._district_of = self.positions(areas["parent_code"], AreaLevel.DISTRICT)

    def positions(self, codes: pd.Series[str], level: AreaLevel) -> Positions:
        """Find the areas of a level by code, -1 for none; of a repeated code the lowest id."""
        rows = np.flatnonzero(self._levels == level)
        known = dict(zip(self._areas["code"].to_numpy()[rows][::-1], rows[::-1], strict=True))
        return np.array([known.get(code, -1) for code in codes], dtype=np.intp)

    def chain(self, community: Positions, x: Floats, y: Floats) -> dict[str, Ids]:
        """Go up from the communities; where a step is unknown, the outlines of that level decide."""
        community = self._filled(community, AreaLevel.COMMUNITY, x, y)
        street = self._filled(_taken(self._street_of, community), AreaLevel.STREET, x, y)
        district = self._filled(_taken(self._district_of, street), AreaLevel.DISTRICT, x, y)
        return {
            "community": _taken(self._ids, community),
            "street": _taken(self._ids, street),
            "district": _taken(self._ids, district),
        }

    def _filled(self, positions: Positions, level: AreaLevel, x: Floats, y: Floats) -> Positions:
        unknown = np.flatnonzero(positions < 0)
        filled = positions.copy()
        filled[unknown] = self._layers[level].first(x[unknown], y[unknown])[0]
        return filled


def _edges(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """Take outlines apart into single edges: a tree of these finds the nearest one quickest."""
    corners, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(polygons)), return_index=True)
    joined = np.flatnonzero(ring[1:] == ring[:-1])
    pairs = np.stack((corners[joined], corners[joined + 1]), axis=1)
    return np.asarray(shapely.linestrings(pairs), dtype=object)


def _by_id(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    usable = np.isin(shapely.get_type_id(shapes), _POLYGONAL) & ~shapely.is_empty(shapes) & are_finite(shapes)
    # The index may bear the name of the column.
    kept = frame[usable].reset_index(drop=True)
    ordered: gpd.GeoDataFrame = kept.sort_values("id", kind="stable", ignore_index=True)
    return ordered


def _require(frame: gpd.GeoDataFrame, columns: tuple[str, ...], what: str) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise InputError(f"The {what} lack the column {missing[0]!r}.", field=missing[0])


def _taken(values: NDArray[np.int64] | Positions, positions: Positions) -> Ids:
    if not len(values):
        return np.full(len(positions), NONE, dtype=np.int64)
    return np.where(positions >= 0, values[positions], NONE).astype(np.int64)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
