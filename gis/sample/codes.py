"""Codes of the invented areas and grids, numbered as one reads a map."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.codes import number_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DISTRICT_CODE = "320199"
"""Six digits of no real district."""

URBAN_FIRST, VILLAGE_FIRST = 1, 201
NATURAL_FIRST, DEDICATED_FIRST, SPECIAL_FIRST = 1, 801, 901


def numbered(
    polygons: NDArray[np.object_], parents: Sequence[str], first: int | Sequence[int]
) -> NDArray[np.object_]:
    """Return the code of each polygon: its parent's code and a three-digit sequence.

    Args:
        polygons: In EPSG:4490, shape (n,).
        parents: Code of the parent of each.
        first: Where the sequence begins, for all or for each; those that begin alike are counted
            together, from north to south in rows and from west to east within a row.
    """
    starts = [first] * len(polygons) if isinstance(first, int) else first
    groups = defaultdict(list)
    for place, group in enumerate(zip(parents, starts, strict=True)):
        groups[group].append(place)
    codes = np.empty(len(polygons), dtype=object)
    for (parent, start), members in groups.items():
        places = np.array(members)
        for rank, place in enumerate(places[number_order(polygons[places])].tolist()):
            codes[place] = f"{parent}{start + rank:03d}"
    return codes
