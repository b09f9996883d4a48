"""Operations on plans, with the rows they changed kept by a trigger, so that they can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NOUNS = ("area", "grid")

# While an operation is recorded, a row is kept as it was when the operation first touched it. The geometry
# goes as EWKB: as JSON it would lose bits.
KEEP = """
CREATE FUNCTION plan_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    operation text := current_setting('wangge.plan_operation', true);
    outline bytea;
BEGIN
    IF operation <> '' THEN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO plan_kept (operation_id, noun, row_id, code)
            VALUES (operation::bigint, TG_ARGV[0], NEW.id, NEW.code)
            ON CONFLICT DO NOTHING;
        ELSE
            outline := ST_AsEWKB(OLD.geom, 'NDR');
            OLD.geom := NULL;
            INSERT INTO plan_kept (operation_id, noun, row_id, code, fields, shape)
            VALUES (operation::bigint, TG_ARGV[0], OLD.id, OLD.code, to_jsonb(OLD) - 'geom', outline)
            ON CONFLICT DO NOTHING;
        END IF;
    END IF;
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "plan_operation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "options",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("changed_from", sa.BigInteger(), nullable=False),
        sa.Column("changed_to", sa.BigInteger(), nullable=False),
        sa.Column("area_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("grid_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_plan_operation_plan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_operation")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_plan_operation_plan_id_number")),
    )
    op.create_table(
        "plan_kept",
        sa.Column("operation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("shape", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("noun IN ('area', 'grid')", name=op.f("ck_plan_kept_noun")),
        sa.CheckConstraint("(fields IS NULL) = (shape IS NULL)", name=op.f("ck_plan_kept_whole")),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["plan_operation.id"],
            name=op.f("fk_plan_kept_operation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("operation_id", "noun", "row_id", name=op.f("pk_plan_kept")),
    )
    op.execute(KEEP)
    for noun in NOUNS:
        op.execute(
            f"CREATE TRIGGER keep AFTER INSERT OR UPDATE OR DELETE ON plan_{noun} "
            f"FOR EACH ROW EXECUTE FUNCTION plan_keep('{noun}')"
        )


def downgrade() -> None:
    for noun in NOUNS:
        op.execute(f"DROP TRIGGER keep ON plan_{noun}")
    op.execute("DROP FUNCTION plan_keep()")
    op.drop_table("plan_kept")
    op.drop_table("plan_operation")
