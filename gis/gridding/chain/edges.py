"""The directed edges of rings: a key that equal edges share, and a sign that tells the polygon's side.

An edge starts at each vertex of a ring but the last. Its canonical direction is from west to east, and from
south to north where it is upright. The sign is 1 where the polygon lies to the left of that direction, -1
where it lies to the right, and 0 where there is no edge: at a ring's end, and at a repeated vertex.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from gis.gridding.chain import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Flags, Floats, Integers, Rings

    Keys = NDArray[np.uint64]
    Signs = NDArray[np.int8]

SALT = np.uint64(0x2545F4914F6CDD1D)
# A sum of determinants is off by at most this share of the sum of its products' sizes, for each of its terms.
_ERROR = 4e-16
_AT_ONCE = 1 << 15


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges that start at the vertices of some rings.

    Attributes:
        rings: The rings.
        keys: The same for both copies of a shared edge, shape (v,); 0 where a ring ends.
        signs: -1, 0 or 1, shape (v,).
    """

    rings: Rings
    keys: Keys
    signs: Signs

    @classmethod
    def of(cls, rings: Rings, *, salt: np.uint64 = SALT) -> Edges:
        """Direct the edges of rings; which way a ring is drawn does not matter."""
        keys = np.empty(len(rings.vertices), dtype=np.uint64)
        signs = np.empty(len(rings.vertices), dtype=np.int8)
        turns = np.empty(len(rings), dtype=np.int8)
        ring_edges = _ring_edges if compiled.chain is None else compiled.chain.ring_edges
        ring_edges(rings.vertices, rings.offsets, rings.is_shell, np.array([salt]), keys, signs, turns)
        for ring in np.flatnonzero(turns == 0):
            start, end = rings.offsets[ring], rings.offsets[ring + 1]
            turn = exact_turn(rings.vertices[start:end])
            if turn == (-1 if rings.is_shell[ring] else 1):
                np.negative(signs[start:end], out=signs[start:end])
        return cls(rings, keys, signs)


def canonical_ends(vertices: Floats, edges: NDArray[np.integer[Any]]) -> Floats:
    """Return x and y of the ends of edges in their canonical direction, shape (k, 4)."""
    # complex numbers are ordered by their real part, then by the other: here that is by x, then by y
    corners = np.ascontiguousarray(vertices).view(np.complex128).ravel()
    start, end = corners.take(edges), corners.take(edges + 1)
    ends = np.empty((len(edges), 2), dtype=np.complex128)
    np.minimum(start, end, out=ends[:, 0])
    np.maximum(start, end, out=ends[:, 1])
    return ends.view(np.float64)


def keys_of(ends: Floats, salt: np.uint64 = SALT) -> Keys:
    """Return the keys of edges from their ends in canonical direction, shape (k, 4)."""
    return _edge_keys(_vertex_keys(ends[:, :2], salt), _vertex_keys(ends[:, 2:], salt))


def group_edges(keys: Keys, ends: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Bring equal edges together: their order, and where each group starts in it.

    Keys only bring near what may be equal: what is decides by the coordinates of the ends.
    """
    order = np.argsort(keys, kind="stable")
    ordered = ends[order]
    other = (ordered[1:] != ordered[:-1]).any(axis=1)
    if np.any(other & (keys[order[1:]] == keys[order[:-1]])):
        # different edges with one key may lie among each other: once in ages, and in tests
        order = np.lexsort(ends.T)
        ordered = ends[order]
        other = (ordered[1:] != ordered[:-1]).any(axis=1)
    return order, np.flatnonzero(np.concatenate(([True], other)))[: len(order)]


def exact_turn(ring: Floats) -> int:
    """Say which way a closed ring turns: 1 counter-clockwise, -1 clockwise, 0 if its area is 0; no rounding.

    >>> exact_turn(np.array([[0.0, 0.0], [1e300, 0.0], [1e300, 1e-300], [0.0, 0.0]]))
    1
    """
    if not np.isfinite(ring).all():
        return 0
    x, y = ([Fraction(value) for value in axis] for axis in ring.T.tolist())
    twice = sum(x[i] * y[i + 1] - x[i + 1] * y[i] for i in range(len(x) - 1))
    return (twice > 0) - (twice < 0)


def _ring_edges(  # noqa: PLR0913, PLR0917 - as the compiled one
    vertices: Floats,
    offsets: NDArray[np.int64],
    is_shell: Flags,
    salt: Keys,
    keys: Keys,
    signs: Signs,
    turns: Signs,
) -> None:
    """Fill keys, signs and turns as the compiled function does, as many vertices at once as fit the cache."""
    firsts = np.searchsorted(offsets[:-1], np.arange(0, len(vertices), _AT_ONCE))
    for first, end in pairwise(np.unique(np.append(firsts, len(turns))).tolist()):
        rings, of = slice(first, end), slice(offsets[first], offsets[end])
        starts = offsets[first : end + 1] - offsets[first]
        keys[of], along = _keyed(vertices[of], starts[1:] - 1, salt[0])
        turns[rings] = _turns(vertices[of], starts)
        flipped = turns[rings] == np.where(is_shell[rings], -1, 1)
        signs[of] = along * np.where(flipped, -1, 1).repeat(np.diff(starts))


def _keyed(vertices: Floats, ends: Integers, salt: np.uint64) -> tuple[Keys, Floats]:
    """Return the key of each edge, and 1 where it runs in its canonical direction, -1 where not, else 0."""
    x, y = vertices.T
    west, south = np.zeros(len(x)), np.zeros(len(x))
    west[:-1], south[:-1] = x[1:] - x[:-1], y[1:] - y[:-1]
    along = np.where(west != 0, np.sign(west), np.sign(south))
    along[ends] = 0
    hashed = _vertex_keys(vertices, salt)
    ahead = np.roll(hashed, -1)
    keys = _edge_keys(np.where(along > 0, hashed, ahead), np.where(along > 0, ahead, hashed))
    keys[ends] = 0
    return keys, along


def _turns(vertices: Floats, offsets: Integers) -> Signs:
    """Say which way rings turn: 1 counter-clockwise, -1 clockwise, 0 if rounding may decide."""
    x, y = vertices.T
    counts = np.diff(offsets)
    from_x, from_y = x - x[offsets[:-1]].repeat(counts), y - y[offsets[:-1]].repeat(counts)
    left, right = from_x * np.roll(from_y, -1), np.roll(from_x, -1) * from_y
    left[offsets[1:] - 1] = right[offsets[1:] - 1] = 0
    area = np.add.reduceat(left - right, offsets[:-1])
    size = np.add.reduceat(np.abs(left) + np.abs(right), offsets[:-1])
    sure = np.abs(area) > (counts + 3) * _ERROR * size
    return np.where(sure, np.sign(area), 0).astype(np.int8)


def _edge_keys(low: Keys, high: Keys) -> Keys:
    with np.errstate(over="ignore"):
        return _spread(low + np.uint64(0xD6E8FEB86659FD93) * high)


def _vertex_keys(vertices: Floats, salt: np.uint64) -> Keys:
    x, y = np.ascontiguousarray(vertices).view(np.uint64).T
    with np.errstate(over="ignore"):
        return _spread(x * np.uint64(0x9E3779B97F4A7C15) + _spread(y ^ salt))


def _spread(bits: Keys) -> Keys:
    """Spread the bits of numbers over all 64, so that near numbers get far keys."""
    bits = bits ^ bits >> np.uint64(33)
    bits *= np.uint64(0xFF51AFD7ED558CCD)
    bits ^= bits >> np.uint64(33)
    bits *= np.uint64(0xC4CEB9FE1A85EC53)
    return bits ^ bits >> np.uint64(33)
