"""One session of one camera: analyses its frames, publishes events and reports each interval."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from vision.analytics import IncidentChange
from vision.analytics.incidents.rules.camera_trouble import CameraTroubleRule
from vision.config.camera import CameraConfig
from vision.config.zones import ControllerConfig
from vision.contracts import CameraState, Direction, StreamStats, TrafficNow
from vision.core import Detections, Frame
from vision.pipeline import CameraPipeline, FrameResult
from vision.sources import FrameSampler, SourceState, SourceStatus
from vision.worker.batching import PendingFrame
from vision.worker.camera.capture import Capture
from vision.worker.camera.event_mapping import EventMapper
from vision.worker.camera.intervals import IntervalReporter
from vision.worker.camera.session_ids import SessionIds
from vision.worker.camera.session_stats import SessionStats
from vision.worker.context import WorkerContext
from vision.worker.live_frame import live_frame_of
from vision.worker.live_view import MAX_FPS

BLIND_AFTER_S = 2.0
"""Without a new frame for this long, the camera counts as blind, before its source says so."""
MAX_TRAFFIC_AGE_S = 5.0
"""The current traffic is not known once no frame was analysed for this long: a blind camera must not look calm."""
SAVE_EVERY_S = 300.0
"""How often the learned state is saved."""


class CameraSession:
    """From a camera's start to its end or failure. Errors go to the caller, the camera's runner."""

    def __init__(self, camera: CameraConfig, context: WorkerContext) -> None:
        clock = context.clock
        self.ids = SessionIds(context.session_number(camera.id))
        self.began_at_s = clock.monotonic()
        self._camera = camera
        self._context = context
        self._saved_at_s = self.began_at_s
        numbers = count(1)
        self._pipeline = CameraPipeline(
            camera, learned=context.state_store.load(camera), analyzes_image=True, numbers=numbers
        )
        self._trouble = CameraTroubleRule(camera.incidents.camera_trouble, numbers)
        self._events = EventMapper(camera.id, self.ids, context.sink)
        self._intervals = IntervalReporter(camera, self.ids, context.sink, began_at=clock.now())
        self._has_controller = any(isinstance(signal.state, ControllerConfig) for signal in camera.signals)
        self._totals: Counter[tuple[str, Direction]] = Counter()
        self._live = FrameSampler(MAX_FPS)
        self._newest: FrameResult | None = None
        self._frames_received = 0
        self._received_at_s = -BLIND_AFTER_S
        self._analysed_at_s = float("-inf")
        self._stats = SessionStats(camera.detection.fps, began_at_s=self.began_at_s)
        self._slot = context.scheduler.open(camera.id, camera.detection.fps)
        try:
            self._capture = Capture(camera, self._slot, open_source=context.open_source, clock=clock)
        except Exception:
            self._slot.close()
            raise
        self._capture.start()

    def process(self, pending: PendingFrame, detections: Detections, inference_ms: float) -> None:
        """Analyse one frame, and publish what happened in it."""
        if self._has_controller:
            for update in self._context.signals(self._camera.id):
                self._pipeline.report_signal(update)
        self._newest = result = self._pipeline.process(pending.frame, detections)
        self._publish(result)
        clock = self._context.clock
        now, now_s = clock.now(), clock.monotonic()
        self._analysed_at_s = now_s
        self._intervals.add(result, now)
        self._stats.add_frame(pending.frame, pending.waited_s, inference_ms, now=now, now_s=now_s)
        self._show(pending.frame, result)

    def tick(self) -> SourceStatus:
        """Record the time that passed, report intervals that are over, and return the source's status.

        Raises:
            Exception: what made the capture fail.
        """
        status = self._capture.status()
        if self._capture.error is not None:
            raise self._capture.error
        self._advance(status)
        self._update_trouble(status)
        self._intervals.report(self._context.clock.now())
        self._save_if_due()
        return status

    @property
    def is_over(self) -> bool:
        """Whether the recording is at its end and all its frames are analysed."""
        return self._capture.has_ended and self._slot.is_empty

    def close(self) -> None:
        """Stop capturing, end open incidents and report the interval that has begun. Returns at once."""
        self._capture.stop()
        self._advance(self._capture.status())
        if self._newest is not None:
            final = self._pipeline.close()
            last = replace(self._newest, crossings=final.crossings, movements=(), incidents=final.incidents)
            self._publish(last)
            self._intervals.add_crossings(last)
        self._publish_trouble(self._trouble.close(self._context.clock.monotonic()))
        self._intervals.report_all(self._context.clock.now())
        self._save()

    def join(self, timeout_s: float) -> None:
        """Wait for the capture thread after `close`."""
        self._capture.join(timeout_s)

    def stats(self, status: SourceStatus) -> StreamStats:
        """The session's statistics over the last seconds."""
        return self._stats.stats(status, dropped=self._dropped(status), now_s=self._context.clock.monotonic())

    def traffic(self) -> TrafficNow | None:
        """The current traffic; None before the first frame, and once the newest is older than `MAX_TRAFFIC_AGE_S`."""
        if self._newest is None or self._context.clock.monotonic() - self._analysed_at_s > MAX_TRAFFIC_AGE_S:
            return None
        return self._intervals.traffic_now(
            self._newest, open_incidents=self._pipeline.open_count + self._trouble.open_count
        )

    def _publish(self, result: FrameResult) -> None:
        for crossing in result.crossings:
            self._events.publish_crossing(result, crossing)
            self._totals[crossing.line_id, crossing.direction] += 1
        for movement in result.movements:
            self._events.publish_movement(result, movement)
        for change in result.incidents:
            self._events.publish_incident(change, result.wall_time, result.captured_at)

    def _advance(self, status: SourceStatus) -> None:
        now_s = self._context.clock.monotonic()
        if status.frames_received != self._frames_received:
            self._frames_received, self._received_at_s = status.frames_received, now_s
        quality = self._newest.image.quality if self._newest and self._newest.image else None
        is_receiving = status.state is SourceState.ONLINE and now_s - self._received_at_s < BLIND_AFTER_S
        self._intervals.advance(
            self._context.clock.now(),
            watching=is_receiving and not (quality and quality.is_suspended),
            frames_dropped=self._dropped(status),
            conditions=quality.conditions if quality else (),
        )

    def _update_trouble(self, status: SourceStatus) -> None:
        image_troubles = self._newest.image.quality.troubles() if self._newest and self._newest.image else {}
        state = CameraState(status.state.value)
        now_s = self._context.clock.monotonic()
        self._publish_trouble(self._trouble.update(state, image_troubles, now_s, reason=status.reason))

    def _publish_trouble(self, changes: list[IncidentChange]) -> None:
        now, now_s = self._context.clock.now(), self._context.clock.monotonic()

        def wall_time(at_s: float) -> datetime:
            return now + timedelta(seconds=at_s - now_s)

        for change in changes:
            self._events.publish_incident(change, wall_time, now)

    def _dropped(self, status: SourceStatus) -> int:
        return self._slot.dropped + status.frames_dropped

    def _save_if_due(self) -> None:
        now_s = self._context.clock.monotonic()
        if now_s - self._saved_at_s >= SAVE_EVERY_S:
            self._saved_at_s = now_s
            self._save()

    def _save(self) -> None:
        self._context.state_store.save(self._camera, self._pipeline.learned)

    def _show(self, frame: Frame, result: FrameResult) -> None:
        if self._context.sink.is_watched(self._camera.id) and self._live.due(frame.media_time_s):
            incidents = self._pipeline.open_incidents()
            live = live_frame_of(self._camera, frame, result, totals=self._totals, incidents=incidents, ids=self.ids)
            self._context.show(live)
