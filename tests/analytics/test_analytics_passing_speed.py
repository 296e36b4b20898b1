"""How fast a vehicle passes a line, seen through a detector's noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.analytics.passing_speed import passing_speed_mps

ALONG = np.array([0.6, 0.8])


def way(
    speed_mps: float, gain_mps2: float = 0.0, *, fps: float = 12, seconds: float = 2.2
) -> tuple[np.ndarray, np.ndarray]:
    """When and where a vehicle was that passes at this speed now, and gains so much a second."""
    times_s = np.arange(-seconds, 1e-9, 1 / fps)
    return times_s, (speed_mps * times_s + gain_mps2 * times_s**2 / 2)[:, None] * ALONG


def error(speed_mps: float, gain_mps2: float, noise_m: float, fps: float, outliers: float = 0.0) -> float:
    """The mean absolute error of many passages, as a part of the speed."""
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(200):
        times_s, path_m = way(speed_mps, gain_mps2, fps=fps)
        path_m = path_m + rng.normal(0, noise_m, path_m.shape)
        path_m[rng.random(len(path_m)) < outliers] += rng.normal(0, 5 * noise_m)
        errors.append(abs(passing_speed_mps(times_s, path_m) / speed_mps - 1))
    return float(np.mean(errors))


@given(
    st.floats(1, 40),
    st.sampled_from([4, 8, 12, 25]),
    st.floats(-1000, 1000),
    st.floats(-500, 500),
    st.floats(0, 6.28),
)
def test_a_steady_passage_has_its_speed_wherever_whenever_and_whichever_way(
    speed_mps: float, fps: int, at_s: float, at_m: float, turned: float
) -> None:
    times_s, path_m = way(speed_mps, fps=fps)
    turn = np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])
    assert passing_speed_mps(times_s + at_s, path_m @ turn + at_m) == pytest.approx(speed_mps, rel=1e-3)


@pytest.mark.parametrize(("speed_mps", "gain_mps2"), [(8, 1.5), (5, -1.5), (10, -2.5), (15, 0)])
def test_who_starts_or_brakes_has_the_speed_that_he_has_at_the_line(speed_mps: float, gain_mps2: float) -> None:
    assert passing_speed_mps(*way(speed_mps, gain_mps2)) == pytest.approx(speed_mps, rel=0.02)
    assert error(speed_mps, gain_mps2, noise_m=0.15, fps=12) < 0.05


def test_noise_is_not_taken_for_acceleration() -> None:
    assert error(12, 0, noise_m=0.2, fps=12) < 0.015
    assert error(12, 0, noise_m=0.2, fps=4) < 0.025


def test_a_few_sightings_far_off_change_little() -> None:
    assert error(12, 0, noise_m=0.2, fps=12, outliers=0.1) < 0.03


def test_who_stands_passes_at_no_speed() -> None:
    times_s, path_m = way(0.0)
    assert passing_speed_mps(times_s, path_m) == 0


def test_of_too_short_a_way_no_speed_is_told() -> None:
    times_s, path_m = way(10, fps=12)
    assert np.isnan(passing_speed_mps(times_s[-2:], path_m[-2:]))
    assert np.isnan(passing_speed_mps(times_s[-4:], path_m[-4:]))
    assert np.isnan(passing_speed_mps(np.empty(0), np.empty((0, 2))))


def test_sightings_that_are_not_known_are_passed_over() -> None:
    times_s, path_m = way(10)
    times_s[:5], path_m[:5] = np.nan, np.nan
    assert passing_speed_mps(times_s, path_m) == pytest.approx(10, rel=1e-3)
