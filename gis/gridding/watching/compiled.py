"""The compiled functions of `native/`, where set-up found a compiler; else Python does their work."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Polygons

CALLS = 1
"""Goes up when what is passed to the compiled functions changes; `native/watch.c` holds the same number."""

try:
    from gis.gridding.watching import _watch as watch
except ImportError:
    watch = None  # type: ignore[assignment] # no compiler was there at set-up
if getattr(watch, "CALLS", None) != CALLS:  # compiled from other sources
    watch = None  # type: ignore[assignment] # Python, then
IS_OUTDATED = watch is None and find_spec("gis.gridding.watching._watch") is not None

__all__ = ["CALLS", "IS_OUTDATED", "as_bytes", "watch"]


def as_bytes(polygons: Polygons) -> list[bytes | None]:
    """Return polygons, or None, as the compiled functions read them."""
    told: list[bytes | None] = shapely.to_wkb(polygons, output_dimension=2).tolist()
    return told
