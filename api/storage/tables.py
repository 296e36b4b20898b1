"""The database's tables: one for each kind of event, with unique event ids."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from api.storage.types import BigId, UtcDateTime

ID_LENGTH = 64


class Base(DeclarativeBase):
    """Base of all tables; every constraint has a name, so that migrations can refer to it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy requires a plain dict
        str: String(ID_LENGTH),
        datetime: UtcDateTime,
        float: Float(53),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON,
    }


class EventRow(Base):
    """Columns of every kind of event."""

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
    place_x: Mapped[float]
    place_y: Mapped[float]
    frame_index: Mapped[int] = mapped_column(BigId)
    confidence: Mapped[float]
    speed_kmh: Mapped[float | None]


class MovementRow(EventRow):
    """A vehicle drove from an origin to a destination."""

    __tablename__ = "movements"
    __table_args__ = (Index(None, "left_at", "id"), Index(None, "camera_id", "left_at", "id"))

    movement_id: Mapped[str]
    object_class: Mapped[str] = mapped_column(String(16))
    track_id: Mapped[int] = mapped_column(BigId)
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime]
    captured_at: Mapped[datetime]


class ReportRow(EventRow):
    """Columns of a line's and a zone's report: the interval, and how far to trust it."""

    __abstract__ = True

    interval_start: Mapped[datetime]
    interval_s: Mapped[float]
    watched_s: Mapped[float]
    blind_s: Mapped[float]
    effective_fps: Mapped[float]
    frames_dropped: Mapped[int] = mapped_column(BigId)
    picture: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))


class FlowReportRow(ReportRow):
    """One line's interval; the tables of units are null if the sender only counts."""

    __tablename__ = "flow_reports"
    __table_args__ = (
        Index(None, "interval_start", "id"),
        Index(None, "camera_id", "interval_start", "id"),
        Index(None, "camera_id", "line_id", "interval_start"),
    )

    line_id: Mapped[str]
    pcu_table: Mapped[str | None]
    mcu_table: Mapped[str | None]
    speeds_dropped: Mapped[int | None] = mapped_column(BigId)


class FlowCountRow(Base):
    """One class's counts in a report."""

    __tablename__ = "flow_counts"
    __table_args__ = (UniqueConstraint("report_event_id", "object_class"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    report_event_id: Mapped[str] = mapped_column(ForeignKey("flow_reports.event_id", ondelete="CASCADE"))
    object_class: Mapped[str] = mapped_column(String(16))
    into: Mapped[int] = mapped_column(Integer)
    out: Mapped[int] = mapped_column(Integer)


class FlowDirectionRow(Base):
    """One direction's measures in a report. Spreads are JSON: they are read whole and never searched."""

    __tablename__ = "flow_directions"
    __table_args__ = (UniqueConstraint("report_event_id", "direction"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    report_event_id: Mapped[str] = mapped_column(ForeignKey("flow_reports.event_id", ondelete="CASCADE"))
    direction: Mapped[str] = mapped_column(String(3))
    vehicles: Mapped[int] = mapped_column(Integer)
    flow_veh_h: Mapped[float | None]
    pcu_h: Mapped[float | None]
    mcu_h: Mapped[float | None]
    headway_s: Mapped[dict[str, Any] | None]
    gap_s: Mapped[dict[str, Any] | None]
    speed_kmh: Mapped[dict[str, Any] | None]
    space_mean_speed_kmh: Mapped[float | None]


class ZoneReportRow(ReportRow):
    """One zone's interval; null where a measure is not known."""

    __tablename__ = "zone_reports"
    __table_args__ = (
        Index(None, "interval_start", "id"),
        Index(None, "camera_id", "interval_start", "id"),
        Index(None, "camera_id", "zone_id", "interval_start"),
    )

    zone_id: Mapped[str]
    mean_present: Mapped[float]
    max_present: Mapped[int] = mapped_column(Integer)
    time_occupancy_pct: Mapped[float]
    area_occupancy_pct: Mapped[float]
    density_veh_km_lane: Mapped[float | None]
    space_mean_speed_kmh: Mapped[float | None]
    speed_kmh: Mapped[dict[str, Any] | None]
    relative_speed: Mapped[float | None]
    mean_stop_s: Mapped[float | None]
    speeds_dropped: Mapped[int] = mapped_column(BigId)
    queue: Mapped[dict[str, Any] | None]
    congestion: Mapped[str | None] = mapped_column(String(16))
    level_of_service: Mapped[str | None] = mapped_column(String(1))


class ZonePresenceRow(Base):
    """One class's presence in a report."""

    __tablename__ = "zone_presence"
    __table_args__ = (UniqueConstraint("report_event_id", "object_class"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    report_event_id: Mapped[str] = mapped_column(ForeignKey("zone_reports.event_id", ondelete="CASCADE"))
    object_class: Mapped[str] = mapped_column(String(16))
    mean_present: Mapped[float]
    entries: Mapped[int] = mapped_column(Integer)
    exits: Mapped[int] = mapped_column(Integer)


class IncidentColumns(EventRow):
    """Columns shared by incident updates and current incidents."""

    __abstract__ = True

    incident_id: Mapped[str]
    incident_kind: Mapped[str] = mapped_column(String(32))
    phase: Mapped[str] = mapped_column(String(16))
    sequence: Mapped[int] = mapped_column(BigId)
    started_at: Mapped[datetime]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    zone_id: Mapped[str | None]
    line_id: Mapped[str | None]
    movement_id: Mapped[str | None]
    place_x: Mapped[float | None]
    place_y: Mapped[float | None]
    track_ids: Mapped[list[Any]]
    classes: Mapped[list[Any]]
    confidence: Mapped[float]
    reason: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]]
    captured_at: Mapped[datetime]


class IncidentUpdateRow(IncidentColumns):
    """One update of one incident, as published."""

    __tablename__ = "incident_updates"
    __table_args__ = (Index(None, "incident_id", "sequence"),)


class IncidentRow(IncidentColumns):
    """The current state of an incident: its newest update, whose `event_id` it has."""

    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("incident_id"),
        Index(None, "started_at", "id"),
        Index(None, "camera_id", "started_at", "id"),
        Index(None, "phase", "camera_id"),
    )

    ended_because: Mapped[str | None] = mapped_column(String(16))


class CameraSessionRow(Base):
    """The newest session of a camera: no worker watches incidents of older ones any more."""

    __tablename__ = "camera_sessions"

    camera_id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str]


class SessionProgressRow(Base):
    """How far a session's events have been stored: its highest number, and when that event happened."""

    __tablename__ = "session_progress"

    session_id: Mapped[str] = mapped_column(primary_key=True)
    highest: Mapped[int] = mapped_column(BigId)
    at: Mapped[datetime]


class MissingEventsRow(EventRow):
    """Events of a session, of consecutive numbers, that were published and are not stored. `event_id` is the first."""

    __tablename__ = "missing_events"
    __table_args__ = (
        Index(None, "until", "id"),
        Index(None, "camera_id", "until", "id"),
        Index(None, "session_id"),
    )

    first: Mapped[int] = mapped_column(BigId)
    last: Mapped[int] = mapped_column(BigId)
    events: Mapped[int] = mapped_column(BigId)
    since: Mapped[datetime]
    until: Mapped[datetime]
    detected_at: Mapped[datetime]


class HealthChangeRow(EventRow):
    """A camera's state changed."""

    __tablename__ = "health_changes"
    __table_args__ = (Index(None, "at", "id"), Index(None, "camera_id", "at", "id"))

    state: Mapped[str] = mapped_column(String(16))
    previous: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
