"""Events as rows: which table each kind goes to, and what belongs to it in others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from api.storage.tables import (
    Base,
    EventRow,
    FlowCountRow,
    FlowDirectionRow,
    FlowReportRow,
    HealthChangeRow,
    IncidentWordRow,
    LineCrossingRow,
    MovementRow,
    ZonePresenceRow,
    ZoneReportRow,
)
from vision.contracts import (
    ClassPresence,
    DirectionMeasures,
    FlowQuality,
    FlowReport,
    HealthChange,
    Incident,
    LineCrossing,
    LineMeasures,
    Movement,
    Spread,
    ZoneMeasures,
    ZoneReport,
)
from vision.contracts.events import AnyEvent

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventRows:
    """One event's row, and those that belong to it."""

    table: type[EventRow]
    row: Row
    parts: tuple[tuple[type[Base], Row], ...] = ()


def rows_of(event: AnyEvent) -> EventRows:
    """What is to be written for an event."""
    common = {"event_id": event.event_id, "camera_id": event.camera_id, "session_id": event.session_id}
    match event:
        case LineCrossing():
            return EventRows(LineCrossingRow, common | _crossing(event))
        case Movement():
            return EventRows(MovementRow, common | _movement(event))
        case FlowReport():
            return EventRows(FlowReportRow, common | _flow(event), tuple(_flow_parts(event)))
        case ZoneReport():
            return EventRows(ZoneReportRow, common | _zone(event), tuple(_zone_parts(event)))
        case Incident():
            return EventRows(IncidentWordRow, common | _incident(event))
        case HealthChange():
            return EventRows(HealthChangeRow, common | _change(event))


def _crossing(event: LineCrossing) -> Row:
    return {
        "line_id": event.line_id,
        "direction": event.direction.value,
        "object_class": event.object_class.value,
        "track_id": event.track_id,
        "crossed_at": event.crossed_at,
        "captured_at": event.captured_at,
        "place_x": event.place[0],
        "place_y": event.place[1],
        "frame_index": event.frame_index,
        "confidence": event.confidence,
        "speed_kmh": event.speed_kmh,
    }


def _movement(event: Movement) -> Row:
    return {
        "movement_id": event.movement_id,
        "object_class": event.object_class.value,
        "track_id": event.track_id,
        "entered_at": event.entered_at,
        "left_at": event.left_at,
        "captured_at": event.captured_at,
    }


def _interval(event: FlowReport | ZoneReport) -> Row:
    return {"interval_start": event.interval_start, "interval_s": event.interval_s} | _quality(event.quality)


def _quality(quality: FlowQuality) -> Row:
    return {
        "watched_s": quality.watched_s,
        "blind_s": quality.blind_s,
        "effective_fps": quality.effective_fps,
        "frames_dropped": quality.frames_dropped,
        "picture": [condition.value for condition in quality.picture],
    }


def _flow(event: FlowReport) -> Row:
    return {"line_id": event.line_id} | _interval(event) | _line_measures(event.measures)


def _line_measures(measures: LineMeasures | None) -> Row:
    if measures is None:
        return {"pcu_table": None, "mcu_table": None, "speeds_dropped": None}
    return {
        "pcu_table": measures.pcu_table,
        "mcu_table": measures.mcu_table,
        "speeds_dropped": measures.speeds_dropped,
    }


def _flow_parts(event: FlowReport) -> Iterable[tuple[type[Base], Row]]:
    belongs = {"report_event_id": event.event_id}
    for count in event.counts:
        counted = {"object_class": count.object_class.value, "into": count.into, "out": count.out}
        yield FlowCountRow, belongs | counted
    for one_way in event.measures.directions if event.measures else ():
        yield FlowDirectionRow, belongs | _direction(one_way)


def _direction(measures: DirectionMeasures) -> Row:
    return {
        "direction": measures.direction.value,
        "vehicles": measures.vehicles,
        "flow_veh_h": measures.flow_veh_h,
        "pcu_h": measures.pcu_h,
        "mcu_h": measures.mcu_h,
        "headway_s": _spread(measures.headway_s),
        "gap_s": _spread(measures.gap_s),
        "speed_kmh": _spread(measures.speed_kmh),
        "space_mean_speed_kmh": measures.space_mean_speed_kmh,
    }


def _spread(spread: Spread | None) -> Row | None:
    return spread.model_dump() if spread else None


def _zone(event: ZoneReport) -> Row:
    return {"zone_id": event.zone_id} | _interval(event) | _zone_measures(event.measures)


def _zone_measures(measures: ZoneMeasures) -> Row:
    return {
        "mean_present": measures.mean_present,
        "max_present": measures.max_present,
        "time_occupancy_pct": measures.time_occupancy_pct,
        "area_occupancy_pct": measures.area_occupancy_pct,
        "density_veh_km_lane": measures.density_veh_km_lane,
        "space_mean_speed_kmh": measures.space_mean_speed_kmh,
        "speed_kmh": _spread(measures.speed_kmh),
        "relative_speed": measures.relative_speed,
        "mean_stop_s": measures.mean_stop_s,
        "speeds_dropped": measures.speeds_dropped,
        "queue": measures.queue.model_dump() if measures.queue else None,
        "congestion": measures.congestion.value if measures.congestion else None,
        "level_of_service": measures.level_of_service,
    }


def _zone_parts(event: ZoneReport) -> Iterable[tuple[type[Base], Row]]:
    for presence in event.measures.presence:
        yield ZonePresenceRow, {"report_event_id": event.event_id} | _presence(presence)


def _presence(presence: ClassPresence) -> Row:
    return {
        "object_class": presence.object_class.value,
        "mean_present": presence.mean_present,
        "entries": presence.entries,
        "exits": presence.exits,
    }


def _incident(event: Incident) -> Row:
    return {
        "incident_id": event.incident_id,
        "incident_kind": event.incident_kind.value,
        "phase": event.phase.value,
        "sequence": event.sequence,
        "started_at": event.started_at,
        "at": event.at,
        "ended_at": event.ended_at,
        "zone_id": event.zone_id,
        "line_id": event.line_id,
        "movement_id": event.movement_id,
        "place_x": event.place[0] if event.place else None,
        "place_y": event.place[1] if event.place else None,
        "track_ids": list(event.track_ids),
        "classes": [of.value for of in event.classes],
        "confidence": event.confidence,
        "reason": event.reason,
        "facts": event.facts,
        "captured_at": event.captured_at,
    }


def _change(event: HealthChange) -> Row:
    return {
        "state": event.state.value,
        "previous": event.previous.value if event.previous else None,
        "reason": event.reason,
        "at": event.at,
    }
