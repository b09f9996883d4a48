"""Begin, renew and recognise sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gis.identity.accounts import Need, SessionKind, SignedIn
from gis.identity.actions import Action
from gis.identity.profiles import RULES
from gis.identity.secrets import new_token, token_hash
from gis.nouns import Actor
from gis.store.audit.record import record
from gis.store.identity.grants import list_grants_in_force
from gis.store.identity.sessions import (
    NewSession,
    end_session,
    find_renewable,
    find_session,
    find_spent,
    renew_session,
    save_session,
    touch_session,
)
from gis.store.identity.users import login_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gis.settings import Settings
    from gis.store.identity.tables import SessionRow, UserRow

# A session in use is written down as such once a minute, and what it may do is read anew.
TOUCHED_EVERY = timedelta(minutes=1)
MOST_OF_AGENT = 200


@dataclass(frozen=True, slots=True)
class Device:
    """What a session is begun by, and from which network address."""

    kind: SessionKind
    address: str
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that was begun or renewed, with the only copy of its tokens.

    Attributes:
        session_id: The session.
        user_id: Its user.
        token: To be sent with every request.
        refresh: Gets the next token, once; None for browsers.
        token_until: Until when the token holds.
        expires_at: When the session ends, however much it is used.
    """

    session_id: int
    user_id: int
    token: str
    refresh: str | None
    token_until: datetime
    expires_at: datetime


def begin_session(
    session: Session, account: UserRow, device: Device, settings: Settings, now: datetime
) -> Begun:
    """Begin a session for an account that has shown who it is."""
    token, refresh = new_token(), new_token() if device.kind is SessionKind.PHONE else None
    expires_at = now + (
        timedelta(hours=settings.session_hours)
        if refresh is None
        else timedelta(days=settings.phone_session_days)
    )
    token_until = expires_at if refresh is None else now + timedelta(minutes=settings.phone_token_minutes)
    session_id = save_session(
        session,
        NewSession(
            user_id=account.id,
            kind=device.kind,
            token_sha256=token_hash(token),
            refresh_sha256=None if refresh is None else token_hash(refresh),
            token_until=token_until,
            expires_at=expires_at,
            seen_at=now,
            address=device.address,
            agent=device.agent and device.agent[:MOST_OF_AGENT],
        ),
    )
    who = Actor(account.login, user_id=account.id, session_id=session_id, address=device.address)
    record(session, who, Action.SIGN_IN, subject=("session", session_id), detail={"kind": device.kind.value})
    return Begun(session_id, account.id, token, refresh, token_until, expires_at)


def renew(session: Session, refresh: str, address: str, settings: Settings, now: datetime) -> Begun | None:
    """Return new tokens for a phone's session, None if the token renews nothing.

    A token that renews a second time was copied: the session ends, for the thief and for the owner.
    """
    known = token_hash(refresh)
    row = find_renewable(session, known, now)
    if row is None:
        copied = find_spent(session, known)
        if copied is not None:
            end_copied(session, copied, address)
        return None
    token, following = new_token(), new_token()
    token_until = min(now + timedelta(minutes=settings.phone_token_minutes), row.expires_at)
    renew_session(session, row, token_hash(token), token_hash(following), (token_until, now))
    return Begun(row.id, row.user_id, token, following, token_until, row.expires_at)


def end_copied(session: Session, row: SessionRow, address: str) -> None:
    """End a session whose token somebody has a copy of."""
    end_session(session, row.user_id, row.id, "its renewing token was used twice")
    who = Actor(login_of(session, row.user_id), user_id=row.user_id, session_id=row.id, address=address)
    record(
        session, who, Action.SESSION_END, subject=("session", row.id), detail={"reason": "token used twice"}
    )


def recognise(session: Session, token: str, settings: Settings, now: datetime) -> SignedIn | None:
    """Return who a token stands for, None if for nobody any more.

    1. A session that was not used for too long has ended. Phones are asleep most of the time: theirs are
       bounded by the life of their tokens alone.
    2. What was granted for a range of days is read by the district's day, and holds until its end at most.
    """
    found = find_session(session, token_hash(token), now)
    if found is None:
        return None
    row: SessionRow = found.SessionRow
    account: UserRow = found.UserRow
    idle = timedelta(minutes=settings.session_idle_minutes)
    if row.kind == SessionKind.BROWSER and row.seen_at + idle <= now:  # 1
        return None
    if row.seen_at + TOUCHED_EVERY <= now:
        touch_session(session, row.id, now)
    zone = ZoneInfo(settings.time_zone)
    today = now.astimezone(zone).date()
    midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), zone)  # 2
    return SignedIn(
        user_id=account.id,
        login=account.login,
        name=account.name,
        session_id=row.id,
        kind=SessionKind(row.kind),
        seen_at=now,
        good_until=min(row.token_until, row.expires_at, now + TOUCHED_EVERY, midnight),
        needs=needs_of(account, settings, now),
        grants=list_grants_in_force(session, account.id, today),
        change=found.change,
    )


def needs_of(account: UserRow, settings: Settings, now: datetime) -> frozenset[Need]:
    """Return what an account has to do before anything else.

    1. Another password, if it has one that is too old.
    2. One-time codes where they are required. The provider sees to that for accounts tied to it; one that
       was tied while it still had a password can be entered by that, too.
    """
    needs = set()
    best_after = RULES[settings.password_profile].best_after
    set_at = None if account.password is None else account.password_set_at
    if best_after is not None and set_at is not None and set_at + best_after <= now:  # 1
        needs.add(Need.PASSWORD)
    is_vouched = account.subject is not None and account.password is None
    if settings.second_factor == "required" and not account.seed_confirmed and not is_vouched:  # 2
        needs.add(Need.SECOND_FACTOR)
    return frozenset(needs)
