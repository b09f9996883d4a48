"""Sign in with a password and, where the account has them, a one-time code; without telling who exists."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.identity.actions import Action
from gis.identity.codes import matching_step
from gis.identity.secrets import hash_password, is_outdated, is_password, token_hash
from gis.nouns import Actor
from gis.store.audit.record import record
from gis.store.identity.failures import OF_ADDRESS, OF_LOGIN, count_attempt, find_lock, forgive, key_of
from gis.store.identity.seeds import opened_seed
from gis.store.identity.users import change_account, find_account
from gis.workflows.identity.begin import Device, begin_session
from gis.workflows.privacy.keys import open_vault

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from gis.settings import Settings
    from gis.store.identity.tables import UserRow
    from gis.workflows.identity.begin import Begun

LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was typed; `code` is a one-time code or a recovery code."""

    login: str
    password: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """No session was begun.

    Attributes:
        reason: For the audit log; the caller is told the same in every case but the next two.
        needs_code: The password was right, and a one-time code is still wanted.
        wait: Too many failures; until then nothing is tried.
    """

    reason: str
    needs_code: bool = False
    wait: timedelta | None = None


def sign_in(
    session: Session, given: Credentials, device: Device, settings: Settings, now: datetime
) -> Begun | Refused:
    """Begin a session, or say that none was begun.

    1. A name or an address that has failed too often is not tried at all.
    2. The attempt counts as failed before it is tried, so that many at once gain nothing.
    3. A wrong name, a wrong password and a disabled account take equally long and are told alike.
    4. A one-time code is asked for only after the right password, and is good once.

    Args:
        session: The open transaction; it is to be committed whatever comes of it.
        given: What was typed.
        device: What asks, and from where.
        settings: How long sessions last.
        now: The time.
    """
    login = as_login(given.login)
    refused = require_patience(session, login, device, now)  # 1, 2
    if refused is None:
        account = find_account(session, login)
        refused = refusal(session, account, given, settings, now)  # 3, 4
        if refused is None and account is not None:
            forgive(session, login, device.address)
            if account.password is not None and is_outdated(account.password):
                change_account(session, account.id, password=hash_password(given.password))
            return begin_session(session, account, device, settings, now)
    if refused is not None and refused.reason == LOCKED:
        return refused  # the log holds when it was locked; every further try would only fill it
    who = Actor(login if is_known(session, login) else "?", address=device.address)
    record(session, who, Action.SIGN_IN_REFUSE, detail={"reason": refused.reason} if refused else {})
    return refused or Refused("unknown")


def as_login(text: str) -> str:
    """Return a log-in name as it is stored."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def is_known(session: Session, login: str) -> bool:
    """Whether there is such an account: what people type into the wrong field is not recorded."""
    return find_account(session, login) is not None


def require_patience(session: Session, login: str, device: Device, now: datetime) -> Refused | None:
    """Return the refusal of a name or address that has failed too often, and count this attempt."""
    keys = [key_of(OF_LOGIN, login), key_of(OF_ADDRESS, device.address)]
    wait = find_lock(session, keys, now)
    if wait is not None:
        return Refused(LOCKED, wait=wait)
    for patience, text in ((OF_ADDRESS, device.address), (OF_LOGIN, login)):
        if not count_attempt(session, patience, text, now):
            return Refused(f"too many failures of one {patience.kind}", wait=patience.locked)
    return None


def refusal(
    session: Session, account: UserRow | None, given: Credentials, settings: Settings, now: datetime
) -> Refused | None:
    """Return why an account may not sign in so, None if it may."""
    stored = None if account is None or account.disabled_at is not None else account.password
    if not is_password(stored, given.password) or account is None:
        return Refused(
            "wrong name or password" if account is None or account.disabled_at is None else "disabled"
        )
    if not account.seed_confirmed or account.seed is None:
        return None
    if given.code is None:
        return Refused("code missing", needs_code=True)
    return None if take_code(session, account, given.code, settings, now) else Refused("wrong code")


def take_code(session: Session, account: UserRow, code: str, settings: Settings, now: datetime) -> bool:
    """Use up a one-time code or a recovery code; False if it is neither."""
    plain = code.strip().replace(" ", "")
    seed = opened_seed(open_vault(session, settings), account.id, account.seed or "")
    step = matching_step(seed, plain, now, account.last_step)
    if step is not None:
        change_account(session, account.id, last_step=step)
        return True
    written = token_hash(plain.lower())
    if written not in account.recovery_sha256:
        return False
    left = [one for one in account.recovery_sha256 if one != written]
    change_account(session, account.id, recovery_sha256=left)
    return True
