"""Whether what happens is seen in time: from a picture's capture to the message's way out, over the last minute."""

import time
from collections import deque

from prometheus_client import CollectorRegistry, Histogram
from pydantic import BaseModel, Field

WINDOW_S = 60.0
KEPT = 20_000
TARGET_MS = 1_000
BUCKETS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)


class LatencyFigures(BaseModel):
    """Over the last `window_s` seconds; null where nothing came."""

    count: int = Field(description="Crossings and movements measured.")
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None


class LatencyOut(BaseModel):
    """This process's promise, and how it is kept."""

    window_s: float = WINDOW_S
    target_ms: int = Field(TARGET_MS, description="95 % of events are told within this time of their capture.")
    kept: bool | None = Field(description="Whether `delivered`, or `received` while nobody follows, keeps the target.")
    delivered: LatencyFigures = Field(
        description="Capture to the hand-over to clients of /events; one for each client."
    )
    received: LatencyFigures = Field(description="Capture to this process's reading; also while nobody follows.")


class _Window:
    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=KEPT)

    def add(self, seconds: float) -> None:
        self._samples.append((time.monotonic(), seconds))

    def figures(self) -> LatencyFigures:
        oldest = time.monotonic() - WINDOW_S
        while self._samples and self._samples[0][0] < oldest:
            self._samples.popleft()
        values = sorted(seconds * 1000 for _, seconds in self._samples)
        if not values:
            return LatencyFigures(count=0, p50_ms=None, p95_ms=None, max_ms=None)
        p50, p95 = (round(values[min(len(values) - 1, int(len(values) * part))], 1) for part in (0.5, 0.95))
        return LatencyFigures(count=len(values), p50_ms=p50, p95_ms=p95, max_ms=round(values[-1], 1))


class LatencyMeter:
    """Measures both ways out of Redis."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._delivered, self._received = _Window(), _Window()
        self._histogram = Histogram(
            "ngatu_event_delivery_seconds",
            "From a picture's capture to the hand-over of its event to a client of /api/v1/events.",
            buckets=BUCKETS,
            registry=registry,
        )

    def delivered(self, seconds: float) -> None:
        """An event was handed to one client."""
        self._histogram.observe(max(0.0, seconds))
        self._delivered.add(seconds)

    def received(self, seconds: float) -> None:
        """An event came in live."""
        self._received.add(seconds)

    def report(self) -> LatencyOut:
        """The last minute's figures."""
        delivered, received = self._delivered.figures(), self._received.figures()
        p95 = delivered.p95_ms if delivered.count else received.p95_ms
        return LatencyOut(kept=None if p95 is None else p95 <= TARGET_MS, delivered=delivered, received=received)
