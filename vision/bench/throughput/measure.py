"""What analytics cost: time a frame, and memory over very many frames, on made-up traffic without an end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from vision.analytics import FlowAggregator, TrafficAnalyzer
from vision.analytics.analyzer import AnalysisResult
from vision.analytics.lines.live import LiveLines
from vision.analytics.zones.intervals import ZoneAggregator
from vision.analytics.zones.live import zones_now
from vision.bench.throughput.synthetic_tracks import (
    HEIGHT_PX,
    WIDTH_PX,
    crossing_camera,
    endless_traffic,
    lying_at,
    signals_at,
)
from vision.config.camera import CameraConfig

BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)
PROMISED_MS, PROMISED_TRACKS = 2.0, 50
"""Analytics take no longer a frame, in the median, with so many tracks."""
WATCHED_EVERY = 200
"""Frames."""
TOLD_EVERY_S = 1.0
"""What is told each second: intervals that are over, and how traffic is just now."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of all analytics of a frame, intervals included, on this machine. Milliseconds are the processor time of the
    thread: the wall clock of a machine that others use tells of them as well."""

    frames: int
    tracks: int
    """In each frame."""
    median_ms: float
    p95_ms: float
    incidents: int
    """Changes told on the way: the rules had something to do."""
    rss_mb: tuple[float, ...]
    """Memory of the process after each tenth of the frames."""
    interrupted: bool = False
    """Whether it was stopped before all frames were looked at; then `frames` are those that were."""


class Intervals:
    """What a worker adds up and tells of a camera's traffic beside its incidents."""

    def __init__(self, camera: CameraConfig) -> None:
        line_ids = [line.id for line in camera.lines]
        self._flow = FlowAggregator(line_ids, camera.interval, began_at=BEGAN_AT)
        self._lines_now = LiveLines(line_ids, camera.measures.equivalents, began_at=BEGAN_AT)
        self._zones = ZoneAggregator(camera, began_at=BEGAN_AT)
        self._told_s = 0.0

    def add(self, moment: AnalysisResult, at_s: float) -> None:
        """Take in a moment, and tell what is due."""
        at = BEGAN_AT + timedelta(seconds=at_s)
        for crossing in moment.crossings:
            crossed_at = BEGAN_AT + timedelta(seconds=crossing.at_s)
            self._flow.add(crossing, crossed_at)
            self._lines_now.add(crossing, crossed_at)
        self._zones.add(moment.scene, at)
        if at_s - self._told_s >= TOLD_EVERY_S:
            self._told_s = at_s
            self._flow.close(at)
            self._zones.close(at)
            self._lines_now.now(at)
            zones_now(moment.scene)


def measure_cost(
    frames: int,
    tracks: int = PROMISED_TRACKS,
    camera: CameraConfig | None = None,
    *,
    watch: Callable[[int], None] = lambda _done: None,
) -> Cost:
    """Run so many frames through the analytics and time each. `watch` hears now and then how many are done.

    Ctrl-C ends it early and keeps what was measured, if that is a frame at least.
    """
    camera = camera or crossing_camera()
    traffic, intervals = TrafficAnalyzer(camera, WIDTH_PX, HEIGHT_PX), Intervals(camera)
    took_ms = np.full(frames, np.nan)  # written now, so that memory that is merely filled later tells of no growth
    incidents = done = 0
    rss_mb: list[float] = []
    try:
        for n, (at_s, moment) in zip(range(frames), endless_traffic(tracks), strict=False):
            signals, road_objects = signals_at(at_s), lying_at(at_s)
            started_s = time.thread_time()
            told = traffic.update(moment, at_s, signals=signals, road_objects=road_objects)
            intervals.add(told, at_s)
            took_ms[n] = (time.thread_time() - started_s) * 1000
            incidents, done = incidents + len(told.incidents), n + 1
            if done % max(frames // 10, 1) == 0:
                rss_mb.append(_rss_mb())
            if done % WATCHED_EVERY == 0:
                watch(done)
    except KeyboardInterrupt:
        if not done:
            raise
    took_ms = took_ms[:done]
    return Cost(
        frames=done,
        tracks=tracks,
        median_ms=float(np.median(took_ms)),
        p95_ms=float(np.quantile(took_ms, 0.95)),
        incidents=incidents,
        rss_mb=tuple(rss_mb),
        interrupted=done < frames,
    )


def _rss_mb() -> float:
    """Resident memory of this process: the second number of /proc/self/statm, in pages."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6
