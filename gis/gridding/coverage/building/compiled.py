"""The compiled building of `native/`, where set-up found a compiler; else NumPy builds the same."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from gis.gridding.coverage.layout import LAYOUT

try:
    from gis.gridding.coverage.building import _build as build
except ImportError:
    build = None  # type: ignore[assignment] # no compiler was there at set-up
if getattr(build, "LAYOUT", None) != LAYOUT:  # compiled from other sources
    build = None  # type: ignore[assignment] # NumPy, then
IS_OUTDATED = build is None and find_spec("gis.gridding.coverage.building._build") is not None

if TYPE_CHECKING:
    from gis.gridding.coverage.building.raster import Surroundings, Window

MOST_FINE_CELLS = 1 << 26
"""Of one window, were it all divided: as many as the compiled building can number."""

__all__ = ["IS_OUTDATED", "build", "can_build"]


def can_build(around: Surroundings, window: Window) -> bool:
    """Say whether a window can be built by compiled code: not with polygons that only GEOS can answer for."""
    fits = window.columns * window.rows <= MOST_FINE_CELLS >> 2 * window.deepest
    return build is not None and fits and not len(around.asked)
