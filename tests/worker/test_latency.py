"""Latency from capture to client is at most a second, measured by `ngatu bench latency`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.spine_kit import TOOL, make_clip, make_model


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_crossing_reaches_a_client_within_a_second_of_its_capture(tmp_path: Path) -> None:
    model, clip = make_model(tmp_path / "squares.onnx"), make_clip(tmp_path / "road.mp4")
    arguments = ["bench", "latency", "--json", "--cameras", "2", "--seconds", "8", "--fps", "8"]
    done = subprocess.run(
        [sys.executable, *TOOL, *arguments, "--model", str(model), "--clip", str(clip)],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        env=os.environ | {"NGATU_CACHE": str(tmp_path / "cache")},
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["crossings"] >= 8
    assert 0 < report["p50_s"] <= report["p95_s"] <= 1.0
    assert len(report["cameras"]) == 2
    assert all(camera["received_fps"] > 15 for camera in report["cameras"])
