"""Statistics of a session: frames, rates and latencies."""

from datetime import datetime, timedelta

from vision.contracts import StreamStats
from vision.core import Frame
from vision.sources import SourceStatus
from vision.worker.camera.rates import RollingWindow


class SessionStats:
    """Counts the frames of one session, and measures how long they took over the last seconds."""

    def __init__(self, target_fps: float, *, began_at_s: float) -> None:
        self._target_fps = target_fps
        self._processed = 0
        self._inference_ms = RollingWindow(began_at_s)
        self._queue_age_ms = RollingWindow(began_at_s)
        self._latency_ms = RollingWindow(began_at_s)

    def add_frame(self, frame: Frame, waited_s: float, inference_ms: float, *, now: datetime, now_s: float) -> None:
        """Add a frame that was analysed and published. `now_s` is monotonic."""
        self._processed += 1
        self._inference_ms.add(inference_ms, now_s)
        self._queue_age_ms.add(waited_s * 1000, now_s)
        self._latency_ms.add(max(0.0, (now - frame.captured_at) / timedelta(milliseconds=1)), now_s)

    def stats(self, status: SourceStatus, *, dropped: int, now_s: float) -> StreamStats:
        """The statistics at `now_s`; rates and percentiles are those of the last seconds."""
        return StreamStats(
            received_fps=round(status.received_fps, 2),
            processed_fps=round(self._latency_ms.rate(now_s), 2),
            target_fps=self._target_fps,
            frames_received=status.frames_received,
            frames_processed=self._processed,
            frames_dropped=dropped,
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
