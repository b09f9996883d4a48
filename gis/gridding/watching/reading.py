"""Read a batch of polygons, and keep what does not cancel, their boxes, and which are invalid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from gis.gridding.chain.edges import Edges
from gis.gridding.chain.rings import Rings
from gis.gridding.chain.validity import are_valid
from gis.gridding.watching.unmatched import Unmatched

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Integers, Polygons

    Batch: TypeAlias = Callable[["Integers | None"], Polygons]
    """Reads a batch: all its polygons, or only those at some positions in it, ascending."""


@dataclass(frozen=True, slots=True)
class Read:
    """What is kept of a batch.

    Attributes:
        unmatched: The edges that do not cancel in it.
        boxes: Of the polygons, made wider to the next number of single precision; NaN of those that do not
            count, shape (n, 4).
        invalid: Positions of polygons that are invalid and do not count.
    """

    unmatched: Unmatched
    boxes: NDArray[np.float32]
    invalid: Integers


def read(batch: Batch) -> Read:
    """Read a batch and keep what is needed of it.

    Raises:
        ValueError: Something in it is no polygon.
    """
    polygons = batch(None)
    rings = Rings.of(polygons)
    is_valid = are_valid(polygons, rings)
    edges = Edges.of(rings)
    edges.signs[np.repeat(~is_valid[rings.polygon], np.diff(rings.offsets))] = 0
    boxes = shapely.bounds(polygons)
    boxes[~is_valid] = np.nan
    return Read(Unmatched.of(edges), _single(boxes), np.flatnonzero(~is_valid))


def _single(boxes: NDArray[np.float64]) -> NDArray[np.float32]:
    rounded = boxes.astype(np.float32)
    infinity = np.array([-np.inf, -np.inf, np.inf, np.inf], dtype=np.float32)
    return np.nextafter(rounded, infinity)
