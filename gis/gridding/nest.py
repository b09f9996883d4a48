"""Find the parent of each polygon by where it lies, for files that do not say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gis.gridding.overlay import intersections
from gis.gridding.valid import make_valid_within

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

MAKE_VALID_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Nested:
    """The parents that were found.

    Attributes:
        codes: Code of each child's parent with the children's index; None where it meets no parent.
        shares: Share of each child's area that lies in that parent, 0 to 1, with the same index.
    """

    codes: pd.Series[str]
    shares: pd.Series[float]


def assign_parents(children: gpd.GeoDataFrame | gpd.GeoSeries, parents: gpd.GeoDataFrame) -> Nested:
    """Find the parent each child lies in.

    1. A parent that covers the child wholly is its parent, with share 1.
    2. Else the parent with the largest overlap in area; of equal ones the lowest code.
    3. A child that cannot be made valid in time goes where most of its corners lie.

    Args:
        children: Polygons with any index; invalid and missing ones are allowed.
        parents: Polygons with a column `code`, in the same system (degrees or metres).
    """
    order = np.argsort(parents["code"].astype(str).to_numpy(), kind="stable")
    codes = parents["code"].to_numpy(dtype=object)[order]
    outlines = make_valid_within(parents.geometry.to_numpy()[order], MAKE_VALID_SECONDS).geometries
    raw = np.asarray(children.geometry.to_numpy(), dtype=object)
    made = make_valid_within(raw, MAKE_VALID_SECONDS)
    parent, share = largest_overlaps(made.geometries, outlines)
    for lost in np.flatnonzero(made.given_up):
        parent[lost], share[lost] = _by_corners(raw[lost], outlines)
    found = np.full(len(parent), None, dtype=object)
    found[parent >= 0] = codes[parent[parent >= 0]]
    return Nested(
        codes=pd.Series(found, index=children.index, dtype=object),
        shares=pd.Series(share, index=children.index),
    )


def largest_overlaps(
    polygons: Geometries, outlines: Geometries
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Find the outline with the largest part of each polygon.

    Args:
        polygons: Valid polygons or None, shape (n,).
        outlines: Valid polygons or None, shape (m,), in the same system; of equal parts the first wins.

    Returns:
        Positions among the outlines (-1: none), and the shares of the polygons' areas, shape (n,).
    """
    best, share = np.full(len(polygons), -1), np.zeros(len(polygons))
    child, parent = shapely.STRtree(outlines).query(polygons)  # boxes only; predicates would be dearer
    shapely.prepare(outlines)
    inside = shapely.covers(outlines[parent], polygons[child])
    # Written from the last to the first, so that the lowest code stays.
    best[child[inside][::-1]], share[child[inside]] = parent[inside][::-1], 1.0
    open_still = best[child] < 0
    child, parent = child[open_still], parent[open_still]
    areas = shapely.area(intersections(polygons[child], outlines[parent]))
    ranked = np.lexsort((-parent, areas, child))  # the last of each child is its largest, lowest code first
    ranked = ranked[areas[ranked] > 0]
    best[child[ranked]] = parent[ranked]
    whole = shapely.area(polygons[child[ranked]])
    share[child[ranked]] = np.minimum(areas[ranked] / whole, 1.0)
    return best, share


def _by_corners(polygon: shapely.Geometry, outlines: Geometries) -> tuple[int, float]:
    corners = shapely.get_coordinates(polygon)
    corners = corners[np.isfinite(corners).all(axis=1)]
    if not len(corners):
        return -1, 0.0
    _, parent = shapely.STRtree(outlines).query(shapely.points(corners), predicate="intersects")
    if not len(parent):
        return -1, 0.0
    votes = np.bincount(parent)
    return int(votes.argmax()), float(votes.max() / len(corners))
