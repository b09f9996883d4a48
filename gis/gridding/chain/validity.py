"""Which polygons are valid: most are told by their rings, in floating point with a bound on the error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gis.gridding.chain import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.rings import Polygons, Rings


def are_valid(polygons: Polygons, rings: Rings) -> NDArray[np.bool_]:
    """Tell which polygons are valid, as GEOS has it; None is, having no points.

    A polygon of one ring whose edges certainly do not meet is valid. GEOS is asked about all others.

    Args:
        polygons: Shape (n,).
        rings: Those of the polygons.
    """
    if compiled.chain is None:
        return _asked(polygons, np.arange(len(polygons)))
    simple = np.empty(len(rings), dtype=np.uint8)
    compiled.chain.surely_simple(rings.vertices, rings.offsets, simple)
    doubtful = np.bincount(rings.polygon, minlength=len(polygons)) > 1
    doubtful[rings.polygon[simple == 0]] = True
    return _asked(polygons, np.flatnonzero(doubtful))


def _asked(polygons: Polygons, which: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    valid = np.ones(len(polygons), dtype=bool)
    valid[which] = shapely.is_valid(polygons[which]) | shapely.is_missing(polygons[which])
    return valid
