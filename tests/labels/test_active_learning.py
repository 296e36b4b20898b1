"""Which frames are harvested, how many, and what is noted of them."""

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
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.core import Detections, Frame
from vision.labels.active_learning import Doubt, Doubter, Harvest, Judged, Wishes
from vision.labels.active_learning.cameras import harvest_cameras
from vision.labels.active_learning.sampling import Quota
from vision.labels.data_set.data_set import load
from vision.labels.data_set.near_duplicates import REMEMBERED, Remembered, thumbnail
from vision.labels.data_set.provenance import digest_of, read_ledger
from vision.labels.data_set.scenes import picture_name, scene_of

FPS = 10
TEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
Seen = tuple[float, float, ObjectClass]
"""Where a car's middle is across the picture in pixels, how sure the detector is, and what it takes it for."""


def camera(**changes: object) -> CameraConfig:
    data = {"id": "c1", "source": {"kind": "file", "path": "x.mp4"}, "detection": {"fps": FPS}}
    return CameraConfig.model_validate(data | changes)


def frame(index: int, image: np.ndarray | None = None) -> Frame:
    at_s = index / FPS
    blank = np.zeros((180, 640, 3), np.uint8)
    return Frame("c1", index, TEN + timedelta(seconds=at_s), at_s, blank if image is None else image)


def detections(seen: Sequence[Seen]) -> Detections:
    return Detections(
        xyxy=np.array([(x - 20, 80, x + 20, 120) for x, _, _ in seen], np.float32).reshape(-1, 4),
        confidence=np.array([sure for _, sure, _ in seen], np.float32),
        class_id=np.array([kind.class_id for _, _, kind in seen], np.int64),
    )


def judge(frames: Sequence[Sequence[Seen]], doubter: Doubter | None = None) -> list[Judged]:
    """What is judged of a stretch of frames, in their order."""
    doubter = doubter or Doubter(camera())
    judged = [one for n, seen in enumerate(frames) for one in doubter.update(frame(n), detections(seen))]
    return [*judged, *doubter.finish()]


def drive(index: int, sure: float = 0.8, kind: ObjectClass = ObjectClass.CAR) -> Seen:
    return 40 + 10 * index, sure, kind


def doubted(judged: Sequence[Judged], doubt: Doubt) -> list[int]:
    return [one.frame.index for one in judged if doubt in one.doubts]


def test_traffic_that_is_seen_all_along_leaves_nothing_to_doubt() -> None:
    judged = judge([[drive(n)] for n in range(30)])
    assert [one.frame.index for one in judged] == list(range(30))
    assert [one.score for one in judged] == [0] * 30
    assert all(hint.seen for one in judged for hint in one.hints)


def test_a_tracked_vehicle_that_is_missed_is_doubted_where_it_must_have_been() -> None:
    judged = judge([[] if n in (12, 13) else [drive(n)] for n in range(30)])
    assert doubted(judged, Doubt.GAP) == [12, 13]
    (hint,) = judged[12].hints
    assert not hint.seen
    assert hint.object_class is ObjectClass.CAR
    assert hint.box == pytest.approx((140, 80, 180, 120), abs=1)


def test_a_vehicle_that_has_left_is_not_missed() -> None:
    assert doubted(judge([[drive(n)] if n < 12 else [] for n in range(30)]), Doubt.GAP) == []


def test_a_track_that_is_seen_now_and_then_blinks() -> None:
    judged = judge([[drive(n)] if n < 6 or n % 2 else [] for n in range(40)])
    assert len(doubted(judged, Doubt.BLINK)) > 5
    assert len(doubted(judged, Doubt.GAP)) > 10


def test_a_strong_detection_that_never_becomes_a_track_is_doubted() -> None:
    ghost = (500.0, 0.9, ObjectClass.BUS)
    judged = judge([[drive(n), *([ghost] if n == 12 else [])] for n in range(30)])
    assert doubted(judged, Doubt.ORPHAN) == [12]
    assert len(judged[12].hints) == 1


def test_a_detection_near_the_threshold_is_doubted_and_one_far_from_it_is_not() -> None:
    judged = judge([[drive(n), (500.0, 0.26 if n == 12 else 0.45, ObjectClass.CAR)] for n in range(30)])
    assert doubted(judged, Doubt.WAVERING) == [12]


def test_a_detection_of_another_class_than_its_track_is_doubted() -> None:
    judged = judge([[drive(n, kind=ObjectClass.TRUCK if n == 12 else ObjectClass.CAR)] for n in range(30)])
    assert doubted(judged, Doubt.CLASS) == [12]


def test_a_class_is_rare_once_many_others_were_seen() -> None:
    doubter = Doubter(camera())
    rounds = [[[(x, 0.8, ObjectClass.CAR)] for _ in range(4)] + [[]] * 30 for x in (100, 300, 500) * 8]
    cars = [seen for one in rounds for seen in one]
    bus = [[(100.0, 0.8, ObjectClass.BUS)] for _ in range(4)] + [[]] * 20
    assert doubted(judge([*cars, *bus], doubter), Doubt.RARE) == list(range(len(cars), len(cars) + 4))


def test_pictures_are_let_go_of_and_the_window_stays_bounded() -> None:
    doubter = Doubter(camera())
    waiting = [n + 1 - len(judge_so_far) for n, judge_so_far in enumerate(_growing(doubter, 200))]
    assert max(waiting) <= FPS + 1
    assert len(doubter._past) <= FPS + 1
    assert all(moment.frame is None for moment in doubter._past)


def _growing(doubter: Doubter, frames: int) -> list[list[Judged]]:
    so_far: list[Judged] = []
    return [so_far := [*so_far, *doubter.update(frame(n), detections([drive(n % 40)]))] for n in range(frames)]


def test_a_stream_that_begins_anew_is_followed_afresh() -> None:
    doubter = Doubter(camera())
    judge([[drive(n)] for n in range(15)], doubter)
    judged = judge([[drive(n)] for n in range(15)], doubter)
    assert [one.score for one in judged] == [0] * 15


def judged_at(second: float, gaps: int) -> Judged:
    one = Frame("c1", int(second * FPS), TEN + timedelta(seconds=second), second, np.zeros((9, 16, 3), np.uint8))
    return Judged(one, Detections.empty(), (), {Doubt.GAP: gaps} if gaps else {})


def taken(quota: Quota, judged: Sequence[Judged]) -> list[float]:
    """The seconds of the frames that a quota lets through."""
    found = []
    for one in judged:
        found.append(quota.turn(one))
        if quota.wants(one):
            quota.keep(one)
    return [one.frame.media_time_s for one in (*found, quota.finish()) if one is not None]


def test_of_each_stretch_of_the_hour_the_most_doubtful_frame_is_taken() -> None:
    frames = [judged_at(s, gaps) for s, gaps in ((0, 1), (20, 3), (40, 2), (70, 0), (130, 1), (200, 2), (230, 9))]
    assert taken(Quota(60), frames) == [20, 130, 230]


def test_a_camera_gives_no_more_than_its_quota() -> None:
    frames = [judged_at(s, 1 + s % 7) for s in range(3600)]
    times_s = taken(Quota(30), frames)
    assert len(times_s) == 30
    assert all(later > earlier for earlier, later in pairwise(times_s))


def test_a_picture_is_known_again_in_another_light_and_noise_but_not_with_a_car_more() -> None:
    road = noise(1, 1280, 720) // 2 + 60
    remembered = Remembered()
    remembered.add(thumbnail(road))
    grain = np.random.default_rng(0).normal(0, 4, road.shape)
    assert remembered.has(thumbnail(np.clip(road + 25 + grain, 0, 255).astype(np.uint8)))
    car = road.copy()
    car[300:360, 600:680] = 250
    assert not remembered.has(thumbnail(car))


def test_only_the_newest_pictures_are_remembered() -> None:
    remembered = Remembered()
    for seed in range(REMEMBERED + 10):
        remembered.add(thumbnail(noise(seed)))
    assert len(remembered) == REMEMBERED
    assert not remembered.has(thumbnail(noise(0)))
    assert remembered.has(thumbnail(noise(REMEMBERED)))


def test_a_pictures_name_tells_its_scene() -> None:
    name = picture_name("ngã_tư", datetime(2026, 11, 24, 6, 31, 25, 417_000, tzinfo=UTC))
    assert name == "ng--t--20261124T06_3125417.jpg"
    assert scene_of(name) == "ng--t--20261124T06"
    assert scene_of(picture_name("c1", TEN)) != scene_of(picture_name("c1", TEN + timedelta(hours=1)))
    assert scene_of("plain.jpg") == "plain"


class Blinking(SquareDetector):
    """Misses the square at times."""

    def __init__(self) -> None:
        super().__init__()
        self._looks = 0

    def detect(self, images: Sequence[np.ndarray]) -> list[Detections]:
        self._looks += 1
        found = super().detect(images)
        return [Detections.empty()] if self._looks % 5 == 0 else found


def harvest_clip(folder: Path, clip: Path, wishes: Wishes, detector: SquareDetector) -> Harvest:
    source = {"kind": "file", "path": str(clip), "paced": False}
    config = CameraConfig.model_validate({"id": "c1", "source": source, "detection": {"fps": 20}})
    harvest = Harvest(config, folder, wishes, model="squares")
    harvest_cameras([config], {"c1": harvest}, detector, seconds=None, stop=threading.Event())
    return harvest


def test_a_harvest_is_a_data_set_with_a_ledger_that_says_why_and_whose(tmp_path: Path) -> None:
    wishes = Wishes(per_hour=3600, licence="internal", owner="the city")
    harvest = harvest_clip(tmp_path / "set", make_clip(tmp_path / "road.mp4"), wishes, Blinking())
    data = load(tmp_path / "set")
    ledger = read_ledger(tmp_path / "set")
    assert 2 <= harvest.kept == len(data.pictures) == len(ledger) <= 5
    for picture in data.pictures:
        entry = ledger[picture.name]
        assert picture.boxes is None
        assert "gap" in entry.reasons
        assert entry.score > 0
        assert (entry.camera_id, entry.model, entry.licence, entry.owner) == ("c1", "squares", "internal", "the city")
        assert entry.sha256 == digest_of(tmp_path / "set" / "images" / "new" / picture.name)
        assert any(not hint.seen for hint in entry.hints)


def test_the_same_road_is_not_harvested_twice(tmp_path: Path) -> None:
    clip, wishes = make_clip(tmp_path / "road.mp4"), Wishes(per_hour=3600)
    first = harvest_clip(tmp_path / "set", clip, wishes, Blinking())
    again = harvest_clip(tmp_path / "set", clip, wishes, Blinking())
    assert first.kept >= 2
    assert again.alike > 0
    images = [cv2.imread(str(f)) for f in sorted((tmp_path / "set" / "images" / "new").glob("*.jpg"))]
    kept = Remembered()
    for image in images:
        assert not kept.has(thumbnail(image))
        kept.add(thumbnail(image))


def test_a_camera_that_breaks_is_left_out_and_the_others_go_on(tmp_path: Path) -> None:
    def config(camera_id: str, path: Path, *, paced: bool) -> CameraConfig:
        source = {"kind": "file", "path": str(path), "paced": paced, "loop": False}
        return CameraConfig.model_validate({"id": camera_id, "source": source, "detection": {"fps": 20}})

    clip = make_clip(tmp_path / "road.mp4")
    cameras = [
        config("gone", tmp_path / "nowhere.mp4", paced=False),
        config("away", tmp_path / "nowhere.mp4", paced=True),
        config("live", clip, paced=True),
    ]
    wishes = Wishes(per_hour=3600)
    harvests = {one.id: Harvest(one, tmp_path / "set", wishes, model="squares") for one in cameras}
    harvest_cameras(cameras, harvests, Blinking(), seconds=30, stop=threading.Event())
    assert harvests["live"].kept >= 1
    assert {entry.camera_id for entry in read_ledger(tmp_path / "set").values()} == {"live"}


def test_a_harvest_ends_when_its_time_is_over(tmp_path: Path) -> None:
    source = {"kind": "file", "path": str(make_clip(tmp_path / "road.mp4"))}
    config = CameraConfig.model_validate({"id": "c1", "source": source, "detection": {"fps": 20}})
    harvest = Harvest(config, tmp_path / "set", Wishes(per_hour=3600), model="squares")
    harvest_cameras([config], {"c1": harvest}, Blinking(), seconds=3, stop=threading.Event())
    assert harvest.kept >= 1, "what was doubted until then is written"
