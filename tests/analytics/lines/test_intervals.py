"""Flow per interval of the wall clock."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vision.analytics import Crossing, FlowAggregator
from vision.common.object_class import ObjectClass
from vision.contracts import Direction

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def crossing(
    direction: Direction = Direction.IN, object_class: ObjectClass = ObjectClass.CAR, line_id: str = "l"
) -> Crossing:
    return Crossing(line_id, direction, object_class, 1, 0.0, (0.5, 0.5), 0.9)


def test_intervals_are_aligned_to_the_clock_whenever_counting_began() -> None:
    flow = FlowAggregator(["l"], 5 * MINUTE, began_at=NOON + timedelta(minutes=3, seconds=7))
    closed = flow.close(NOON + timedelta(minutes=10, seconds=30))
    assert [f.start for f in closed] == [NOON, NOON + 5 * MINUTE]


def test_crossings_are_summed_by_class_and_direction() -> None:
    flow = FlowAggregator(["l"], MINUTE, began_at=NOON)
    for direction, object_class in [
        (Direction.IN, ObjectClass.CAR),
        (Direction.IN, ObjectClass.CAR),
        (Direction.OUT, ObjectClass.CAR),
        (Direction.OUT, ObjectClass.BUS),
    ]:
        flow.add(crossing(direction, object_class), NOON + timedelta(seconds=30))
    [closed] = flow.close(NOON + MINUTE + timedelta(seconds=3))
    assert {(c.object_class, c.into, c.out) for c in closed.counts} == {
        (ObjectClass.CAR, 2, 1),
        (ObjectClass.BUS, 0, 1),
    }


def test_every_line_gets_intervals_without_crossings_too() -> None:
    flow = FlowAggregator(["a", "b"], MINUTE, began_at=NOON)
    assert [(f.line_id, f.counts) for f in flow.close(NOON + 2 * MINUTE)] == [("a", ()), ("b", ())]


def test_an_interval_stays_open_for_crossings_that_are_dated_back() -> None:
    flow = FlowAggregator(["l"], MINUTE, began_at=NOON)
    assert flow.close(NOON + MINUTE + timedelta(seconds=2.5)) == []
    flow.add(crossing(), NOON + timedelta(seconds=59.9))
    [closed] = flow.close(NOON + MINUTE + timedelta(seconds=3))
    assert closed.counts[0].into == 1


def test_a_crossing_of_a_closed_interval_counts_in_the_oldest_open_one() -> None:
    flow = FlowAggregator(["l"], MINUTE, began_at=NOON)
    flow.close(NOON + 2 * MINUTE)
    flow.add(crossing(), NOON)
    [closed] = flow.close(NOON + 3 * MINUTE)
    assert closed.start == NOON + MINUTE
    assert closed.counts[0].into == 1


def test_closing_all_includes_the_current_interval() -> None:
    flow = FlowAggregator(["l"], MINUTE, began_at=NOON)
    flow.add(crossing(), NOON + timedelta(seconds=70))
    closed = flow.close_all(NOON + timedelta(seconds=75))
    assert [(f.start, len(f.counts)) for f in closed] == [(NOON, 0), (NOON + MINUTE, 1)]
    assert flow.close_all(NOON + timedelta(seconds=75)) == []


@given(st.lists(st.floats(0, 3600), max_size=60), st.sampled_from([1, 7, 60, 300, 3600]))
def test_no_crossing_is_lost_or_counted_twice(moments_s: list[float], length_s: int) -> None:
    flow = FlowAggregator(["l"], timedelta(seconds=length_s), began_at=NOON)
    closed = []
    for moment_s in sorted(moments_s):
        flow.add(crossing(), NOON + timedelta(seconds=moment_s))
        closed += flow.close(NOON + timedelta(seconds=moment_s))
    closed += flow.close_all(NOON + timedelta(hours=1))
    assert sum(c.into for f in closed for c in f.counts) == len(moments_s)
    assert len({f.start for f in closed}) == len(closed)
