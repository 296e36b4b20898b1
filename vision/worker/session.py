"""One run of one camera: its frames analysed, what happened published, how much was seen kept account of."""

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
from vision.worker.capture import Capture
from vision.worker.context import WorkerContext
from vision.worker.event_mapping import EventMapper
from vision.worker.identity import SessionIds
from vision.worker.intervals import Intervals
from vision.worker.live_frame import shot_of
from vision.worker.live_view import MOST_FPS
from vision.worker.session_stats import Figures

SIGHT_LOST_S = 2.0
"""Without a new frame for so long, the camera is blind, whatever its state says yet."""
KEEP_EVERY_S = 300.0
"""How often what was learnt is kept."""


class CameraSession:
    """From a camera's start to its end or failure. Errors go to the caller, who is the camera's boundary."""

    def __init__(self, camera: CameraConfig, around: WorkerContext) -> None:
        clock = around.clock
        self.ids = SessionIds(clock)
        self.began_at_s = clock.monotonic()
        self._camera = camera
        self._around = around
        self._kept_at_s = self.began_at_s
        numbers = count(1)
        self._pipeline = CameraPipeline(
            camera, learned=around.learnt.recall(camera), analyzes_image=True, numbers=numbers
        )
        self._trouble = CameraTroubleRule(camera.incidents.camera_trouble, numbers)
        self._facts = EventMapper(camera.id, self.ids, around.outlet)
        self._intervals = Intervals(camera, self.ids, around.outlet, began_at=clock.now())
        self._hears_signals = any(isinstance(signal.state, ControllerConfig) for signal in camera.signals)
        self._totals: Counter[tuple[str, Direction]] = Counter()
        self._live = FrameSampler(MOST_FPS)
        self._seen: FrameResult | None = None
        self._frames_seen = 0
        self._seen_at_s = -SIGHT_LOST_S
        self._figures = Figures(camera.detection.fps, began_at_s=self.began_at_s)
        self._inlet = around.intake.open(camera.id, camera.detection.fps)
        try:
            self._capture = Capture(camera, self._inlet, open_source=around.open_source, clock=clock)
        except Exception:
            self._inlet.close()
            raise
        self._capture.start()

    def take(self, due: PendingFrame, detections: Detections, inference_ms: float) -> None:
        """Analyse one frame, and publish what it showed."""
        if self._hears_signals:
            for told in self._around.signals(self._camera.id):
                self._pipeline.report_signal(told)
        self._seen = seen = self._pipeline.process(due.frame, detections)
        self._publish(seen)
        clock = self._around.clock
        now, now_s = clock.now(), clock.monotonic()
        self._intervals.add(seen, now)
        self._figures.processed(due.frame, due.waited_s, inference_ms, now=now, now_s=now_s)
        self._show(due.frame, seen)

    def tick(self) -> SourceStatus:
        """Keep account of the time that passed, report intervals that are over, say how the source is.

        Raises:
            Exception: whatever broke the capture.
        """
        status = self._capture.status()
        if self._capture.error is not None:
            raise self._capture.error
        self._account(status)
        self._look_for_trouble(status)
        self._intervals.report(self._around.clock.now())
        self._keep_now_and_then()
        return status

    @property
    def is_over(self) -> bool:
        """Whether the recording is at its end and all its frames are analysed."""
        return self._capture.has_ended and self._inlet.is_empty

    def close(self) -> None:
        """Stop capturing, end what goes on and report the interval that has begun. Returns at once."""
        self._capture.stop()
        self._account(self._capture.status())
        if self._seen is not None:
            words = self._pipeline.close()
            last = replace(self._seen, crossings=words.crossings, movements=(), incidents=words.incidents)
            self._publish(last)
            self._intervals.count(last)
        self._tell_trouble(self._trouble.close(self._around.clock.monotonic()))
        self._intervals.report_all(self._around.clock.now())
        self._keep()

    def join(self, timeout_s: float) -> None:
        """Wait for the capture thread after `close`."""
        self._capture.join(timeout_s)

    def stats(self, status: SourceStatus) -> StreamStats:
        return self._figures.stats(status, dropped=self._dropped(status), now_s=self._around.clock.monotonic())

    def traffic(self) -> TrafficNow | None:
        """What the camera sees just now; None before its first frame."""
        if self._seen is None:
            return None
        return self._intervals.traffic_now(
            self._seen, open_incidents=self._pipeline.open_count + self._trouble.open_count
        )

    def _publish(self, seen: FrameResult) -> None:
        for crossing in seen.crossings:
            self._facts.crossing(seen, crossing)
            self._totals[crossing.line_id, crossing.direction] += 1
        for movement in seen.movements:
            self._facts.movement(seen, movement)
        for change in seen.incidents:
            self._facts.incident(change, seen.wall_time, seen.captured_at)

    def _account(self, status: SourceStatus) -> None:
        now_s = self._around.clock.monotonic()
        if status.frames_received != self._frames_seen:
            self._frames_seen, self._seen_at_s = status.frames_received, now_s
        state = self._seen.image.quality if self._seen and self._seen.image else None
        is_coming = status.state is SourceState.ONLINE and now_s - self._seen_at_s < SIGHT_LOST_S
        self._intervals.account(
            self._around.clock.now(),
            watching=is_coming and not (state and state.is_suspended),
            frames_dropped=self._dropped(status),
            conditions=state.conditions if state else (),
        )

    def _look_for_trouble(self, status: SourceStatus) -> None:
        picture = self._seen.image.quality.troubles() if self._seen and self._seen.image else {}
        state = CameraState(status.state.value)
        now_s = self._around.clock.monotonic()
        self._tell_trouble(self._trouble.update(state, picture, now_s, reason=status.reason))

    def _tell_trouble(self, changes: list[IncidentChange]) -> None:
        now, now_s = self._around.clock.now(), self._around.clock.monotonic()

        def wall_time(at_s: float) -> datetime:
            return now + timedelta(seconds=at_s - now_s)

        for change in changes:
            self._facts.incident(change, wall_time, now)

    def _dropped(self, status: SourceStatus) -> int:
        return self._inlet.dropped + status.frames_dropped

    def _keep_now_and_then(self) -> None:
        now_s = self._around.clock.monotonic()
        if now_s - self._kept_at_s >= KEEP_EVERY_S:
            self._kept_at_s = now_s
            self._keep()

    def _keep(self) -> None:
        self._around.learnt.keep(self._camera, self._pipeline.learned)

    def _show(self, frame: Frame, seen: FrameResult) -> None:
        if self._around.outlet.is_watched(self._camera.id) and self._live.due(frame.media_time_s):
            incidents = self._pipeline.open_incidents()
            shot = shot_of(self._camera, frame, seen, totals=self._totals, incidents=incidents, ids=self.ids)
            self._around.show(shot)
