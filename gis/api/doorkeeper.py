"""Who a request's token stands for; read from the database once, and again when anything has changed."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import psycopg2
from starlette.exceptions import HTTPException

from gis.identity.scopes import scopes_of
from gis.identity.secrets import token_hash
from gis.nouns import Actor
from gis.store.identity.sessions import CHANGE
from gis.store.session import SideConnection, make_engine, transaction
from gis.workflows.identity.begin import recognise

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from gis.identity.accounts import SignedIn
    from gis.identity.roles import Right
    from gis.nouns import Scope
    from gis.settings import Settings

log = logging.getLogger(__name__)

# Browsers send it over HTTPS and to this very host only, and to this machine's own address.
COOKIE = "__Host-wangge"
CHALLENGE = {"WWW-Authenticate": "Bearer"}
LONGEST_TOKEN = 100
MOST_KNOWN = 10_000
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Known:
    """Who a token stands for, and how far each right reaches."""

    signed_in: SignedIn
    scopes: dict[Right, Scope]

    def actor(self, right: Right, address: str | None) -> Actor:
        """Return the actor of a request that needs a right.

        Raises:
            HTTPException: 403, the right is missing, or something has to be done first.
        """
        who = self.signed_in
        if who.needs and right.value != "account:own":
            needs = " and ".join(sorted(need.value.replace("_", " ") for need in who.needs))
            raise HTTPException(403, f"First set up on your account page: {needs}.")
        if right not in self.scopes:
            raise HTTPException(403, f"Your roles do not include the right {right.value}.")
        return Actor(
            who.login,
            scope=self.scopes[right],
            user_id=who.user_id,
            session_id=who.session_id,
            address=address,
        )


class Doorkeeper:
    """Recognises tokens.

    One number in the database is raised with every change of sessions, users, grants and units. It is asked
    for with every request, on a connection of its own; while it stays the same, what was read about a token
    still holds. So logging out, disabling and taking a role away act with the next request, in every process.

    Args:
        settings: Say which database, and how long sessions last.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # unknown tokens must not take the connections of those who work
        self._engine = make_engine(settings.model_copy(update={"pool_size": AT_ONCE}))
        self._change = SideConnection(self._engine, CHANGE)
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._limiter: anyio.CapacityLimiter | None = None

    async def recognise(self, request: HTTPConnection) -> Known:
        """Return who a request comes from.

        Raises:
            HTTPException: 401, it brings no token, or one that stands for nobody any more.
                SQLAlchemyError: The database cannot be asked.
        """
        token = token_of(request)
        key = token_hash(token)
        known = self.remembered(request)
        if known is not None and known.signed_in.change == await self.last_change():
            self._known[key] = known  # one whose question failed meanwhile may have taken it out
            self._known.move_to_end(key)
            return known
        self._known.pop(key, None)
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(AT_ONCE)
        signed_in = await anyio.to_thread.run_sync(self._read, token, limiter=self._limiter)
        if signed_in is None:
            raise HTTPException(401, "You are signed in no longer; sign in again.", headers=CHALLENGE)
        known = Known(signed_in, scopes_of(signed_in.grants))
        self._known[key] = known
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return known

    def remembered(self, request: HTTPConnection) -> Known | None:
        """Return who a request came from when its token was last read, if no time limit has passed since.

        It holds only if no change of identity came between (`Known.signed_in.change`).

        Raises:
            HTTPException: 401, it brings no token.
        """
        known = self._known.get(token_hash(token_of(request)))
        return known if known is not None and datetime.now(UTC) < known.signed_in.good_until else None

    async def last_change(self) -> int | None:
        """Return the number of the last change of identity, None if it cannot be had this way."""
        try:
            row = await self._change.first_row()
        except (psycopg2.Error, TimeoutError) as error:
            # the long way meets the same trouble and says what it is
            log.debug("no short way: %s", error)
            return None
        return row[0] if row else None

    def close(self) -> None:
        """Close the connections."""
        self._change.close()
        self._engine.dispose()

    def _read(self, token: str) -> SignedIn | None:
        with transaction(self._engine) as session:
            return recognise(session, token, self._settings, datetime.now(UTC))


def token_of(request: HTTPConnection) -> str:
    """Return the token of a request: of its Authorization header, else of its cookie.

    Raises:
        HTTPException: 401, there is none.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme:
        token = given.strip() if scheme.lower() == "bearer" else ""
    else:
        token = request.cookies.get(COOKIE, "")
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii():
        raise HTTPException(401, "Sign in first.", headers=CHALLENGE)
    return token
