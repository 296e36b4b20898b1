"""Measures how long events take from capture to this process and on to its clients, over the last minute."""

import time
from collections import deque

from prometheus_client import CollectorRegistry, Histogram

from api.live.schemas import TARGET_MS, WINDOW_S, LatencyFigures, LatencyOut

MAX_SAMPLES = 20_000
BUCKETS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)


class _Window:
    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=MAX_SAMPLES)

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
    """Measures the latency of events received and delivered.

    Examples:
        >>> meter = LatencyMeter(CollectorRegistry())
        >>> meter.received(0.25)
        >>> meter.report().received.p95_ms
        250.0
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._delivered, self._received = _Window(), _Window()
        self._histogram = Histogram(
            "ngatu_event_delivery_seconds",
            "From a frame's capture to the hand-over of its event to a client of /api/v1/events.",
            buckets=BUCKETS,
            registry=registry,
        )

    def delivered(self, seconds: float) -> None:
        """Record an event handed to one client, this long after its capture."""
        self._histogram.observe(max(0.0, seconds))
        self._delivered.add(seconds)

    def received(self, seconds: float) -> None:
        """Record an event received live, this long after its capture."""
        self._received.add(seconds)

    def report(self) -> LatencyOut:
        """The last minute's figures."""
        delivered, received = self._delivered.figures(), self._received.figures()
        p95 = delivered.p95_ms if delivered.count else received.p95_ms
        return LatencyOut(kept=None if p95 is None else p95 <= TARGET_MS, delivered=delivered, received=received)
