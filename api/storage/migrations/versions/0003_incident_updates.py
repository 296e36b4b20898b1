"""The table of incident updates gets its present name."""

import sqlalchemy as sa
from alembic import op

from api.storage.types import BigId, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BEFORE, AFTER = "incident_words", "incident_updates"


def upgrade() -> None:
    """Rename the table; its rows stay."""
    _rename(BEFORE, AFTER)


def downgrade() -> None:
    """Restore the former name."""
    _rename(AFTER, BEFORE)


def _rename(before: str, after: str) -> None:
    if op.get_context().dialect.name == "postgresql":
        _rename_in_place(before, after)
        return
    # SQLite cannot rename constraints.
    columns = _create(after)
    names = ", ".join(f'"{column.name}"' for column in columns)
    op.execute(f"INSERT INTO {after} ({names}) SELECT {names} FROM {before}")  # noqa: S608  both are constants
    op.drop_table(before)
    _index(after)


def _rename_in_place(before: str, after: str) -> None:
    op.rename_table(before, after)
    for form in ("pk_{}", "uq_{}_event_id"):
        op.execute(f"ALTER TABLE {after} RENAME CONSTRAINT {form.format(before)} TO {form.format(after)}")
    index = "ix_{}_incident_id_sequence"
    op.execute(f"ALTER INDEX {index.format(before)} RENAME TO {index.format(after)}")
    op.execute(f"ALTER SEQUENCE {before}_id_seq RENAME TO {after}_id_seq")


def _index(table: str) -> None:
    op.create_index(f"ix_{table}_incident_id_sequence", table, ["incident_id", "sequence"])


def _create(table: str) -> list[sa.Column[object]]:
    columns: list[sa.Column[object]] = [
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
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
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("captured_at", UtcDateTime, nullable=False),
    ]
    op.create_table(
        table,
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("event_id", name=f"uq_{table}_event_id"),
    )
    return columns
