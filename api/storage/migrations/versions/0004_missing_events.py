"""Progress of sessions, and the events that are missing."""

import sqlalchemy as sa
from alembic import op

from api.storage.types import BigId, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Sessions that are stored already have no progress: it is kept for those that begin from now on."""
    op.create_table(
        "session_progress",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("highest", BigId, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_session_progress"),
    )
    op.create_table(
        "missing_events",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("first", BigId, nullable=False),
        sa.Column("last", BigId, nullable=False),
        sa.Column("events", BigId, nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("detected_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_missing_events"),
        sa.UniqueConstraint("event_id", name="uq_missing_events_event_id"),
    )
    for columns in (["until", "id"], ["camera_id", "until", "id"], ["session_id"]):
        op.create_index(f"ix_missing_events_{'_'.join(columns)}", "missing_events", columns)


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("missing_events")
    op.drop_table("session_progress")
