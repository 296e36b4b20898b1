"""The tables: one a kind of event, each row told apart for ever by its event's id."""

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from api.storage.types import BigId, UtcDateTime

ID_LENGTH = 64


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can name it too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: String(ID_LENGTH), datetime: UtcDateTime}  # noqa: RUF012  as SQLAlchemy wants it


class EventRow(Base):
    """What every kind of event has."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(unique=True)
    camera_id: Mapped[str]
    session_id: Mapped[str]


class LineCrossingRow(EventRow):
    """A vehicle crossed a line."""

    __tablename__ = "line_crossings"
    __table_args__ = (
        Index(None, "crossed_at", "id"),
        Index(None, "camera_id", "crossed_at", "id"),
        Index(None, "camera_id", "line_id", "crossed_at"),
    )

    line_id: Mapped[str]
    direction: Mapped[str] = mapped_column(String(3))
    object_class: Mapped[str] = mapped_column(String(16))
    track_id: Mapped[int] = mapped_column(BigId)
    crossed_at: Mapped[datetime]
    captured_at: Mapped[datetime]
    place_x: Mapped[float] = mapped_column(Float(53))
    place_y: Mapped[float] = mapped_column(Float(53))
    frame_index: Mapped[int] = mapped_column(BigId)
    confidence: Mapped[float] = mapped_column(Float(53))


class MovementRow(EventRow):
    """A vehicle went from an entry line to an exit line."""

    __tablename__ = "movements"
    __table_args__ = (Index(None, "left_at", "id"), Index(None, "camera_id", "left_at", "id"))

    movement_id: Mapped[str]
    object_class: Mapped[str] = mapped_column(String(16))
    track_id: Mapped[int] = mapped_column(BigId)
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime]
    captured_at: Mapped[datetime]


class FlowReportRow(EventRow):
    """One line's interval, and how far to trust it."""

    __tablename__ = "flow_reports"
    __table_args__ = (
        Index(None, "interval_start", "id"),
        Index(None, "camera_id", "interval_start", "id"),
        Index(None, "camera_id", "line_id", "interval_start"),
    )

    line_id: Mapped[str]
    interval_start: Mapped[datetime]
    interval_s: Mapped[float] = mapped_column(Float(53))
    watched_s: Mapped[float] = mapped_column(Float(53))
    blind_s: Mapped[float] = mapped_column(Float(53))
    effective_fps: Mapped[float] = mapped_column(Float(53))
    frames_dropped: Mapped[int] = mapped_column(BigId)


class FlowCountRow(Base):
    """What one report counted of one class."""

    __tablename__ = "flow_counts"
    __table_args__ = (UniqueConstraint("report_event_id", "object_class"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    report_event_id: Mapped[str] = mapped_column(ForeignKey("flow_reports.event_id", ondelete="CASCADE"))
    object_class: Mapped[str] = mapped_column(String(16))
    into: Mapped[int] = mapped_column(Integer)
    out: Mapped[int] = mapped_column(Integer)


class HealthChangeRow(EventRow):
    """A camera's state became another."""

    __tablename__ = "health_changes"
    __table_args__ = (Index(None, "at", "id"), Index(None, "camera_id", "at", "id"))

    state: Mapped[str] = mapped_column(String(16))
    previous: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
