"""The rings of polygons as flat arrays, in the order of the polygons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.integer[Any]]
    Flags = NDArray[np.bool_]
    Polygons = NDArray[Any]

_POLYGON, _MULTIPOLYGON = 3, 6


@dataclass(frozen=True, slots=True)
class Rings:
    """Closed rings, each with its first vertex again at its end.

    Attributes:
        vertices: x and y, without negative zeros, shape (v, 2).
        offsets: Where each ring starts in `vertices`, and where the last one ends, shape (r + 1,).
        is_shell: Whether it is the shell of a part; its holes follow it, shape (r,).
        polygon: Position of the polygon it is of, ascending, shape (r,).
    """

    vertices: Floats
    offsets: Integers
    is_shell: Flags
    polygon: Integers

    @classmethod
    def of(cls, polygons: Polygons) -> Rings:
        """Take polygons apart.

        Args:
            polygons: Polygons and multipolygons, shape (n,); None and empty ones have no rings.

        Raises:
            ValueError: One of them is no polygon.
        """
        kinds, lengths = shapely.get_type_id(polygons), shapely.get_num_coordinates(polygons)
        plain = (kinds == _POLYGON) & (shapely.get_num_interior_rings(polygons) == 0) & (lengths > 0)
        vertices = shapely.get_coordinates(polygons)
        vertices += 0.0
        polygon = plain.nonzero()[0]
        is_shell = np.ones(len(polygon), dtype=bool)
        if len(polygon) < len(polygons):
            others = (~plain).nonzero()[0]
            strange = (kinds != _POLYGON) & (kinds != _MULTIPOLYGON) & (lengths > 0)
            if strange.any():
                raise ValueError("Only polygons and multipolygons have rings.")
            parts, of_part = shapely.get_parts(polygons[others], return_index=True)
            rings, of_ring = shapely.get_rings(parts, return_index=True)
            first = np.ones(len(rings), dtype=bool)
            np.not_equal(of_ring[1:], of_ring[:-1], out=first[1:])
            polygon = np.concatenate((polygon, others[of_part[of_ring]]))
            order = np.argsort(polygon, kind="stable")
            is_shell = np.concatenate((is_shell, first))[order]
            lengths = np.concatenate((lengths[plain], shapely.get_num_coordinates(rings)))[order]
            polygon = polygon[order]
        offsets = np.zeros(len(polygon) + 1, dtype=np.int64)
        lengths.cumsum(out=offsets[1:])
        return cls(vertices, offsets, is_shell, polygon)

    def __len__(self) -> int:
        """Count the rings."""
        return len(self.polygon)

    def ring_of(self, vertices: Integers) -> Integers:
        """Say which ring each vertex is of, by position."""
        return self.offsets.searchsorted(vertices, side="right") - 1

    def polygon_of(self, vertices: Integers) -> Integers:
        """Say which polygon each vertex is of, by position."""
        return self.polygon[self.ring_of(vertices)]
