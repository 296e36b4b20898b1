"""Movements over zones, by way of others, U-turns."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.analytics import Crossing, MovementCounter
from vision.analytics.events import ZoneEntry
from vision.common.object_class import ObjectClass
from vision.config.lines import MovementConfig
from vision.contracts import Direction

IN, OUT = Direction.IN, Direction.OUT


def crossed(line_id: str, at_s: float, track_id: int = 1, direction: Direction = IN) -> Crossing:
    return Crossing(line_id, direction, ObjectClass.CAR, track_id, at_s, (0.5, 0.5), 0.9)


def entered(zone_id: str, at_s: float, track_id: int = 1) -> ZoneEntry:
    return ZoneEntry(zone_id, ObjectClass.CAR, track_id, at_s)


def test_a_zone_is_passed_when_it_is_entered() -> None:
    counter = MovementCounter([MovementConfig(id="m", entry="west", exit="east")])
    assert counter.update([], 1.0, entries=[entered("west", 1.0)]) == []
    [movement] = counter.update([], 9.0, entries=[entered("east", 8.5)])
    assert (movement.entered_at_s, movement.left_at_s) == (1.0, 8.5)


def test_places_between_are_passed_in_their_order() -> None:
    counter = MovementCounter([MovementConfig(id="m", entry="a", via=("b", "c"), exit="d")])
    in_order = [crossed("a", 1), crossed("b", 2), crossed("c", 3), crossed("d", 4)]
    without_b = [crossed("a", 1, 2), crossed("c", 3, 2), crossed("d", 4, 2)]
    swapped = [crossed("a", 1, 3), crossed("c", 2, 3), crossed("b", 3, 3), crossed("d", 4, 3)]
    assert [m.track_id for m in counter.update([*in_order, *without_b, *swapped], 5.0)] == [1]


def test_other_places_on_the_way_do_not_matter() -> None:
    counter = MovementCounter([MovementConfig(id="m", entry="a", exit="d")])
    assert len(counter.update([crossed("a", 1), crossed("x", 2), crossed("d", 3)], 3.0)) == 1


def test_a_direction_is_asked_for_where_it_is_named() -> None:
    counter = MovementCounter([MovementConfig(id="m", entry="a", exit="b", entry_direction=IN, exit_direction=OUT)])
    assert counter.update([crossed("a", 1, 1, OUT), crossed("b", 2, 1, OUT)], 2.0) == []
    assert counter.update([crossed("a", 1, 2), crossed("b", 2, 2)], 2.0) == []
    assert len(counter.update([crossed("a", 1, 3), crossed("b", 2, 3, OUT)], 2.0)) == 1


def test_a_u_turn_is_one_line_this_way_and_that() -> None:
    counter = MovementCounter([MovementConfig(id="u", entry="a", exit="a", entry_direction=IN, exit_direction=OUT)])
    assert counter.update([crossed("a", 1)], 1.0) == []
    [movement] = counter.update([crossed("a", 12, direction=OUT)], 12.0)
    assert (movement.entered_at_s, movement.left_at_s) == (1, 12)
    assert counter.update([crossed("a", 13, 2, OUT), crossed("a", 15, 2)], 15.0) == []


def test_a_zone_that_is_known_to_be_entered_only_after_the_exit_still_counts() -> None:
    """An entry into a zone is believed after half a second, a crossing at once."""
    counter = MovementCounter([MovementConfig(id="m", entry="box", exit="line")])
    assert counter.update([crossed("line", 5.2)], 5.2) == []
    [movement] = counter.update([], 5.5, entries=[entered("box", 5.0)])
    assert (movement.entered_at_s, movement.left_at_s) == (5.0, 5.2)


def test_a_way_that_takes_too_long_is_forgotten() -> None:
    counter = MovementCounter([MovementConfig(id="m", entry="a", exit="b", within=timedelta(seconds=30))])
    for n in range(1000):
        counter.update([crossed("a", float(n), n)], float(n), entries=[entered("z", float(n), n)])
        assert len(counter) <= 33


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_it_does_not_matter_in_which_frames_places_become_known(cut: int) -> None:
    passed = [crossed("a", 1.0), crossed("b", 2.0), crossed("c", 3.0), crossed("d", 4.0)]
    counter = MovementCounter([MovementConfig(id="m", entry="a", via=("b", "c"), exit="d")])
    assert len(counter.update(passed[:cut], 3.5) + counter.update(passed[cut:], 4.5)) == 1


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([IN, OUT])), max_size=15), st.integers(0, 10**6))
def test_a_later_hour_and_another_id_change_nothing(way: list[tuple[str, Direction]], shift: int) -> None:
    movements = [MovementConfig(id="m", entry="a", via=("b",), exit="c"), MovementConfig(id="n", entry="d", exit="a")]
    here, there = MovementCounter(movements), MovementCounter(movements)
    one = [m for n, (place, d) in enumerate(way) for m in here.update([crossed(place, n, 1, d)], n)]
    other = [
        m
        for n, (place, d) in enumerate(way)
        for m in there.update([crossed(place, n + shift, 1 + shift, d)], n + shift)
    ]
    assert [(m.movement_id, m.left_at_s + shift) for m in one] == [(m.movement_id, m.left_at_s) for m in other]
