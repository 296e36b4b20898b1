"""Media time and capture time of frames."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.sources.timeline import ArrivalAnchor, MediaTimeline

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_media_time_counts_from_the_first_timestamp() -> None:
    timeline = MediaTimeline()
    assert [timeline.advance(pts) for pts in (3600.0, 3600.04, 3600.5, 3612.5)] == pytest.approx([0, 0.04, 0.5, 12.5])


def test_negative_timestamps_are_valid() -> None:
    timeline = MediaTimeline()
    assert [timeline.advance(pts) for pts in (-0.08, -0.04, 0.0, 0.04)] == pytest.approx([0, 0.04, 0.08, 0.12])


def test_missing_timestamps_are_bridged_by_the_nominal_interval() -> None:
    timeline = MediaTimeline(nominal_interval_s=0.1)
    assert [timeline.advance(pts) for pts in (5.0, None, None, 5.3)] == pytest.approx([0, 0.1, 0.2, 0.3])


def test_a_repeated_timestamp_does_not_speed_up_media_time() -> None:
    timeline = MediaTimeline()
    times = [timeline.advance(pts) for pts in (0.0, 0.04, 0.04, 0.08, 0.12)]
    assert times == pytest.approx([0, 0.04, 0.041, 0.08, 0.12])


def test_media_time_goes_on_after_a_wraparound() -> None:
    timeline = MediaTimeline(nominal_interval_s=0.04)
    times = [timeline.advance(pts) for pts in (95443.68, 95443.72, 0.0, 0.04)]
    assert times == pytest.approx([0, 0.04, 0.08, 0.12])


def test_a_live_timestamp_far_ahead_of_arrival_is_ignored() -> None:
    timeline = MediaTimeline()
    times = [timeline.advance(pts, at) for pts, at in ((0.0, 50.0), (0.04, 50.04), (7200.0, 50.08), (7200.04, 50.12))]
    assert times == pytest.approx([0, 0.04, 0.08, 0.12])


def test_a_long_gap_in_a_recording_is_stepped_over_and_counted() -> None:
    timeline = MediaTimeline(nominal_interval_s=0.04)
    times_s = [timeline.advance(pts_s) for pts_s in (0.0, 0.04, 3600.04, 3600.08, 10.0, 10.04)]
    assert times_s == pytest.approx([0.0, 0.04, 0.08, 0.12, 0.16, 0.20])
    assert timeline.jumps == 2


def test_media_time_of_a_reopened_stream_goes_on_by_the_elapsed_time() -> None:
    timeline = MediaTimeline()
    timeline.advance(100.0, 10.0)
    timeline.restart()
    assert timeline.advance(3.0, 15.5) == pytest.approx(5.5)
    assert timeline.advance(3.04, 15.54) == pytest.approx(5.54)


@given(st.lists(st.none() | st.floats(-1e5, 1e5), min_size=1, max_size=100))
def test_media_time_always_rises(timestamps: list[float | None]) -> None:
    timeline = MediaTimeline()
    times = [timeline.advance(pts) for pts in timestamps]
    assert times[0] == 0
    assert all(a < b for a, b in itertools.pairwise(times))


def captured(arrivals: list[tuple[float, float]]) -> list[float]:
    anchor = ArrivalAnchor()
    return [
        (anchor.captured_at(media_s, NOON + timedelta(seconds=arrived_s)) - NOON).total_seconds()
        for media_s, arrived_s in arrivals
    ]


def test_frames_of_a_steady_stream_were_captured_on_arrival() -> None:
    steady = [(n * 0.04, n * 0.04) for n in range(100)]
    assert captured(steady) == pytest.approx([n * 0.04 for n in range(100)])


def test_a_late_burst_is_timed_by_its_timestamps() -> None:
    on_time = [(n * 0.04, n * 0.04) for n in range(50)]
    burst = [(n * 0.04, 5.0) for n in range(50, 60)]
    assert captured(on_time + burst)[50:] == pytest.approx([n * 0.04 for n in range(50, 60)])


def test_frames_delayed_at_opening_do_not_delay_later_capture_times() -> None:
    opening = [(n * 0.04, 1.2) for n in range(30)]
    after = [(n * 0.04, n * 0.04) for n in range(30, 60)]
    assert captured(opening + after)[30:] == pytest.approx([n * 0.04 for n in range(30, 60)])


def test_capture_times_do_not_drift_for_25_declared_but_21_real_fps() -> None:
    slow = [(n / 25, n / 21) for n in range(21 * 600)]
    lags = [arrived - at for (_, arrived), at in zip(slow, captured(slow), strict=True)]
    assert max(lags) < 0.5
    assert min(lags) >= 0


@given(st.lists(st.tuples(st.floats(0.001, 1), st.floats(0, 3)), min_size=1, max_size=200))
def test_capture_times_are_never_in_the_future_and_never_go_back(steps: list[tuple[float, float]]) -> None:
    media_s = arrived_s = 0.0
    arrivals = []
    for media_step, arrival_step in steps:
        media_s += media_step
        arrived_s += arrival_step
        arrivals.append((media_s, arrived_s))
    times = captured(arrivals)
    assert all(at <= arrived + 2e-6 for at, (_, arrived) in zip(times, arrivals, strict=True))
    assert all(a <= b + 2e-6 for a, b in itertools.pairwise(times))
