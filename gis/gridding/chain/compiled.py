"""The compiled functions of `native/`, where set-up found a compiler; else NumPy and GEOS do their work."""

from __future__ import annotations

from importlib.util import find_spec

CALLS = 1
"""Goes up when what is passed to the compiled functions changes; `native/chain.c` holds the same number."""

try:
    from gis.gridding.chain import _chain as chain
except ImportError:
    chain = None  # type: ignore[assignment] # no compiler was there at set-up
if getattr(chain, "CALLS", None) != CALLS:  # compiled from other sources
    chain = None  # type: ignore[assignment] # NumPy, then
IS_OUTDATED = chain is None and find_spec("gis.gridding.chain._chain") is not None

__all__ = ["CALLS", "IS_OUTDATED", "chain"]
