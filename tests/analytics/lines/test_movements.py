"""Movements: from an entry line to an exit line."""

from datetime import timedelta

from tests.analytics.analytics_kit import At, count, line
from vision.analytics import Crossing, MovementCounter
from vision.common.object_class import ObjectClass
from vision.config.lines import MovementConfig
from vision.contracts import Direction

NORTH_SOUTH = MovementConfig(id="ns", entry="north", exit="south", within=timedelta(seconds=30))


def crossed(line_id: str, at_s: float, track_id: int = 1) -> Crossing:
    return Crossing(line_id, Direction.IN, ObjectClass.CAR, track_id, at_s, (0.5, 0.5), 0.9)


def test_a_vehicle_that_crosses_the_entry_and_then_the_exit_makes_the_movement() -> None:
    counter = MovementCounter([NORTH_SOUTH])
    assert counter.update([crossed("north", 1.0)], 1.1) == []
    [movement] = counter.update([crossed("south", 5.0)], 5.1)
    assert (movement.movement_id, movement.track_id, movement.entered_at_s, movement.left_at_s) == ("ns", 1, 1.0, 5.0)


def test_the_way_back_is_another_movement() -> None:
    back = MovementConfig(id="sn", entry="south", exit="north")
    counter = MovementCounter([NORTH_SOUTH, back])
    assert [m.movement_id for m in counter.update([crossed("south", 1.0), crossed("north", 2.0)], 2.1)] == ["sn"]


def test_both_lines_crossed_between_two_frames_are_taken_in_the_order_of_their_times() -> None:
    counter = MovementCounter([NORTH_SOUTH])
    assert len(counter.update([crossed("south", 1.06), crossed("north", 1.02)], 1.1)) == 1


def test_two_vehicles_do_not_make_one_movement() -> None:
    counter = MovementCounter([NORTH_SOUTH])
    assert counter.update([crossed("north", 1.0, track_id=1), crossed("south", 2.0, track_id=2)], 2.1) == []


def test_a_vehicle_that_takes_too_long_makes_no_movement_and_is_forgotten() -> None:
    counter = MovementCounter([NORTH_SOUTH])
    counter.update([crossed("north", 0.0)], 0.1)
    assert counter.update([crossed("south", 31.0)], 31.1) == []
    for n in range(1000):
        counter.update([crossed("north", float(n), track_id=n)], float(n))
    assert len(counter) <= 31


def test_a_vehicle_makes_a_movement_once() -> None:
    counter = MovementCounter([NORTH_SOUTH])
    counter.update([crossed("north", 0.0), crossed("south", 1.0)], 1.1)
    assert counter.update([crossed("south", 2.0)], 2.1) == []


def test_a_turn_is_counted_from_the_crossings_of_a_real_way() -> None:
    lines = [line(100, 200, 900, 200, line_id="north"), line(700, 100, 700, 700, line_id="east")]
    turn = [At(n / 10, 1, 400, y) for n, y in enumerate(range(100, 420, 20))]
    turn += [At(2 + n / 10, 1, x, 410) for n, x in enumerate(range(420, 900, 20))]
    counter = MovementCounter([MovementConfig(id="left", entry="north", exit="east")])
    assert [m.movement_id for m in counter.update(count(turn, lines), 5.0)] == ["left"]


def test_a_vehicle_goes_on_with_its_movement_under_another_id() -> None:
    counter = MovementCounter([NORTH_SOUTH])
    assert counter.update([crossed("north", 1.0)], 1.1) == []
    assert counter.update([], 3.0, stitched=[(1, 7)]) == []
    [movement] = counter.update([crossed("south", 5.0, 7)], 5.1)
    assert (movement.track_id, movement.entered_at_s) == (7, 1.0)
    assert counter.update([crossed("south", 6.0, 1)], 6.1) == []
