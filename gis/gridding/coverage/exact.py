"""The exact sign of the turn from a point to the two ends of an edge, or an honest "not known"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gis.gridding.coverage.outlines import Flags, Floats

# Splits a double into two halves of at most 26 bits (Veltkamp, Dekker 1971).
SPLITTER = 134217729.0
# Products of differences between these neither overflow nor lose bits.
SMALLEST, LARGEST = 1e-140, 1e140


def exact_signs(one: Floats, other: Floats, x: Floats, y: Floats) -> Floats:
    """Return the sign of (one - point) x (other - point).

    The differences of nearby doubles are exact; then both products are written as sums of two doubles
    without error, and compared. The arithmetic GEOS uses is exact in that case too, so the signs agree.

    Args:
        one: First ends, shape (n, 2).
        other: Second ends, shape (n, 2).
        x: Of the points, shape (n,).
        y: Of the points, shape (n,).

    Returns:
        -1, 0 or 1; NaN where a difference is not exact, or so small or large that a product may not be.
    """
    x1, y1, x2, y2 = one[:, 0] - x, one[:, 1] - y, other[:, 0] - x, other[:, 1] - y
    exact = (
        _is_exact(one[:, 0], x, x1)
        & _is_exact(one[:, 1], y, y1)
        & _is_exact(other[:, 0], x, x2)
        & _is_exact(other[:, 1], y, y2)
    )
    left, left_rest = _product(x1, y2)
    right, right_rest = _product(x2, y1)
    # both pairs are rounded sums: the larger number has the larger head, or the same and the larger rest
    signs = np.where(left != right, np.sign(left - right), np.sign(left_rest - right_rest))
    return np.where(exact, signs, np.nan)


def _is_exact(a: Floats, b: Floats, difference: Floats) -> Flags:
    """Say whether a - b lost nothing (Knuth's two-sum), and may be multiplied without loss."""
    back = difference - a
    lost = (a - (difference - back)) - (b + back)
    size = np.abs(difference)
    exact: Flags = (lost == 0) & ((size == 0) | ((size > SMALLEST) & (size < LARGEST)))
    return exact


def _product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return the product as a rounded one and what the rounding lost."""
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a: Floats) -> tuple[Floats, Floats]:
    wide = SPLITTER * a
    high = wide - (wide - a)
    return high, a - high
