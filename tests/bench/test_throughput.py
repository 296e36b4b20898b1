"""The cost benchmark of the analytics, and its synthetic tracks."""

import itertools
import json
import os
import pickle
import signal
import subprocess
import sys

import numpy as np

from vision.analytics import TrafficAnalyzer
from vision.analytics.incidents import IncidentDetector
from vision.bench.throughput.measure import measure_cost
from vision.bench.throughput.synthetic_tracks import (
    HEIGHT_PX,
    WIDTH_PX,
    crossing_camera,
    endless_traffic,
    road_objects_at,
    signals_at,
)
from vision.contracts import IncidentKind


def test_synthetic_traffic_has_a_fixed_number_of_tracks_and_reuses_no_id() -> None:
    gone: set[int] = set()
    present: set[int] = set()
    for _, tracks in itertools.islice(endless_traffic(20), 300):
        ids = set(tracks.track_id.tolist())
        assert len(ids) == 20
        gone |= present - ids
        assert not gone & ids
        present = ids
    assert gone


def test_the_same_seed_gives_the_same_tracks() -> None:
    for (one_s, one), (other_s, other) in zip(
        itertools.islice(endless_traffic(5, seed=3), 50), endless_traffic(5, seed=3), strict=False
    ):
        assert one_s == other_s
        np.testing.assert_array_equal(one.xyxy, other.xyxy)


def test_the_benchmark_camera_runs_every_incident_rule() -> None:
    detector = IncidentDetector(crossing_camera(), WIDTH_PX, HEIGHT_PX)
    assert set(detector.kinds) == {kind for kind in IncidentKind if not kind.startswith("camera_")}


def test_measuring_cost_triggers_incidents() -> None:
    cost = measure_cost(400, tracks=30)
    assert cost.incidents > 0
    assert 0 < cost.median_ms <= cost.p95_ms
    assert len(cost.rss_mb) == 10


def test_the_state_of_the_analytics_does_not_grow_with_the_frames() -> None:
    """At 2 fps a few hundred frames last longer than any state is kept."""
    analyzer = TrafficAnalyzer(crossing_camera(), WIDTH_PX, HEIGHT_PX)
    sizes = []
    for n, (at_s, tracks) in enumerate(itertools.islice(endless_traffic(10, fps=2), 900)):
        analyzer.update(tracks, at_s, signals=signals_at(at_s), road_objects=road_objects_at(at_s))
        if n % 20 == 0:
            sizes.append(len(pickle.dumps(analyzer)))
    half = len(sizes) // 2
    assert max(sizes[half:]) < 1.2 * max(sizes[:half])


def test_an_interrupted_measurement_keeps_what_it_measured() -> None:
    def stop(done: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        cost = measure_cost(1_000_000, tracks=5, on_progress=stop)
    finally:
        signal.signal(signal.SIGINT, before)
    assert cost.interrupted
    assert 0 < cost.frames < 1000
    assert cost.median_ms > 0
    assert not measure_cost(100, tracks=5).interrupted


def test_the_command_prints_time_and_memory() -> None:
    tool = [sys.executable, "-m", "vision", "bench", "cost", "--frames", "100", "--tracks", "5", "--json"]
    done = subprocess.run(tool, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert (result["frames"], result["tracks"]) == (100, 5)
    assert result["median_ms"] > 0
