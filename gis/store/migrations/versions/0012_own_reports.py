"""One's own reports are looked up."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEX = "ix_event_received_by_reported_at_id"


def upgrade() -> None:
    op.create_index(INDEX, "event", ["received_by", "reported_at", "id"])


def downgrade() -> None:
    op.drop_index(INDEX, "event")
