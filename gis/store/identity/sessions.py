"""Sessions: begun, renewed, looked up by the hash of their token, ended."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, or_, select, update

from gis.errors import NotFoundError
from gis.identity.accounts import SessionKind, UserSession
from gis.store.identity.tables import IdentityChangeRow, SessionRow, UserRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.orm import Session

CHANGE = "SELECT number FROM identity_change"
"""What tells that everything read about rights and sessions still holds."""

COLUMNS = [SessionRow.__table__.columns[field.name] for field in fields(UserSession)]
# Of the tokens that renewed a session so many are known again, should a thief come late.
REMEMBERED = 100


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to begin; hashes are SHA-256 of the tokens."""

    user_id: int
    kind: SessionKind
    token_sha256: bytes
    refresh_sha256: bytes | None
    token_until: datetime
    expires_at: datetime
    seen_at: datetime
    address: str | None
    agent: str | None


def save_session(session: Session, new: NewSession) -> int:
    """Begin a session and return its id."""
    values = {field.name: getattr(new, field.name) for field in fields(new)}
    return session.execute(insert(SessionRow).values(values).returning(SessionRow.id)).scalar_one()


def find_session(session: Session, token_sha256: bytes, now: datetime) -> Row[Any] | None:
    """Return the open session of a token with its account, and the number of changes it was read after.

    The number is read first: what changes meanwhile has a higher one.

    Returns:
        A row of `change`, `SessionRow`, `UserRow`; None if the token is unknown, ended or too old, or its
        user is disabled.
    """
    change = session.scalar(select(IdentityChangeRow.number))
    return session.execute(
        select(func.coalesce(change, 0).label("change"), SessionRow, UserRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(SessionRow.token_sha256 == token_sha256, is_open(now), SessionRow.token_until > now)
        .execution_options(populate_existing=True)
    ).one_or_none()


def is_open(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a session may be used, or renewed."""
    return SessionRow.ended_at.is_(None) & (SessionRow.expires_at > now) & UserRow.disabled_at.is_(None)


def touch_session(session: Session, session_id: int, now: datetime) -> None:
    """Note that a session is in use."""
    session.execute(
        update(SessionRow).where(SessionRow.id == session_id, SessionRow.seen_at < now).values(seen_at=now)
    )


def find_renewable(session: Session, refresh_sha256: bytes, now: datetime) -> SessionRow | None:
    """Return the open session a token renews, held until the transaction ends."""
    return session.scalar(
        select(SessionRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(SessionRow.refresh_sha256 == refresh_sha256, is_open(now))
        .with_for_update(of=SessionRow)
    )


def find_spent(session: Session, refresh_sha256: bytes) -> SessionRow | None:
    """Return the open session that a token has renewed before: somebody has a copy of it."""
    return session.scalar(
        select(SessionRow)
        .where(SessionRow.spent_sha256.contains([refresh_sha256]), SessionRow.ended_at.is_(None))
        .with_for_update()
    )


def renew_session(
    session: Session, row: SessionRow, token: bytes, refresh: bytes, times: tuple[datetime, datetime]
) -> None:
    """Give a session new tokens; `times` are until when the token holds, and now."""
    spent = [*row.spent_sha256, row.refresh_sha256][-REMEMBERED:]
    session.execute(
        update(SessionRow)
        .where(SessionRow.id == row.id)
        .values(
            token_sha256=token,
            refresh_sha256=refresh,
            spent_sha256=spent,
            token_until=times[0],
            seen_at=times[1],
        )
    )


def list_sessions(session: Session, user_id: int, now: datetime) -> list[UserSession]:
    """Return a user's open sessions, the last used first."""
    rows = session.execute(
        select(*COLUMNS)
        .where(SessionRow.user_id == user_id, SessionRow.ended_at.is_(None), SessionRow.expires_at > now)
        .order_by(SessionRow.seen_at.desc(), SessionRow.id.desc())
    )
    return [UserSession(**dict(row._mapping) | {"kind": SessionKind(row.kind)}) for row in rows]  # noqa: SLF001 - the documented way to a row's names


def delete_sessions_before(session: Session, time: datetime) -> None:
    """Forget sessions that ended before a time, and whence they came; the audit log has that they were."""
    session.execute(delete(SessionRow).where(func.least(SessionRow.ended_at, SessionRow.expires_at) < time))


def end_session(session: Session, user_id: int, session_id: int, reason: str) -> None:
    """End one session of a user.

    Raises:
        NotFoundError: The user has no such open session.
    """
    if not end_sessions(session, user_id, reason, only=session_id):
        raise NotFoundError(f"There is no open session {session_id}.")


def end_sessions(
    session: Session, user_id: int, reason: str, *, only: int | None = None, but: int | None = None
) -> int:
    """End sessions of a user: one, all but one, or all; return how many."""
    ended = session.execute(
        update(SessionRow)
        .where(
            SessionRow.user_id == user_id,
            SessionRow.ended_at.is_(None),
            or_(only is None, SessionRow.id == only),  # type: ignore[arg-type]  # a plain truth is a condition
            or_(but is None, SessionRow.id != but),  # type: ignore[arg-type]  # likewise
        )
        .values(ended_at=func.now(), end_reason=reason)
        .returning(SessionRow.id)
    )
    return len(ended.all())
