"""How much of each interval was seen, and the figures of the last seconds."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vision.analytics import FlowAggregator
from vision.worker.rates import QualityMeter, Recent

TEN = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def meter(began_at: datetime) -> QualityMeter:
    return QualityMeter(FlowAggregator((), MINUTE, began_at=began_at).floor_to_interval, MINUTE, began_at=began_at)


def test_time_is_shared_out_between_the_intervals_it_touches() -> None:
    quality = meter(TEN + timedelta(seconds=50))
    quality.account(TEN + timedelta(seconds=130), watching=True, frames_dropped=0)
    assert [quality.quality_of(TEN + i * MINUTE).watched_s for i in range(3)] == [10, 60, 10]


def test_blind_time_is_told_apart_from_time_watched() -> None:
    quality = meter(TEN)
    quality.account(TEN + timedelta(seconds=20), watching=True, frames_dropped=0)
    quality.account(TEN + timedelta(seconds=35), watching=False, frames_dropped=0)
    quality.account(TEN + timedelta(seconds=60), watching=True, frames_dropped=0)
    told = quality.quality_of(TEN)
    assert (told.watched_s, told.blind_s) == (45, 15)


def test_the_effective_rate_is_over_the_time_watched() -> None:
    quality = meter(TEN)
    quality.account(TEN + timedelta(seconds=10), watching=True, frames_dropped=0)
    quality.account(TEN + timedelta(seconds=50), watching=False, frames_dropped=0)
    for _ in range(50):
        quality.processed(TEN + timedelta(seconds=5))
    assert quality.quality_of(TEN).effective_fps == 5


def test_drops_are_told_in_the_interval_they_happened_in() -> None:
    quality = meter(TEN)
    quality.account(TEN + timedelta(seconds=30), watching=True, frames_dropped=7)
    quality.account(TEN + timedelta(seconds=70), watching=True, frames_dropped=9)
    assert quality.quality_of(TEN).frames_dropped == 7
    assert quality.quality_of(TEN + MINUTE).frames_dropped == 2


def test_a_wall_clock_that_is_set_back_breaks_nothing() -> None:
    quality = meter(TEN)
    quality.account(TEN + timedelta(seconds=30), watching=True, frames_dropped=0)
    quality.account(TEN + timedelta(seconds=10), watching=True, frames_dropped=0)
    quality.account(TEN + timedelta(seconds=40), watching=True, frames_dropped=0)
    assert quality.quality_of(TEN).watched_s == 40


@given(st.lists(st.tuples(st.floats(0.01, 200), st.booleans()), max_size=40))
def test_watched_and_blind_time_add_up_to_all_the_time_there_was(steps: list[tuple[float, bool]]) -> None:
    quality, now = meter(TEN), TEN
    for step_s, watching in steps:
        now += timedelta(seconds=step_s)
        quality.account(now, watching=watching, frames_dropped=0)
    told = [quality.quality_of(TEN + i * MINUTE) for i in range(int((now - TEN) / MINUTE) + 1)]
    assert abs(sum(t.watched_s + t.blind_s for t in told) - (now - TEN).total_seconds()) < 0.01 * len(told) + 0.01
    assert all(t.watched_s + t.blind_s <= 60.01 for t in told)


def test_intervals_that_are_told_are_forgotten() -> None:
    quality = meter(TEN)
    quality.account(TEN + 3 * MINUTE, watching=True, frames_dropped=0)
    quality.forget_before(TEN + 3 * MINUTE)
    assert quality.quality_of(TEN).watched_s == 0


def test_figures_are_of_the_last_seconds_only() -> None:
    recent = Recent(began_at_s=0)
    for i in range(100):
        recent.add(1000.0 if i < 50 else 10.0, at_s=i / 10)
    assert recent.rate(now_s=10) == 10
    assert recent.percentile(95, now_s=10) == 10
    assert recent.rate(now_s=60) == 0
    assert recent.percentile(50, now_s=60) == 0
