"""Movements from an entry to an exit: over lines and zones, past places between, U-turns."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.analytics_kit import At, count, line
from vision.analytics import Crossing, MovementCounter
from vision.analytics.events import ZoneEntry
from vision.common.object_class import ObjectClass
from vision.config.lines import MovementConfig
from vision.contracts import Direction

IN, OUT = Direction.IN, Direction.OUT
NORTH_SOUTH = MovementConfig(id="ns", entry="north", exit="south", within=timedelta(seconds=30))


def crossed(line_id: str, at_s: float, track_id: int = 1, direction: Direction = IN) -> Crossing:
    return Crossing(line_id, direction, ObjectClass.CAR, track_id, at_s, (0.5, 0.5), 0.9)


def entered(zone_id: str, at_s: float, track_id: int = 1) -> ZoneEntry:
    return ZoneEntry(zone_id, ObjectClass.CAR, track_id, at_s)


def test_crossing_the_entry_and_then_the_exit_makes_the_movement() -> None:
    counter = MovementCounter([NORTH_SOUTH])
    assert counter.update([crossed("north", 1.0)], 1.1) == []
    [movement] = counter.update([crossed("south", 5.0)], 5.1)
    assert (movement.movement_id, movement.track_id, movement.entered_at_s, movement.left_at_s) == ("ns", 1, 1.0, 5.0)


def test_the_opposite_direction_is_another_movement() -> None:
    back = MovementConfig(id="sn", entry="south", exit="north")
    counter = MovementCounter([NORTH_SOUTH, back])
    assert [m.movement_id for m in counter.update([crossed("south", 1.0), crossed("north", 2.0)], 2.1)] == ["sn"]


def test_lines_crossed_between_two_frames_are_ordered_by_time() -> None:
    counter = MovementCounter([NORTH_SOUTH])
    assert len(counter.update([crossed("south", 1.06), crossed("north", 1.02)], 1.1)) == 1


def test_two_vehicles_do_not_make_one_movement() -> None:
    counter = MovementCounter([NORTH_SOUTH])
    assert counter.update([crossed("north", 1.0, track_id=1), crossed("south", 2.0, track_id=2)], 2.1) == []


def test_a_vehicle_that_takes_too_long_makes_no_movement_and_is_dropped() -> None:
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


def test_a_turn_is_counted_from_the_crossings_of_a_trajectory() -> None:
    lines = [line(100, 200, 900, 200, line_id="north"), line(700, 100, 700, 700, line_id="east")]
    turn = [At(n / 10, 1, 400, y) for n, y in enumerate(range(100, 420, 20))]
    turn += [At(2 + n / 10, 1, x, 410) for n, x in enumerate(range(420, 900, 20))]
    counter = MovementCounter([MovementConfig(id="left", entry="north", exit="east")])
    assert [m.movement_id for m in counter.update(count(turn, lines), 5.0)] == ["left"]


def test_a_stitched_track_continues_the_movement() -> None:
    counter = MovementCounter([NORTH_SOUTH])
    assert counter.update([crossed("north", 1.0)], 1.1) == []
    assert counter.update([], 3.0, stitched=[(1, 7)]) == []
    [movement] = counter.update([crossed("south", 5.0, 7)], 5.1)
    assert (movement.track_id, movement.entered_at_s) == (7, 1.0)
    assert counter.update([crossed("south", 6.0, 1)], 6.1) == []


def test_entering_a_zone_counts_as_passing_it() -> None:
    counter = MovementCounter([MovementConfig(id="m", entry="west", exit="east")])
    assert counter.update([], 1.0, entries=[entered("west", 1.0)]) == []
    [movement] = counter.update([], 9.0, entries=[entered("east", 8.5)])
    assert (movement.entered_at_s, movement.left_at_s) == (1.0, 8.5)


def test_places_between_count_only_in_their_order() -> None:
    counter = MovementCounter([MovementConfig(id="m", entry="a", via=("b", "c"), exit="d")])
    in_order = [crossed("a", 1), crossed("b", 2), crossed("c", 3), crossed("d", 4)]
    without_b = [crossed("a", 1, 2), crossed("c", 3, 2), crossed("d", 4, 2)]
    swapped = [crossed("a", 1, 3), crossed("c", 2, 3), crossed("b", 3, 3), crossed("d", 4, 3)]
    assert [m.track_id for m in counter.update([*in_order, *without_b, *swapped], 5.0)] == [1]


def test_places_that_the_movement_does_not_name_are_ignored() -> None:
    counter = MovementCounter([MovementConfig(id="m", entry="a", exit="d")])
    assert len(counter.update([crossed("a", 1), crossed("x", 2), crossed("d", 3)], 3.0)) == 1


def test_a_configured_direction_is_required() -> None:
    counter = MovementCounter([MovementConfig(id="m", entry="a", exit="b", entry_direction=IN, exit_direction=OUT)])
    assert counter.update([crossed("a", 1, 1, OUT), crossed("b", 2, 1, OUT)], 2.0) == []
    assert counter.update([crossed("a", 1, 2), crossed("b", 2, 2)], 2.0) == []
    assert len(counter.update([crossed("a", 1, 3), crossed("b", 2, 3, OUT)], 2.0)) == 1


def test_a_u_turn_crosses_one_line_in_both_directions() -> None:
    counter = MovementCounter([MovementConfig(id="u", entry="a", exit="a", entry_direction=IN, exit_direction=OUT)])
    assert counter.update([crossed("a", 1)], 1.0) == []
    [movement] = counter.update([crossed("a", 12, direction=OUT)], 12.0)
    assert (movement.entered_at_s, movement.left_at_s) == (1, 12)
    assert counter.update([crossed("a", 13, 2, OUT), crossed("a", 15, 2)], 15.0) == []


def test_a_zone_entry_that_becomes_known_after_the_exit_still_counts() -> None:
    """A zone entry is confirmed after half a second, a crossing at once."""
    counter = MovementCounter([MovementConfig(id="m", entry="box", exit="line")])
    assert counter.update([crossed("line", 5.2)], 5.2) == []
    [movement] = counter.update([], 5.5, entries=[entered("box", 5.0)])
    assert (movement.entered_at_s, movement.left_at_s) == (5.0, 5.2)


def test_unfinished_movements_are_dropped() -> None:
    counter = MovementCounter([MovementConfig(id="m", entry="a", exit="b", within=timedelta(seconds=30))])
    for n in range(1000):
        counter.update([crossed("a", float(n), n)], float(n), entries=[entered("z", float(n), n)])
        assert len(counter) <= 33


@pytest.mark.parametrize("split", [1, 2, 3])
def test_the_frames_in_which_places_become_known_do_not_matter(split: int) -> None:
    passed = [crossed("a", 1.0), crossed("b", 2.0), crossed("c", 3.0), crossed("d", 4.0)]
    counter = MovementCounter([MovementConfig(id="m", entry="a", via=("b", "c"), exit="d")])
    assert len(counter.update(passed[:split], 3.5) + counter.update(passed[split:], 4.5)) == 1


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([IN, OUT])), max_size=15), st.integers(0, 10**6))
def test_shifting_time_and_ids_changes_nothing(visits: list[tuple[str, Direction]], shift: int) -> None:
    movements = [MovementConfig(id="m", entry="a", via=("b",), exit="c"), MovementConfig(id="n", entry="d", exit="a")]
    here, there = MovementCounter(movements), MovementCounter(movements)
    one = [m for n, (place, d) in enumerate(visits) for m in here.update([crossed(place, n, 1, d)], n)]
    other = [
        m
        for n, (place, d) in enumerate(visits)
        for m in there.update([crossed(place, n + shift, 1 + shift, d)], n + shift)
    ]
    assert [(m.movement_id, m.left_at_s + shift) for m in one] == [(m.movement_id, m.left_at_s) for m in other]
