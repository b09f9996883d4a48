"""Grids and areas with fewer corners, for maps that show much at once: `simplify=METRES`."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

import geopandas as gpd
import numpy as np
from fastapi import Query

from gis.gridding.simplifying.release import simplify_release
from gis.nouns import STORED_CRS
from gis.store.areas import list_areas
from gis.store.grids import list_grids

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from gis.nouns import Release

COARSEST_M = 1000
# An answer of one box needs the whole release, or its edges would not be those of the next box.
KEPT = 4

Simplify = Annotated[
    float | None,
    Query(
        gt=0,
        le=COARSEST_M,
        description="Drop corners whose triangle with their neighbours is smaller than the square of so many "
        "metres. The coverage stays seamless and areas the union of their parts; not for measuring.",
    ),
]


@dataclass(frozen=True, slots=True)
class Shapes:
    """The simplified grids and areas of a release by their lasting ids, and the areas that are no union."""

    grids: gpd.GeoSeries
    areas: gpd.GeoSeries
    not_seamless: list[str]


class SimplifiedReleases:
    """What was simplified last, which never goes stale; safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, str, float], Shapes] = OrderedDict()
        self._lock = Lock()

    def of(self, session: Session, release: Release, metres: float) -> Shapes:
        """Return a release's grids and areas, simplified when they are first asked for."""
        key = (release.number, release.sha256, metres)
        with self._lock:  # one at a time: it takes a second, and all of a processor
            found = self._kept.get(key)
            if found is None:
                found = self._kept[key] = _simplified(session, release.number, metres)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def drawn_like(frame: gpd.GeoDataFrame, shapes: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return a frame with the simplified shapes of its ids."""
    found = np.asarray(shapes.reindex(frame["id"]), dtype=object)
    return frame.set_geometry(gpd.GeoSeries(found, frame.index, STORED_CRS))


def said(metres: float, shapes: Shapes) -> dict[str, Any]:
    """Say in an answer that it is simplified."""
    return {"simplified": {"tolerance_m": metres, "areas_not_seamless": shapes.not_seamless}}


def _simplified(session: Session, number: int, metres: float) -> Shapes:
    grids, areas = list_grids(session, number), list_areas(session, number)
    found = simplify_release(grids, areas, metres)
    return Shapes(_by_id(found.grids, grids), _by_id(found.areas, areas), found.not_seamless)


def _by_id(polygons: NDArray[np.object_], frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return gpd.GeoSeries(polygons, index=frame["id"].to_numpy(), crs=STORED_CRS)
