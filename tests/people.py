"""Users with roles and sessions for tests, made in the database without the cost of hashing passwords."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from gis.identity.accounts import SessionKind
from gis.identity.roles import Role
from gis.identity.secrets import new_token, token_hash
from gis.nouns import Actor
from gis.store.identity.grants import save_grant
from gis.store.identity.sessions import NewSession, save_session
from gis.store.identity.units import get_unit, save_units
from gis.store.identity.users import save_user
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from gis.settings import Settings

MAKER = Actor("maker")
ROOT = "ROOT"
# All that one person can be at the same time and a test of the service may need.
ALL_STAFF = (
    Role.DISTRICT_PLANNER,
    Role.APPROVER,
    Role.DISTRICT_OPERATOR,
    Role.AUDITOR,
)


def make_user(session: Session, login: str, roles: Iterable[Role], unit_code: str | None = None) -> int:
    """Add a user with roles on a unit; without one on a root above all areas."""
    if unit_code is None:
        save_units(session, [{"code": ROOT, "name": ROOT, "parent_code": None, "area_code": None}])
    unit = get_unit(session, unit_code or ROOT)
    user_id = save_user(session, login, login, unit.id, MAKER)
    for role in roles:
        save_grant(session, user_id, role, unit.id, (date(2020, 1, 1), None), MAKER)
    return user_id


def open_session(
    session: Session, user_id: int, kind: SessionKind = SessionKind.BROWSER, now: datetime | None = None
) -> str:
    """Begin a session and return its token."""
    token, now = new_token(), now or datetime.now(UTC)
    until = now + timedelta(hours=12)
    refresh = token_hash(new_token()) if kind is SessionKind.PHONE else None
    save_session(
        session, NewSession(user_id, kind, token_hash(token), refresh, until, until, now, None, None)
    )
    return token


def token_for(
    settings: Settings, login: str, roles: Iterable[Role] = ALL_STAFF, unit: str | None = None
) -> str:
    """Add a user, begin a session, and return its token."""
    engine = make_engine(settings)
    with transaction(engine) as session:
        token = open_session(session, make_user(session, login, roles, unit))
    engine.dispose()
    return token


def bearer(token: str) -> dict[str, str]:
    """Return the header that brings a token."""
    return {"Authorization": f"Bearer {token}"}
