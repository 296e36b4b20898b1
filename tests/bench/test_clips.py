"""The benchmark of congestion levels and incidents on clips."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tests.bench.clips_kit as kit
from vision.bench.clips.evaluate import camera_for, cameras_of, evaluate_clip
from vision.bench.clips.ground_truth import DescribedClip, read_described_clips
from vision.bench.clips.replay import Replay
from vision.bench.clips.reversed_direction import reverse_clip
from vision.config.camera import CameraConfig
from vision.config.errors import ConfigError
from vision.config.sources import FileSource
from vision.contracts import CongestionLevel, IncidentKind
from vision.core import Detections, NgatuError
from vision.detection import load_detector

LAPS = 3


@pytest.fixture(scope="module")
def road(squares: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip of three slow squares, and their detector."""
    folder = tmp_path_factory.mktemp("road")
    kit.slow_clip(folder / "road_1.mp4", LAPS)
    (folder / "squares.onnx").write_bytes((squares / "squares.onnx").read_bytes())
    return folder


@pytest.fixture
def replay(road: Path) -> Replay:
    return Replay(load_detector(road / "squares.onnx", threads=1), 12)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    tool = [sys.executable, "-m", "vision", "bench", "traffic"]
    return subprocess.run([*tool, *map(str, arguments)], capture_output=True, text=True, check=False)


def described(folder: Path, **truth: Any) -> DescribedClip:
    [clip] = read_described_clips(kit.manifest(folder / "manifest.json", **truth))
    return clip


def camera(camera_id: str) -> CameraConfig:
    return CameraConfig(id=camera_id, source=FileSource(path="x.mp4"))


def test_a_clip_belongs_to_the_camera_whose_id_its_name_starts_with() -> None:
    every = [camera("625"), camera("625_2017"), camera("62"), camera("road")]
    assert camera_for(Path("625_2017.mp4"), every) is every[1]
    assert camera_for(Path("625_2018.mp4"), every) is every[0]
    assert camera_for(Path("roadside.mp4"), every) is None


def test_a_clip_without_a_camera_is_named(road: Path, tmp_path: Path) -> None:
    folder = kit.cameras(tmp_path / "cameras")
    (folder / "road.yaml").write_text((folder / "road.yaml").read_text().replace("id: road", "id: other"))
    with pytest.raises(ConfigError):
        cameras_of(folder, [described(road)])
    (folder / "road.yaml").rename(folder / "other.yaml")
    with pytest.raises(NgatuError, match="no camera for road_1: add a file"):
        cameras_of(folder, [described(road)])


def test_the_manifests_levels_become_congestion_levels_of_zones(road: Path) -> None:
    clip = described(
        road, congestion={"inbound_right_carriageway": "jam", "light": "night", "flow_speed_right(px)": "1"}
    )
    assert clip.levels == {"inbound": {CongestionLevel.CONGESTED, CongestionLevel.JAMMED}}


def test_levels_of_a_second_manifest_are_added(road: Path, tmp_path: Path) -> None:
    path = kit.manifest(road / "manifest.json", congestion={"inbound_right_carriageway": "jam"})
    by_eye = kit.manifest(tmp_path / "by_eye.json", levels={"lane": "free"})
    [clip] = read_described_clips(path, by_eye)
    assert set(clip.levels) == {"inbound", "lane"}
    assert CongestionLevel.FREE in clip.levels["lane"]


def test_a_true_incident_is_converted_to_seconds(road: Path) -> None:
    clip = described(road, incident={"type": "pedestrian_on_motorway", "frames": [85, 500], "fps": 25.0})
    [incident] = clip.incidents
    assert incident.kind is IncidentKind.PEDESTRIAN
    assert (incident.from_s, incident.to_s) == (3.4, 20.0)


def test_an_unknown_level_is_refused(road: Path) -> None:
    with pytest.raises(NgatuError, match=r"not a manifest of clips \(KeyError: 'crawling'\)"):
        described(road, congestion={"inbound_right_carriageway": "crawling"})


def test_missing_clips_are_named(tmp_path: Path) -> None:
    with pytest.raises(NgatuError, match=r"road_1\.mp4; put them beside the manifest"):
        described(tmp_path)


def test_cached_detections_replace_the_detector(
    road: Path, replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detected = list(replay.frames(road / "road_1.mp4"))
    caching = Replay(replay.detector, 12, tmp_path)
    assert_same(list(caching.frames(road / "road_1.mp4")), detected)
    monkeypatch.setattr(type(replay.detector), "detect", None)
    assert_same(list(caching.frames(road / "road_1.mp4")), detected)


def assert_same(one: list[tuple[Any, Detections]], other: list[tuple[Any, Detections]]) -> None:
    assert [frame.index for frame, _ in one] == [frame.index for frame, _ in other]
    for (_, a), (_, b) in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.xyxy, b.xyxy)
        np.testing.assert_array_equal(a.class_id, b.class_id)


def test_vehicles_in_the_allowed_direction_are_no_incident(road: Path, replay: Replay, tmp_path: Path) -> None:
    clip = described(road)
    [(_, allowed)] = cameras_of(kit.cameras(tmp_path / "cameras"), [clip])
    result = evaluate_clip(clip, allowed, replay)
    assert result.incidents == ()
    assert result.levels[0].level is CongestionLevel.FREE
    assert result.levels[0].agrees is None


def test_undescribed_wrong_way_incidents_are_false(road: Path, replay: Replay, tmp_path: Path) -> None:
    clip = described(road)
    [(_, banned)] = cameras_of(kit.cameras(tmp_path / "cameras", kit.LEFT), [clip])
    result = evaluate_clip(clip, banned, replay)
    assert [change.kind for change in result.false_incidents] == [IncidentKind.WRONG_WAY] * LAPS


def test_with_reversed_directions_each_vehicle_is_reported_once(road: Path, replay: Replay, tmp_path: Path) -> None:
    clip = described(road, line_count=kit.counted(LAPS))
    [(_, allowed)] = cameras_of(kit.cameras(tmp_path / "cameras"), [clip])
    outcome = reverse_clip(clip, allowed, replay)
    assert outcome is not None
    assert (outcome.crossed, outcome.once, outcome.twice, outcome.missed) == (LAPS, LAPS, (), ())
    assert outcome.elsewhere == 0


def test_a_clip_without_counted_crossings_is_not_reversed(road: Path, replay: Replay, tmp_path: Path) -> None:
    clip = described(road)
    [(_, allowed)] = cameras_of(kit.cameras(tmp_path / "cameras"), [clip])
    assert reverse_clip(clip, allowed, replay) is None


def test_the_command_prints_one_json_document(road: Path, tmp_path: Path) -> None:
    path = kit.manifest(road / "manifest.json", line_count=kit.counted(LAPS))
    by_eye = kit.manifest(tmp_path / "by_eye.json", levels={"lane": "free"})
    folder = kit.cameras(tmp_path / "cameras")
    model = road / "squares.onnx"
    done = run(folder, "--clips", path, "--by-eye", by_eye, "--model", model, "--reverse", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["levels"] == {"judged": 1, "agree": 1}
    assert result["incidents"] == {"true": 0, "found": 0, "false": 0}
    assert {key: result["reversed"][key] for key in ("crossed", "once", "twice", "missed")} == {
        "crossed": LAPS,
        "once": LAPS,
        "twice": 0,
        "missed": 0,
    }
    assert result["clips"][0]["zones"]["lane"]["agrees"] is True


def test_the_command_prints_false_incidents(road: Path, tmp_path: Path) -> None:
    folder = kit.cameras(tmp_path / "cameras", kit.LEFT)
    path = kit.manifest(road / "manifest.json")
    done = run(folder, "--clips", path, "--model", road / "squares.onnx")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("FALSE") == LAPS
    assert "wrong_way: a car goes the wrong way in zone 'lane'" in done.stdout


def test_a_name_that_no_clip_has_is_refused(road: Path, tmp_path: Path) -> None:
    folder = kit.cameras(tmp_path / "cameras")
    path = kit.manifest(road / "manifest.json")
    done = run(folder, "--clips", path, "--only", "elsewhere", "--model", road / "squares.onnx")
    assert done.returncode == 2
    assert "elsewhere" in done.stderr


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_levels_agree_with_people_and_a_pedestrian_is_found_within_five_seconds(shared: Path) -> None:
    folder = Path(__file__).parent / "clips"
    clips = shared / "clips/manifest.json"
    done = run(folder, "--clips", clips, "--only", "625_", "--only", "motorway_pedestrian", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    of_camera = [clip for clip in result["clips"] if clip["file"].startswith("625_")]
    assert [clip["zones"]["inbound"]["agrees"] for clip in of_camera] == [True] * 10
    [pedestrian] = [clip for clip in result["clips"] if clip["delays_s"]]
    assert pedestrian["delays_s"][0] is not None
    assert pedestrian["delays_s"][0] <= 5
    kinds = {incident["kind"] for clip in result["clips"] for incident in clip["incidents"] if not incident["true"]}
    assert kinds <= {"congestion"}
