"""Pedestrians on the road, and what a detector mistakes for one."""

import numpy as np
import pytest

from tests.analytics.incidents.incidents_road import (
    NORTH,
    Actor,
    Camera,
    Noise,
    Position,
    box_m,
    camera,
    detect,
    drives,
    flow,
    halts,
    kinds,
    raised,
)
from vision.common.object_class import ObjectClass

PERSON, MOTORCYCLE = ObjectClass.PERSON, ObjectClass.MOTORCYCLE


@pytest.mark.parametrize(("y_m", "zone"), [(25.25, "north"), (36.0, "shoulder")])
@pytest.mark.parametrize("calibrated", [True, False])
def test_a_person_on_the_carriageway_or_shoulder_is_reported_within_five_seconds(
    y_m: float, zone: str, calibrated: bool
) -> None:
    walks = Actor(drives(y_m, 1.3, start_s=4, x_m=50), PERSON)
    changes = detect(camera(calibrated=calibrated), [walks, *flow([21.75, 28.75], until_s=20)], 24)
    assert kinds(changes) == ["pedestrian"]
    assert changes[0].at_s < 4 + 5
    assert changes[0].evidence.zone_id == zone


def test_a_crossing_person_is_one_incident_under_noise() -> None:
    crosses = Actor(lambda t: (60.0, 18 + 1.2 * (t - 3)) if 3 <= t < 20 else None, PERSON)
    noise = Noise(jitter=0.04, missed=0.03, switched=0.01, seed=2)
    assert kinds(detect(camera(), [crosses], 30, noise=noise)) == ["pedestrian"]


def test_a_person_first_classified_as_a_rider_is_reported_on_the_road() -> None:
    observer = Camera(camera(NORTH))
    changes = []
    for t in np.arange(0, 17, 1 / 8).tolist():
        walks = Actor(lambda at_s: (60.0, 15 + 1.3 * at_s), MOTORCYCLE if t < 2.5 else PERSON)
        changes += observer.observe([walks], t)
    [change] = raised(changes)
    assert change.at_s == pytest.approx((20 - 15) / 1.3 + 1.5, abs=1)


def test_a_group_is_one_incident() -> None:
    group = [Actor(drives(36 + 0.5 * n, 1.2, start_s=2, x_m=40 + n), PERSON) for n in range(3)]
    [change] = raised(detect(camera(), group, 20))
    assert len(change.evidence.track_ids) == 3


def test_persons_on_a_crosswalk_or_pavement_are_no_incident() -> None:
    crossing = {"id": "crossing", "kind": "crosswalk", "polygon": box_m(50, 18, 70, 36)}
    crosses = Actor(lambda t: (60.0, 19 + 1.2 * t) if t < 13 else None, PERSON)
    walks = Actor(drives(41, 1.2, x_m=20), PERSON)
    both = [crosses, walks]
    assert kinds(detect(camera(NORTH, crossing), both, 15)) == []


def test_a_fast_person_is_a_rider_and_no_pedestrian() -> None:
    assert kinds(detect(camera(), [Actor(drives(25.25, 8), PERSON)], 15)) == []


def test_a_rider_with_a_second_box_is_no_pedestrian() -> None:
    rides = drives(25.25, 2.5, start_s=1)
    assert kinds(detect(camera(), [Actor(rides, MOTORCYCLE), Actor(rides, PERSON)], 20)) == []


def test_a_person_among_waiting_riders_is_not_reported() -> None:
    waits = [Actor(halts(y, 4, 80 - 3 * n, start_s=n), MOTORCYCLE) for n in range(4) for y in (24.0, 26.0)]
    person = Actor(halts(25.0, 4, 77, start_s=0.5), PERSON)
    assert "pedestrian" not in kinds(detect(camera(), [*waits, person], 50))


def test_a_post_that_is_classified_as_a_person_is_no_pedestrian() -> None:
    post = Actor(lambda t: (60.0, 35.0), PERSON)
    faint = Noise(jitter=0.02, missed=0.05)
    assert kinds(detect(camera(), [post], 30, noise=faint, confidence=0.35)) == []


def test_a_person_that_never_moves_is_reported_after_ten_seconds() -> None:
    [change] = raised(detect(camera(), [Actor(lambda t: (60.0, 35.0), PERSON)], 20, noise=Noise(jitter=0.02)))
    assert change.at_s == pytest.approx(11, abs=1.5)


def test_a_passenger_in_a_vehicle_is_no_pedestrian() -> None:
    def sits(t: float) -> Position | None:
        return 20 + 2 * t, 24.9

    bus = Actor(lambda t: (20 + 2 * t, 25.25), ObjectClass.BUS)
    assert kinds(detect(camera(), [bus, Actor(sits, PERSON)], 20)) == []


def test_a_pushed_motorcycle_on_the_shoulder_is_a_pedestrian() -> None:
    pushes = Actor(drives(36, 1.3, x_m=40), MOTORCYCLE)
    assert kinds(detect(camera(), [pushes], 12)) == ["pedestrian"]
    rides = Actor(drives(36, 8), MOTORCYCLE)
    assert kinds(detect(camera(), [rides], 12)) == []
