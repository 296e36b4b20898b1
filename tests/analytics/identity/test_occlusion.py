"""Vehicles that are occluded by another one."""

from collections.abc import Mapping

import numpy as np
import pytest

from tests.analytics.analytics_kit import Kinematics
from tests.analytics.zones.zones_kit import FOUR_CORNERS, SIZE, camera, ground_of
from vision.analytics.identity.occlusion import OcclusionParameters, OcclusionTracker
from vision.analytics.kinematics.state import TrackKinematics
from vision.analytics.zones.queue import QueueEstimator
from vision.common.object_class import ObjectClass
from vision.core import Tracks

Box = tuple[float, float, float, float]
STEP_S = 0.1
LORRY, CAR = 1, 2
LORRY_BOX: Box = (300, 300, 390, 420)
"""Ten pixels a metre; traffic goes down the picture."""
BEHIND_IT: Box = (320, 285, 370, 325)
BESIDE_IT: Box = (340, 345, 400, 400)
STOP_PX = np.array([[500.0, 440.0], [200.0, 440.0]])


class Frames:
    """The kinematics of boxes by track; the first is the lorry, the others are cars."""

    def __init__(self) -> None:
        self.ground = ground_of(camera(calibration=FOUR_CORNERS))
        self.stage = Kinematics(self.ground, SIZE)
        self.at_s = 0.0

    def next(self, boxes: Mapping[int, Box]) -> TrackKinematics:
        self.at_s += STEP_S
        tracks = list(boxes)
        classes = [(ObjectClass.TRUCK if track == LORRY else ObjectClass.CAR).class_id for track in tracks]
        count = len(tracks)
        return self.stage.update(
            Tracks(
                xyxy=np.array(list(boxes.values()), np.float32).reshape(-1, 4),
                confidence=np.full(count, 0.8, np.float32),
                class_id=np.array(classes, np.int64),
                track_id=np.array(tracks, np.int64),
                age=np.full(count, 9, np.int64),
            ),
            self.at_s,
        )


def occluded_after(*frames: Mapping[int, Box]) -> list[int]:
    """The tracks that the lorry occludes after these frames, all of them in the zone."""
    frames_seen, occlusion = Frames(), OcclusionTracker(hold_s=2)
    for boxes in frames:
        tracks = frames_seen.next(boxes)
        occlusion.update(tracks, np.ones(len(tracks), bool), frames_seen.at_s)
    return occlusion.behind({LORRY})


def test_a_lost_covered_vehicle_is_occluded_until_it_is_observed_again() -> None:
    both, alone = {LORRY: LORRY_BOX, CAR: BEHIND_IT}, {LORRY: LORRY_BOX}
    assert occluded_after(both) == []
    assert occluded_after(both, alone) == [CAR]
    assert occluded_after(both, *[alone] * 300) == [CAR]
    assert occluded_after(both, alone, both) == []


def test_a_new_track_where_the_vehicle_was_lost_ends_the_occlusion() -> None:
    both, alone = {LORRY: LORRY_BOX, CAR: BEHIND_IT}, {LORRY: LORRY_BOX}
    assert occluded_after(both, alone, {LORRY: LORRY_BOX, 7: (322, 283, 372, 323)}) == []
    assert occluded_after(both, alone, {LORRY: LORRY_BOX, 7: (100, 100, 150, 140)}) == [CAR]


def test_a_vehicle_beside_another_or_detected_twice_is_not_occluded() -> None:
    alone = {LORRY: LORRY_BOX}
    assert occluded_after({LORRY: LORRY_BOX, CAR: BESIDE_IT}, alone) == []
    assert occluded_after({LORRY: LORRY_BOX, CAR: (300, 300, 390, 415)}, alone) == []
    assert occluded_after({LORRY: LORRY_BOX, CAR: (700, 285, 750, 325)}, alone) == []


def test_an_occlusion_ends_when_the_occluder_leaves_or_is_lost() -> None:
    both, alone = {LORRY: LORRY_BOX, CAR: BEHIND_IT}, {LORRY: LORRY_BOX}
    assert occluded_after(both, alone, *[{}] * 19) == [CAR]
    assert occluded_after(both, alone, *[{}] * 25, alone) == []
    frames_seen, occlusion = Frames(), OcclusionTracker(hold_s=2)
    for boxes, is_here in ((both, True), (alone, True), (alone, False), (alone, True)):
        tracks = frames_seen.next(boxes)
        occlusion.update(tracks, np.full(len(tracks), is_here), frames_seen.at_s)
    assert len(occlusion) == 0


def test_one_vehicle_occludes_a_few_at_most() -> None:
    many = {n: (310.0 + n, 285.0, 370.0 + n, 325.0) for n in range(2, 9)}
    assert len(occluded_after({LORRY: LORRY_BOX} | many, {LORRY: LORRY_BOX})) == OcclusionParameters().max_per_occluder


def test_an_occluded_vehicle_counts_in_the_queue_but_does_not_lengthen_it() -> None:
    frames_seen = Frames()
    zone_px = np.array([[200.0, 50.0], [500.0, 50.0], [500.0, 450.0], [200.0, 450.0]])
    config = camera(calibration=FOUR_CORNERS)
    queue = QueueEstimator(zone_px, STOP_PX, None, frames_seen.ground, config.measures, hold_s=2)
    queues = []
    for n in range(100):
        comes_px = -60.0 * max(0.0, 3.0 - n * STEP_S)  # down the picture, then stopped
        car = tuple(v + (comes_px if i % 2 else 0.0) for i, v in enumerate(BEHIND_IT))
        lorry = tuple(v + (comes_px if i % 2 else 0.0) for i, v in enumerate(LORRY_BOX))
        tracks = frames_seen.next({LORRY: lorry, CAR: car} if n < 12 else {LORRY: lorry})
        queues.append(queue.update(tracks, np.ones(len(tracks), bool), frames_seen.at_s))
    assert queues[-1].track_ids == {LORRY, CAR}
    assert queues[-1].length_m == pytest.approx(10, abs=0.5)
    assert queues[20].track_ids == set()
