"""Personal data: encrypted values of reporters and workers, found by a keyed index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "personal_value",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("worker_id", sa.BigInteger(), nullable=True),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(event_id IS NULL) <> (worker_id IS NULL)", name=op.f("ck_personal_value_subject")
        ),
        sa.CheckConstraint("fact IN ('name', 'phone', 'id_number')", name=op.f("ck_personal_value_fact")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_personal_value_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_personal_value_worker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_value")),
    )
    op.create_index("ix_personal_value_event_id_fact", "personal_value", ["event_id", "fact"], unique=True)
    op.create_index("ix_personal_value_worker_id_fact", "personal_value", ["worker_id", "fact"], unique=True)
    op.create_index("ix_personal_value_lookup", "personal_value", ["lookup"])


def downgrade() -> None:
    op.drop_table("personal_value")
