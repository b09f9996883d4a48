"""Fingerprints of areas and grids, whose sums prove partitions; those that are stored get theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gis.store.checking.proofs import COLUMNS, fill_fingerprints

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("area_version", "grid_version", "plan_area", "plan_grid")


def upgrade() -> None:
    for table in TABLES:
        for column in COLUMNS:
            op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
        fill_fingerprints(op.get_bind(), table)


def downgrade() -> None:
    for table in TABLES:
        for column in COLUMNS:
            op.drop_column(table, column)
