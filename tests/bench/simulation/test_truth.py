"""Ground truth: crossings, queues and expected incidents of hand-made traffic."""

import pytest

from tests.bench.simulation.simulation_kit import STEP_S, Driver, recording
from vision.bench.simulation.ground_truth.expected import ExpectedIncident
from vision.bench.simulation.ground_truth.queues import queues_by_zone
from vision.bench.simulation.ground_truth.scripted import incidents_of
from vision.bench.simulation.ground_truth.truth import GroundTruth
from vision.bench.simulation.roads import ROADS
from vision.bench.simulation.simulate import CompletedAct, Recording
from vision.common.object_class import ObjectClass
from vision.contracts import IncidentKind as Kind

EAST, WEST, NORTH, SOUTH = (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)


def truth(road: str, recorded: Recording) -> GroundTruth:
    return GroundTruth(recorded, ROADS[road], ROADS[road].sites[0])


def incidents(road: str, recorded: Recording) -> tuple[list[ExpectedIncident], list[ExpectedIncident]]:
    known = truth(road, recorded)
    return incidents_of(known, queues_by_zone(known))


def expected(road: str, recorded: Recording) -> list[ExpectedIncident]:
    return incidents(road, recorded)[0]


def borderline(road: str, recorded: Recording) -> list[ExpectedIncident]:
    return incidents(road, recorded)[1]


def queues(road: str, recorded: Recording, zone: str) -> list[list[int]]:
    return queues_by_zone(truth(road, recorded))[zone]


def flow(count: int = 12, mps: float = 20.0) -> list[Driver]:
    """Cars on the motorway's middle lane, two seconds apart."""
    return [Driver((130, -5.25), EAST, ((0, mps),), from_s=2.0 * n) for n in range(count)]


def test_a_crossing_has_time_direction_place_and_speed() -> None:
    (crossing,) = truth("motorway", recording([Driver((150, -5.25), EAST, ((0, 20),))], 6)).crossings
    assert crossing.line_id == "through"
    assert crossing.goes_in
    assert crossing.at_s == pytest.approx((195 - 150) / 20, abs=0.01)
    assert crossing.along == pytest.approx((13.5 - 5.25) / 14, abs=0.01)
    assert crossing.speed_kmh == pytest.approx(72)


def test_the_bottom_centre_of_an_approaching_vehicle_crosses_before_its_centre() -> None:
    known = truth("junction", recording([Driver((1.75, -55), NORTH, ((0, 10),))], 6))
    both = (known.crossings, known.bottom_center_crossings)
    (centre,), (bottom,) = ([c for c in crossings if c.line_id == "before-stop"] for crossings in both)
    assert centre.at_s == pytest.approx((55 - 20) / 10, abs=0.01)
    assert bottom.at_s == pytest.approx(centre.at_s - 2.2 / 10, abs=0.03)


def test_a_vehicle_driving_back_goes_out_and_a_pedestrian_is_not_counted() -> None:
    pedestrian = Driver((190, -11.9), EAST, ((0, 2),), ObjectClass.PERSON)
    (crossing,) = truth("motorway", recording([Driver((230, -2), WEST, ((0, 20),)), pedestrian], 6)).crossings
    assert not crossing.goes_in


def test_a_queue_reaches_from_the_stop_line_to_the_first_large_gap() -> None:
    waiting = [Driver((5.25, -13.5 - 7 * n), NORTH, ((0, 0),)) for n in range(3)]
    far_behind = Driver((5.25, -56), NORTH, ((0, 0),))
    moving = Driver((1.75, -50), NORTH, ((0, 6),))
    by_frame = queues("junction", recording([*waiting, far_behind, moving], 3), "approach")
    assert [len(q) for q in by_frame] == [3] * 12


def test_a_queue_discharges_from_its_head_by_the_start_wave() -> None:
    starting = [Driver((5.25, -13.5 - 7 * n), NORTH, ((0, 0), (4 + 2 * n, 4.0))) for n in range(4)]
    stays = Driver((5.25, -41.5), NORTH, ((0, 0),))
    by_frame = queues("junction", recording([*starting, stays], 60), "approach")
    assert [len(by_frame[round(at_s / STEP_S) - 1]) for at_s in (3, 5, 9, 12, 20, 50)] == [5, 4, 2, 1, 1, 0]


def test_a_vehicle_between_the_two_speed_thresholds_stays_queued_but_does_not_join() -> None:
    crawls = ((0, 0), (2, 2.0), (4, 4.0))
    waited = Driver((5.25, -30), NORTH, crawls)
    came = Driver((1.75, -30), NORTH, ((0, 2.0),))
    front = Driver((5.25, -20), NORTH, ((0, 0),))
    by_frame = queues("junction", recording([waited, came, front], 6), "approach")
    assert [len(by_frame[round(at_s / STEP_S) - 1]) for at_s in (1, 3, 5)] == [2, 2, 1]


def test_a_scripted_stop_is_expected_from_standstill_until_the_vehicle_drives_on() -> None:
    stops = Driver((150, -8.75), EAST, ((0, 20), (2, 0), (32, 10)))
    events = expected("motorway", recording([stops, *flow()], 40, acts=(CompletedAct("stopped_vehicle", 2, 32, (0,)),)))
    (event,) = [e for e in events if e.kind is Kind.STOPPED_VEHICLE]
    assert event.start_s == pytest.approx(2.0, abs=STEP_S)
    assert event.end_s == pytest.approx(32.0, abs=STEP_S)
    assert event.place_at(10)[0] == pytest.approx([150 + 20 * 1.75, -8.75], abs=0.1)


def test_a_stop_too_short_to_be_raised_is_borderline() -> None:
    stops = Driver((150, -8.75), EAST, ((0, 20), (2, 0), (9, 10)))
    recorded = recording([stops, *flow()], 20, acts=(CompletedAct("stopped_vehicle", 2, 9, (0,)),))
    assert not expected("motorway", recorded)
    assert Kind.STOPPED_VEHICLE in {e.kind for e in borderline("motorway", recorded)}


def test_an_unscripted_stop_is_borderline_on_a_free_road_and_nothing_in_a_jam() -> None:
    stops = Driver((150, -8.75), EAST, ((0, 20), (2, 0), (30, 10)))
    jam = [Driver((170 + 8 * n, y), EAST, ((0, 0.5),)) for n in range(8) for y in (-5.25, -1.75)]
    for others, is_excused in ((flow(), True), (jam, False)):
        excused = {e.kind for e in borderline("motorway", recording([stops, *others], 25))}
        assert (Kind.STOPPED_VEHICLE in excused) is is_excused


def test_a_ghost_driver_is_expected_from_entering_the_zone_against_its_direction() -> None:
    ghost = Driver((300, -1.75), WEST, ((0, 15),))
    (event,) = expected("motorway", recording([ghost], 9, acts=(CompletedAct("wrong_way", 0, 9, (0,)),)))
    assert event.kind is Kind.WRONG_WAY
    assert event.start_s == pytest.approx((300 - 275) / 15, abs=STEP_S)


def test_a_pedestrian_is_expected_on_the_shoulder_and_not_on_the_crosswalk() -> None:
    person = ObjectClass.PERSON
    pedestrian = Driver((200, -11.9), EAST, ((0, 1.5),), person)
    (event,) = expected("motorway", recording([pedestrian], 10, acts=(CompletedAct("pedestrian", 0, 10, (0,)),)))
    assert event.kind is Kind.PEDESTRIAN
    crosses = Driver((258, -9.5), NORTH, ((0, 1.5),), person)
    assert not expected("street", recording([crosses], 10, acts=(CompletedAct("pedestrian", 0, 10, (0,)),)))


def test_a_car_on_the_bus_lane_is_expected_and_a_bus_is_not() -> None:
    for object_class, number in ((ObjectClass.CAR, 1), (ObjectClass.BUS, 0)):
        drives = Driver((170, -8.3), EAST, ((0, 10),), object_class)
        events = expected("street", recording([drives], 10, acts=(CompletedAct("lane_encroachment", 0, 10, (0,)),)))
        assert len(events) == number


def test_speeding_is_expected_well_over_the_limit_and_borderline_at_it() -> None:
    for mps, sure, unclear in ((30, 1, 0), (25, 0, 1), (20, 0, 0)):
        recorded = recording([Driver((140, -1.75), EAST, ((0, mps),))], 5)
        assert [e.kind for e in expected("motorway", recorded)] == [Kind.SPEEDING] * sure
        assert [e.kind for e in borderline("motorway", recorded)] == [Kind.SPEEDING] * unclear


@pytest.mark.parametrize(("slow", "events"), [(range(22, 25), 1), (range(23, 25), 0)])
def test_a_slowdown_needs_three_slow_vehicles_in_the_zone(slow: range, events: int) -> None:
    speeds = {True: ((0, 20.0), (20, 3.0)), False: ((0, 20.0),)}
    traffic = [Driver((270 - 20 * n, -5.25), EAST, speeds[n in slow]) for n in range(slow.stop)]
    actors = tuple(range(20, slow.stop))
    recorded = recording(traffic, 36, acts=(CompletedAct("sudden_slowdown", 20, 36, actors),))
    assert [e.kind for e in expected("motorway", recorded)].count(Kind.SUDDEN_SLOWDOWN) == events
    assert Kind.SUDDEN_SLOWDOWN in {e.kind for e in borderline("motorway", recorded)}


def test_only_the_scripted_red_light_runner_is_expected() -> None:
    lights = "g" * 20 + "r" * 60
    drivers = [Driver((1.75, -50), NORTH, ((0, 5),)), Driver((5.25, -50), NORTH, ((0, 5),))]
    recorded = recording(drivers, 20, acts=(CompletedAct("red_light", 5, 9, (0,)),), lights=lights)
    assert [e.kind for e in expected("junction", recorded)] == [Kind.RED_LIGHT]
    assert [e.kind for e in borderline("junction", recorded)] == [Kind.RED_LIGHT]
    (event,) = expected("junction", recorded)
    assert event.start_s == pytest.approx(8.0, abs=STEP_S)


def test_a_queue_at_its_line_is_a_spillback_and_one_near_it_is_borderline() -> None:
    for cars, sure, unclear in ((6, 1, 1), (5, 0, 1), (3, 0, 0)):
        queue = [Driver((5.25, -13.5 - 7 * n), NORTH, ((0, 0),)) for n in range(cars)]
        recorded = recording(queue, 15, lights="r" * 60)
        kinds = [
            [e.kind for e in events if e.kind is Kind.QUEUE_SPILLBACK]
            for events in (expected("junction", recorded), borderline("junction", recorded))
        ]
        assert [len(k) for k in kinds] == [sure, unclear]


def test_congestion_is_expected_after_its_rise_time() -> None:
    fast = [Driver((100 + 8 * n, -5.25), EAST, ((0, 20), (4, 0.3))) for n in range(8)]
    events = [e for e in expected("motorway", recording(fast, 90)) if e.kind is Kind.CONGESTION]
    (event,) = events
    rise_s = 20
    assert 4 + rise_s < event.start_s < 4 + rise_s + 15
    assert event.zone_id == "carriageway"


def test_two_vehicles_that_touch_and_stop_are_a_collision_and_borderline_stops() -> None:
    drivers = [Driver((150, -5.25), EAST, ((0, 20), (2, 0))), Driver((140, -5.25), EAST, ((0, 20), (2.25, 0)))]
    recorded = recording(drivers, 30, acts=(CompletedAct("collision", 2, 28, (0, 1)),))
    assert [e.kind for e in expected("motorway", recorded)] == [Kind.COLLISION]
    assert {Kind.STOPPED_VEHICLE, Kind.ILLEGAL_STOPPING} <= {e.kind for e in borderline("motorway", recorded)}


def test_a_queue_that_shrinks_and_grows_again_spills_back_once() -> None:
    stays = [Driver((5.25, -13.5 - 7 * n), NORTH, ((0, 0),)) for n in range(5)]
    comes_and_goes = [
        Driver((5.25, -48.5), NORTH, ((0, 0),), until_s=15),
        Driver((5.25, -48.5), NORTH, ((0, 0),), from_s=50),
    ]
    events = expected("junction", recording([*stays, *comes_and_goes], 70, lights="r" * 280))
    assert [e.kind for e in events] == [Kind.QUEUE_SPILLBACK]
    assert (events[0].start_s, events[0].end_s) == (STEP_S, 70)
