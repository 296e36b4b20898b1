"""What analytics cost."""

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
    lying_at,
    signals_at,
)
from vision.contracts import IncidentKind


def test_made_up_traffic_has_so_many_vehicles_at_each_moment_and_no_id_twice() -> None:
    gone: set[int] = set()
    present: set[int] = set()
    for _, tracks in itertools.islice(endless_traffic(20), 300):
        ids = set(tracks.track_id.tolist())
        assert len(ids) == 20
        gone |= present - ids
        assert not gone & ids
        present = ids
    assert gone


def test_the_same_seed_makes_the_same_traffic() -> None:
    for (one_s, one), (other_s, other) in zip(
        itertools.islice(endless_traffic(5, seed=3), 50), endless_traffic(5, seed=3), strict=False
    ):
        assert one_s == other_s
        np.testing.assert_array_equal(one.xyxy, other.xyxy)


def test_the_camera_whose_cost_is_measured_watches_for_everything() -> None:
    watch = IncidentDetector(crossing_camera(), WIDTH_PX, HEIGHT_PX)
    assert set(watch.kinds) == {kind for kind in IncidentKind if not kind.startswith("camera_")}


def test_rules_have_something_to_do_while_cost_is_measured() -> None:
    cost = measure_cost(400, tracks=30)
    assert cost.incidents > 0
    assert 0 < cost.median_ms <= cost.p95_ms
    assert len(cost.rss_mb) == 10


def test_what_is_remembered_does_not_grow_with_the_frames() -> None:
    """Two looks a second, so that a few hundred frames are longer than anything is remembered."""
    traffic = TrafficAnalyzer(crossing_camera(), WIDTH_PX, HEIGHT_PX)
    sizes = []
    for n, (at_s, tracks) in enumerate(itertools.islice(endless_traffic(10, fps=2), 900)):
        traffic.update(tracks, at_s, signals=signals_at(at_s), road_objects=lying_at(at_s))
        if n % 20 == 0:
            sizes.append(len(pickle.dumps(traffic)))
    half = len(sizes) // 2
    assert max(sizes[half:]) < 1.2 * max(sizes[:half])


def test_an_interrupted_measurement_keeps_what_it_measured() -> None:
    def stop(done: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        cost = measure_cost(1_000_000, tracks=5, watch=stop)
    finally:
        signal.signal(signal.SIGINT, before)
    assert cost.interrupted
    assert 0 < cost.frames < 1000
    assert cost.median_ms > 0
    assert not measure_cost(100, tracks=5).interrupted


def test_the_command_tells_time_and_memory() -> None:
    tool = [sys.executable, "-m", "vision", "bench", "cost", "--frames", "100", "--tracks", "5", "--json"]
    done = subprocess.run(tool, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert (result["frames"], result["tracks"]) == (100, 5)
    assert result["median_ms"] > 0
