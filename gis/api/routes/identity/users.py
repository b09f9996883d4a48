"""Users and their grants, for the security administrator."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from gis.api.access import Acting, Configured, Transaction, needs
from gis.api.wire.asked import today
from gis.api.wire.caching import PRIVATE
from gis.api.wire.parameters import Day, Id
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import Right, Role
from gis.nouns import Actor
from gis.store.identity.grants import list_grants
from gis.store.identity.users import get_user, list_users
from gis.workflows.identity.manage_users import (
    NewUser,
    Wanted,
    add_user,
    disable_user,
    enable_user,
    end_sessions_of,
    give_secret,
    grant_role,
    take_role,
)

router = APIRouter(route_class=StrictRoute, prefix="/v1/users", tags=["identity"])

CREATED, NO_CONTENT = 201, 204
USER_EXAMPLE: dict[str, JsonValue] = {
    "id": 4,
    "login": "wang.min",
    "name": "王敏",
    "unit_code": "320115001-C",
    "unit": "云溪街道网格化服务管理中心",
    "created_at": "2026-05-01T00:30:00Z",
    "created_by": "li.security",
    "disabled_at": None,
    "has_password": False,
    "has_codes": False,
    "secret_until": "2026-05-04T00:30:00Z",
}
UnitCode = Annotated[str, Field(min_length=1, max_length=64, description="Code of the unit.")]


class UserIn(BaseModel):
    """Somebody to let in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"login": "wang.min", "name": "王敏", "unit_code": "320115001-C"}},
    )

    login: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$", max_length=64, description="Letters, figures, . _ @ -"
        ),
    ]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    unit_code: UnitCode


class UserOut(BaseModel):
    """Somebody who signs in (用户)."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": USER_EXAMPLE})

    id: int
    login: str
    name: str
    unit_code: str
    unit: str
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    has_password: bool
    has_codes: bool
    secret_until: datetime | None


class UsersOut(BaseModel):
    """Users, by log-in name."""

    users: list[UserOut]


class SecretOut(BaseModel):
    """The one-time secret to hand over; it is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"user": USER_EXAMPLE, "secret": "k3fd-8m2q-x7pw-vr5t-9hcz"}}
    )

    user: UserOut
    secret: str


class GrantIn(BaseModel):
    """A role on a branch; `valid_to` is the day after the last."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"role": "street_operator", "unit_code": "320115001-C"}},
    )

    role: Role
    unit_code: UnitCode
    valid_from: Annotated[Day | None, Field(description="First day; else today.")] = None
    valid_to: Annotated[Day | None, Field(description="Day after the last; else until it is taken.")] = None


class GrantOut(BaseModel):
    """A role on a branch of the hierarchy (授权)."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    role: Role
    unit_code: str
    unit: str
    valid_from: date
    valid_to: date | None
    granted_at: datetime
    granted_by: str


class GrantsOut(BaseModel):
    """What a user was granted, without what was taken away."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "grants": [
                    {
                        "id": 9,
                        "role": "street_operator",
                        "unit_code": "320115001-C",
                        "unit": "云溪街道网格化服务管理中心",
                        "valid_from": "2026-05-01",
                        "valid_to": None,
                        "granted_at": "2026-05-01T00:30:00Z",
                        "granted_by": "li.security",
                    }
                ]
            }
        }
    )

    grants: list[GrantOut]


@router.get("", summary="Users")
@needs(Right.MANAGE_USERS)
def list_all(response: Response, session: Transaction, actor: Acting) -> UsersOut:
    """Return the users of one's branch, by log-in name."""
    response.headers["Cache-Control"] = PRIVATE
    return UsersOut(users=[UserOut.model_validate(user) for user in list_users(session, actor)])


@router.post("", status_code=CREATED, summary="Add a user")
@needs(Right.MANAGE_USERS)
def create(response: Response, session: Transaction, actor: Acting, body: UserIn) -> SecretOut:
    """Add a user to a unit; the answer holds the secret to hand over, this once."""
    new = NewUser(body.login, body.name, body.unit_code)
    user, secret = add_user(session, new, actor, datetime.now(UTC))
    response.headers.update({"Location": f"/v1/users/{user.id}", "Cache-Control": "no-store"})
    return SecretOut(user=UserOut.model_validate(user), secret=secret)


@router.get("/{user_id}", summary="One user")
@needs(Right.MANAGE_USERS)
def one(response: Response, session: Transaction, actor: Acting, user_id: Id) -> UserOut:
    """Return a user."""
    response.headers["Cache-Control"] = PRIVATE
    return UserOut.model_validate(get_user(session, user_id, actor))


@router.post("/{user_id}/disable", summary="Let a user in no more")
@needs(Right.MANAGE_USERS)
def disable(session: Transaction, actor: Acting, user_id: Id) -> UserOut:
    """Disable a user and end all sessions, at once."""
    return UserOut.model_validate(disable_user(session, user_id, actor, datetime.now(UTC)))


@router.post("/{user_id}/enable", summary="Let a user in again")
@needs(Right.MANAGE_USERS)
def enable(session: Transaction, actor: Acting, user_id: Id) -> UserOut:
    """Enable a user, and unlock one who has failed too often."""
    return UserOut.model_validate(enable_user(session, user_id, actor))


@router.post("/{user_id}/secret", summary="Another one-time secret")
@needs(Right.MANAGE_USERS)
def renew_secret(response: Response, session: Transaction, actor: Acting, user_id: Id) -> SecretOut:
    """Return a secret to set a new password with; password, codes and sessions end."""
    response.headers["Cache-Control"] = "no-store"
    secret = give_secret(session, user_id, actor, datetime.now(UTC))
    return SecretOut(user=UserOut.model_validate(get_user(session, user_id, actor)), secret=secret)


@router.delete("/{user_id}/sessions", status_code=NO_CONTENT, summary="End a user's sessions")
@needs(Right.MANAGE_USERS)
def end_all(session: Transaction, actor: Acting, user_id: Id) -> None:
    """End all sessions of a user, at once."""
    end_sessions_of(session, user_id, actor)


@router.get("/{user_id}/grants", summary="What a user may do")
@needs(Right.MANAGE_USERS)
def grants(response: Response, session: Transaction, actor: Acting, user_id: Id) -> GrantsOut:
    """Return the roles of a user, with branch and validity."""
    response.headers["Cache-Control"] = PRIVATE
    user = get_user(session, user_id, actor)
    return GrantsOut(
        grants=[GrantOut.model_validate(grant) for grant in list_grants(session, user.id, actor)]
    )


@router.post("/{user_id}/grants", status_code=CREATED, summary="Give a role")
@needs(Right.MANAGE_USERS)
def grant(session: Transaction, settings: Configured, actor: Acting, user_id: Id, body: GrantIn) -> GrantsOut:
    """Give a user a role on a branch of the hierarchy."""
    wanted = Wanted(body.role, body.unit_code, body.valid_from or today(settings), body.valid_to)
    grant_role(session, user_id, wanted, actor)
    return GrantsOut(
        grants=[GrantOut.model_validate(grant) for grant in list_grants(session, user_id, actor)]
    )


@router.delete("/{user_id}/grants/{grant_id}", status_code=NO_CONTENT, summary="Take a role away")
@needs(Right.MANAGE_USERS)
def take(session: Transaction, actor: Acting, user_id: Id, grant_id: Id) -> None:
    """Take a role away, at once; that it was held stays on record."""
    take_role(session, user_id, grant_id, actor)


def grants_out(session: Transaction, user_id: int, actor: Actor) -> GrantsOut:
    """Return a user's grants on units the caller sees."""
    return GrantsOut(
        grants=[GrantOut.model_validate(grant) for grant in list_grants(session, user_id, actor)]
    )
