"""Signing in through the district's own identity provider."""

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode, urlsplit

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from gis.api.access import Configured, Turn, held, public
from gis.api.doorkeeper import COOKIE
from gis.api.routes.identity.sessions import device_of
from gis.errors import InputError
from gis.identity.accounts import SessionKind
from gis.store.session import transaction
from gis.workflows.identity.oidc import Attempt, Provider, Vouched, sign_in_vouched
from gis.workflows.identity.sign_in import Refused

log = logging.getLogger(__name__)

# providers send parameters of their own along, so this is no place to be strict
router = APIRouter(prefix="/v1/oidc", tags=["identity"])

SEE_OTHER = 303
ATTEMPT = "__Host-wangge-attempt"
ATTEMPT_S = 600
MOST_OF_ADDRESS = 2000


async def take_turn_to_ask(request: Request) -> AsyncIterator[None]:
    """Hold one of the few places of those who ask the provider: one that is slow must not take every thread.

    Raises:
        BusyError: No place became free in time.
    """
    async with held(request.app.state.asking, "the identity provider is slow"):
        yield


TurnToAsk = Annotated[None, Depends(take_turn_to_ask, scope="function")]


def provider_of(request: Request, settings: Configured, _turn: TurnToAsk) -> Provider:
    """Return the identity provider, which is asked about itself once."""
    state = request.app.state
    if getattr(state, "provider", None) is None:
        state.provider = Provider(settings)
    provider: Provider = state.provider
    return provider


Known = Annotated[Provider, Depends(provider_of)]


@router.get(
    "/begin",
    summary="Sign in through the identity provider",
    status_code=SEE_OTHER,
    response_class=RedirectResponse,
)
@public
def begin(
    provider: Known,
    wanted: Annotated[
        str, Query(alias="next", max_length=MOST_OF_ADDRESS, description="Where to go then, on this site.")
    ] = "/",
) -> Response:
    """Lead to the provider; the attempt is kept in a cookie of this browser for ten minutes."""
    address, attempt = provider.begin()
    response = RedirectResponse(address, SEE_OTHER, {"Cache-Control": "no-store"})
    kept = orjson.dumps([attempt.state, attempt.nonce, attempt.verifier, own_path(wanted)]).hex()
    response.set_cookie(
        ATTEMPT, kept, max_age=ATTEMPT_S, secure=True, httponly=True, samesite="lax", path="/"
    )
    return response


class Returned(BaseModel):
    """What the provider sends a browser back with (OpenID Connect Core, 3.1.2.5 and 3.1.2.6)."""

    model_config = ConfigDict(extra="ignore")

    state: str = Field(max_length=200)
    code: str | None = Field(default=None, max_length=2000)
    error: str | None = Field(default=None, max_length=200)
    error_description: str | None = Field(default=None, max_length=2000)
    iss: str | None = Field(default=None, max_length=2000)
    session_state: str | None = Field(default=None, max_length=200)


def vouched_for(
    request: Request, provider: Known, returned: Annotated[Returned, Query()]
) -> tuple[Vouched | None, str]:
    """Return whom the provider vouches for, None if for nobody, and the page to go on to."""
    try:
        kept = orjson.loads(bytes.fromhex(request.cookies.get(ATTEMPT, "")))
        attempt, following = Attempt(*kept[:3]), own_path(kept[3])
    except (ValueError, TypeError, LookupError):
        # begun in another browser, or too long ago
        return None, "/"
    if attempt.state != returned.state or returned.code is None or returned.error is not None:
        return None, following
    try:
        return provider.finish(returned.code, attempt), following
    except InputError as error:
        log.warning("%s", error)
        return None, following


def open_door(request: Request, _turn: Turn) -> Iterator[Session]:
    """Open the transaction of somebody the provider sends: from another site, so by its token alone."""
    with transaction(request.app.state.engine) as session:
        yield session


@router.get(
    "/callback",
    summary="Back from the identity provider",
    status_code=SEE_OTHER,
    response_class=RedirectResponse,
)
@public
def callback(
    request: Request,
    found: Annotated[tuple[Vouched | None, str], Depends(vouched_for)],
    session: Annotated[Session, Depends(open_door, scope="function")],
    settings: Configured,
) -> Response:
    """Begin a session for whom the provider vouches for, and go on to the page wanted."""
    vouched, following = found
    device = device_of(request, SessionKind.BROWSER)
    begun = sign_in_vouched(session, vouched, device, settings, datetime.now(UTC)) if vouched else None
    headers = {"Cache-Control": "no-store"}
    if begun is None or isinstance(begun, Refused):
        refused = "provider" if begun is None else "no-account"
        query = urlencode({"refused": refused, "next": following})
        return RedirectResponse(f"/login?{query}", SEE_OTHER, headers)
    response = RedirectResponse(following, SEE_OTHER, headers)
    response.delete_cookie(ATTEMPT, secure=True, httponly=True, samesite="lax", path="/")
    response.set_cookie(COOKIE, begun.token, secure=True, httponly=True, samesite="lax", path="/")
    return response


def own_path(text: str) -> str:
    """Return a path of this very site, `/` for anything else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    is_own = (
        not parts.scheme and not parts.netloc and text.startswith("/") and not text.startswith(("//", "/\\"))
    )
    return text if is_own and text.isprintable() else "/"
