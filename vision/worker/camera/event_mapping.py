"""Turns what a camera's pipeline result into events, and publishes them."""

from collections.abc import Callable
from datetime import datetime

from vision.analytics import Crossing, IncidentChange, Movement
from vision.contracts import Incident, LineCrossing
from vision.contracts import Movement as MovementEvent
from vision.pipeline import FrameResult
from vision.worker.camera.session_ids import SessionIds
from vision.worker.context import EventSink

WallTime = Callable[[float], datetime]
"""From seconds of a stream's media time to the wall clock."""


class EventMapper:
    """Publishes the events of one session, each once."""

    def __init__(self, camera_id: str, ids: SessionIds, sink: EventSink) -> None:
        self._camera_id = camera_id
        self._ids = ids
        self._sink = sink

    def publish_crossing(self, result: FrameResult, crossing: Crossing) -> None:
        """Publish a line crossing."""
        event = LineCrossing(
            event_id=self._ids.next(),
            camera_id=self._camera_id,
            session_id=self._ids.session_id,
            line_id=crossing.line_id,
            direction=crossing.direction,
            object_class=crossing.object_class,
            track_id=crossing.track_id,
            crossed_at=result.wall_time(crossing.at_s),
            place=crossing.place,
            captured_at=result.captured_at,
            frame_index=result.frame_index,
            confidence=crossing.confidence,
            speed_kmh=None if crossing.speed_kmh is None else round(crossing.speed_kmh, 1),
        )
        self._sink.publish(event)

    def publish_movement(self, result: FrameResult, movement: Movement) -> None:
        """Publish a movement from zone to zone."""
        event = MovementEvent(
            event_id=self._ids.next(),
            camera_id=self._camera_id,
            session_id=self._ids.session_id,
            movement_id=movement.movement_id,
            object_class=movement.object_class,
            track_id=movement.track_id,
            entered_at=result.wall_time(movement.entered_at_s),
            left_at=result.wall_time(movement.left_at_s),
            captured_at=result.captured_at,
        )
        self._sink.publish(event)

    def publish_incident(self, change: IncidentChange, wall_time: WallTime, captured_at: datetime) -> None:
        """Publish a change of an incident; `captured_at` is the time of the frame that showed it."""
        evidence = change.evidence
        event = Incident(
            event_id=self._ids.next(),
            camera_id=self._camera_id,
            session_id=self._ids.session_id,
            incident_id=self._ids.of_incident(change.number),
            incident_kind=change.kind,
            phase=change.phase,
            sequence=change.sequence,
            started_at=wall_time(change.started_s),
            at=wall_time(change.at_s),
            ended_at=None if change.ended_s is None else wall_time(change.ended_s),
            zone_id=evidence.zone_id,
            line_id=evidence.line_id,
            movement_id=evidence.movement_id,
            place=change.place,
            track_ids=evidence.track_ids,
            classes=evidence.classes,
            confidence=round(evidence.confidence, 3),
            reason=evidence.reason,
            facts=dict(evidence.facts),
            captured_at=captured_at,
        )
        self._sink.publish(event)
