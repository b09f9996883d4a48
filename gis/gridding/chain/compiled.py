"""The compiled functions of `native/`, where set-up found a compiler; else NumPy and GEOS do their work."""

from __future__ import annotations

try:
    from gis.gridding.chain import _chain as chain
except ImportError:
    chain = None  # type: ignore[assignment] # no compiler was there at set-up

__all__ = ["chain"]
