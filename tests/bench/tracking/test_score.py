"""HOTA, IDF1 and MOTA of tracks against labels, and the command `ngatu bench tracking`."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.kit.spine_kit import FPS, LAP_S
from tests.kit.worker_kit import CAR, WIDTH
from vision.bench.tracking.score import IdentifiedBoxes, combined, score_tracks

LAPS, TOP = 4, 70


def ngatu(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vision", "bench", "tracking", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def frames(*ids: list[int]) -> list[IdentifiedBoxes]:
    """Per frame, boxes of these ids; an id's box is always in the same place of the list."""
    boxes = np.array([[0, 0, 40, 40], [100, 0, 140, 40]], np.float32)
    return [IdentifiedBoxes(np.array(n, np.int64), boxes[: len(n)]) for n in ids]


@pytest.fixture
def labelled(squares: Path, tmp_path: Path) -> Path:
    """A manifest of a clip in which four white squares drive to the right, with their true boxes."""
    (tmp_path / "road.mp4").write_bytes((squares / "road.mp4").read_bytes())
    rows = []
    for index in range(int(LAPS * LAP_S * FPS)):
        left = int(index / FPS / LAP_S % 1 * (WIDTH - CAR))
        vehicle = int(index / FPS / LAP_S) + 1
        rows.append(f"{index + 1},{vehicle},{left},{TOP},{CAR},{CAR},1,1,1,0,0")
    (tmp_path / "road.mot.txt").write_text("\n".join(rows) + "\n")
    manifest = tmp_path / "manifest.json"
    clip = {"file": "road.mp4", "truth": {"tracks": {"mot": "road.mot.txt"}}}
    manifest.write_text(json.dumps({"clips": [clip, {"file": "unlabelled.mp4"}]}))
    return manifest


def test_perfect_tracks_score_100_whatever_their_ids() -> None:
    score = score_tracks(frames([1, 2], [1, 2], [1, 2]), frames([70, 9], [70, 9], [70, 9])).to_json()
    assert [score[name] for name in ("HOTA", "DetA", "AssA", "LocA", "IDF1", "MOTA", "MOTP")] == [100] * 7
    assert [score[name] for name in ("IDSW", "FP", "FN", "Frag")] == [0] * 4
    assert score["MT"] == 2


def test_an_id_switch_lowers_association_and_not_detection() -> None:
    score = score_tracks(frames([1], [1], [1], [1]), frames([5], [5], [6], [6])).to_json()
    assert (score["DetA"], score["AssA"], score["IDSW"]) == (100, 50, 1)
    assert score["HOTA"] == pytest.approx(100 * 0.5**0.5, abs=0.01)
    assert (score["IDF1"], score["MOTA"]) == (50, 75)


def test_missed_and_surplus_boxes_lower_mota() -> None:
    score = score_tracks(frames([1, 2], [1, 2], [1], [1]), frames([5], [5], [5, 6], [5, 6])).to_json()
    assert (score["FN"], score["FP"], score["MOTA"]) == (2, 2, pytest.approx(100 * (1 - 4 / 6), abs=0.01))


def test_a_tracker_that_finds_nothing_scores_0() -> None:
    score = score_tracks(frames([1, 2], [1, 2]), frames([], [])).to_json()
    assert [score[name] for name in ("HOTA", "IDF1", "MOTA")] == [0, 0, 0]
    assert score["FN"] == 4


def test_several_clips_are_combined_by_their_counts() -> None:
    good = score_tracks(frames(*[[1]] * 9), frames(*[[1]] * 9))
    bad = score_tracks(frames([1]), frames([]))
    assert combined([good, bad]).to_json()["MOTA"] == 90


def test_the_command_scores_a_clip_with_the_products_detector_and_tracker(labelled: Path, squares: Path) -> None:
    done = ngatu(labelled, "--model", squares / "squares.onnx", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["model"], document["fps"], document["match_iou"]) == ("squares", 12, 0.5)
    [clip] = document["clips"]
    assert (clip["file"], clip["vehicles"], clip["tracks"]) == ("road.mp4", LAPS, LAPS)
    assert (clip["IDSW"], clip["AssA"] > 80, clip["HOTA"] > 80, clip["IDF1"] > 95) == (0, True, True, True)
    assert document["combined"]["HOTA"] == clip["HOTA"]


def test_the_command_prints_a_table(labelled: Path, squares: Path) -> None:
    done = ngatu(labelled, "--model", squares / "squares.onnx")
    assert done.returncode == 0, done.stderr
    assert "HOTA" in done.stdout
    assert "model squares, 12 fps" in done.stdout


def test_a_clip_that_is_missing_is_named(labelled: Path) -> None:
    (labelled.parent / "road.mp4").unlink()
    done = ngatu(labelled)
    assert done.returncode == 1
    assert "road.mp4; name the clips' folder by --clips" in done.stderr
    assert "Traceback" not in done.stderr


def test_labels_beyond_the_end_of_the_clip_are_refused(labelled: Path, squares: Path) -> None:
    (labelled.parent / "road.mot.txt").write_text("9000,1,0,0,40,40,1,1,1,0,0\n")
    done = ngatu(labelled, "--model", squares / "squares.onnx")
    assert done.returncode == 1
    assert "road.mp4: no analysed frame has a label" in done.stderr


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_vehicles_of_two_street_cameras_are_tracked_with_a_hota_above_50(shared: Path) -> None:
    done = ngatu(shared / "clips/manifest.json", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert len(document["clips"]) == 2
    assert document["combined"]["HOTA"] > 50
    assert document["combined"]["IDF1"] > 65
