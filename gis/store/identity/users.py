"""Users: who may sign in, with which password, secret and codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from gis.errors import ConflictError, NotFoundError
from gis.identity.accounts import User
from gis.store.identity.tables import UserRow
from gis.store.identity.visible import visible
from gis.store.jobs.tables import JobRow
from gis.store.tables import EventRow, PlanRow, UnitRow

if TYPE_CHECKING:
    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

    from gis.nouns import Actor


def select_users() -> Select[*tuple[Any, ...]]:
    """Return the query of whole users."""
    return select(
        UserRow.id,
        UserRow.login,
        UserRow.name,
        UnitRow.code.label("unit_code"),
        UnitRow.name.label("unit"),
        UserRow.created_at,
        UserRow.created_by,
        UserRow.disabled_at,
        UserRow.password.is_not(None).label("has_password"),
        UserRow.seed_confirmed.label("has_codes"),
        UserRow.secret_until,
    ).join(UnitRow, UnitRow.id == UserRow.unit_id)


def list_users(session: Session, actor: Actor) -> list[User]:
    """Return the users an actor sees, by log-in name."""
    rows = session.execute(select_users().where(visible(UserRow, actor)).order_by(UserRow.login))
    return [user_from(row) for row in rows]


def get_user(session: Session, user_id: int, actor: Actor) -> User:
    """Return a user, or raise NotFoundError."""
    row = session.execute(select_users().where(UserRow.id == user_id, visible(UserRow, actor))).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no user {user_id}.")
    return user_from(row)


def get_user_named(session: Session, login: str, actor: Actor) -> User:
    """Return a user by log-in name, or raise NotFoundError."""
    row = session.execute(
        select_users().where(UserRow.login == login.lower(), visible(UserRow, actor))
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no user {login!r}; `wangge user list` shows the users there are.")
    return user_from(row)


def find_user_named(session: Session, login: str) -> User | None:
    """Return a user by log-in name, whoever asks; the account is not held."""
    row = session.execute(select_users().where(UserRow.login == login)).one_or_none()
    return None if row is None else user_from(row)


def save_user(session: Session, login: str, name: str, unit_id: int, actor: Actor) -> int:
    """Insert a user and return its id.

    Raises:
        ConflictError: The log-in name is taken.
    """
    try:
        with session.begin_nested():
            user_id: int = session.execute(
                insert(UserRow)
                .values(login=login, name=name, unit_id=unit_id, created_by=actor.name)
                .returning(UserRow.id)
            ).scalar_one()
    except IntegrityError as error:
        raise ConflictError(f"The log-in name {login!r} is taken; choose another.") from error
    return user_id


def is_on_record(session: Session, name: str) -> bool:
    """Whether somebody of this name has opened a plan, reported an event or asked for a job."""
    columns = (PlanRow.created_by, JobRow.created_by, EventRow.received_by)
    return bool(session.scalar(select(or_(*(exists().where(column == name) for column in columns)))))


def find_account(session: Session, login: str) -> UserRow | None:
    """Return the account of a log-in name, held until the transaction ends; rows stay within the workflow."""
    return session.scalar(select(UserRow).where(UserRow.login == login).with_for_update())


def get_account(session: Session, user_id: int) -> UserRow:
    """Return an account, held until the transaction ends."""
    return session.execute(
        select(UserRow)
        .where(UserRow.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def find_account_of(session: Session, issuer: str, subject: str) -> UserRow | None:
    """Return the account an identity provider's subject was tied to, held until the transaction ends."""
    tied = select(UserRow).where(UserRow.issuer == issuer, UserRow.subject == subject)
    return session.scalar(tied.with_for_update())


def login_of(session: Session, user_id: int) -> str:
    """Return the log-in name of an account."""
    return session.execute(select(UserRow.login).where(UserRow.id == user_id)).scalar_one()


def change_account(session: Session, user_id: int, **values: Any) -> None:  # noqa: ANN401 - columns of UserRow
    """Set columns of an account."""
    session.execute(update(UserRow).where(UserRow.id == user_id).values(**values))


def user_from(row: Row[Any]) -> User:
    """Return the user a row of `select_users` holds."""
    return User(**row._mapping)  # noqa: SLF001 - the documented way to a row's names
