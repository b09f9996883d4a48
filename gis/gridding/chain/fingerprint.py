"""128 bits for each polygon that add up: those of a partition sum to those of its parent.

A fingerprint is the sum, modulo 2 to the 64, of the signed keys of a polygon's edges, once for each of two
kinds of keys. Shared edges cancel in the sum over polygons, as they do in the chain. So the verdict on a
whole district is one sum over stored numbers, and an edit changes it by what the edited grids have changed.
Different edges cancel by chance in one of 2 to the 128 cases; a verdict that must not depend on chance is
that of `residual_of`, which compares coordinates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.chain.edges import SALT, Edges
from gis.gridding.chain.rings import Rings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Polygons

SALTS = (SALT, np.uint64(0x9E6C63D0676A9A99))


def fingerprints_of(polygons: Polygons) -> NDArray[np.uint64]:
    """Return the fingerprint of each polygon; that of None is zero.

    Args:
        polygons: Valid polygons and multipolygons, however they are drawn, shape (n,).

    Returns:
        Shape (n, 2). Sums of them are to be taken modulo 2 to the 64.
    """
    rings = Rings.of(polygons)
    prints = np.zeros((len(polygons), len(SALTS)), dtype=np.uint64)
    if not len(rings):
        return prints
    starts = rings.offsets[np.flatnonzero(np.diff(rings.polygon, prepend=-1))]
    there = np.unique(rings.polygon)
    for number, salt in enumerate(SALTS):
        edges = Edges.of(rings, salt=salt)
        with np.errstate(over="ignore"):
            signed = edges.keys * edges.signs.astype(np.int64).view(np.uint64)
            prints[there, number] = np.add.reduceat(signed, starts)
    return prints


def is_partition(polygons: NDArray[np.uint64], parents: NDArray[np.uint64]) -> bool:
    """Say whether valid polygons partition their parents, by their fingerprints, shape (n, 2) and (p, 2)."""
    with np.errstate(over="ignore"):
        return bool((polygons.sum(axis=0) == parents.sum(axis=0)).all())
