"""The index of a plan's draft: that of its base release, changed grid by grid as the plan changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import shapely

from gis.gridding.coverage.index import CoverageIndex
from gis.gridding.coverage.labels import ChangedLabels
from gis.gridding.coverage.pool import ROOM
from gis.gridding.locate import GRID_COLUMNS, GridIndex, by_id
from gis.gridding.located import NONE
from gis.nouns import AreaLevel, GridKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

BUILT_ANEW_FROM = 12
"""A layer of which one polygon in so many or more changes at once is built anew: that is quicker."""


class DraftIndex:
    """A grid index that follows a plan; the index it starts from stays as it is.

    The first change of a kind of grids copies that layer's tables; each further one takes a time that
    depends on the grids changed and their neighbours. Who looks up and who changes must take turns.

    Args:
        before: The index of the base release.
        areas: All areas as the plan wants them (as for `GridIndex.build`); None: it changes none. They are
            indexed anew as a whole.

    Attributes:
        index: The index as it is now.
    """

    def __init__(self, before: GridIndex, areas: geopandas.GeoDataFrame | None = None) -> None:
        of_areas = before if areas is None else GridIndex.build(no_grids(), areas)
        self._communities = communities_of(of_areas)
        self._labels = ChangedLabels.over(before.grid_labels)
        self._layers = dict(of_areas.layers)
        for kind in GridKind:
            layer = before.layers[kind]
            self._layers[kind] = CoverageIndex(layer.ids, layer.outlines, layer.tables)
        self.index = GridIndex(
            layers=self._layers,
            grid_labels=self._labels,
            area_labels=of_areas.area_labels,
            community_of=self._communities_now(before),
            parent_of=of_areas.parent_of,
        )

    def change(self, changed: geopandas.GeoDataFrame, gone: Iterable[int] = ()) -> None:
        """Change some grids, in place.

        Args:
            changed: Grids as they are from now on, columns as for `GridIndex.build`; an id that is not there
                yet is added. One whose geometry is no polygon cannot be asked for and counts as gone.
            gone: Lasting ids of grids there are no longer.
        """
        usable = by_id(changed)
        ids: list[int] = usable["id"].tolist()
        kinds = [GridKind(kind) for kind in usable["kind"]]
        moves: dict[GridKind, dict[int, shapely.Geometry | None]] = defaultdict(dict)
        for lasting_id in (*gone, *changed["id"].tolist()):
            kind = self._kind_of(lasting_id)
            if kind is not None:
                moves[kind][lasting_id] = None
        for lasting_id, kind, polygon in zip(ids, kinds, usable.geometry, strict=True):
            moves[kind][lasting_id] = polygon
        first = self._labels.put(ids, zip(usable["code"], usable["name"], kinds, strict=True))
        self._put_communities(first, [self._communities.get(code, NONE) for code in usable["community_code"]])
        for kind, polygons in moves.items():
            self._layers[kind] = changed_layer(self._layers[kind], polygons)

    def _kind_of(self, lasting_id: int) -> GridKind | None:
        try:
            return GridKind(self._labels.kind(self._labels.position(lasting_id)))
        except KeyError:
            return None

    def _put_communities(self, first: int, communities: list[int]) -> None:
        """Say in which communities the grids from a position on lie."""
        end = first + len(communities)
        community_of = self.index.community_of
        if end > len(community_of):
            room = np.full(int(ROOM * end) + end - len(community_of), NONE, dtype=np.int64)
            community_of = np.concatenate((community_of, room))
            self.index = replace(self.index, community_of=community_of)
        community_of[first:end] = communities

    def _communities_now(self, before: GridIndex) -> NDArray[np.int64]:
        """Return the community of each grid of the base release, by its code among the areas of now."""
        different, which = np.unique(before.community_of, return_inverse=True)
        labels = before.area_labels
        now = [
            NONE if one == NONE else self._communities.get(labels.code(labels.position(one)), NONE)
            for one in different.tolist()
        ]
        return np.array(now, dtype=np.int64)[which]


def changed_layer(layer: CoverageIndex, polygons: Mapping[int, shapely.Geometry | None]) -> CoverageIndex:
    """Change polygons of a layer by id (None: gone); return it, or another one where that is quicker."""
    shapes = np.array([*polygons.values()], dtype=object)
    ids = np.array([*polygons], dtype=np.int64)
    if len(ids) * BUILT_ANEW_FROM < len(layer):
        layer.replace(ids.tolist(), shapes)
        return layer
    rest = np.flatnonzero(~np.isin(layer.ids, ids))
    kept = layer.polygons(rest)
    remain, there = ~shapely.is_empty(kept), ~shapely.is_missing(shapes)
    return CoverageIndex.build(
        np.concatenate((kept[remain], shapes[there])), np.concatenate((layer.ids[rest][remain], ids[there]))
    )


def no_grids() -> geopandas.GeoDataFrame:
    """Return a frame of no grids."""
    return geopandas.GeoDataFrame({name: [] for name in GRID_COLUMNS}, geometry="geometry", crs="EPSG:4490")


def communities_of(index: GridIndex) -> dict[str | None, int]:
    """Return the ids of an index's communities by code; of a repeated code the lowest."""
    labels = index.area_labels
    found: dict[str | None, int] = {}
    for position, lasting_id in enumerate(labels.ids.tolist()):
        if labels.kind(position) is AreaLevel.COMMUNITY:
            found.setdefault(labels.code(position), lasting_id)
    return found
