"""Tracking at 5 to 15 frames per second."""

import pytest

from tests.tracking.tracking_kit import Box, detections, follow, ids, tracker
from vision.common.object_class import CLASSES, ObjectClass


def test_a_vehicle_keeps_one_id() -> None:
    tracked = follow([[Box(100 + 10 * n, 100)] for n in range(30)])
    assert ids(tracked) == [1]


def test_a_track_is_returned_once_confirmed_and_then_from_its_first_box() -> None:
    by = tracker(confirm_after=3)
    assert [len(s.tracks) for s in by.update(detections([Box(100, 100)]), 0.0)] == [0]
    assert [len(s.tracks) for s in by.update(detections([Box(110, 100)]), 0.1)] == [0]
    tracked = by.update(detections([Box(120, 100)]), 0.2)
    assert [s.at_s for s in tracked] == [0.0, 0.1, 0.2]
    assert [s.tracks.track_id.tolist() for s in tracked] == [[1], [1], [1]]
    assert [float(s.tracks.xyxy[0, 0]) for s in tracked] == [80, 90, 100]
    assert [len(s.tracks) for s in by.update(detections([Box(130, 100)]), 0.3)] == [1]


def test_a_detection_in_one_frame_only_is_no_track() -> None:
    frames = [[Box(100 * n, 300)] if n % 3 == 0 else [] for n in range(12)]
    assert ids(follow(frames)) == []


def test_a_detection_too_weak_to_start_a_track_continues_one() -> None:
    weak = [[Box(100 + 10 * n, 100, confidence=0.15)] for n in range(10)]
    assert ids(follow(weak)) == []
    assert ids(follow([[Box(80, 100)], [Box(90, 100)], *weak])) == [1]
    assert len(follow([[Box(80, 100)], [Box(90, 100)], *weak])[-1].tracks) == 1


@pytest.mark.parametrize("fps", [5, 8, 12, 15])
def test_a_motorcycle_that_moves_by_its_length_per_frame_is_one_track(fps: int) -> None:
    step = 30 * 5 / fps
    path = [[Box(200, 100 + step * n, 20, 30, 0.35, ObjectClass.MOTORCYCLE)] for n in range(15)]
    assert ids(follow(path, fps=fps)) == [1]


def test_ids_are_never_reused_not_even_after_a_reset() -> None:
    by = tracker()
    first = ids(follow([[Box(100, 100)]] * 3, by))
    by.reset()
    assert ids(follow([[Box(100, 100)]] * 3, by)) == [first[0] + 1]


def test_cameras_do_not_share_their_ids() -> None:
    one, other = tracker(), tracker()
    follow([[Box(100, 100)]] * 3, one)
    assert ids(follow([[Box(100, 100)]] * 3, other)) == [1]


def test_vehicles_that_meet_keep_their_ids() -> None:
    frames = [[Box(100 + 15 * n, 100), Box(500 - 15 * n, 160)] for n in range(25)]
    last = follow(frames)[-1].tracks
    assert dict(zip(last.track_id.tolist(), last.xyxy[:, 1].tolist(), strict=True)) == {1: 80, 2: 140}


def test_the_class_is_that_of_most_detections() -> None:
    kinds = [ObjectClass.TRUCK, ObjectClass.CAR, ObjectClass.TRUCK, ObjectClass.TRUCK, ObjectClass.CAR]
    tracked = follow([[Box(100, 100, object_class=kind)] for kind in kinds])
    assert [CLASSES[s.tracks.class_id[0]] for s in tracked[-3:]] == [ObjectClass.TRUCK] * 3


def test_a_confident_detection_outvotes_two_uncertain_ones() -> None:
    frames = [[Box(100, 100, confidence=0.9, object_class=ObjectClass.BUS)]]
    frames += [[Box(100, 100, confidence=0.3, object_class=ObjectClass.TRUCK)] for _ in range(2)]
    assert CLASSES[follow(frames)[-1].tracks.class_id[0]] is ObjectClass.BUS


def test_a_rider_whose_motorcycle_is_detected_late_is_a_motorcycle() -> None:
    rider = [[Box(100, 100, 20, 40, 0.6, ObjectClass.PERSON)] for _ in range(8)]
    mounted = [[Box(100, 100, 20, 40, 0.4, ObjectClass.MOTORCYCLE)] for _ in range(4)]
    assert CLASSES[follow(rider)[-1].tracks.class_id[0]] is ObjectClass.PERSON
    assert CLASSES[follow(rider + mounted)[-1].tracks.class_id[0]] is ObjectClass.MOTORCYCLE


def test_a_person_classified_as_a_rider_in_a_fifth_of_frames_is_a_person() -> None:
    kinds = [ObjectClass.PERSON] * 6 + [ObjectClass.MOTORCYCLE] * 2 + [ObjectClass.PERSON] * 2
    walker = [[Box(100, 100, 20, 40, 0.6, kind)] for kind in kinds]
    assert CLASSES[follow(walker)[-1].tracks.class_id[0]] is ObjectClass.PERSON


def test_an_uncertain_part_of_a_vehicle_is_no_vehicle() -> None:
    with_mirror = [[Box(300, 300, 200, 150, 0.9, ObjectClass.BUS), Box(230, 260, 12, 12, 0.4)] for _ in range(6)]
    assert len(follow(with_mirror)[-1].tracks) == 1


def test_a_motorcycle_in_front_of_a_bus_is_a_vehicle_of_its_own() -> None:
    before = [
        [Box(300, 300, 200, 150, 0.9, ObjectClass.BUS), Box(300, 340, 20, 40, 0.3, ObjectClass.MOTORCYCLE)]
        for _ in range(6)
    ]
    assert len(follow(before)[-1].tracks) == 2


def test_lost_tracks_are_forgotten() -> None:
    by = tracker(lost_after=2)
    for n in range(300):
        by.update(detections([Box(50 + 300 * (n // 3 % 6), 100 + 7 * n)]), n / 10)
        assert len(by) < 15
    by.update(detections([]), 60.0)
    by.update(detections([]), 60.1)
    assert len(by) == 0


def test_a_crowd_that_comes_and_goes_leaves_no_state() -> None:
    by = tracker(lost_after=1)
    for n in range(200):
        by.update(detections([Box(40 + 45 * k, 100 + 5 * n % 400) for k in range(20)] if n % 30 < 20 else []), n / 10)
    by.update(detections([]), 100.0)
    by.update(detections([]), 100.1)
    assert len(by) == 0


def test_an_empty_frame_has_no_tracks() -> None:
    [frame] = tracker().update(detections([]), 1.5)
    assert frame.at_s == 1.5
    assert len(frame.tracks) == 0
