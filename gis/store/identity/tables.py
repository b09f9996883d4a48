"""Tables of identity. A statement that changes who may do what raises `identity_change` by a trigger."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gis.identity.roles import ADMINISTRATORS, Role
from gis.store.tables import Base, identity_key

ROLE_NAMES = ", ".join(f"'{role}'" for role in Role)
ADMINISTRATOR_NAMES = ", ".join(f"'{role}'" for role in sorted(ADMINISTRATORS))


class UserRow(Base):
    """Somebody who signs in; never deleted, so that old traces keep their name."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("login = lower(login) AND login <> ''", name="login"),
        Index(
            "ix_user_account_subject",
            "issuer",
            "subject",
            unique=True,
            postgresql_where=sql("subject IS NOT NULL"),
        ),
    )

    id: Mapped[int] = identity_key()
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    created_by: Mapped[str]
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[str | None]
    # the password, and those before it
    password: Mapped[str | None]
    password_set_at: Mapped[datetime | None]
    former_passwords: Mapped[list[str]] = mapped_column(server_default=sql("'{}'"))
    # a secret handed over once, to set the first password with
    secret_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_until: Mapped[datetime | None]
    # one-time codes (RFC 6238): their seed, the last step that was used, and what helps without the phone
    seed: Mapped[str | None]
    seed_confirmed: Mapped[bool] = mapped_column(server_default=sql("false"))
    last_step: Mapped[int] = mapped_column(server_default="0")
    recovery_sha256: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), server_default=sql("'{}'"))
    # who it is for the district's own identity provider
    issuer: Mapped[str | None]
    subject: Mapped[str | None]


class GrantRow(Base):
    """A role on a branch of the hierarchy for a range of days; ended at once when it is taken away."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(f"role IN ({ROLE_NAMES})", name="role"),
        # no one holds two kinds at a time: each administrator is a kind of its own, all else is one
        ExcludeConstraint(
            ("user_id", "="),
            ("valid", "&&"),
            (sql(f"(CASE WHEN role IN ({ADMINISTRATOR_NAMES}) THEN role ELSE 'staff' END)"), "<>"),
            where=sql("ended_at IS NULL"),
            name="ex_role_grant_administrators",
        ),
        ExcludeConstraint(
            ("user_id", "="),
            ("role", "="),
            ("unit_id", "="),
            ("valid", "&&"),
            where=sql("ended_at IS NULL"),
            name="ex_role_grant_once_at_a_time",
        ),
    )

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    valid: Mapped[Range[date]]
    granted_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    granted_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class SessionRow(Base):
    """A session of a user; of its tokens only hashes are here."""

    __tablename__ = "user_session"
    __table_args__ = (
        CheckConstraint("kind IN ('browser', 'phone')", name="kind"),
        CheckConstraint("(kind = 'phone') = (refresh_sha256 IS NOT NULL)", name="refresh"),
        Index("ix_user_session_user_id", "user_id"),
        Index("ix_user_session_spent_sha256", "spent_sha256", postgresql_using="gin"),
    )

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    token_until: Mapped[datetime]
    refresh_sha256: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    spent_sha256: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), server_default=sql("'{}'"))
    started_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    seen_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    expires_at: Mapped[datetime]
    address: Mapped[str | None]
    agent: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class FailureRow(Base):
    """Failed log-ins of one name or one address; names that do not exist are counted just the same."""

    __tablename__ = "login_failure"

    key_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    first_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class IdentityChangeRow(Base):
    """One number, raised in the transaction of every change of rights: what was cached before is stale."""

    __tablename__ = "identity_change"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
