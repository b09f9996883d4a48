"""The outlines of polygons as flat arrays: a pool of vertices, rings over it, polygons over the rings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Integers: TypeAlias = NDArray[np.integer[Any]]
    Flags: TypeAlias = NDArray[np.bool_]
    Polygons: TypeAlias = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Outlines:
    """Polygons taken apart; every array may be a read-only memory map.

    Attributes:
        vertices: x and y of closed rings one after another, shape (v, 2).
        ring_offsets: Where each ring starts in `vertices`, and where the last one ends, shape (r + 1,).
        ring_is_shell: Whether a ring is the shell of a part; its holes follow it, shape (r,).
        polygon_rings: First ring and the one behind the last of each polygon, shape (p, 2).
        asks_geos: Polygons that are not valid: only GEOS can say what lies in them, shape (p,).
    """

    vertices: Floats
    ring_offsets: Integers
    ring_is_shell: Flags
    polygon_rings: Integers
    asks_geos: Flags

    @classmethod
    def of(cls, polygons: Polygons) -> Outlines:
        """Take polygons apart; shells turn counter-clockwise and holes clockwise.

        Args:
            polygons: Polygons and multipolygons with finite coordinates, none empty, shape (p,).
        """
        valid = shapely.is_valid(polygons)
        with np.errstate(over="ignore", invalid="ignore"):  # so large that only GEOS will be asked about them
            flat = np.where(valid, shapely.orient_polygons(polygons), polygons) if len(polygons) else polygons
        parts, polygon_of_part = shapely.get_parts(flat, return_index=True)
        rings, part_of_ring = shapely.get_rings(parts, return_index=True)
        vertices, ring_of_vertex = shapely.get_coordinates(rings, return_index=True)
        polygon_of_ring = polygon_of_part[part_of_ring]
        ends = polygon_of_ring.searchsorted(np.arange(len(polygons) + 1))
        return cls(
            vertices=np.ascontiguousarray(vertices),
            ring_offsets=ring_of_vertex.searchsorted(np.arange(len(rings) + 1)),
            ring_is_shell=changes(part_of_ring),
            polygon_rings=np.concatenate((ends[:-1, None], ends[1:, None]), axis=1),
            asks_geos=~valid,
        )

    def __len__(self) -> int:
        """Count the polygons."""
        return len(self.polygon_rings)

    def polygons(self, which: Integers) -> Polygons:
        """Put polygons together again, those in several parts as multipolygons, shape of `which`."""
        first, end = self.polygon_rings[which].T
        ring = ranges(first, end - first)
        counts = np.diff(self.ring_offsets)[ring]
        vertices = self.vertices[ranges(self.ring_offsets[ring], counts)]
        part_starts = np.flatnonzero(self.ring_is_shell[ring])
        offsets = (
            np.concatenate(([0], np.cumsum(counts))),
            np.concatenate((part_starts, [len(ring)])),
            np.searchsorted(part_starts, np.concatenate(([0], np.cumsum(end - first)))),
        )
        made = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, vertices, offsets)
        # GEOS may answer otherwise for a multipolygon of one part if that is not valid
        return np.where(shapely.get_num_geometries(made) == 1, shapely.get_geometry(made, 0), made)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the arrays by name, for a file."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Outlines:
        """Take the arrays of `arrays` back, without a copy."""
        return cls(**{name: arrays[name] for name in cls.__slots__})  # type: ignore[arg-type] # by name


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of some polygons in the units of a raster, one for each vertex that starts one.

    Attributes:
        vertex: The vertex it starts at, in the pool, shape (e,).
        polygon: Whose outline it is part of.
        u1, v1, u2, v2: Its ends in cells.
        before, after: The edges before and after it in its ring, by place in these arrays.
    """

    vertex: Integers
    polygon: Integers
    u1: Floats
    v1: Floats
    u2: Floats
    v2: Floats
    before: Integers
    after: Integers

    def __len__(self) -> int:
        """Count the edges."""
        return len(self.vertex)

    def only(self, members: Integers) -> Edges:
        """Keep some edges, ascending; those before and after must be kept too if they are ever asked for."""
        kept = {name: getattr(self, name)[members] for name in self.__slots__}
        for name in ("before", "after"):
            kept[name] = np.minimum(np.searchsorted(members, kept[name]), len(members) - 1)
        return Edges(**kept)


def changes(values: NDArray[Any]) -> Flags:
    """Say of each value whether it is another than the one before; the first is."""
    flags = np.empty(len(values), dtype=bool)
    flags[:1] = True
    np.not_equal(values[1:], values[:-1], out=flags[1:])
    return flags


def distinct(values: Integers) -> Integers:
    """Return the values ascending, each once: by sorting, which here is faster than `numpy.unique`."""
    ordered = values.copy()
    ordered.sort()
    return ordered[changes(ordered)]


def lengths(starts: Integers, end: int) -> Integers:
    """Return how many there are from each start to the next, and from the last one to the end."""
    counts = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=counts[:-1])
    counts[-1:] = end - starts[-1:]
    return counts


def is_among(values: Integers, ordered: Integers) -> Flags:
    """Say of each value whether it is among others, which are ascending."""
    if not len(ordered):
        return np.zeros(len(values), dtype=bool)
    found: Flags = ordered.take(ordered.searchsorted(values), mode="clip") == values
    return found


def ranges(starts: Integers | int, counts: Integers) -> Integers:
    """Return starts[0], starts[0] + 1, ..., starts[1], starts[1] + 1, ...: `counts` numbers from each start.

    >>> ranges(np.array([5, 20]), np.array([3, 2]))
    array([ 5,  6,  7, 20, 21])
    """
    steps: Integers = (starts - counts.cumsum() + counts).repeat(counts)
    steps += np.arange(len(steps))
    return steps


def lone_pairs(keys: NDArray[np.uint64]) -> tuple[Integers, Integers]:
    """Return where numbers stand that stand exactly twice, the first and the second of each.

    Only their upper bits are looked at, as many as leave room for a place: some of the pairs may differ
    below, and a few numbers that stand twice are not told.
    """
    # sorted as numbers that end in their own place: far quicker than sorting places
    bits = np.uint64(len(keys).bit_length())
    ordered = np.sort((keys >> bits << bits) | np.arange(len(keys), dtype=np.uint64))
    new = np.ones(len(keys) + 2, dtype=bool)
    new[:-2] = changes(ordered >> bits)
    first = (new[:-2] & ~new[1:-1] & new[2:]).nonzero()[0]
    order = (ordered & ((np.uint64(1) << bits) - np.uint64(1))).view(np.int64)
    return order[first], order.take(first + 1)
