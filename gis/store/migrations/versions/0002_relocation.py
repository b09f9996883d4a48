"""Where events lie in other releases than their own, and how far each relocation has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_place",
        sa.Column("release", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("natural_id", sa.BigInteger(), nullable=True),
        sa.Column("dedicated_id", sa.BigInteger(), nullable=True),
        sa.Column("special_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("street_id", sa.BigInteger(), nullable=True),
        sa.Column("district_id", sa.BigInteger(), nullable=True),
        sa.Column("near_boundary", sa.Boolean(), nullable=False),
        sa.Column("nearest_id", sa.BigInteger(), nullable=True),
        sa.Column("nearest_m", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("release", "event_id", name=op.f("pk_event_place")),
    )
    op.create_table(
        "relocation",
        sa.Column("release", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_event_id", sa.BigInteger(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name=op.f("fk_relocation_release_release")),
        sa.PrimaryKeyConstraint("release", name=op.f("pk_relocation")),
    )


def downgrade() -> None:
    op.drop_table("relocation")
    op.drop_table("event_place")
