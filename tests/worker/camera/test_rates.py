"""How much of each interval was watched, and rates over the last seconds."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vision.analytics import FlowAggregator
from vision.worker.camera.rates import QualityMeter, RollingWindow

TEN = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def meter(began_at: datetime) -> QualityMeter:
    return QualityMeter(FlowAggregator((), MINUTE, began_at=began_at).floor_to_interval, MINUTE, began_at=began_at)


def test_time_across_an_interval_border_is_divided_between_both() -> None:
    quality = meter(TEN + timedelta(seconds=50))
    quality.advance(TEN + timedelta(seconds=130), watching=True, frames_dropped=0)
    assert [quality.quality_of(TEN + i * MINUTE).watched_s for i in range(3)] == [10, 60, 10]


def test_blind_time_and_watched_time_are_separate() -> None:
    quality = meter(TEN)
    quality.advance(TEN + timedelta(seconds=20), watching=True, frames_dropped=0)
    quality.advance(TEN + timedelta(seconds=35), watching=False, frames_dropped=0)
    quality.advance(TEN + timedelta(seconds=60), watching=True, frames_dropped=0)
    interval = quality.quality_of(TEN)
    assert (interval.watched_s, interval.blind_s) == (45, 15)


def test_the_effective_rate_is_over_the_watched_time() -> None:
    quality = meter(TEN)
    quality.advance(TEN + timedelta(seconds=10), watching=True, frames_dropped=0)
    quality.advance(TEN + timedelta(seconds=50), watching=False, frames_dropped=0)
    for _ in range(50):
        quality.add_frame(TEN + timedelta(seconds=5))
    assert quality.quality_of(TEN).effective_fps == 5


def test_dropped_frames_count_in_the_interval_in_which_they_were_dropped() -> None:
    quality = meter(TEN)
    quality.advance(TEN + timedelta(seconds=30), watching=True, frames_dropped=7)
    quality.advance(TEN + timedelta(seconds=70), watching=True, frames_dropped=9)
    assert quality.quality_of(TEN).frames_dropped == 7
    assert quality.quality_of(TEN + MINUTE).frames_dropped == 2


def test_a_wall_clock_that_is_set_back_counts_no_time_twice() -> None:
    quality = meter(TEN)
    quality.advance(TEN + timedelta(seconds=30), watching=True, frames_dropped=0)
    quality.advance(TEN + timedelta(seconds=10), watching=True, frames_dropped=0)
    quality.advance(TEN + timedelta(seconds=40), watching=True, frames_dropped=0)
    assert quality.quality_of(TEN).watched_s == 40


@given(st.lists(st.tuples(st.floats(0.01, 200), st.booleans()), max_size=40))
def test_watched_and_blind_time_add_up_to_the_whole_time(steps: list[tuple[float, bool]]) -> None:
    quality, now = meter(TEN), TEN
    for step_s, watching in steps:
        now += timedelta(seconds=step_s)
        quality.advance(now, watching=watching, frames_dropped=0)
    intervals = [quality.quality_of(TEN + i * MINUTE) for i in range(int((now - TEN) / MINUTE) + 1)]
    assert (
        abs(sum(t.watched_s + t.blind_s for t in intervals) - (now - TEN).total_seconds())
        < 0.01 * len(intervals) + 0.01
    )
    assert all(t.watched_s + t.blind_s <= 60.01 for t in intervals)


def test_reported_intervals_are_discarded() -> None:
    quality = meter(TEN)
    quality.advance(TEN + 3 * MINUTE, watching=True, frames_dropped=0)
    quality.discard_before(TEN + 3 * MINUTE)
    assert quality.quality_of(TEN).watched_s == 0


def test_rates_and_percentiles_are_of_the_last_seconds_only() -> None:
    window = RollingWindow(began_at_s=0)
    for i in range(100):
        window.add(1000.0 if i < 50 else 10.0, at_s=i / 10)
    assert window.rate(now_s=10) == 10
    assert window.percentile(95, now_s=10) == 10
    assert window.rate(now_s=60) == 0
    assert window.percentile(50, now_s=60) == 0
