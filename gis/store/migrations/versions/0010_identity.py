"""Users, grants, sessions, failed log-ins; the tree of units; plans of a unit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ADMINISTRATORS = "'audit_administrator', 'security_administrator', 'system_administrator'"
ROLES = (
    "'district_planner', 'street_planner', 'approver', 'street_operator', 'district_operator',"
    " 'department_handler', 'grid_worker', 'public_reporter', 'auditor', 'system_administrator',"
    " 'security_administrator', 'audit_administrator'"
)

# `branch` of every unit: itself and all above it, the root first. A unit whose parent is missing, or that
# stands above itself, would belong to nobody.
BRANCHES = """
CREATE FUNCTION renew_unit_branches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH RECURSIVE tree AS (
    SELECT id, code, ARRAY[id] AS branch FROM unit WHERE parent_code IS NULL
    UNION ALL
    SELECT unit.id, unit.code, tree.branch || unit.id
    FROM unit JOIN tree ON unit.parent_code = tree.code
  )
  UPDATE unit SET branch = coalesce(tree.branch, '{}')
  FROM unit AS known LEFT JOIN tree ON tree.id = known.id
  WHERE unit.id = known.id AND unit.branch IS DISTINCT FROM coalesce(tree.branch, '{}');
  IF EXISTS (SELECT FROM unit WHERE branch = '{}') THEN
    RAISE check_violation
    USING MESSAGE = 'the parent of a unit is missing or stands below it', CONSTRAINT = 'ck_unit_branch';
  END IF;
  RETURN NULL;
END $$
"""
BRANCHES_TRIGGER = """
CREATE TRIGGER renew_branches AFTER INSERT OR DELETE OR UPDATE OF code, parent_code ON unit
FOR EACH STATEMENT EXECUTE FUNCTION renew_unit_branches()
"""

CHANGES = """
CREATE FUNCTION note_identity_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE identity_change SET number = number + 1;
  RETURN NULL;
END $$
"""
# A session that begins makes nothing stale; all else does, whoever does it: the service or a hand at the
# database.
CHANGING = {
    "role_grant": "INSERT OR UPDATE OR DELETE OR TRUNCATE",
    "user_account": "UPDATE OF login, name, unit_id, disabled_at, password_set_at, secret_sha256,"
    " seed_confirmed OR DELETE OR TRUNCATE",
    "user_session": "UPDATE OF user_id, token_sha256, token_until, expires_at, ended_at"
    " OR DELETE OR TRUNCATE",
    "unit": "UPDATE OF area_code, branch OR DELETE OR TRUNCATE",
}


def upgrade() -> None:
    op.create_table(
        "identity_change",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_identity_change_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_change")),
    )
    op.create_table(
        "login_failure",
        sa.Column("key_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_sha256", name=op.f("pk_login_failure")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_by", sa.Text(), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "former_passwords", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seed", sa.Text(), nullable=True),
        sa.Column("seed_confirmed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "recovery_sha256",
            postgresql.ARRAY(sa.LargeBinary()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.CheckConstraint("login = lower(login) AND login <> ''", name=op.f("ck_user_account_login")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_user_account_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("login", name=op.f("uq_user_account_login")),
    )
    op.create_index(
        "ix_user_account_subject",
        "user_account",
        ["issuer", "subject"],
        unique=True,
        postgresql_where=sa.text("subject IS NOT NULL"),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("user_id"), "="),
            (sa.column("role"), "="),
            (sa.column("unit_id"), "="),
            (sa.column("valid"), "&&"),
            where=sa.text("ended_at IS NULL"),
            using="gist",
            name="ex_role_grant_once_at_a_time",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("user_id"), "="),
            (sa.column("valid"), "&&"),
            (
                sa.text(f"(CASE WHEN role IN ({ADMINISTRATORS}) THEN role ELSE 'staff' END)"),
                "<>",
            ),
            where=sa.text("ended_at IS NULL"),
            using="gist",
            name="ex_role_grant_administrators",
        ),
        sa.CheckConstraint(
            f"role IN ({ROLES})",
            name=op.f("ck_role_grant_role"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_role_grant_unit_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("token_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refresh_sha256", sa.LargeBinary(), nullable=True),
        sa.Column(
            "spent_sha256", postgresql.ARRAY(sa.LargeBinary()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'phone') = (refresh_sha256 IS NOT NULL)", name=op.f("ck_user_session_refresh")
        ),
        sa.CheckConstraint("kind IN ('browser', 'phone')", name=op.f("ck_user_session_kind")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("refresh_sha256", name=op.f("uq_user_session_refresh_sha256")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_user_session_token_sha256")),
    )
    op.create_index(
        "ix_user_session_spent_sha256", "user_session", ["spent_sha256"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"], unique=False)
    op.add_column("plan", sa.Column("unit_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_plan_unit_id"), "plan", "unit", ["unit_id"], ["id"])
    op.add_column(
        "unit",
        sa.Column(
            "branch", postgresql.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.create_index("ix_unit_branch", "unit", ["branch"], unique=False, postgresql_using="gin")
    op.execute(BRANCHES)
    op.execute(BRANCHES_TRIGGER)
    op.execute("UPDATE unit SET code = code")
    op.execute("INSERT INTO identity_change (id, number) VALUES (1, 0)")
    op.execute(CHANGES)
    for table, events in CHANGING.items():
        op.execute(
            f"CREATE TRIGGER note_change AFTER {events} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION note_identity_change()"
        )


def downgrade() -> None:
    op.execute("DROP TRIGGER note_change ON unit")
    op.execute("DROP TRIGGER renew_branches ON unit")
    op.execute("DROP FUNCTION renew_unit_branches()")
    op.drop_index("ix_unit_branch", table_name="unit", postgresql_using="gin")
    op.drop_column("unit", "branch")
    op.drop_constraint(op.f("fk_plan_unit_id"), "plan", type_="foreignkey")
    op.drop_column("plan", "unit_id")
    op.drop_index("ix_user_session_user_id", table_name="user_session")
    op.drop_index("ix_user_session_spent_sha256", table_name="user_session", postgresql_using="gin")
    op.drop_table("user_session")
    op.drop_table("role_grant")
    op.drop_index(
        "ix_user_account_subject", table_name="user_account", postgresql_where=sa.text("subject IS NOT NULL")
    )
    op.drop_table("user_account")
    op.drop_table("login_failure")
    op.drop_table("identity_change")
    op.execute("DROP FUNCTION note_identity_change()")
