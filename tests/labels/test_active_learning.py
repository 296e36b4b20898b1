"""Uncertainty scores, quotas, near-duplicates and the harvest of cameras."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.kit.spine_kit import make_clip
from tests.kit.worker_kit import SquareDetector
from tests.labels.labels_kit import noise
from vision.common.digest import sha256_of
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.core import Detections, Frame
from vision.labels.active_learning import Harvest, HarvestOptions, ScoredFrame, UncertaintyReason, UncertaintyScorer
from vision.labels.active_learning.cameras import harvest_cameras
from vision.labels.active_learning.sampling import Quota
from vision.labels.data_set.data_set import load
from vision.labels.data_set.near_duplicates import HISTORY_LENGTH, RecentPictures, thumbnail
from vision.labels.data_set.provenance import read_provenance
from vision.labels.data_set.scenes import picture_name, scene_of

FPS = 10
TEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
Observation = tuple[float, float, ObjectClass]
"""x of the centre in pixels, confidence, class."""


def camera(**changes: object) -> CameraConfig:
    data = {"id": "c1", "source": {"kind": "file", "path": "x.mp4"}, "detection": {"fps": FPS}}
    return CameraConfig.model_validate(data | changes)


def frame(index: int, image: np.ndarray | None = None) -> Frame:
    at_s = index / FPS
    blank = np.zeros((180, 640, 3), np.uint8)
    return Frame("c1", index, TEN + timedelta(seconds=at_s), at_s, blank if image is None else image)


def detections(observations: Sequence[Observation]) -> Detections:
    return Detections(
        xyxy=np.array([(x - 20, 80, x + 20, 120) for x, _, _ in observations], np.float32).reshape(-1, 4),
        confidence=np.array([confidence for _, confidence, _ in observations], np.float32),
        class_id=np.array([kind.class_id for _, _, kind in observations], np.int64),
    )


def score(frames: Sequence[Sequence[Observation]], scorer: UncertaintyScorer | None = None) -> list[ScoredFrame]:
    """The scored frames of a sequence."""
    scorer = scorer or UncertaintyScorer(camera())
    scored = [one for n, row in enumerate(frames) for one in scorer.update(frame(n), detections(row))]
    return [*scored, *scorer.finish()]


def drive(index: int, confidence: float = 0.8, kind: ObjectClass = ObjectClass.CAR) -> Observation:
    return 40 + 10 * index, confidence, kind


def frames_with(reason: UncertaintyReason, scored: Sequence[ScoredFrame]) -> list[int]:
    return [one.frame.index for one in scored if reason in one.reasons]


def test_a_track_observed_in_every_frame_is_not_uncertain() -> None:
    scored = score([[drive(n)] for n in range(30)])
    assert [one.frame.index for one in scored] == list(range(30))
    assert [one.score for one in scored] == [0] * 30
    assert all(hint.seen for one in scored for hint in one.hints)


def test_a_missed_vehicle_is_uncertain_at_its_interpolated_box() -> None:
    scored = score([[] if n in (12, 13) else [drive(n)] for n in range(30)])
    assert frames_with(UncertaintyReason.MISSED, scored) == [12, 13]
    (hint,) = scored[12].hints
    assert not hint.seen
    assert hint.object_class is ObjectClass.CAR
    assert hint.box == pytest.approx((140, 80, 180, 120), abs=1)


def test_a_vehicle_that_has_left_is_not_missed() -> None:
    assert frames_with(UncertaintyReason.MISSED, score([[drive(n)] if n < 12 else [] for n in range(30)])) == []


def test_a_track_observed_in_every_other_frame_flickers() -> None:
    scored = score([[drive(n)] if n < 6 or n % 2 else [] for n in range(40)])
    assert len(frames_with(UncertaintyReason.FLICKER, scored)) > 5
    assert len(frames_with(UncertaintyReason.MISSED, scored)) > 10


def test_a_strong_detection_without_a_track_is_uncertain() -> None:
    ghost = (500.0, 0.9, ObjectClass.BUS)
    scored = score([[drive(n), *([ghost] if n == 12 else [])] for n in range(30)])
    assert frames_with(UncertaintyReason.UNTRACKED, scored) == [12]
    assert len(scored[12].hints) == 1


def test_only_a_detection_near_the_threshold_is_uncertain() -> None:
    scored = score([[drive(n), (500.0, 0.26 if n == 12 else 0.45, ObjectClass.CAR)] for n in range(30)])
    assert frames_with(UncertaintyReason.NEAR_THRESHOLD, scored) == [12]


def test_a_detection_of_another_class_than_its_track_is_uncertain() -> None:
    scored = score([[drive(n, kind=ObjectClass.TRUCK if n == 12 else ObjectClass.CAR)] for n in range(30)])
    assert frames_with(UncertaintyReason.CLASS_CONFLICT, scored) == [12]


def test_a_class_is_rare_once_many_tracks_of_others_were_counted() -> None:
    scorer = UncertaintyScorer(camera())
    rounds = [[[(x, 0.8, ObjectClass.CAR)] for _ in range(4)] + [[]] * 30 for x in (100, 300, 500) * 8]
    cars = [frame_rows for one in rounds for frame_rows in one]
    bus = [[(100.0, 0.8, ObjectClass.BUS)] for _ in range(4)] + [[]] * 20
    assert frames_with(UncertaintyReason.RARE_CLASS, score([*cars, *bus], scorer)) == list(
        range(len(cars), len(cars) + 4)
    )


def test_the_window_is_bounded_and_releases_scored_images() -> None:
    scorer = UncertaintyScorer(camera())
    pending = [n + 1 - len(scored_so_far) for n, scored_so_far in enumerate(_growing(scorer, 200))]
    assert max(pending) <= FPS + 1
    assert len(scorer._scored) <= FPS + 1
    assert all(one.frame is None for one in scorer._scored)


def _growing(scorer: UncertaintyScorer, frames: int) -> list[list[ScoredFrame]]:
    so_far: list[ScoredFrame] = []
    return [so_far := [*so_far, *scorer.update(frame(n), detections([drive(n % 40)]))] for n in range(frames)]


def test_a_restarted_stream_starts_a_new_window() -> None:
    scorer = UncertaintyScorer(camera())
    score([[drive(n)] for n in range(15)], scorer)
    scored = score([[drive(n)] for n in range(15)], scorer)
    assert [one.score for one in scored] == [0] * 15


def scored_at(second: float, gaps: int) -> ScoredFrame:
    one = Frame("c1", int(second * FPS), TEN + timedelta(seconds=second), second, np.zeros((9, 16, 3), np.uint8))
    return ScoredFrame(one, Detections.empty(), (), {UncertaintyReason.MISSED: gaps} if gaps else {})


def selected(quota: Quota, scored: Sequence[ScoredFrame]) -> list[float]:
    """Media times in seconds of the frames that a quota selects."""
    found = []
    for one in scored:
        found.append(quota.advance(one))
        if quota.accepts(one):
            quota.keep(one)
    return [one.frame.media_time_s for one in (*found, quota.finish()) if one is not None]


def test_the_most_uncertain_frame_of_each_interval_is_selected() -> None:
    frames = [scored_at(s, gaps) for s, gaps in ((0, 1), (20, 3), (40, 2), (70, 0), (130, 1), (200, 2), (230, 9))]
    assert selected(Quota(60), frames) == [20, 130, 230]


def test_the_quota_limits_the_frames_of_an_hour() -> None:
    frames = [scored_at(s, 1 + s % 7) for s in range(3600)]
    times_s = selected(Quota(30), frames)
    assert len(times_s) == 30
    assert all(later > earlier for earlier, later in pairwise(times_s))


def test_near_duplicates_differ_in_light_and_noise_but_not_by_a_car() -> None:
    road = noise(1, 1280, 720) // 2 + 60
    recent = RecentPictures()
    recent.add(thumbnail(road))
    grain = np.random.default_rng(0).normal(0, 4, road.shape)
    assert recent.contains(thumbnail(np.clip(road + 25 + grain, 0, 255).astype(np.uint8)))
    car = road.copy()
    car[300:360, 600:680] = 250
    assert not recent.contains(thumbnail(car))


def test_only_the_newest_pictures_are_compared() -> None:
    recent = RecentPictures()
    for seed in range(HISTORY_LENGTH + 10):
        recent.add(thumbnail(noise(seed)))
    assert len(recent) == HISTORY_LENGTH
    assert not recent.contains(thumbnail(noise(0)))
    assert recent.contains(thumbnail(noise(HISTORY_LENGTH)))


def test_a_picture_name_contains_its_scene() -> None:
    name = picture_name("ngã_tư", datetime(2026, 11, 24, 6, 31, 25, 417_000, tzinfo=UTC))
    assert name == "ng--t--20261124T06_3125417.jpg"
    assert scene_of(name) == "ng--t--20261124T06"
    assert scene_of(picture_name("c1", TEN)) != scene_of(picture_name("c1", TEN + timedelta(hours=1)))
    assert scene_of("plain.jpg") == "plain"


class FlickeringDetector(SquareDetector):
    """Misses the square in every fifth frame."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0

    def detect(self, images: Sequence[np.ndarray]) -> list[Detections]:
        self._calls += 1
        found = super().detect(images)
        return [Detections.empty()] if self._calls % 5 == 0 else found


def harvest_clip(folder: Path, clip: Path, options: HarvestOptions, detector: SquareDetector) -> Harvest:
    source = {"kind": "file", "path": str(clip), "paced": False}
    config = CameraConfig.model_validate({"id": "c1", "source": source, "detection": {"fps": 20}})
    harvest = Harvest(config, folder, options, model="squares")
    harvest_cameras([config], {"c1": harvest}, detector, seconds=None, stop=threading.Event())
    return harvest


def test_a_harvest_writes_pictures_with_provenance(tmp_path: Path) -> None:
    options = HarvestOptions(per_hour=3600, licence="internal", owner="the city")
    harvest = harvest_clip(tmp_path / "set", make_clip(tmp_path / "road.mp4"), options, FlickeringDetector())
    data = load(tmp_path / "set")
    provenance = read_provenance(tmp_path / "set")
    assert 2 <= harvest.kept == len(data.pictures) == len(provenance) <= 5
    for picture in data.pictures:
        entry = provenance[picture.name]
        assert picture.boxes is None
        assert "gap" in entry.reasons
        assert entry.score > 0
        assert (entry.camera_id, entry.model, entry.licence, entry.owner) == ("c1", "squares", "internal", "the city")
        assert entry.sha256 == sha256_of(tmp_path / "set" / "images" / "new" / picture.name)
        assert any(not hint.seen for hint in entry.hints)


def test_near_duplicates_of_earlier_harvests_are_skipped(tmp_path: Path) -> None:
    clip, options = make_clip(tmp_path / "road.mp4"), HarvestOptions(per_hour=3600)
    first = harvest_clip(tmp_path / "set", clip, options, FlickeringDetector())
    again = harvest_clip(tmp_path / "set", clip, options, FlickeringDetector())
    assert first.kept >= 2
    assert again.duplicates > 0
    images = [cv2.imread(str(f)) for f in sorted((tmp_path / "set" / "images" / "new").glob("*.jpg"))]
    kept = RecentPictures()
    for image in images:
        assert not kept.contains(thumbnail(image))
        kept.add(thumbnail(image))


def test_a_failing_camera_is_left_out_and_the_others_continue(tmp_path: Path) -> None:
    def config(camera_id: str, path: Path, *, paced: bool) -> CameraConfig:
        source = {"kind": "file", "path": str(path), "paced": paced, "loop": False}
        return CameraConfig.model_validate({"id": camera_id, "source": source, "detection": {"fps": 20}})

    clip = make_clip(tmp_path / "road.mp4")
    cameras = [
        config("gone", tmp_path / "nowhere.mp4", paced=False),
        config("away", tmp_path / "nowhere.mp4", paced=True),
        config("live", clip, paced=True),
    ]
    options = HarvestOptions(per_hour=3600)
    harvests = {one.id: Harvest(one, tmp_path / "set", options, model="squares") for one in cameras}
    harvest_cameras(cameras, harvests, FlickeringDetector(), seconds=30, stop=threading.Event())
    assert harvests["live"].kept >= 1
    assert {entry.camera_id for entry in read_provenance(tmp_path / "set").values()} == {"live"}


def test_a_harvest_stops_after_its_time_and_writes_what_is_pending(tmp_path: Path) -> None:
    source = {"kind": "file", "path": str(make_clip(tmp_path / "road.mp4"))}
    config = CameraConfig.model_validate({"id": "c1", "source": source, "detection": {"fps": 20}})
    harvest = Harvest(config, tmp_path / "set", HarvestOptions(per_hour=3600), model="squares")
    harvest_cameras([config], {"c1": harvest}, FlickeringDetector(), seconds=3, stop=threading.Event())
    assert harvest.kept >= 1, "uncertain frames up to then are written"
