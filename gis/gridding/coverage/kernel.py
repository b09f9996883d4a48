"""The compiled look-ups of `native/`, where set-up found a compiler (`tools/kernel.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    from gis.gridding.coverage import _kernel
except ImportError:
    _kernel = None  # type: ignore[assignment] # no compiler was there at set-up: NumPy answers

if TYPE_CHECKING:
    from gis.gridding.coverage._kernel import Kernel
    from gis.gridding.coverage.lookup import Tables

IS_COMPILED = _kernel is not None


def compiled_kernel(tables: Tables) -> Kernel | None:
    """Return the compiled look-ups in some tables, or None."""
    if _kernel is None:
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
