"""The compiled look-ups of `native/`, where set-up found a compiler (`tools/kernel.py`)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from gis.gridding.coverage.layout import LAYOUT

try:
    from gis.gridding.coverage import _kernel
except ImportError:
    _kernel = None  # type: ignore[assignment] # none is there, or one that does not load: NumPy answers

if TYPE_CHECKING:
    from gis.gridding.coverage._kernel import Kernel
    from gis.gridding.coverage.lookup import Tables

# one from older sources would read tables of another layout, and answer nonsense
IS_COMPILED = getattr(_kernel, "LAYOUT", None) == LAYOUT
IS_OUTDATED = not IS_COMPILED and find_spec("gis.gridding.coverage._kernel") is not None


def compiled_kernel(tables: Tables) -> Kernel | None:
    """Return the compiled look-ups in some tables, or None."""
    if not IS_COMPILED:
        return None
    frame = tables.frame
    return _kernel.Kernel(
        (frame.west, frame.south, frame.x_scale, frame.y_scale, frame.columns, frame.rows),
        tables.cells,
        tables.blocks,
        tables.words,
        tables.vertices,
        tables.squares,
    )
