"""Sessions: signing in and out, a phone's next token, the first password."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gis.api.access import Acting, Configured, Door, Transaction, address_of, needs, public
from gis.api.doorkeeper import CHALLENGE, COOKIE
from gis.api.problems import MEDIA_TYPE, Problem, respond
from gis.api.wire.answers import answer_json
from gis.api.wire.caching import PRIVATE
from gis.api.wire.parameters import Id
from gis.api.wire.strict import StrictRoute
from gis.identity.accounts import SessionKind
from gis.identity.roles import Right
from gis.store.identity.sessions import list_sessions
from gis.workflows.identity.begin import Begun, Device, renew
from gis.workflows.identity.own_account import FirstPassword, activate, sign_out, sign_out_elsewhere
from gis.workflows.identity.sign_in import Credentials, Refused, sign_in

router = APIRouter(route_class=StrictRoute, prefix="/v1/sessions", tags=["identity"])

CREATED, NO_CONTENT, UNAUTHORISED, TOO_MANY = 201, 204, 401, 429

# The same words whatever was wrong: whether a name exists is told to nobody.
WRONG = Problem(UNAUTHORISED, "sign-in-refused", "Not signed in")
CODE_NEEDED = Problem(UNAUTHORISED, "code-needed", "One-time code wanted")
LOCKED = Problem(TOO_MANY, "locked", "Too many failures")

Login = Annotated[str, Field(min_length=1, max_length=100, description="Log-in name.")]
Secret = Annotated[str, Field(min_length=1, max_length=256)]


class SignIn(BaseModel):
    """Who signs in, and what holds the session."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"login": "wang.min", "password": "four unrelated words here"}},
    )

    login: Login
    password: Secret
    code: Annotated[str | None, Field(max_length=64, description="One-time code, or a recovery code.")] = None
    kind: Annotated[SessionKind, Field(description="browser: a cookie; phone: tokens in the answer.")] = (
        SessionKind.BROWSER
    )


class RenewIn(BaseModel):
    """The token that renews a phone's session; it is good once."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"refresh_token": "0pL…"}})

    refresh_token: Annotated[str, Field(min_length=1, max_length=100)]


class ActivateIn(BaseModel):
    """The first password, by the one-time secret that was handed over."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "login": "wang.min",
                "secret": "k3fd-8m2q-x7pw-vr5t-9hcz",
                "password": "four unrelated words here",
            }
        },
    )

    login: Login
    secret: Secret
    password: Secret


class BegunOut(BaseModel):
    """A session that has begun; tokens are there for phones only, a browser has its cookie."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "session_id": 17,
                "expires_at": "2026-05-01T12:30:00Z",
                "token": None,
                "token_until": None,
                "refresh_token": None,
            }
        }
    )

    session_id: int
    expires_at: datetime
    token: str | None
    token_until: datetime | None
    refresh_token: str | None


class SessionOut(BaseModel):
    """One of one's sessions; `is_this`: the one that asks."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: SessionKind
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str | None
    agent: str | None
    is_this: bool


class SessionsOut(BaseModel):
    """One's open sessions, the last used first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "sessions": [
                    {
                        "id": 17,
                        "kind": "browser",
                        "started_at": "2026-05-01T00:30:00Z",
                        "seen_at": "2026-05-01T00:45:00Z",
                        "expires_at": "2026-05-01T12:30:00Z",
                        "address": "10.20.1.7",
                        "agent": "Mozilla/5.0",
                        "is_this": True,
                    }
                ]
            }
        }
    )

    sessions: list[SessionOut]


REFUSALS: dict[int | str, dict[str, Any]] = {
    UNAUTHORISED: {
        "description": "Name, password or code is wrong, or a code is still wanted",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
}


@router.post("", status_code=CREATED, summary="Sign in", response_model=BegunOut, responses=REFUSALS)
@public
def begin(request: Request, session: Door, settings: Configured, body: SignIn) -> Response:
    """Begin a session; the answer is the same for a wrong name and a wrong password."""
    given = Credentials(body.login, body.password, body.code)
    found = sign_in(session, given, device_of(request, body.kind), settings, datetime.now(UTC))
    return refuse(found) if isinstance(found, Refused) else let_in(found, CREATED)


@router.post("/renew", summary="A phone's next token", response_model=BegunOut, responses=REFUSALS)
@public
def renew_tokens(request: Request, session: Door, settings: Configured, body: RenewIn) -> Response:
    """Return new tokens for a phone's session; a token that comes twice ends it."""
    address = address_of(request) or ""
    found = renew(session, body.refresh_token, address, settings, datetime.now(UTC))
    if found is None:
        return respond(WRONG, "This token renews nothing any more; sign in again.", headers=CHALLENGE)
    return let_in(found, 200)


@router.post("/activate", status_code=NO_CONTENT, summary="Set the first password", responses=REFUSALS)
@public
def set_first_password(request: Request, session: Door, settings: Configured, body: ActivateIn) -> Response:
    """Set a password with the one-time secret that was handed over; then sign in with it."""
    device = device_of(request, SessionKind.BROWSER)
    given = FirstPassword(body.login, body.secret, body.password)
    found = activate(session, given, device, settings, datetime.now(UTC))
    return refuse(found) if isinstance(found, Refused) else Response(status_code=NO_CONTENT)


@router.get("", summary="My sessions")
@needs(Right.OWN_ACCOUNT)
def list_own(response: Response, session: Transaction, actor: Acting) -> SessionsOut:
    """Return one's open sessions, the last used first."""
    response.headers["Cache-Control"] = PRIVATE
    found = list_sessions(session, actor.user_id or 0, datetime.now(UTC))
    return SessionsOut(
        sessions=[
            SessionOut(
                **{name: getattr(one, name) for name in SessionOut.model_fields if name != "is_this"},
                is_this=one.id == actor.session_id,
            )
            for one in found
        ]
    )


@router.delete("", status_code=NO_CONTENT, summary="Sign out everywhere else")
@needs(Right.OWN_ACCOUNT)
def end_others(session: Transaction, actor: Acting) -> None:
    """End all one's sessions but this one, at once."""
    sign_out_elsewhere(session, actor)


@router.delete("/current", status_code=NO_CONTENT, summary="Sign out")
@needs(Right.OWN_ACCOUNT)
def end_this(session: Transaction, actor: Acting) -> Response:
    """End the session that asks, at once, and take the cookie back."""
    sign_out(session, actor, actor.session_id or 0)
    response = Response(status_code=NO_CONTENT)
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax", path="/")
    return response


@router.delete("/{session_id}", status_code=NO_CONTENT, summary="End one of my sessions")
@needs(Right.OWN_ACCOUNT)
def end_one(session: Transaction, actor: Acting, session_id: Id) -> None:
    """End a session that was left open elsewhere, at once."""
    sign_out(session, actor, session_id)


def device_of(request: Request, kind: SessionKind) -> Device:
    """Return what asks, and from where."""
    return Device(kind, address_of(request) or "", request.headers.get("user-agent"))


def refuse(refused: Refused) -> Response:
    """Return the answer to somebody who is not let in."""
    if refused.wait is not None:
        seconds = max(1, int(refused.wait.total_seconds()))
        detail = f"Too many failed attempts; try again in {(seconds + 59) // 60} minutes."
        return respond(LOCKED, detail, headers={"Retry-After": str(seconds)})
    if refused.needs_code:
        return respond(CODE_NEEDED, "Type the code your phone shows, or a recovery code.", headers=CHALLENGE)
    return respond(WRONG, "Name, password or code is wrong.", headers=CHALLENGE)


def let_in(begun: Begun, status: int) -> Response:
    """Return the answer to somebody whose session has begun."""
    is_phone = begun.refresh is not None
    out = BegunOut(
        session_id=begun.session_id,
        expires_at=begun.expires_at,
        token=begun.token if is_phone else None,
        token_until=begun.token_until if is_phone else None,
        refresh_token=begun.refresh,
    )
    response = answer_json(out, {"Cache-Control": "no-store"}, status)
    if not is_phone:
        # until the browser is closed, and at most until the session ends
        response.set_cookie(COOKIE, begun.token, secure=True, httponly=True, samesite="lax", path="/")
    return response
