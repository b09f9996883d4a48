"""Turn labels on blocks, and lines of the network, into published geometry in degrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.sample.land.ground import to_degrees

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gis.sample.land.ground import Lattice

    Geometries = NDArray[np.object_]


def block_polygons(rings: list[Lattice]) -> Geometries:
    """Return the polygon of each block in EPSG:4490; shared vertices are the same doubles."""
    return np.array([shapely.Polygon(to_degrees(ring)) for ring in rings])


def united(blocks: Geometries, label: NDArray[np.int64]) -> Geometries:
    """Unite blocks by label, 0 to n - 1; blocks labelled -1 stay out.

    Inner boundaries vanish and no vertex moves, so the results touch vertex by vertex as the blocks did.
    Every result begins at its westernmost vertex and runs anticlockwise, whatever the library does inside.
    """
    order = np.argsort(label, kind="stable")
    order = order[label[order] >= 0]
    groups = np.split(blocks[order], np.flatnonzero(np.diff(label[order])) + 1)
    shapes = [shapely.coverage_union_all(group) for group in groups]
    return np.array([ordered(shape) for shape in shapes])


def ordered(shape: BaseGeometry) -> BaseGeometry:
    """Return a polygon with its ring anticlockwise from its westernmost (then southernmost) vertex."""
    if not isinstance(shape, shapely.Polygon) or shape.interiors:
        return shapely.orient_polygons(shapely.normalize(shape))
    ring = shapely.get_coordinates(shapely.orient_polygons(shape))[:-1]
    return shapely.Polygon(np.roll(ring, -int(np.lexsort((ring[:, 1], ring[:, 0]))[0]), axis=0))


def lines_in_degrees(lines: Geometries) -> Geometries:
    """Return lines of the lattice in EPSG:4490."""
    return np.asarray(shapely.transform(lines, to_degrees))
