"""Tables of crossings, movements, flow reports and health changes."""

import sqlalchemy as sa
from alembic import op

from api.storage.types import BigId, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    _create_line_crossings()
    _create_movements()
    _create_flow_reports()
    _create_health_changes()


def downgrade() -> None:
    """Drop them."""
    for table in ("flow_counts", "flow_reports", "health_changes", "movements", "line_crossings"):
        op.drop_table(table)


def _create(table: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        table,
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("event_id", name=f"uq_{table}_event_id"),
    )


def _index(table: str, *columns: str) -> None:
    op.create_index("_".join(("ix", table, *columns)), table, list(columns))


def _create_line_crossings() -> None:
    _create(
        "line_crossings",
        sa.Column("line_id", sa.String(64), nullable=False),
        sa.Column("direction", sa.String(3), nullable=False),
        sa.Column("object_class", sa.String(16), nullable=False),
        sa.Column("track_id", BigId, nullable=False),
        sa.Column("crossed_at", UtcDateTime, nullable=False),
        sa.Column("captured_at", UtcDateTime, nullable=False),
        sa.Column("place_x", sa.Float(53), nullable=False),
        sa.Column("place_y", sa.Float(53), nullable=False),
        sa.Column("frame_index", BigId, nullable=False),
        sa.Column("confidence", sa.Float(53), nullable=False),
    )
    _index("line_crossings", "crossed_at", "id")
    _index("line_crossings", "camera_id", "crossed_at", "id")
    _index("line_crossings", "camera_id", "line_id", "crossed_at")


def _create_movements() -> None:
    _create(
        "movements",
        sa.Column("movement_id", sa.String(64), nullable=False),
        sa.Column("object_class", sa.String(16), nullable=False),
        sa.Column("track_id", BigId, nullable=False),
        sa.Column("entered_at", UtcDateTime, nullable=False),
        sa.Column("left_at", UtcDateTime, nullable=False),
        sa.Column("captured_at", UtcDateTime, nullable=False),
    )
    _index("movements", "left_at", "id")
    _index("movements", "camera_id", "left_at", "id")


def _create_flow_reports() -> None:
    _create(
        "flow_reports",
        sa.Column("line_id", sa.String(64), nullable=False),
        sa.Column("interval_start", UtcDateTime, nullable=False),
        sa.Column("interval_s", sa.Float(53), nullable=False),
        sa.Column("watched_s", sa.Float(53), nullable=False),
        sa.Column("blind_s", sa.Float(53), nullable=False),
        sa.Column("effective_fps", sa.Float(53), nullable=False),
        sa.Column("frames_dropped", BigId, nullable=False),
    )
    _index("flow_reports", "interval_start", "id")
    _index("flow_reports", "camera_id", "interval_start", "id")
    _index("flow_reports", "camera_id", "line_id", "interval_start")
    op.create_table(
        "flow_counts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("report_event_id", sa.String(64), nullable=False),
        sa.Column("object_class", sa.String(16), nullable=False),
        sa.Column("into", sa.Integer, nullable=False),
        sa.Column("out", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flow_counts"),
        sa.ForeignKeyConstraint(
            ["report_event_id"],
            ["flow_reports.event_id"],
            name="fk_flow_counts_report_event_id_flow_reports",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("report_event_id", "object_class", name="uq_flow_counts_report_event_id_object_class"),
    )


def _create_health_changes() -> None:
    _create(
        "health_changes",
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("previous", sa.String(16), nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    _index("health_changes", "at", "id")
    _index("health_changes", "camera_id", "at", "id")
