"""A session's figures: how many frames, how fast, how late."""

from datetime import datetime, timedelta

from vision.contracts import StreamStats
from vision.core import Frame
from vision.sources import SourceStatus
from vision.worker.rates import Recent


class Figures:
    """Counts the frames of one session and how long they took."""

    def __init__(self, target_fps: float, *, began_at_s: float) -> None:
        self._target_fps = target_fps
        self._processed = 0
        self._inference_ms = Recent(began_at_s)
        self._queue_age_ms = Recent(began_at_s)
        self._latency_ms = Recent(began_at_s)

    def processed(self, frame: Frame, waited_s: float, inference_ms: float, *, now: datetime, now_s: float) -> None:
        """One frame was looked at, and what it showed is published. `now_s` is monotonic."""
        self._processed += 1
        self._inference_ms.add(inference_ms, now_s)
        self._queue_age_ms.add(waited_s * 1000, now_s)
        self._latency_ms.add(max(0.0, (now - frame.captured_at) / timedelta(milliseconds=1)), now_s)

    def stats(self, status: SourceStatus, *, dropped: int, now_s: float) -> StreamStats:
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
