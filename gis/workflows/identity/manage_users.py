"""Users and what they may do, as the security administrator and the command line manage them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gis.errors import ConflictError, InputError, NotFoundError
from gis.identity.actions import Action
from gis.identity.roles import DISTRICT_WIDE
from gis.identity.secrets import new_one_time_secret, token_hash
from gis.store.audit.record import record
from gis.store.identity.failures import OF_LOGIN, forget_failures
from gis.store.identity.grants import end_grant, has_grants_outside, list_grants, save_grant
from gis.store.identity.sessions import end_sessions
from gis.store.identity.units import get_unit
from gis.store.identity.users import change_account, get_account, get_user, is_on_record, save_user
from gis.workflows.identity.own_account import forget_codes, passwords_of
from gis.workflows.identity.sign_in import as_login

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from gis.identity.accounts import User
    from gis.identity.roles import Role
    from gis.nouns import Actor

SECRET_GOOD_FOR = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody to let in."""

    login: str
    name: str
    unit_code: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A grant to make; `valid_to` is the day after the last, None: until it is taken away."""

    role: Role
    unit_code: str
    valid_from: date
    valid_to: date | None = None


def add_user(session: Session, new: NewUser, actor: Actor, now: datetime) -> tuple[User, str]:
    """Add a user, and return it with the one-time secret that sets the first password.

    Raises:
        ConflictError: The log-in name is taken, or work of somebody else of that name is on record: one sees
            one's own work, and it is told by the name.
        NotFoundError: There is no such unit, or the actor does not see it.
    """
    unit = get_unit(session, new.unit_code, actor)
    login = as_login(new.login)
    if is_on_record(session, login):
        raise ConflictError(f"The log-in name {login!r} is taken; choose another.")
    user_id = save_user(session, login, new.name, unit.id, actor)
    record(
        session, actor, Action.USER_ADD, subject=("user", user_id), detail={"login": login, "unit": unit.code}
    )
    secret = give_secret(session, user_id, actor, now)
    return get_user(session, user_id, actor), secret


def give_secret(session: Session, user_id: int, actor: Actor, now: datetime) -> str:
    """Return a one-time secret to set a password with; password, codes, sessions and a provider's tie end.

    The password is remembered as a former one: where none of the last may come again, it may not either.

    Raises:
        NotFoundError: There is no such user, or the actor does not see it.
        ConflictError: The user holds a role outside the actor's branch.
    """
    user = get_user(session, user_id, actor)
    require_within(session, user, actor)
    secret = new_one_time_secret()
    forget_failures(session, OF_LOGIN, user.login)  # first, as whoever signs in does: else both might wait
    change_account(
        session,
        user.id,
        password=None,
        former_passwords=passwords_of(get_account(session, user.id)),
        secret_sha256=token_hash(secret),
        secret_until=now + SECRET_GOOD_FOR,
        issuer=None,
        subject=None,
    )
    forget_codes(session, user.id)
    end_sessions(session, user.id, "another secret")
    record_about(session, actor, Action.SECRET_GIVE, user)
    return secret


def disable_user(session: Session, user_id: int, actor: Actor, now: datetime) -> User:
    """Let a user in no more, at once.

    Raises:
        NotFoundError: There is no such user, or the actor does not see it.
        ConflictError: It is the actor.
    """
    user = get_user(session, user_id, actor)
    require_another(user, actor)
    require_within(session, user, actor)
    change_account(session, user.id, disabled_at=now, disabled_by=actor.name)
    end_sessions(session, user.id, "disabled")
    record_about(session, actor, Action.USER_DISABLE, user)
    return get_user(session, user_id, actor)


def enable_user(session: Session, user_id: int, actor: Actor) -> User:
    """Let a user in again, and forget failed log-ins.

    Raises:
        NotFoundError: There is no such user, or the actor does not see it.
    """
    user = get_user(session, user_id, actor)
    require_another(user, actor)
    require_within(session, user, actor)
    forget_failures(session, OF_LOGIN, user.login)
    change_account(session, user.id, disabled_at=None, disabled_by=None)
    record_about(session, actor, Action.USER_ENABLE, user)
    return get_user(session, user_id, actor)


def grant_role(session: Session, user_id: int, wanted: Wanted, actor: Actor) -> int:
    """Give a user a role on a branch; nobody gives to themselves.

    Raises:
        NotFoundError: There is no such user or unit, or the actor does not see it.
        ConflictError: It is the actor, the user has it already, it excludes what the user has, or it reaches
            beyond the actor's branch.
        InputError: The last day lies before the first.
    """
    user = get_user(session, user_id, actor)
    require_another(user, actor)
    if wanted.valid_to is not None and wanted.valid_to <= wanted.valid_from:
        raise InputError("the day after the last must lie behind the first", field="valid_to")
    unit = get_unit(session, wanted.unit_code, actor)
    if wanted.role in DISTRICT_WIDE and not actor.scope.has_root:
        raise ConflictError(
            "This role reaches beyond your branch; an administrator of the whole district has to give it."
        )
    valid = (wanted.valid_from, wanted.valid_to)
    grant_id = save_grant(session, user.id, wanted.role, unit.id, valid, actor)
    detail = {"role": wanted.role.value, "unit": unit.code, "from": wanted.valid_from.isoformat()}
    if wanted.valid_to is not None:
        detail["to"] = wanted.valid_to.isoformat()
    record_about(session, actor, Action.ROLE_GRANT, user, detail)
    return grant_id


def take_role(session: Session, user_id: int, grant_id: int, actor: Actor) -> None:
    """Take a grant away, at once.

    Raises:
        NotFoundError: There is no such user or grant, or the actor does not see it.
        ConflictError: It is the actor.
    """
    user = get_user(session, user_id, actor)
    require_another(user, actor)
    grant = next((one for one in list_grants(session, user.id, actor) if one.id == grant_id), None)
    if grant is None:
        raise NotFoundError(f"The user has no grant {grant_id}.")
    end_grant(session, user.id, grant_id, actor)
    detail = {"role": grant.role.value, "unit": grant.unit_code}
    record_about(session, actor, Action.ROLE_TAKE, user, detail)


def end_sessions_of(session: Session, user_id: int, actor: Actor) -> int:
    """End all sessions of a user, at once; return how many.

    Raises:
        NotFoundError: There is no such user, or the actor does not see it.
    """
    user = get_user(session, user_id, actor)
    require_within(session, user, actor)
    ended = end_sessions(session, user.id, "ended by an administrator")
    record_about(session, actor, Action.SESSION_END, user, {"sessions": ended})
    return ended


def record_about(
    session: Session, actor: Actor, action: Action, user: User, detail: Mapping[str, Any] | None = None
) -> None:
    """Record what is done to a user, with the log-in name: numbers tell people nothing."""
    record(session, actor, action, subject=("user", user.id), detail={"login": user.login, **(detail or {})})


def require_within(session: Session, user: User, actor: Actor) -> None:
    """Raise ConflictError if a user holds a role outside the actor's branch.

    Who sets such a user's password could sign in as one with rights that the actor cannot give, and a branch
    shall not shut out those who see to it.
    """
    if has_grants_outside(session, user.id, actor):
        raise ConflictError(
            "The user holds a role outside your branch; an administrator of that branch has to do this."
        )


def require_another(user: User, actor: Actor) -> None:
    """Raise ConflictError if an administrator acts upon the own account."""
    if user.id == actor.user_id:
        raise ConflictError("Nobody changes their own rights; another administrator has to.")
