"""Measures of lines and zones, incidents, speeds of crossings, picture conditions."""

import sqlalchemy as sa
from alembic import op

from api.storage.types import BigId, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON_OR_NULL = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Older rows get no speed, no picture conditions, and counts without measures."""
    op.add_column("line_crossings", sa.Column("speed_kmh", sa.Float(53), nullable=True))
    op.add_column("flow_reports", _picture())
    op.add_column("flow_reports", sa.Column("pcu_table", sa.String(64), nullable=True))
    op.add_column("flow_reports", sa.Column("mcu_table", sa.String(64), nullable=True))
    op.add_column("flow_reports", sa.Column("speeds_dropped", BigId, nullable=True))
    _create_flow_directions()
    _create_zone_reports()
    _create_incidents()
    op.create_table(
        "camera_sessions",
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_sessions"),
    )


def downgrade() -> None:
    """Drop what 0001 does not have."""
    for table in (
        "camera_sessions", "incidents", "incident_words", "zone_presence", "zone_reports", "flow_directions",
    ):  # fmt: skip
        op.drop_table(table)
    for column in ("speeds_dropped", "mcu_table", "pcu_table", "picture"):
        op.drop_column("flow_reports", column)
    op.drop_column("line_crossings", "speed_kmh")


def _picture() -> sa.Column[object]:
    return sa.Column("picture", sa.JSON, nullable=False, server_default=sa.text("'[]'"))


def _create_events(table: str, *columns: sa.Column[object] | sa.UniqueConstraint) -> None:
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


def _create_parts(table: str, of: str, unique: str, *columns: sa.Column[object]) -> None:
    """A table of parts of the reports in the table `of`; a report has one row for each value of `unique`."""
    op.create_table(
        table,
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("report_event_id", sa.String(64), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["report_event_id"], [f"{of}.event_id"], name=f"fk_{table}_report_event_id_{of}", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("report_event_id", unique, name=f"uq_{table}_report_event_id_{unique}"),
    )


def _index(table: str, *columns: str) -> None:
    op.create_index("_".join(("ix", table, *columns)), table, list(columns))


def _create_flow_directions() -> None:
    _create_parts(
        "flow_directions",
        "flow_reports",
        "direction",
        sa.Column("direction", sa.String(3), nullable=False),
        sa.Column("vehicles", sa.Integer, nullable=False),
        sa.Column("flow_veh_h", sa.Float(53), nullable=True),
        sa.Column("pcu_h", sa.Float(53), nullable=True),
        sa.Column("mcu_h", sa.Float(53), nullable=True),
        sa.Column("headway_s", JSON_OR_NULL, nullable=True),
        sa.Column("gap_s", JSON_OR_NULL, nullable=True),
        sa.Column("speed_kmh", JSON_OR_NULL, nullable=True),
        sa.Column("space_mean_speed_kmh", sa.Float(53), nullable=True),
    )


def _create_zone_reports() -> None:
    _create_events(
        "zone_reports",
        sa.Column("zone_id", sa.String(64), nullable=False),
        sa.Column("interval_start", UtcDateTime, nullable=False),
        sa.Column("interval_s", sa.Float(53), nullable=False),
        sa.Column("watched_s", sa.Float(53), nullable=False),
        sa.Column("blind_s", sa.Float(53), nullable=False),
        sa.Column("effective_fps", sa.Float(53), nullable=False),
        sa.Column("frames_dropped", BigId, nullable=False),
        _picture(),
        sa.Column("mean_present", sa.Float(53), nullable=False),
        sa.Column("max_present", sa.Integer, nullable=False),
        sa.Column("time_occupancy_pct", sa.Float(53), nullable=False),
        sa.Column("area_occupancy_pct", sa.Float(53), nullable=False),
        sa.Column("density_veh_km_lane", sa.Float(53), nullable=True),
        sa.Column("space_mean_speed_kmh", sa.Float(53), nullable=True),
        sa.Column("speed_kmh", JSON_OR_NULL, nullable=True),
        sa.Column("relative_speed", sa.Float(53), nullable=True),
        sa.Column("mean_stop_s", sa.Float(53), nullable=True),
        sa.Column("speeds_dropped", BigId, nullable=False),
        sa.Column("queue", JSON_OR_NULL, nullable=True),
        sa.Column("congestion", sa.String(16), nullable=True),
        sa.Column("level_of_service", sa.String(1), nullable=True),
    )
    _index("zone_reports", "interval_start", "id")
    _index("zone_reports", "camera_id", "interval_start", "id")
    _index("zone_reports", "camera_id", "zone_id", "interval_start")
    _create_parts(
        "zone_presence",
        "zone_reports",
        "object_class",
        sa.Column("object_class", sa.String(16), nullable=False),
        sa.Column("mean_present", sa.Float(53), nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("exits", sa.Integer, nullable=False),
    )


def _incident_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("incident_id", sa.String(64), nullable=False),
        sa.Column("incident_kind", sa.String(32), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("sequence", BigId, nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.Column("zone_id", sa.String(64), nullable=True),
        sa.Column("line_id", sa.String(64), nullable=True),
        sa.Column("movement_id", sa.String(64), nullable=True),
        sa.Column("place_x", sa.Float(53), nullable=True),
        sa.Column("place_y", sa.Float(53), nullable=True),
        sa.Column("track_ids", sa.JSON, nullable=False),
        sa.Column("classes", sa.JSON, nullable=False),
        sa.Column("confidence", sa.Float(53), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("facts", JSON_OR_NULL, nullable=False),
        sa.Column("captured_at", UtcDateTime, nullable=False),
    )


def _create_incidents() -> None:
    _create_events("incident_words", *_incident_columns())
    _index("incident_words", "incident_id", "sequence")
    _create_events(
        "incidents",
        *_incident_columns(),
        sa.Column("ended_because", sa.String(16), nullable=True),
        sa.UniqueConstraint("incident_id", name="uq_incidents_incident_id"),
    )
    _index("incidents", "started_at", "id")
    _index("incidents", "camera_id", "started_at", "id")
    _index("incidents", "phase", "camera_id")
