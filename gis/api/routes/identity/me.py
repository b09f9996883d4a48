"""One's own account: who I am and may do, another password, one-time codes."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gis.api.access import Acting, Configured, HashingTurn, Transaction, needs
from gis.api.problems import MEDIA_TYPE, Problem, respond
from gis.api.routes.identity.sessions import Secret, refuse
from gis.api.wire.answers import answer_json
from gis.api.wire.caching import PRIVATE
from gis.api.wire.strict import StrictRoute
from gis.identity.accounts import Need
from gis.identity.codes import picture_of
from gis.identity.roles import Right, Role
from gis.nouns import EVERYTHING, Actor
from gis.store.identity.grants import list_grants
from gis.store.identity.users import get_user
from gis.workflows.identity.own_account import begin_codes, change_password, confirm_codes, end_codes
from gis.workflows.identity.sign_in import Refused

if TYPE_CHECKING:
    from gis.api.doorkeeper import Known

router = APIRouter(route_class=StrictRoute, prefix="/v1/me", tags=["identity"])

NO_CONTENT = 204
WRONG_PASSWORD = Problem(422, "invalid-input", "Input cannot be used")
PASSWORD_REFUSED: dict[int | str, dict[str, Any]] = {
    429: {
        "description": "Too many wrong passwords",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
}


class OwnGrant(BaseModel):
    """A role of mine and where."""

    model_config = ConfigDict(from_attributes=True)

    role: Role
    unit_code: str
    unit: str


class MeOut(BaseModel):
    """Who is signed in, what the rights are, and what has to be done first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 4,
                "login": "wang.min",
                "name": "王敏",
                "unit_code": "320115001-C",
                "unit": "云溪街道网格化服务管理中心",
                "has_codes": True,
                "needs": [],
                "grants": [
                    {
                        "role": "street_operator",
                        "unit_code": "320115001-C",
                        "unit": "云溪街道网格化服务管理中心",
                    }
                ],
                "rights": ["account:own", "events:read", "events:report", "grids:read", "places:locate"],
            }
        }
    )

    id: int
    login: str
    name: str
    unit_code: str
    unit: str
    has_codes: bool
    needs: list[Need]
    grants: list[OwnGrant]
    rights: list[Right]


class PasswordIn(BaseModel):
    """The present password and the one to have from now on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"old_password": "the present one", "password": "another one"}},
    )

    old_password: Secret
    password: Secret


class CodeIn(BaseModel):
    """The code the phone shows."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"code": "492039"}})

    code: Annotated[str, Field(min_length=6, max_length=16)]


class ConfirmIn(BaseModel):
    """The present password, so that nobody does this at an unlocked screen."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"password": "the present one"}})

    password: Secret


class CodesOut(BaseModel):
    """How the phone learns to make codes: an address for the app, and the same as a picture (SVG)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"address": "otpauth://totp/Wangge:wang.min?secret=…", "picture": "<svg …>"}
        }
    )

    address: str
    picture: str


class RecoveryOut(BaseModel):
    """Codes to write down, each good once instead of the phone; they are shown this once."""

    model_config = ConfigDict(json_schema_extra={"example": {"recovery_codes": ["k3fd-8m2q-x7pw-vr5t-9hcz"]}})

    recovery_codes: list[str]


@router.get("", summary="Who I am and what I may do")
@needs(Right.OWN_ACCOUNT)
def me(request: Request, response: Response, session: Transaction, actor: Acting) -> MeOut:
    """Return the account that is signed in, its roles and rights, and what it has to set up first."""
    response.headers["Cache-Control"] = PRIVATE
    known: Known = request.state.known
    user = get_user(session, actor.user_id or 0, Actor(actor.name, scope=EVERYTHING))
    return MeOut(
        id=user.id,
        login=user.login,
        name=user.name,
        unit_code=user.unit_code,
        unit=user.unit,
        has_codes=user.has_codes,
        needs=sorted(known.signed_in.needs),
        grants=[OwnGrant.model_validate(grant) for grant in list_grants(session, user.id)],
        rights=sorted(known.scopes),
    )


@router.post("/password", status_code=NO_CONTENT, summary="Set another password", responses=PASSWORD_REFUSED)
@needs(Right.OWN_ACCOUNT)
def set_password(
    _turn: HashingTurn, session: Transaction, settings: Configured, actor: Acting, body: PasswordIn
) -> Response:
    """Set another password; all other sessions end."""
    now = datetime.now(UTC)
    refused = change_password(session, actor, body.old_password, body.password, settings, now)
    return Response(status_code=NO_CONTENT) if refused is None else refuse_password(refused, "old_password")


@router.post(
    "/codes", summary="Begin with one-time codes", response_model=CodesOut, responses=PASSWORD_REFUSED
)
@needs(Right.OWN_ACCOUNT)
def start_codes(
    _turn: HashingTurn, session: Transaction, settings: Configured, actor: Acting, body: ConfirmIn
) -> Response:
    """Return what the phone's app has to scan; codes are asked for once one was confirmed."""
    found = begin_codes(session, actor, body.password, settings, datetime.now(UTC))
    if isinstance(found, Refused):
        return refuse_password(found, "password")
    return answer_json(CodesOut(address=found, picture=picture_of(found)), {"Cache-Control": "no-store"})


@router.put("/codes", summary="Confirm one-time codes")
@needs(Right.OWN_ACCOUNT)
def finish_codes(
    response: Response, session: Transaction, settings: Configured, actor: Acting, body: CodeIn
) -> RecoveryOut:
    """Ask for one-time codes from now on."""
    response.headers["Cache-Control"] = "no-store"
    return RecoveryOut(recovery_codes=confirm_codes(session, actor, body.code, settings, datetime.now(UTC)))


@router.post("/codes/end", status_code=NO_CONTENT, summary="End one-time codes", responses=PASSWORD_REFUSED)
@needs(Right.OWN_ACCOUNT)
def stop_codes(
    _turn: HashingTurn, session: Transaction, settings: Configured, actor: Acting, body: ConfirmIn
) -> Response:
    """Ask for one-time codes no more."""
    refused = end_codes(session, actor, body.password, settings, datetime.now(UTC))
    return Response(status_code=NO_CONTENT) if refused is None else refuse_password(refused, "password")


def refuse_password(refused: Refused, field: str) -> Response:
    """Return the answer to somebody at an open session who does not know the password."""
    if refused.wait is not None:
        return refuse(refused)
    said = "this is not your present password"
    return respond(WRONG_PASSWORD, said, [{"field": field, "message": said}])
