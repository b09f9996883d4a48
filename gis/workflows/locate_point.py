"""Locate points in the grids of a release; the index of each release is built once and kept."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import gis.gridding
from gis.errors import CoordinateSystemError, NotFoundError
from gis.files.index_file import FORMAT, IndexFolder
from gis.gridding.crs import point_to_stored
from gis.gridding.locate import GridIndex
from gis.store.areas import list_areas
from gis.store.grids import list_grids
from gis.store.releases import list_releases, mark_of

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from gis.gridding.located import Located
    from gis.nouns import Release
    from gis.settings import Settings

FURTHEST_M = 10_000
"""How far off a point may be said to be: beyond it most grids of a district would be candidates."""

# A release is immutable, so its index never goes stale; the bound is for memory where files cannot be kept.
RELEASES_KEPT = 4


@dataclass(frozen=True, slots=True)
class ReleaseIndex:
    """A release and the index over its grids and areas."""

    release: Release
    index: GridIndex


@dataclass(frozen=True, slots=True)
class Calendar:
    """All releases at one moment, newest first: which is in force on which day.

    Releases are only ever added, each with a later first day, so the newest tells whether a calendar is
    still the whole one.
    """

    releases: tuple[Release, ...] = ()

    @property
    def mark(self) -> tuple[Any, ...] | None:
        """What tells this calendar from every other; None if nothing is published."""
        return mark_of(self.releases[0]) if self.releases else None

    def find_on(self, day: date) -> Release | None:
        """Return the release in force on a day, or None before the first."""
        return next((release for release in self.releases if release.effective_from <= day), None)

    def find_numbered(self, number: int) -> Release | None:
        """Return a release by its number, or None."""
        return next((release for release in self.releases if release.number == number), None)

    def require(self, *, number: int | None, day: date) -> Release:
        """Return the release asked for by number, else the one in force on the day.

        Raises:
            NotFoundError: There is no such release, or none was in force on that day.
        """
        release = self.find_on(day) if number is None else self.find_numbered(number)
        if release is None:
            raise NotFoundError(
                f"No release was in force on {day}; `wangge release list` shows when each takes effect."
                if number is None
                else f"There is no release {number}; `wangge release list` shows the releases there are."
            )
        return release


class ReleaseIndexes:
    """The indexes of the releases asked for last; safe to share between threads and processes.

    1. In this process an index is known by number and hash of its release; an immutable state has one.
    2. Else its file below `home` is mapped; all processes of this machine share that memory.
    3. Else it is built from the database, and its file written, by one process while the others wait.

    Args:
        settings: Say where files are kept and how many.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = IndexFolder(settings.home / "indexes", settings.index_files)
        self._kept: OrderedDict[tuple[int, str], ReleaseIndex] = OrderedDict()
        self._building: dict[tuple[int, str], Lock] = {}
        self._lock = Lock()

    def known(self, release: Release) -> ReleaseIndex | None:
        """Return the index of a release if this process has it already."""
        key = (release.number, release.sha256)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def of(self, session: Session, release: Release) -> ReleaseIndex:
        """Return the index of a release, mapping or building it the first time it is asked for."""
        found = self.known(release)
        if found is not None:
            return found
        key = (release.number, release.sha256)
        with self._lock:
            building = self._building.setdefault(key, Lock())
        # others wait for this release only; who asks for another one goes on
        with building:
            try:
                found = self.known(release)
                if found is None:
                    found = ReleaseIndex(release, self._fetched(session, release))
                    self._keep(key, found)
            finally:
                with self._lock:
                    # after a failure one who waited builds, and a newcomer has made a lock of its own
                    if self._building.get(key) is building:
                        del self._building[key]
        return found

    def _keep(self, key: tuple[int, str], index: ReleaseIndex) -> None:
        with self._lock:
            self._kept[key] = index
            while len(self._kept) > RELEASES_KEPT:
                self._kept.popitem(last=False)

    def _fetched(self, session: Session, release: Release) -> GridIndex:
        facts: dict[str, str | int] = {
            "release": release.number,
            "release_sha256": release.sha256,
            "program": program_mark(),
        }
        words = "\n".join(str(fact) for fact in (FORMAT, *facts.values()))
        name = f"{release.number:06}-{hashlib.sha256(words.encode()).hexdigest()[:16]}"

        def make() -> dict[str, NDArray[Any]]:
            return build_index(session, release).to_arrays()

        return GridIndex.from_arrays(self._folder.fetch(name, facts, make))


def build_index(session: Session, release: Release) -> GridIndex:
    """Read a release from the database and index it."""
    return GridIndex.build(list_grids(session, release.number), list_areas(session, release.number))


@cache
def program_mark() -> str:
    """Return what tells this program's way of building an index from every other version's.

    A number somebody has to raise would be forgotten, and an old index would then give wrong answers.
    """
    (folder,) = gis.gridding.__path__
    sources = sorted(path for path in Path(folder).rglob("*") if path.suffix in {".py", ".h", ".c"})
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.relative_to(folder).as_posix().encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def list_calendar(session: Session) -> Calendar:
    """Return all releases as they are committed now."""
    return Calendar(tuple(list_releases(session)))


def require_release(session: Session, *, number: int | None, day: date) -> Release:
    """Return the release asked for by number, else the one in force on the day.

    Raises:
        NotFoundError: There is no such release, or none was in force on that day.
    """
    return list_calendar(session).require(number=number, day=day)


def stored_point(x: float, y: float, system: str) -> tuple[float, float]:
    """Return longitude and latitude (EPSG:4490) of a point as received.

    Raises:
        CoordinateSystemError: The coordinates cannot be in that system.
    """
    point = point_to_stored(x, y, system)
    if point is None:
        raise CoordinateSystemError(
            f"these coordinates cannot be in {system}; give east before north, and name their system",
            field="x",
        )
    return point


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
