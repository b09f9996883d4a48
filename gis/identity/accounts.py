"""The nouns of identity: who signs in, what they were granted, and how they are signed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from gis.identity.roles import Role
    from gis.identity.scopes import GrantInForce


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisational unit (机构): district centre, street centre, department, team."""

    id: int
    code: str
    name: str
    parent_code: str | None
    area_code: str | None


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in (用户).

    Attributes:
        id: Lasting number.
        login: Log-in name, in small letters; never given to another.
        name: The person's name.
        unit_code: The unit the person belongs to.
        unit: Its name.
        created_at: Since when.
        created_by: By whom.
        disabled_at: Since when it may not sign in; None: it may.
        has_password: Whether a password was set.
        has_codes: Whether one-time codes are asked for.
        secret_until: Until when a one-time secret waits to be used; None: there is none.
    """

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


@dataclass(frozen=True, slots=True)
class Grant:
    """A role on a branch for a range of days (授权); `valid_to` is the day after the last."""

    id: int
    role: Role
    unit_code: str
    unit: str
    valid_from: date
    valid_to: date | None
    granted_at: datetime
    granted_by: str


class SessionKind(StrEnum):
    """What a session is held by."""

    BROWSER = "browser"  # a cookie that no script can read
    PHONE = "phone"  # a short-lived token and one that renews it, once each


class Need(StrEnum):
    """What a signed-in user has to do before anything else."""

    PASSWORD = "password"  # noqa: S105 - the name of a need: a new one
    SECOND_FACTOR = "second_factor"


@dataclass(frozen=True, slots=True)
class UserSession:
    """A session as its user sees it (会话)."""

    id: int
    kind: SessionKind
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a token stands for, as the database has it.

    Attributes:
        user_id: The account.
        login: Its log-in name.
        name: The person's name.
        session_id: The session.
        kind: What it is held by.
        seen_at: When it was last used, to the minute.
        good_until: When it ends, if nothing more is heard of it.
        needs: What has to be done first.
        grants: What the user is, where, today.
        change: The number of changes of identity this was read after.
    """

    user_id: int
    login: str
    name: str
    session_id: int
    kind: SessionKind
    seen_at: datetime
    good_until: datetime
    needs: frozenset[Need]
    grants: tuple[GrantInForce, ...]
    change: int
