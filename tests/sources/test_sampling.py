"""The frames that are due at a sampling rate."""

from hypothesis import given
from hypothesis import strategies as st

from vision.sources import FrameSampler


def chosen(times_s: list[float], fps: float | None) -> list[float]:
    sampler = FrameSampler(fps)
    return [t for t in times_s if sampler.due(t)]


def test_12_of_30_frames_per_second_are_due_at_12_fps() -> None:
    assert len(chosen([n / 30 for n in range(30 * 60)], 12)) == 12 * 60


def test_without_a_rate_every_frame_is_due() -> None:
    times = [n / 25 for n in range(100)]
    assert chosen(times, None) == times


def test_every_frame_of_a_slower_stream_is_due() -> None:
    times = [n / 8 for n in range(200)]
    assert chosen(times, 12) == times


def test_every_frame_of_a_stream_at_the_rate_is_due_despite_jitter() -> None:
    times = [n * 0.08 + (0.03 if n % 2 else 0.0) for n in range(500)]
    assert len(chosen(times, 12.5)) == 500


def test_a_gap_is_not_followed_by_a_burst() -> None:
    before = [n / 30 for n in range(30)]
    after = [60 + n / 30 for n in range(30)]
    assert len(chosen(before + after, 12)) <= 25


@given(st.lists(st.floats(0.005, 0.5), min_size=2, max_size=300), st.floats(1, 60))
def test_no_span_has_more_due_frames_than_the_rate_allows(steps_s: list[float], fps: float) -> None:
    times, now = [], 0.0
    for step in steps_s:
        now += step
        times.append(now)
    taken = chosen(times, fps)
    assert taken[0] == times[0]
    assert len(taken) <= (taken[-1] - taken[0]) * fps + 2


@given(st.integers(13, 60), st.floats(1, 12))
def test_the_mean_rate_is_met_for_any_stream_rate(source_fps: int, wanted: float) -> None:
    seconds = 120
    taken = chosen([n / source_fps for n in range(source_fps * seconds)], wanted)
    assert abs(len(taken) - wanted * seconds) <= 2
