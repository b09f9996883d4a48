"""The short way of `GET /v1/locate`: no thread, no session, nothing validated that is plain.

It answers only what it fully understands, from a release it has asked the database for in this very request,
and leaves everything else to the route: unusual spellings, errors, who is on duty, a database in trouble.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import psycopg2
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from gis.api.access import address_of
from gis.api.wire.asked import Asked, asked_of
from gis.api.wire.caching import PRIVATE
from gis.api.wire.locate_answers import Place, write_located
from gis.api.wire.parameters import read_day
from gis.errors import NotFoundError, WanggeError
from gis.gridding.crs import NAMED_SYSTEMS, point_to_stored
from gis.identity.roles import Right
from gis.store.releases import STATE
from gis.store.session import SideConnection, transaction
from gis.workflows.locate_point import FURTHEST_M, Calendar, list_calendar
from gis.workflows.report_events import USUAL_ACCURACY_M

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Engine
    from starlette.requests import Request

    from gis.api.doorkeeper import Doorkeeper
    from gis.api.wire.chains import ReleaseNames
    from gis.nouns import Release
    from gis.settings import Settings
    from gis.workflows.locate_point import ReleaseIndex, ReleaseIndexes

log = logging.getLogger(__name__)

LONGEST_QUERY = 300
NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,17})?", re.ASCII)
RELEASE = re.compile(r"[1-9]\d{0,8}", re.ASCII)
KNOWN_NAMES = frozenset({"lon", "lat", "crs", "accuracy", "at", "release", "duty"})
# Systems beyond the named ones become known by being used; setting one up takes the loop milliseconds.
MOST_SYSTEMS = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plain request asks for, and the number of changes its caller's rights were read after."""

    place: Place
    at: date | None
    release: int | None
    change: int = 0


class QuickLookUp:
    """Answers single look-ups on the event loop.

    Which release is in force, and whether rights have changed, is asked of the database by one prepared
    statement on a connection of its own, after the request has come in; the answer tells whether the calendar
    this process has read is still the whole one. If it is not, one request reads it anew, and builds or maps
    an index, while the others wait without holding a thread or a connection.

    Args:
        engine: The database.
        settings: Give the time zone.
        indexes: Where the releases' indexes are kept.
        names: Where their names are kept.
    """

    def __init__(
        self, engine: Engine, settings: Settings, indexes: ReleaseIndexes, names: ReleaseNames
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._indexes = indexes
        self._names = names
        self._state = SideConnection(engine, STATE)
        self._calendar = Calendar()
        self._systems = {name: name for name in NAMED_SYSTEMS}
        self._learning = asyncio.Lock()
        self._building = asyncio.Lock()

    async def answer(self, request: Request) -> Response | None:
        """Return the answer, or None if the request has to take the long way."""
        doorkeeper: Doorkeeper = request.app.state.doorkeeper
        known = doorkeeper.remembered(request) or await doorkeeper.recognise(request)
        known.actor(Right.LOCATE, address_of(request))
        wanted = self._read(request.scope["query_string"])
        if wanted is None:
            return None
        wanted = replace(wanted, change=known.signed_in.change)
        try:
            content = await self._find(wanted)
        except (psycopg2.Error, SQLAlchemyError, WanggeError, OSError) as error:
            # the long way meets the same trouble and says what it is
            log.debug("no short way: %s", error)
            return None
        if content is None:
            return None
        return Response(content, headers={"Cache-Control": PRIVATE}, media_type="application/json")

    def learn_system(self, text: str, system: str) -> None:
        """Take note of a spelling that the long way has understood."""
        if len(self._systems) < MOST_SYSTEMS:
            self._systems[text] = system

    def close(self) -> None:
        """Close the connection."""
        self._state.close()

    def _read(self, query: bytes) -> Wanted | None:
        """Return what a plain query asks for, else None."""
        if len(query) > LONGEST_QUERY:
            return None
        try:
            pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        except ValueError:
            return None
        values = dict(pairs)
        if len(values) != len(pairs) or not values.keys() <= KNOWN_NAMES or "duty" in values:
            return None
        x, y = number_in(values.get("lon")), number_in(values.get("lat"))
        accuracy = number_in(values.get("accuracy")) if "accuracy" in values else USUAL_ACCURACY_M
        system = self._systems.get(values.get("crs", "wgs84"))
        if x is None or y is None or system is None or accuracy is None or not 0 <= accuracy <= FURTHEST_M:
            return None
        return self._of_day(Place(x, y, system, accuracy), values.get("at"), values.get("release"))

    def _of_day(self, place: Place, at: str | None, release: str | None) -> Wanted | None:
        if at is not None and release is not None:
            return None
        if release is not None:
            return Wanted(place, None, int(release)) if RELEASE.fullmatch(release) else None
        try:
            return Wanted(place, None if at is None else read_day(at), None)
        except ValueError:
            return None

    async def _find(self, wanted: Wanted) -> bytes | None:
        """Return the answer of the release in force at this moment, or of the one named.

        While the database says which release is the newest, the answer is made from the calendar there is;
        it is given only if the database confirms that calendar.
        """
        calendar = self._calendar
        made: list[bytes | None] = []

        def make() -> None:
            # a release that is not in this calendar may be in the one the database has by now
            with suppress(NotFoundError):
                made.append(self._made(wanted, calendar))

        change, *newest = await self._state.first_row(make) or (None, None)
        if change != wanted.change:
            return None
        mark = None if newest[0] is None else tuple(newest)
        if mark != calendar.mark:
            calendar = await self._learn_calendar(mark)
        elif made and made[0] is not None:
            return made[0]
        release = self._asked(wanted, calendar).release
        if self._indexes.known(release) is None:
            await self._learn_index(release)
        return self._made(wanted, calendar)

    def _asked(self, wanted: Wanted, calendar: Calendar) -> Asked:
        """Return the release asked for, by a calendar, or raise NotFoundError."""
        return asked_of(calendar, self._settings, wanted.at, wanted.release)

    def _made(self, wanted: Wanted, calendar: Calendar) -> bytes | None:
        """Return the answer by a calendar, None if its index is not at hand or the place is on no map."""
        asked = self._asked(wanted, calendar)
        index = self._indexes.known(asked.release)
        place = wanted.place
        point = point_to_stored(place.x, place.y, place.crs)
        if index is None or point is None:
            return None
        located = index.index.locate(*point, accuracy_m=place.accuracy_m)
        return write_located(place, located, asked, self._names.within(index))

    async def _learn_calendar(self, mark: tuple[object, ...] | None) -> Calendar:
        """Read the calendar anew, unless somebody else just has; it is as new as the mark or newer."""
        async with self._learning:
            if self._calendar.mark != mark:
                self._calendar = await asyncio.to_thread(self._read_calendar)
            return self._calendar

    async def _learn_index(self, release: Release) -> ReleaseIndex:
        async with self._building:
            found = self._indexes.known(release)
            return await asyncio.to_thread(self._fetch_index, release) if found is None else found

    def _read_calendar(self) -> Calendar:
        with transaction(self._engine) as session:
            return list_calendar(session)

    def _fetch_index(self, release: Release) -> ReleaseIndex:
        with transaction(self._engine) as session:
            return self._indexes.of(session, release)


def number_in(text: str | None) -> float | None:
    """Return a number in plain figures, None for anything else."""
    return float(text) if text is not None and NUMBER.fullmatch(text) else None
