"""Who acts, and in which transaction: the two dependencies every route that touches data goes through."""

from __future__ import annotations

import ipaddress
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import urlsplit

import anyio
from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from gis.errors import DatabaseUnavailableError
from gis.nouns import Actor
from gis.settings import Settings
from gis.store.session import POOL_TIMEOUT_S, hold_still, transaction
from gis.workflows.locate_point import ReleaseIndexes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from fastapi.dependencies.models import Dependant

    from gis.api.doorkeeper import Doorkeeper, Known
    from gis.identity.roles import Right

Endpoint = TypeVar("Endpoint", bound="Callable[..., Any]")

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class BusyError(DatabaseUnavailableError):
    """More requests want the database than there are connections."""


async def acting_user(request: Request) -> Actor:
    """Return the user the request acts for, with the scope of the right its route needs; found out once.

    Raises:
        HTTPException: 401, nobody is signed in; 403, the right is missing, or a page of another site sends a
            change in the name of this browser's user.
    """
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is not None:
        return actor
    if request.method not in READING:
        require_own_page(request)
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    known = request.state.known = await doorkeeper.recognise(request)
    right: Right = request.scope["route"].endpoint.right
    actor = request.state.actor = known.actor(right, address_of(request))
    return actor


def acting_with(request: Request, right: Right) -> Actor:
    """Return the user of a request that needs one more right than its route, because of what it asks for.

    Raises:
        HTTPException: 403, the right is missing.
    """
    known: Known = request.state.known
    return known.actor(right, address_of(request))


def acting_if(request: Request, right: Right) -> Actor | None:
    """Return the user of a request for a part of the answer that takes one more right; None: without it."""
    known: Known = request.state.known
    return known.actor(right, address_of(request)) if right in known.scopes else None


def address_of(request: Request) -> str | None:
    """Return the network address a request comes from, as the proxy in front says if there is one.

    A proxy may pass on what a client made up: what is no address is none.
    """
    try:
        return str(ipaddress.ip_address(request.client.host)) if request.client else None
    except ValueError:
        return None


def is_taken_away(request: Request) -> bool:
    """Whether a file that is asked for leaves the house: not where only its head is wanted.

    Raises:
        HTTPException: 403, a page of another site asks in the name of this browser's user.
    """
    require_own_page(request)
    return not request.scope.get("is_head", False)


def require_own_page(request: Request) -> None:
    """Refuse changes that a browser sends for a page of another site; programs send neither header."""
    fetched = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if fetched is not None:
        is_own = fetched in {"same-origin", "none"}
    else:
        # older browsers, and pages without HTTPS
        is_own = origin is None or host_of(origin) == request.headers.get("host")
    if not is_own:
        raise HTTPException(403, "A page of another site may not change anything here.")


def host_of(origin: str) -> str | None:
    """Return the host and port of an origin, None if it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


Acting = Annotated[Actor, Depends(acting_user)]


@asynccontextmanager
async def held(places: anyio.Semaphore, busy: str) -> AsyncIterator[None]:
    """Hold one of a number of places within the block.

    Raises:
        BusyError: No place became free in time; `busy` says of what.
    """
    try:
        with anyio.fail_after(POOL_TIMEOUT_S):
            await places.acquire()
    except TimeoutError:
        raise BusyError(busy) from None
    try:
        yield
    finally:
        places.release()


async def take_turn(request: Request) -> AsyncIterator[None]:
    """Hold one of as many places as there are connections and threads, until the transaction has ended.

    Without it a request that has a connection could wait for a thread while every thread waits for a
    connection: steps of one request run in one thread after another.

    Raises:
        BusyError: No place became free in time.
    """
    async with held(request.app.state.turns, "every place is taken"):
        yield


Turn = Annotated[None, Depends(take_turn, scope="function")]


def open_transaction(request: Request, _actor: Acting, _turn: Turn) -> Iterator[Session]:
    """Open the request's one transaction; it is committed before the answer is sent.

    It sees the database as it is now until it ends where a dependency of the route, which runs before this
    one, has set `request.state.holds_still`.
    """
    with transaction(request.app.state.engine) as session:
        if getattr(request.state, "holds_still", False):
            hold_still(session)
        yield session


async def take_hashing_turn(request: Request) -> AsyncIterator[None]:
    """Hold one of the few places of those who show a password: each takes the processor for a while.

    Raises:
        HTTPException: 403, a page of another site sends it.
        BusyError: No place became free in time.
    """
    require_own_page(request)
    async with held(request.app.state.hashing, "too many are signing in"):
        yield


HashingTurn = Annotated[None, Depends(take_hashing_turn, scope="function")]


def open_door(request: Request, _hashing: HashingTurn, _turn: Turn) -> Iterator[Session]:
    """Open the transaction of somebody who is about to show who it is."""
    with transaction(request.app.state.engine) as session:
        yield session


async def get_settings(request: Request) -> Settings:
    """Return the application's settings."""
    settings: Settings = request.app.state.settings
    return settings


async def get_indexes(request: Request) -> ReleaseIndexes:
    """Return where the releases' indexes are kept."""
    indexes: ReleaseIndexes = request.app.state.indexes
    return indexes


Transaction = Annotated[Session, Depends(open_transaction, scope="function")]
Door = Annotated[Session, Depends(open_door, scope="function")]
Configured = Annotated[Settings, Depends(get_settings)]
Indexes = Annotated[ReleaseIndexes, Depends(get_indexes)]


def public(endpoint: Endpoint) -> Endpoint:
    """Mark a route that answers anybody: it shows nothing about the district."""
    endpoint.is_public = True  # type: ignore[attr-defined]  # a mark on the function, read below
    return endpoint


def needs(right: Right) -> Callable[[Endpoint], Endpoint]:
    """Mark a route with the right it needs."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.right = right  # type: ignore[attr-defined]  # a mark on the function, read above and below
        return endpoint

    return mark


def require_rights(routes: Iterable[tuple[str, Dependant]]) -> None:
    """Raise RuntimeError unless each route is marked public, or with the right it needs and asks who acts.

    Args:
        routes: Path and dependency tree of every route.
    """
    for path, dependant in routes:
        is_public = getattr(dependant.call, "is_public", False)
        has_right = getattr(dependant.call, "right", None) is not None
        if is_public == has_right:
            said = "both public and" if is_public else "neither public nor"
            raise RuntimeError(f"{path} is {said} marked with a right: use `@public` or `@needs(Right...)`.")
        if is_public == goes_through(dependant, acting_user):
            verb = "is public and asks who acts" if is_public else "does not say who acts"
            raise RuntimeError(f"{path} {verb}: depend on `Acting`, or mark the route `@public`.")


def goes_through(dependant: Dependant, call: Callable[..., Any]) -> bool:
    """Whether a dependency stands anywhere in a tree."""
    return dependant.call is call or any(goes_through(child, call) for child in dependant.dependencies)
