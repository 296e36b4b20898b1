"""The virtual detector and tracker err at the rates of their noise level, reproducibly."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from vision.bench.simulation.sensor.camera import PinholeCamera, clipped
from vision.bench.simulation.sensor.detector_noise import DetectedBoxes, VirtualDetector
from vision.bench.simulation.sensor.id_noise import VirtualTracker
from vision.bench.simulation.sensor.noise_levels import CLEAN, LEVELS, MEASURED, NoiseLevel
from vision.bench.tracking.detection_noise import jitters
from vision.bench.tracking.matched_boxes import MatchedBoxes
from vision.common.object_class import ObjectClass
from vision.config.camera import TrackingConfig

STEP_S = 0.25
FRAMES = 2000
CAMERA = PinholeCamera(position_m=(0, 0), height_m=10, target_m=(60, 0), focal_px=1000)
CAR, MOTORCYCLE = ObjectClass.CAR.class_id, ObjectClass.MOTORCYCLE.class_id
APART = np.array([[100.0, 300, 200, 380], [400, 300, 500, 380], [700, 300, 800, 380]])
DEPTH_M = np.full(3, 50.0)


def detections(
    level: NoiseLevel, *, xyxy: np.ndarray = APART, class_id: int = CAR, seed: int = 1
) -> list[DetectedBoxes | None]:
    """The detections of stationary vehicles, frame by frame."""
    n = len(xyxy)
    detector = VirtualDetector(
        CAMERA, level, vehicles=n, step_s=STEP_S, ground_m=(20, -10, 100, 10), rng=np.random.default_rng(seed)
    )
    classes, vehicles = np.full(n, class_id), np.arange(n)
    return [detector.detect(xyxy, DEPTH_M[:n], classes, vehicles, k * STEP_S) for k in range(FRAMES)]


def seen(boxes: list[DetectedBoxes | None]) -> list[DetectedBoxes]:
    return [b for b in boxes if b is not None]


def test_the_clean_level_has_no_errors() -> None:
    for boxes in detections(CLEAN)[:50]:
        assert boxes is not None
        assert boxes.xyxy == pytest.approx(clipped(APART))
        assert boxes.vehicle.tolist() == [0, 1, 2]
        assert boxes.class_id.tolist() == [CAR] * 3


def test_visible_vehicles_are_missed_at_the_levels_rate() -> None:
    found = seen(detections(replace(CLEAN, miss_rate=0.1, miss_duration_s=0.5)))
    assert 1 - sum(len(b.xyxy) for b in found) / (3 * len(found)) == pytest.approx(0.1, abs=0.03)


def test_small_vehicles_are_missed_more_often() -> None:
    level = replace(CLEAN, miss_rate=0.1)
    small = APART - np.array([0, 0, 80, 66])
    missed = [sum(3 - len(b.xyxy) for b in seen(detections(level, xyxy=boxes))) for boxes in (APART, small)]
    assert missed[1] > 2 * missed[0]


def test_box_edges_jitter_as_much_as_the_level_says() -> None:
    level = replace(
        CLEAN, centre_jitter=0.02, width_jitter=0.03, top_jitter=0.06, bottom_jitter=0.04, jitter_correlation=0.5
    )
    x0, y0, x1, y1 = np.moveaxis(np.stack([b.xyxy for b in seen(detections(level))]), -1, 0)
    assert ((x0 + x1) / 2 / 100).std(axis=0).mean() == pytest.approx(0.02, rel=0.1)
    assert np.log(x1 - x0).std(axis=0).mean() == pytest.approx(0.03, rel=0.1)
    assert [(y / 80).std(axis=0).mean() for y in (y0, y1)] == pytest.approx([0.06, 0.04], rel=0.1)


MEASURED_ON_CLIPS = {
    "x": (0.018, 0.028), "y": (0.026, 0.052), "foot_y": (0.019, 0.053), "width": (0.033, 0.056),
    "height": (0.052, 0.108),
}  # fmt: skip
"""Jitter of moving vehicles: median and root mean square, from docs/benchmarks.md."""


def test_the_measured_level_has_the_jitter_of_real_detections() -> None:
    level = replace(MEASURED, merge_rate=0.0, false_positives_per_frame=0.0)
    step_s, vehicles = 1 / 12, np.arange(3)
    detector = VirtualDetector(
        CAMERA, level, vehicles=3, step_s=step_s, ground_m=(20, -10, 100, 10), rng=np.random.default_rng(1)
    )
    found = []
    for k in range(12 * 1200):
        true = APART + np.array([k % 96, 0, k % 96, 0])
        boxes = detector.detect(true, DEPTH_M, np.full(3, CAR), vehicles, k * step_s)
        found += (
            [(v, k * step_s, true[v], box) for v, box in zip(boxes.vehicle, boxes.xyxy, strict=True)] if boxes else []
        )
    found.sort(key=lambda one: one[:2])
    vehicle, at_s, true_xyxy, seen_xyxy = (np.array(column) for column in zip(*found, strict=True))
    n, ones = len(found), np.ones(len(found), np.int64)
    measured = jitters(
        MatchedBoxes(vehicle, at_s, np.zeros(n, bool), ones, true_xyxy, np.full(n, 0.1), seen_xyxy, ones, ones)
    )["moving"]
    for name, (middle, rms) in MEASURED_ON_CLIPS.items():
        assert measured[name].median == pytest.approx(middle, rel=0.1)
        assert measured[name].rms == pytest.approx(rms, rel=0.15)
        assert 0.3 < measured[name].correlation < 0.6


def test_classes_flip_at_the_levels_rate() -> None:
    classes = np.concatenate([b.class_id for b in seen(detections(replace(CLEAN, class_flip_rate=0.05)))])
    assert (classes != CAR).mean() == pytest.approx(0.05, abs=0.02)


def test_frames_are_dropped_at_the_levels_rate() -> None:
    dropped = [b is None for seed in range(4) for b in detections(replace(CLEAN, drop_rate=0.1), seed=seed)]
    assert np.mean(dropped) == pytest.approx(0.1, abs=0.025)


def test_false_positives_come_at_the_levels_rate_without_a_vehicle() -> None:
    found = seen(detections(replace(CLEAN, false_positives_per_frame=0.3)))
    assert sum((b.vehicle < 0).sum() for b in found) / len(found) == pytest.approx(0.3, abs=0.08)


def test_motorcycles_side_by_side_merge_at_the_levels_rate_and_cars_never() -> None:
    level = replace(CLEAN, merge_rate=0.2)
    beside = np.array([[100.0, 300, 130, 350], [112, 302, 142, 352]])
    merged = [b for b in seen(detections(level, xyxy=beside, class_id=MOTORCYCLE)) if len(b.xyxy) == 1]
    assert len(merged) / FRAMES == pytest.approx(0.2, abs=0.1)
    assert merged[0].xyxy[0] == pytest.approx(np.array([100.0, 300, 142, 352]))
    assert all(len(b.xyxy) == 2 for b in seen(detections(level, xyxy=beside)))


def test_an_occluded_vehicle_is_never_detected() -> None:
    behind = np.array([[100.0, 300, 200, 380], [105, 302, 195, 378]])
    detector = VirtualDetector(
        CAMERA, CLEAN, vehicles=2, step_s=STEP_S, ground_m=(20, -10, 100, 10), rng=np.random.default_rng(0)
    )
    boxes = detector.detect(behind, np.array([50.0, 60.0]), np.full(2, CAR), np.arange(2), 0.0)
    assert boxes is not None
    assert boxes.vehicle.tolist() == [0]


def test_the_same_seed_gives_the_same_noise() -> None:
    one, same, other = (detections(MEASURED, seed=seed)[:100] for seed in (1, 1, 2))
    assert all((a is None) == (b is None) for a, b in zip(one, same, strict=True))
    assert all(np.array_equal(a.xyxy, b.xyxy) for a, b in zip(seen(one), seen(same), strict=True))
    assert not np.array_equal(seen(one)[0].xyxy, seen(other)[0].xyxy)


def test_the_double_level_doubles_the_rates() -> None:
    assert LEVELS["double"].miss_rate == pytest.approx(2 * MEASURED.miss_rate)
    assert LEVELS["double"].bottom_jitter == pytest.approx(2 * MEASURED.bottom_jitter)


def boxes_of(vehicles: list[int]) -> DetectedBoxes:
    n = len(vehicles)
    return DetectedBoxes(APART[:n], np.full(n, 0.8), np.full(n, CAR), np.array(vehicles, np.int64))


def virtual_tracker(level: NoiseLevel) -> VirtualTracker:
    settings = TrackingConfig(lost_after=timedelta(seconds=2))
    return VirtualTracker(settings, level, vehicles=3, step_s=STEP_S, rng=np.random.default_rng(0))


def test_a_track_starts_at_its_second_observation_and_survives_a_short_gap() -> None:
    tracker = virtual_tracker(CLEAN)
    earlier, tracks = tracker.update(boxes_of([0, 1]), 0.0)
    assert (earlier, len(tracks)) == ([], 0)
    ((first_s, first),), before = tracker.update(boxes_of([0, 1]), 0.25)
    nothing, after = tracker.update(boxes_of([0, 1]), 2.0)
    assert first_s == 0.0
    assert nothing == []
    assert first.track_id.tolist() == before.track_id.tolist() == after.track_id.tolist() == [1, 2]
    assert first.xyxy == pytest.approx(APART[:2])


def test_a_vehicle_unseen_for_longer_than_lost_after_gets_a_new_id() -> None:
    tracker = virtual_tracker(CLEAN)
    for at_s in (0.0, 0.25, 3.0, 3.25):
        _, tracks = tracker.update(boxes_of([0]), at_s)
    assert tracks.track_id.tolist() == [2]


def test_ids_switch_at_the_levels_rate_and_are_unique_in_each_frame() -> None:
    tracker = virtual_tracker(replace(CLEAN, id_switches_per_minute=6))
    tracks = [tracker.update(boxes_of([0, 1, 2]), k * STEP_S)[1] for k in range(FRAMES)]
    assert all(len(set(t.track_id.tolist())) == len(t) for t in tracks)
    ids = max(int(t.track_id.max(initial=0)) for t in tracks)
    minutes = 3 * FRAMES * STEP_S / 60
    assert ids / minutes == pytest.approx(6, rel=0.25)
