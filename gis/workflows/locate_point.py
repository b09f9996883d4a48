"""Locate points in the grids of a release; the index of each release is built once and kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from gis.errors import NotFoundError
from gis.gridding.locate import GridIndex
from gis.store.areas import list_areas
from gis.store.grids import list_grids
from gis.store.releases import find_release_on, get_release
from gis.workflows.check_grids import metric_crs_of

if TYPE_CHECKING:
    from datetime import date

    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.gridding.located import Located
    from gis.nouns import Release
    from gis.settings import Settings

# A release is immutable, so its index never goes stale; the bound is for memory.
RELEASES_KEPT = 4


@dataclass(frozen=True, slots=True)
class ReleaseIndex:
    """A release, its grids and areas by lasting id, and the index over them."""

    release: Release
    grids: GeoDataFrame
    areas: GeoDataFrame
    index: GridIndex


class ReleaseIndexes:
    """The indexes of the releases asked for last; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: OrderedDict[int, ReleaseIndex] = OrderedDict()
        self._lock = Lock()

    def of(self, session: Session, release: Release) -> ReleaseIndex:
        """Return the index of a release, building it the first time it is asked for."""
        with self._lock:
            if release.number not in self._kept:
                self._kept[release.number] = build_index(session, release, self._settings)
                if len(self._kept) > RELEASES_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(release.number)
            return self._kept[release.number]


def build_index(session: Session, release: Release, settings: Settings) -> ReleaseIndex:
    """Read a release from the database and index it."""
    grids = list_grids(session, release.number).set_index("id", drop=False)
    areas = list_areas(session, release.number).set_index("id", drop=False)
    crs = metric_crs_of(areas if len(areas) else grids, settings)
    return ReleaseIndex(release, grids, areas, GridIndex.build(grids, areas, crs))


def require_release(session: Session, *, number: int | None, day: date) -> Release:
    """Return the release asked for by number, else the one in force on the day.

    Raises:
        NotFoundError: There is no such release, or none was in force on that day.
    """
    if number is not None:
        return get_release(session, number)
    release = find_release_on(session, day)
    if release is None:
        raise NotFoundError(
            f"No release was in force on {day}; `wangge release list` shows when each takes effect."
        )
    return release


def locate_point(
    session: Session, indexes: ReleaseIndexes, point: tuple[float, float], release: Release, accuracy_m: float
) -> Located:
    """Return where a point (lon, lat; EPSG:4490) belongs in a release.

    Args:
        session: The open transaction.
        indexes: Where the release's index is kept.
        point: Longitude and latitude in degrees.
        release: The release to answer from.
        accuracy_m: How far the point may be off; grids within it are candidates.
    """
    return indexes.of(session, release).index.locate(*point, accuracy_m=accuracy_m)
