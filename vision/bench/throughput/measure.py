"""Measures the processor time of the analytics per frame, and memory over very many frames."""

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
    road_objects_at,
    signals_at,
)
from vision.config.camera import CameraConfig

START = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT_MS, LIMIT_TRACKS = 2.0, 50
"""The analytics of a frame with that many tracks take no longer, in the median."""
PROGRESS_EVERY = 200
"""Frames."""
PUBLISH_EVERY_S = 1.0
"""Finished intervals and live measures are computed this often, as in a worker."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a frame's analytics, intervals included, on this machine.

    Times are the thread's processor time, which other programs on the machine hardly affect.
    """

    frames: int
    tracks: int
    """In each frame."""
    median_ms: float
    p95_ms: float
    incidents: int
    """Incident updates: proof that the rules had something to do."""
    rss_mb: tuple[float, ...]
    """Memory of the process after each tenth of the frames."""
    interrupted: bool = False
    """Ctrl-C ended it early; `frames` counts those that were analysed."""


class Intervals:
    """The interval reports and live measures that a worker computes besides incidents."""

    def __init__(self, camera: CameraConfig) -> None:
        line_ids = [line.id for line in camera.lines]
        self._flow = FlowAggregator(line_ids, camera.interval, began_at=START)
        self._live_lines = LiveLines(line_ids, camera.measures.equivalents, began_at=START)
        self._zones = ZoneAggregator(camera, began_at=START)
        self._published_s = 0.0

    def add(self, result: AnalysisResult, at_s: float) -> None:
        """Add one frame's result, and compute the reports that are due."""
        at = START + timedelta(seconds=at_s)
        for crossing in result.crossings:
            crossed_at = START + timedelta(seconds=crossing.at_s)
            self._flow.add(crossing, crossed_at)
            self._live_lines.add(crossing, crossed_at)
        self._zones.add(result.scene, at)
        if at_s - self._published_s >= PUBLISH_EVERY_S:
            self._published_s = at_s
            self._flow.close(at)
            self._zones.close(at)
            self._live_lines.now(at)
            zones_now(result.scene)


def measure_cost(
    frames: int,
    tracks: int = LIMIT_TRACKS,
    camera: CameraConfig | None = None,
    *,
    on_progress: Callable[[int], None] = lambda _done: None,
) -> Cost:
    """Time the analytics of `frames` frames with `tracks` tracks each.

    `on_progress` is called now and then with the number of frames that are done. Ctrl-C ends the measurement early and
    keeps the result, if there is at least one frame.
    """
    camera = camera or crossing_camera()
    analyzer, intervals = TrafficAnalyzer(camera, WIDTH_PX, HEIGHT_PX), Intervals(camera)
    took_ms = np.full(frames, np.nan)  # filled now, so that writing to it later does not look like growth
    incidents = done = 0
    rss_mb: list[float] = []
    try:
        for n, (at_s, frame) in zip(range(frames), endless_traffic(tracks), strict=False):
            signals, road_objects = signals_at(at_s), road_objects_at(at_s)
            started_s = time.thread_time()
            result = analyzer.update(frame, at_s, signals=signals, road_objects=road_objects)
            intervals.add(result, at_s)
            took_ms[n] = (time.thread_time() - started_s) * 1000
            incidents, done = incidents + len(result.incidents), n + 1
            if done % max(frames // 10, 1) == 0:
                rss_mb.append(_rss_mb())
            if done % PROGRESS_EVERY == 0:
                on_progress(done)
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
    """Resident memory of this process: the second field of /proc/self/statm, in pages of 4 KiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6
