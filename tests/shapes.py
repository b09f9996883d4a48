"""Small named shapes whose areas, widths and neighbours can be checked in the head.

All are drawn in metres from one corner in Jiangning, a side of 100 m unless said, and stored as the project
stores them: EPSG:4490, longitude first. Drawing:

    two_by_two          with_gap              with_overlap         t_junction
    +---+---+           +---+---+             +---+---+            +---+---+
    | 1 | 2 |           | 1 | 2 |             | 1 |#2 |            | 1 | 2 |
    +---+---+           +--  ---+  2 m high   +---+---+            +---+---+
    | 3 | 4 |           | 3 | 4 |             | 3 | 4 |            |   3   |
    +---+---+           +---+---+             +---+---+            +-------+
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import Polygon, box

from gis.gridding.crs import geometries_to_stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

METRIC_CRS = "EPSG:4549"
EAST, NORTH = 388_000.0, 3_537_000.0
"""The corner everything is drawn from, in METRIC_CRS: 118.82 E, 31.95 N."""

DISTRICT, STREET, COMMUNITY = "320115", "320115001", "320115001001"
OTHER_COMMUNITY = "320115001002"


def stored(shape: BaseGeometry | None) -> Any:
    """Move a shape drawn in metres to its place and into stored coordinates."""
    if shape is None:
        return None
    moved = shapely.transform(shape, lambda corners: corners + np.array([EAST, NORTH]))
    return geometries_to_stored(np.array([moved], dtype=object), METRIC_CRS)[0]


def square(east: float = 0, north: float = 0, side: float = 100) -> Polygon:
    """Draw a square from its lower left corner."""
    return box(east, north, east + side, north + side)


def two_by_two() -> dict[str, Polygon]:
    """Four squares that fill a block of 200 m."""
    return {
        code("001"): square(0, 100),
        code("002"): square(100, 100),
        code("003"): square(0, 0),
        code("004"): square(100, 0),
    }


def block() -> Polygon:
    """The block of 200 m they fill."""
    return square(side=200)


def with_gap(height: float = 2.0) -> dict[str, Polygon]:
    """The block with a slot of 100 m x `height` at its middle, taken from squares 3 and 4: enclosed."""
    slot = box(50, 100 - height, 150, 100)
    return {name: shape.difference(slot) for name, shape in two_by_two().items()}


def with_open_gap(height: float = 2.0) -> dict[str, Polygon]:
    """The block with a slot of 100 m x `height` at its upper edge."""
    slot = box(50, 200 - height, 150, 200)
    return {name: shape.difference(slot) for name, shape in two_by_two().items()}


def with_overlap(width: float = 2.0) -> dict[str, Polygon]:
    """The block with square 1 reaching `width` into square 2: an overlap of 100 m x `width`."""
    return two_by_two() | {code("001"): box(0, 100, 100 + width, 200)}


def with_lake() -> tuple[dict[str, Polygon], Polygon]:
    """The block with a lake of 20 m in the middle, cut out of the squares and of the block."""
    lake = square(90, 90, 20)
    return {name: shape.difference(lake) for name, shape in two_by_two().items()}, block().difference(lake)


def t_junction() -> dict[str, Polygon]:
    """Two squares on a slab that has no corner where they meet."""
    return {code("001"): square(0, 100), code("002"): square(100, 100), code("003"): box(0, 0, 200, 100)}


def bow_tie() -> Polygon:
    """A ring that crosses itself in the middle of a square of 100 m: two triangles of 2 500 m² each."""
    return Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


def code(sequence: str, community: str = COMMUNITY) -> str:
    """Build a grid code of the scheme community-3."""
    return community + sequence


def grids_frame(
    shapes: Mapping[str, BaseGeometry | None],
    *,
    kind: str = "natural",
    task: str | None = None,
    community: str | None = COMMUNITY,
) -> gpd.GeoDataFrame:
    """Make a frame of grids from shapes in metres by code; ids count from 1 in the order given."""
    return gpd.GeoDataFrame(
        {
            "id": range(1, len(shapes) + 1),
            "code": list(shapes),
            "name": [f"grid {name[-3:]}" for name in shapes],
            "kind": kind,
            "task": [task] * len(shapes),
            "community_code": [community] * len(shapes),
        },
        geometry=[stored(shape) for shape in shapes.values()],
        crs="EPSG:4490",
    )


def areas_frame(communities: Mapping[str, BaseGeometry | None]) -> gpd.GeoDataFrame:
    """Make a frame of communities from shapes in metres by code, in one street and district."""
    filled = shapely.union_all([shape for shape in communities.values() if shape is not None])
    rows = [
        (1, DISTRICT, "Jiangning", "district", None, filled),
        (2, STREET, "Street 1", "street", DISTRICT, filled),
        *(
            (3 + i, name, f"Community {name[-1]}", "community", STREET, shape)
            for i, (name, shape) in enumerate(communities.items())
        ),
    ]
    frame = gpd.GeoDataFrame(
        rows, columns=["id", "code", "name", "level", "parent_code", "geometry"], geometry="geometry"
    )
    frame["geometry"] = [stored(shape) for shape in frame["geometry"]]
    return frame.set_crs("EPSG:4490")
