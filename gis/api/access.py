"""Who acts, and in which transaction: the two dependencies every route that touches data goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import urlsplit

import anyio
from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from gis.errors import DatabaseUnavailableError
from gis.nouns import Actor
from gis.settings import Settings
from gis.store.session import POOL_TIMEOUT_S, transaction
from gis.workflows.locate_point import ReleaseIndexes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from fastapi.dependencies.models import Dependant

Endpoint = TypeVar("Endpoint", bound="Callable[..., Any]")

# Until people sign in, whoever reaches the service acts as its operator: it listens on this machine only.
OPERATOR = Actor("operator")

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class BusyError(DatabaseUnavailableError):
    """More requests want the database than there are connections."""


async def acting_user(request: Request) -> Actor:
    """Return the user the request acts for.

    Raises:
        HTTPException: 403, a page of another site sends a change in the name of this browser's user.
    """
    if request.method not in READING:
        require_own_page(request)
    return OPERATOR


def require_own_page(request: Request) -> None:
    """Refuse changes that a browser sends for a page of another site; programs send neither header."""
    fetched = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if fetched is not None:
        is_own = fetched in {"same-origin", "none"}
    else:
        # older browsers, and pages without HTTPS
        is_own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not is_own:
        raise HTTPException(403, "A page of another site may not change anything here.")


Acting = Annotated[Actor, Depends(acting_user)]


async def take_turn(request: Request, _actor: Acting) -> AsyncIterator[None]:
    """Hold one of as many places as there are connections and threads, until the transaction has ended.

    Without it a request that has a connection could wait for a thread while every thread waits for a
    connection: steps of one request run in one thread after another.

    Raises:
        BusyError: No place became free in time.
    """
    turns: anyio.Semaphore = request.app.state.turns
    try:
        with anyio.fail_after(POOL_TIMEOUT_S):
            await turns.acquire()
    except TimeoutError:
        raise BusyError("every place is taken") from None
    try:
        yield
    finally:
        turns.release()


Turn = Annotated[None, Depends(take_turn, scope="function")]


def open_transaction(request: Request, _turn: Turn) -> Iterator[Session]:
    """Open the request's one transaction; it is committed before the answer is sent."""
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
Configured = Annotated[Settings, Depends(get_settings)]
Indexes = Annotated[ReleaseIndexes, Depends(get_indexes)]


def public(endpoint: Endpoint) -> Endpoint:
    """Mark a route that answers anybody: it shows nothing about the district."""
    endpoint.is_public = True  # type: ignore[attr-defined]  # a mark on the function, read below
    return endpoint


def require_identity(routes: Iterable[tuple[str, Dependant]]) -> None:
    """Raise RuntimeError if a route neither goes through `acting_user` nor is marked public.

    Args:
        routes: Path and dependency tree of every route.
    """
    for path, dependant in routes:
        is_public = getattr(dependant.call, "is_public", False)
        if is_public == goes_through(dependant, acting_user):
            verb = "is public and asks who acts" if is_public else "does not say who acts"
            raise RuntimeError(f"{path} {verb}: depend on `Acting`, or mark the route `@public`.")


def goes_through(dependant: Dependant, call: Callable[..., Any]) -> bool:
    """Whether a dependency stands anywhere in a tree."""
    return dependant.call is call or any(goes_through(child, call) for child in dependant.dependencies)
