"""What truly happened is read off hand-made traffic as a person would."""

import pytest

from tests.bench.simulation.simulation_kit import STEP_S, Driver, recording
from vision.bench.simulation.ground_truth.expected import Event
from vision.bench.simulation.ground_truth.scripted import events_of
from vision.bench.simulation.ground_truth.truth import Truth
from vision.bench.simulation.roads import ROADS
from vision.bench.simulation.simulate import Done, Recording
from vision.common.object_class import ObjectClass
from vision.contracts import IncidentKind as Kind

EAST, WEST, NORTH, SOUTH = (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)


def truth(road: str, recorded: Recording) -> Truth:
    return Truth(recorded, ROADS[road], ROADS[road].sites[0])


def due(road: str, recorded: Recording) -> list[Event]:
    return events_of(truth(road, recorded))[0]


def may(road: str, recorded: Recording) -> list[Event]:
    return events_of(truth(road, recorded))[1]


def flow(count: int = 12, mps: float = 20.0) -> list[Driver]:
    """Cars on the motorway's middle lane, two seconds apart."""
    return [Driver((130, -5.25), EAST, ((0, mps),), from_s=2.0 * n) for n in range(count)]


def test_a_crossing_has_its_time_its_direction_its_place_and_the_vehicles_speed() -> None:
    (crossing,) = truth("motorway", recording([Driver((150, -5.25), EAST, ((0, 20),))], 6)).crossings
    assert crossing.line_id == "through"
    assert crossing.goes_in
    assert crossing.at_s == pytest.approx((195 - 150) / 20, abs=0.01)
    assert crossing.along == pytest.approx((13.5 - 5.25) / 14, abs=0.01)
    assert crossing.speed_kmh == pytest.approx(72)


def test_a_seen_crossing_is_that_of_the_foot_which_is_at_the_front_of_who_comes_near() -> None:
    told = truth("junction", recording([Driver((1.75, -55), NORTH, ((0, 10),))], 6))
    (middle,), (foot,) = ([c for c in cs if c.line_id == "before-stop"] for cs in (told.crossings, told.seen_crossings))
    assert middle.at_s == pytest.approx((55 - 20) / 10, abs=0.01)
    assert foot.at_s == pytest.approx(middle.at_s - 2.2 / 10, abs=0.03)


def test_who_drives_back_over_the_line_goes_out_and_who_walks_over_it_is_not_counted() -> None:
    walker = Driver((190, -11.9), EAST, ((0, 2),), ObjectClass.PERSON)
    (crossing,) = truth("motorway", recording([Driver((230, -2), WEST, ((0, 20),)), walker], 6)).crossings
    assert not crossing.goes_in


def test_a_queue_is_who_waits_one_behind_the_other_from_the_stop_line_back() -> None:
    waiting = [Driver((5.25, -13.5 - 7 * n), NORTH, ((0, 0),)) for n in range(3)]
    far_behind = Driver((5.25, -56), NORTH, ((0, 0),))
    moving = Driver((1.75, -50), NORTH, ((0, 6),))
    queues = truth("junction", recording([*waiting, far_behind, moving], 3)).queued["approach"]
    assert [len(q) for q in queues] == [3] * 12


def test_who_stands_behind_those_that_have_just_started_waits_until_his_turn_has_come() -> None:
    starting = [Driver((5.25, -13.5 - 7 * n), NORTH, ((0, 0), (4 + 2 * n, 4.0))) for n in range(4)]
    stays = Driver((5.25, -41.5), NORTH, ((0, 0),))
    queues = truth("junction", recording([*starting, stays], 60)).queued["approach"]
    assert [len(queues[round(at_s / STEP_S) - 1]) for at_s in (3, 5, 9, 12, 20, 50)] == [5, 4, 2, 1, 1, 0]


def test_who_crawls_between_the_two_thresholds_waits_on_only_if_he_waited_before() -> None:
    crawls = ((0, 0), (2, 2.0), (4, 4.0))
    waited = Driver((5.25, -30), NORTH, crawls)
    came = Driver((1.75, -30), NORTH, ((0, 2.0),))
    front = Driver((5.25, -20), NORTH, ((0, 0),))
    queues = truth("junction", recording([waited, came, front], 6)).queued["approach"]
    assert [len(queues[round(at_s / STEP_S) - 1]) for at_s in (1, 3, 5)] == [2, 2, 1]


def test_a_vehicle_that_is_made_to_stop_is_an_event_from_its_standstill_until_it_goes() -> None:
    stops = Driver((150, -8.75), EAST, ((0, 20), (2, 0), (32, 10)))
    events = due("motorway", recording([stops, *flow()], 40, acts=(Done("stopped_vehicle", 2, 32, (0,)),)))
    (event,) = [e for e in events if e.kind is Kind.STOPPED_VEHICLE]
    assert event.start_s == pytest.approx(2.0, abs=STEP_S)
    assert event.end_s == pytest.approx(32.0, abs=STEP_S)
    assert event.place_at(10)[0] == pytest.approx([150 + 20 * 1.75, -8.75], abs=0.1)


def test_a_stop_too_short_to_be_raised_is_an_excuse_and_no_event() -> None:
    stops = Driver((150, -8.75), EAST, ((0, 20), (2, 0), (9, 10)))
    recorded = recording([stops, *flow()], 20, acts=(Done("stopped_vehicle", 2, 9, (0,)),))
    assert not due("motorway", recorded)
    assert Kind.STOPPED_VEHICLE in {e.kind for e in may("motorway", recorded)}


def test_a_stop_nobody_planned_is_an_excuse_on_a_free_road_and_none_in_a_jam() -> None:
    stops = Driver((150, -8.75), EAST, ((0, 20), (2, 0), (30, 10)))
    jam = [Driver((170 + 8 * n, y), EAST, ((0, 0.5),)) for n in range(8) for y in (-5.25, -1.75)]
    for others, expected in ((flow(), True), (jam, False)):
        excused = {e.kind for e in may("motorway", recording([stops, *others], 25))}
        assert (Kind.STOPPED_VEHICLE in excused) is expected


def test_a_ghost_driver_is_an_event_while_he_is_where_his_way_is_wrong() -> None:
    ghost = Driver((300, -1.75), WEST, ((0, 15),))
    (event,) = due("motorway", recording([ghost], 9, acts=(Done("wrong_way", 0, 9, (0,)),)))
    assert event.kind is Kind.WRONG_WAY
    assert event.start_s == pytest.approx((300 - 275) / 15, abs=STEP_S)


def test_a_walker_on_the_shoulder_is_an_event_and_one_on_the_crosswalk_is_not() -> None:
    person = ObjectClass.PERSON
    walks = Driver((200, -11.9), EAST, ((0, 1.5),), person)
    (event,) = due("motorway", recording([walks], 10, acts=(Done("pedestrian", 0, 10, (0,)),)))
    assert event.kind is Kind.PEDESTRIAN
    crosses = Driver((258, -9.5), NORTH, ((0, 1.5),), person)
    assert not due("street", recording([crosses], 10, acts=(Done("pedestrian", 0, 10, (0,)),)))


def test_a_car_on_the_bus_lane_is_an_event_and_a_bus_is_not() -> None:
    for object_class, expected in ((ObjectClass.CAR, 1), (ObjectClass.BUS, 0)):
        drives = Driver((170, -8.3), EAST, ((0, 10),), object_class)
        events = due("street", recording([drives], 10, acts=(Done("lane_encroachment", 0, 10, (0,)),)))
        assert len(events) == expected


def test_who_drives_well_over_the_limit_is_an_event_and_who_is_about_at_it_neither() -> None:
    for mps, event, excuse in ((30, 1, 0), (25, 0, 1), (20, 0, 0)):
        recorded = recording([Driver((140, -1.75), EAST, ((0, mps),))], 5)
        assert [e.kind for e in due("motorway", recorded)] == [Kind.SPEEDING] * event
        assert [e.kind for e in may("motorway", recorded)] == [Kind.SPEEDING] * excuse


@pytest.mark.parametrize(("slow", "events"), [(range(22, 25), 1), (range(23, 25), 0)])
def test_a_slowdown_is_of_three_that_are_slow_in_sight_however_many_brake(slow: range, events: int) -> None:
    speeds = {True: ((0, 20.0), (20, 3.0)), False: ((0, 20.0),)}
    traffic = [Driver((270 - 20 * n, -5.25), EAST, speeds[n in slow]) for n in range(slow.stop)]
    actors = tuple(range(20, slow.stop))
    recorded = recording(traffic, 36, acts=(Done("sudden_slowdown", 20, 36, actors),))
    assert [e.kind for e in due("motorway", recorded)].count(Kind.SUDDEN_SLOWDOWN) == events
    assert Kind.SUDDEN_SLOWDOWN in {e.kind for e in may("motorway", recorded)}


def test_only_who_was_told_to_run_the_red_light_is_an_event() -> None:
    lights = "g" * 20 + "r" * 60
    drivers = [Driver((1.75, -50), NORTH, ((0, 5),)), Driver((5.25, -50), NORTH, ((0, 5),))]
    recorded = recording(drivers, 20, acts=(Done("red_light", 5, 9, (0,)),), lights=lights)
    assert [e.kind for e in due("junction", recorded)] == [Kind.RED_LIGHT]
    assert [e.kind for e in may("junction", recorded)] == [Kind.RED_LIGHT]
    (event,) = due("junction", recorded)
    assert event.start_s == pytest.approx(8.0, abs=STEP_S)


def test_a_queue_that_reaches_its_line_is_a_spillback_and_one_that_comes_near_may_be_told() -> None:
    for cars, event, excuse in ((6, 1, 1), (5, 0, 1), (3, 0, 0)):
        queue = [Driver((5.25, -13.5 - 7 * n), NORTH, ((0, 0),)) for n in range(cars)]
        recorded = recording(queue, 15, lights="r" * 60)
        kinds = [
            [e.kind for e in events if e.kind is Kind.QUEUE_SPILLBACK]
            for events in (due("junction", recorded), may("junction", recorded))
        ]
        assert [len(k) for k in kinds] == [event, excuse]


def test_congestion_is_due_once_it_has_lasted_as_long_as_it_must_to_be_told() -> None:
    fast = [Driver((100 + 8 * n, -5.25), EAST, ((0, 20), (4, 0.3))) for n in range(8)]
    events = [e for e in due("motorway", recording(fast, 90)) if e.kind is Kind.CONGESTION]
    (event,) = events
    rise_s = 20
    assert 4 + rise_s < event.start_s < 4 + rise_s + 15
    assert event.zone_id == "carriageway"


def test_two_that_meet_and_stand_are_a_collision_and_excuse_the_stop() -> None:
    drivers = [Driver((150, -5.25), EAST, ((0, 20), (2, 0))), Driver((140, -5.25), EAST, ((0, 20), (2.25, 0)))]
    recorded = recording(drivers, 30, acts=(Done("collision", 2, 28, (0, 1)),))
    assert [e.kind for e in due("motorway", recorded)] == [Kind.COLLISION]
    assert {Kind.STOPPED_VEHICLE, Kind.ILLEGAL_STOPPING} <= {e.kind for e in may("motorway", recorded)}


def test_a_queue_that_shrinks_for_a_green_light_and_grows_again_spills_back_once() -> None:
    stays = [Driver((5.25, -13.5 - 7 * n), NORTH, ((0, 0),)) for n in range(5)]
    comes_and_goes = [
        Driver((5.25, -48.5), NORTH, ((0, 0),), until_s=15),
        Driver((5.25, -48.5), NORTH, ((0, 0),), from_s=50),
    ]
    events = due("junction", recording([*stays, *comes_and_goes], 70, lights="r" * 280))
    assert [e.kind for e in events] == [Kind.QUEUE_SPILLBACK]
    assert (events[0].start_s, events[0].end_s) == (STEP_S, 70)
