"""One run of one camera: its frames counted, what happened published, how much was seen kept account of."""

from collections import Counter
from datetime import timedelta

from vision.analytics import Crossing, Flow, FlowAggregator
from vision.analytics import Movement as Passage
from vision.config.camera import CameraConfig
from vision.contracts import Direction, FlowReport, LineCrossing, LiveLine, Movement, StreamStats
from vision.core import Detections, Frame
from vision.pipeline import CameraPipeline, Observed
from vision.sources import FrameSampler, SourceState, SourceStatus
from vision.worker.capture import Capture
from vision.worker.identity import SessionIds
from vision.worker.intake import Due
from vision.worker.live import MOST_FPS, Scene
from vision.worker.meters import QualityMeter, Recent
from vision.worker.surroundings import Surroundings

SIGHT_LOST_S = 2.0
"""Without a new frame for so long, the camera is blind, whatever its state says yet."""


class CameraSession:
    """From a camera's start to its end or failure. Errors go to the caller, who is the camera's boundary."""

    def __init__(self, camera: CameraConfig, around: Surroundings) -> None:
        clock = around.clock
        self.ids = SessionIds(clock)
        self.began_at_s = clock.monotonic()
        self._camera = camera
        self._around = around
        self._pipeline = CameraPipeline(camera)
        began_at = clock.now()
        self._flow = FlowAggregator([line.id for line in camera.lines], camera.interval, began_at=began_at)
        self._quality = QualityMeter(self._flow.interval_of, camera.interval, began_at=began_at)
        self._totals: Counter[tuple[str, Direction]] = Counter()
        self._live = FrameSampler(MOST_FPS)
        self._processed = 0
        self._frames_seen = 0
        self._seen_at_s = -SIGHT_LOST_S
        self._inference_ms = Recent(self.began_at_s)
        self._queue_age_ms = Recent(self.began_at_s)
        self._latency_ms = Recent(self.began_at_s)
        self._inlet = around.intake.open(camera.id, camera.detection.fps)
        try:
            self._capture = Capture(camera, self._inlet, open_source=around.open_source, clock=clock)
        except Exception:
            self._inlet.close()
            raise
        self._capture.start()

    def take(self, due: Due, detections: Detections, inference_ms: float) -> None:
        """Count one frame, and publish what it showed."""
        clock = self._around.clock
        seen = self._pipeline.process(due.frame, detections)
        for crossing in seen.crossings:
            self._publish_crossing(due.frame, seen, crossing)
        for passage in seen.movements:
            self._publish_movement(seen, passage)
        now, now_s = clock.now(), clock.monotonic()
        self._processed += 1
        self._quality.processed(now)
        self._inference_ms.add(inference_ms, now_s)
        self._queue_age_ms.add(due.waited_s * 1000, now_s)
        self._latency_ms.add(max(0.0, (now - due.frame.captured_at) / timedelta(milliseconds=1)), now_s)
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
        self._report(self._flow.close(self._around.clock.now()))
        return status

    @property
    def is_over(self) -> bool:
        """Whether the recording is at its end and all its frames are counted."""
        return self._capture.has_ended and self._inlet.is_empty

    def close(self) -> None:
        """Stop capturing and report the interval that has begun. Returns at once."""
        self._capture.stop()
        self._account(self._capture.status())
        self._report(self._flow.close_all(self._around.clock.now()))

    def join(self, timeout_s: float) -> None:
        """Wait for the capture thread after `close`."""
        self._capture.join(timeout_s)

    def stats(self, status: SourceStatus) -> StreamStats:
        now_s = self._around.clock.monotonic()
        return StreamStats(
            received_fps=round(status.received_fps, 2),
            processed_fps=round(self._latency_ms.rate(now_s), 2),
            target_fps=self._camera.detection.fps,
            frames_received=status.frames_received,
            frames_processed=self._processed,
            frames_dropped=self._dropped(status),
            reconnects=status.reconnects,
            inference_ms=round(self._inference_ms.percentile(50, now_s), 1),
            queue_age_ms=round(self._queue_age_ms.percentile(50, now_s), 1),
            latency_ms=round(self._latency_ms.percentile(50, now_s), 1),
            latency_p95_ms=round(self._latency_ms.percentile(95, now_s), 1),
            width_px=status.width_px,
            height_px=status.height_px,
            codec=status.codec,
            decode_mode=status.decode_mode,
        )

    def _account(self, status: SourceStatus) -> None:
        now_s = self._around.clock.monotonic()
        if status.frames_received != self._frames_seen:
            self._frames_seen, self._seen_at_s = status.frames_received, now_s
        watching = status.state is SourceState.ONLINE and now_s - self._seen_at_s < SIGHT_LOST_S
        now = self._around.clock.now()
        self._quality.account(now, watching=watching, frames_dropped=self._dropped(status))

    def _dropped(self, status: SourceStatus) -> int:
        return self._inlet.dropped + status.frames_dropped

    def _report(self, flows: list[Flow]) -> None:
        for flow in flows:
            report = FlowReport(
                event_id=self.ids.next(),
                camera_id=self._camera.id,
                session_id=self.ids.session_id,
                line_id=flow.line_id,
                interval_start=flow.start,
                interval_s=flow.length.total_seconds(),
                counts=flow.counts,
                quality=self._quality.quality_of(flow.start),
            )
            self._around.outlet.publish(report)
        if flows:
            self._quality.forget_before(flows[-1].start + flows[-1].length)

    def _publish_crossing(self, frame: Frame, seen: Observed, crossing: Crossing) -> None:
        crossed_at = seen.wall_time(crossing.at_s)
        event = LineCrossing(
            event_id=self.ids.next(),
            camera_id=self._camera.id,
            session_id=self.ids.session_id,
            line_id=crossing.line_id,
            direction=crossing.direction,
            object_class=crossing.object_class,
            track_id=crossing.track_id,
            crossed_at=crossed_at,
            place=crossing.place,
            captured_at=frame.captured_at,
            frame_index=frame.index,
            confidence=crossing.confidence,
        )
        self._around.outlet.publish(event)
        self._flow.add(crossing, crossed_at)
        self._totals[crossing.line_id, crossing.direction] += 1

    def _publish_movement(self, seen: Observed, passage: Passage) -> None:
        event = Movement(
            event_id=self.ids.next(),
            camera_id=self._camera.id,
            session_id=self.ids.session_id,
            movement_id=passage.movement_id,
            object_class=passage.object_class,
            track_id=passage.track_id,
            entered_at=seen.wall_time(passage.entered_at_s),
            left_at=seen.wall_time(passage.left_at_s),
            captured_at=seen.captured_at,
        )
        self._around.outlet.publish(event)

    def _show(self, frame: Frame, seen: Observed) -> None:
        if not self._around.outlet.is_watched(self._camera.id) or not self._live.due(frame.media_time_s):
            return
        lines = tuple(
            LiveLine(
                line_id=line.id,
                start=line.start,
                end=line.end,
                into=self._totals[line.id, Direction.IN],
                out=self._totals[line.id, Direction.OUT],
            )
            for line in self._camera.lines
        )
        self._around.show(Scene(frame, seen.tracks, lines))
