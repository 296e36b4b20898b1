"""The commands `ngatu bench counting` and `against-objectcounter`."""

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TOOL = [sys.executable, "-m", "vision", "bench"]


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TOOL, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture
def manifest(squares: Path, tmp_path: Path) -> Path:
    """The same clip twice: once with its true count 4, once with a wrong 6."""
    clips = []
    for name, true in (("right.mp4", 4), ("wrong.mp4", 6)):
        shutil.copy(squares / "road.mp4", tmp_path / name)
        line = {"line": [0.5, 0.95, 0.5, 0.05], "directions": {"to the right": {"definite": true}}}
        clips.append({"file": name, "truth": {"line_count": line}})
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"clips": clips}), encoding="utf-8")
    return path


def test_the_score_is_the_errors_over_the_true_counts(manifest: Path, squares: Path) -> None:
    done = bench("counting", manifest, "--model", squares / "squares.onnx", "--json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert set(result) == {"model", "settings", "clips", "wape"}
    assert result["wape"] == 0.2
    assert [(c["file"], c["true_low"], c["true_high"], c["counted"], c["error"]) for c in result["clips"]] == [
        ("right.mp4", 4, 4, 4, 0),
        ("wrong.mp4", 6, 6, 4, 2),
    ]
    assert result["clips"][0]["by_class"] == {"car": {"in": 4, "out": 0}}
    assert result["clips"][0]["processed_fps"] == pytest.approx(12, abs=0.5)
    assert result["settings"]["detection"]["fps"] == 12


def test_the_table_has_a_row_per_clip_and_the_score(manifest: Path, squares: Path) -> None:
    done = bench("counting", manifest, "--model", squares / "squares.onnx", "--fps", "8")
    assert done.returncode == 0, done.stderr
    assert "wrong.mp4" in done.stdout
    assert "WAPE 20.0% (2 of 10)" in done.stdout


def test_the_peer_counts_the_same_clip_and_line(manifest: Path, squares: Path, tmp_path: Path) -> None:
    peer = tmp_path / "python"
    peer.write_text(
        '#!/bin/sh\necho "$2 $4" > "$(dirname "$0")/asked"\n'
        'echo \'loading\'\necho \'{"in": 1, "out": 2, "frames": 80, "wall_s": 8.0, "cpu_s": 12.0}\'\n'
    )
    peer.chmod(peer.stat().st_mode | stat.S_IXUSR)
    model = squares / "squares.onnx"
    done = bench("against-objectcounter", manifest, "right.mp4", "--python", peer, "--model", model, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["error"] == {"ngatu": 0, "objectcounter": 1}
    assert result["clips"][0]["objectcounter"] == {
        "counted": 3,
        "error": 1,
        "fps": 20.0,
        "video_s_per_s": 0.5,
        "cpu_s": 12.0,
    }
    assert result["times_faster"] > 0
    assert result["times_less_cpu"] > 0
    assert (tmp_path / "asked").read_text().split() == [str(tmp_path / "right.mp4"), "0.5,0.95,0.5,0.05"]


def test_the_error_of_a_failing_peer_is_quoted(manifest: Path, squares: Path) -> None:
    model = squares / "squares.onnx"
    done = bench("against-objectcounter", manifest, "right.mp4", "--python", sys.executable, "--model", model)
    assert done.returncode != 0
    assert "ObjectCounter failed on right.mp4" in done.stderr
    assert "No module named 'ultralytics'" in done.stderr


def test_a_clip_that_the_manifest_lacks_is_named(manifest: Path, squares: Path) -> None:
    model = squares / "squares.onnx"
    done = bench("against-objectcounter", manifest, "other.mp4", "--python", sys.executable, "--model", model)
    assert done.returncode == 2
    assert "other.mp4" in done.stderr


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_default_detector_counts_all_clips_with_a_wape_below_3_5_percent(shared: Path) -> None:
    done = bench("counting", shared / "clips/manifest.json", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert len(result["clips"]) == 13
    assert result["wape"] <= 0.035
