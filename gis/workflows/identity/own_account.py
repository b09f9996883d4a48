"""One's own account: the first password, another one, one-time codes, sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.errors import ConflictError, InputError
from gis.identity.accounts import SessionKind
from gis.identity.actions import Action
from gis.identity.codes import address_of, matching_step, new_recovery_codes, new_seed
from gis.identity.passwords import password_problems
from gis.identity.profiles import RULES
from gis.identity.secrets import hash_password, is_password, token_hash
from gis.nouns import Actor
from gis.store.audit.record import record
from gis.store.identity.failures import forgive
from gis.store.identity.seeds import opened_seed, sealed_seed
from gis.store.identity.sessions import end_session, end_sessions
from gis.store.identity.users import change_account, find_account, get_account
from gis.workflows.identity.begin import Device
from gis.workflows.identity.sign_in import LOCKED, Refused, as_login, require_patience
from gis.workflows.privacy.keys import open_vault

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gis.settings import Settings
    from gis.store.identity.tables import UserRow


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """What sets the first password: a one-time secret that was handed over."""

    login: str
    secret: str
    password: str


def activate(
    session: Session, given: FirstPassword, device: Device, settings: Settings, now: datetime
) -> Actor | Refused:
    """Set the first password with a secret that was handed over; the secret is good once.

    Raises:
        InputError: The password is not good enough; the secret stays good.
    """
    name = as_login(given.login)
    refused = require_patience(session, name, device, now)
    if refused is not None:
        return refused
    account = find_account(session, name)
    is_it = (
        account is not None
        and account.disabled_at is None
        and account.secret_until is not None
        and account.secret_until > now
        and account.secret_sha256 == token_hash(given.secret.strip().lower())
    )
    if account is None or not is_it:
        refused = Refused("wrong name or secret")
        who = Actor("?" if account is None else account.login, address=device.address)
        record(session, who, Action.SIGN_IN_REFUSE, detail={"reason": refused.reason})
        return refused
    store_password(session, account, given.password, settings, now)
    change_account(session, account.id, secret_sha256=None, secret_until=None)
    end_sessions(session, account.id, "another password")
    who = Actor(account.login, user_id=account.id, address=device.address)
    record(session, who, Action.PASSWORD_SET, subject=("user", account.id), detail={"by": "one-time secret"})
    return who


def change_password(
    session: Session, actor: Actor, old: str, new: str, settings: Settings, now: datetime
) -> Refused | None:
    """Set another password, and end all other sessions.

    Raises:
        InputError: The new one is not good enough.
    """
    account = own(session, actor)
    refused = show_password(session, account, actor, old, now)
    if refused is not None:
        return refused
    store_password(session, account, new, settings, now)
    end_sessions(session, account.id, "another password", but=actor.session_id)
    record(session, actor, Action.PASSWORD_SET, subject=("user", account.id), detail={"by": "old password"})
    return None


def show_password(
    session: Session, account: UserRow, actor: Actor, password: str, now: datetime
) -> Refused | None:
    """Refuse who sits at an open session without knowing the password; guesses count as at the door.

    The transaction is to be committed whatever comes of it.
    """
    address = actor.address or ""
    refused = require_patience(session, account.login, Device(SessionKind.BROWSER, address), now)
    if refused is None and not is_password(account.password, password):
        refused = Refused("wrong password")
    if refused is None:
        forgive(session, account.login, address)
    elif refused.reason != LOCKED:
        detail = {"reason": refused.reason}
        record(session, actor, Action.SIGN_IN_REFUSE, subject=("user", account.id), detail=detail)
    return refused


def store_password(
    session: Session, account: UserRow, password: str, settings: Settings, now: datetime
) -> None:
    """Store a password if it is good enough and, where the profile says so, none of the last ones.

    Raises:
        InputError: It is not; the text says how to mend it.
    """
    profile = settings.password_profile
    problems = password_problems(password, profile, (account.login, account.name))
    remembered = passwords_of(account)[: RULES[profile].remembered]
    if not problems and any(is_password(one, password) for one in remembered):
        problems = [f"it was used before; take none of your last {len(remembered)}"]
    if problems:
        raise InputError("This password will not do: " + "; ".join(problems) + ".", field="password")
    change_account(
        session,
        account.id,
        password=hash_password(password),
        password_set_at=now,
        former_passwords=remembered,
    )


def passwords_of(account: UserRow) -> list[str]:
    """Return the hashes of an account's password and of the former ones that are remembered, newest first."""
    return [one for one in (account.password, *account.former_passwords) if one is not None]


def begin_codes(
    session: Session, actor: Actor, password: str, settings: Settings, now: datetime
) -> str | Refused:
    """Return the address from which an app learns to make one-time codes; they hold once one is confirmed.

    Raises:
        ConflictError: The account has them already.
    """
    account = own(session, actor)
    if account.seed_confirmed:
        raise ConflictError("One-time codes are on already; switch them off first to begin anew.")
    refused = show_password(session, account, actor, password, now)
    if refused is not None:
        return refused
    seed = new_seed()
    sealed = sealed_seed(open_vault(session, settings), account.id, seed)
    change_account(session, account.id, seed=sealed, seed_confirmed=False, last_step=0)
    return address_of(seed, account.login)


def confirm_codes(session: Session, actor: Actor, code: str, settings: Settings, now: datetime) -> list[str]:
    """Ask for one-time codes from now on, and return the recovery codes, which are shown this once.

    Raises:
        ConflictError: Nothing was begun.
        InputError: The code is wrong.
    """
    account = own(session, actor)
    if account.seed is None or account.seed_confirmed:
        raise ConflictError("There is nothing to confirm; begin with the address for the app.")
    seed = opened_seed(open_vault(session, settings), account.id, account.seed)
    step = matching_step(seed, code.strip().replace(" ", ""), now, account.last_step)
    if step is None:
        raise InputError("this code is wrong or too old; check the phone's clock", field="code")
    written = new_recovery_codes()
    change_account(
        session,
        account.id,
        seed_confirmed=True,
        last_step=step,
        recovery_sha256=[token_hash(one) for one in written],
    )
    record(session, actor, Action.CODES_ON, subject=("user", account.id))
    return written


def end_codes(
    session: Session, actor: Actor, password: str, settings: Settings, now: datetime
) -> Refused | None:
    """Ask for no one-time codes any more.

    Raises:
        ConflictError: They are required here.
    """
    account = own(session, actor)
    if settings.second_factor == "required":
        raise ConflictError("One-time codes are required here; ask an administrator if the phone was lost.")
    refused = show_password(session, account, actor, password, now)
    if refused is not None:
        return refused
    forget_codes(session, account.id)
    record(session, actor, Action.CODES_OFF, subject=("user", account.id))
    return None


def forget_codes(session: Session, user_id: int) -> None:
    """Take an account's one-time codes away."""
    change_account(session, user_id, seed=None, seed_confirmed=False, last_step=0, recovery_sha256=[])


def sign_out(session: Session, actor: Actor, session_id: int) -> None:
    """End one of one's sessions, at once.

    Raises:
        NotFoundError: There is no such session of the actor's.
    """
    account = own(session, actor)
    end_session(session, account.id, session_id, "signed out")
    record(session, actor, Action.SIGN_OUT, subject=("session", session_id))


def sign_out_elsewhere(session: Session, actor: Actor) -> int:
    """End all one's sessions but this one; return how many."""
    account = own(session, actor)
    ended = end_sessions(session, account.id, "signed out elsewhere", but=actor.session_id)
    record(session, actor, Action.SIGN_OUT, subject=("user", account.id), detail={"sessions": ended})
    return ended


def own(session: Session, actor: Actor) -> UserRow:
    """Return the actor's account."""
    if actor.user_id is None:
        raise ConflictError("The command line has no account.")
    return get_account(session, actor.user_id)
