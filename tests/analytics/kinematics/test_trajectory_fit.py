"""How fast a vehicle passes a line, seen through a detector's noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.analytics.kinematics.trajectory_fit import TrajectoryFit

ALONG = np.array([0.6, 0.8])
ACROSS = np.array([[0.0, 0.0], [-0.8, 0.6]])
"""A line through the origin, across the way."""


def way(
    speed_mps: float, gain_mps2: float = 0.0, *, fps: float = 12, since_s: float = 2.2, on_s: float = 0.7
) -> tuple[np.ndarray, np.ndarray]:
    """When and where a vehicle was that passes the line at time 0 at this speed, and gains so much a second."""
    times_s = np.arange(-since_s, on_s + 1e-9, 1 / fps)
    return times_s, (speed_mps * times_s + gain_mps2 * times_s**2 / 2)[:, None] * ALONG


def passed(times_s: np.ndarray, path_m: np.ndarray, about_s: float = 0.0) -> tuple[float, float]:
    found = TrajectoryFit.of(times_s, path_m, about_s=about_s)
    assert found is not None
    return found.crossing(ACROSS, behind_m=0.0)


def error(speed_mps: float, gain_mps2: float, noise_m: float, fps: float, outliers: float = 0.0) -> float:
    """The mean absolute error of many passages, as a part of the speed."""
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(200):
        times_s, path_m = way(speed_mps, gain_mps2, fps=fps)
        path_m = path_m + rng.normal(0, noise_m, path_m.shape)
        path_m[rng.random(len(path_m)) < outliers] += rng.normal(0, 5 * noise_m)
        errors.append(abs(passed(times_s, path_m)[1] / speed_mps - 1))
    return float(np.mean(errors))


@given(
    st.floats(1, 40), st.sampled_from([4, 8, 12, 25]), st.floats(-1000, 1000), st.floats(-500, 500), st.floats(0, 6.28)
)
def test_a_steady_passage_has_its_speed_wherever_whenever_and_whichever_way(
    speed_mps: float, fps: int, at_s: float, at_m: float, turned: float
) -> None:
    times_s, path_m = way(speed_mps, fps=fps)
    turn = np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])
    found = TrajectoryFit.of(times_s + at_s, path_m @ turn + at_m, about_s=at_s)
    assert found is not None
    assert found.crossing(ACROSS @ turn + at_m, behind_m=0.0) == pytest.approx((at_s, speed_mps), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(("speed_mps", "gain_mps2"), [(8, 1.5), (5, -1.5), (10, -2.5), (15, 0)])
def test_who_starts_or_brakes_has_the_speed_that_he_has_at_the_line(speed_mps: float, gain_mps2: float) -> None:
    assert passed(*way(speed_mps, gain_mps2))[1] == pytest.approx(speed_mps, rel=0.05)
    assert error(speed_mps, gain_mps2, noise_m=0.15, fps=12) < 0.05


def test_who_has_just_begun_to_brake_hard_is_not_told_to_be_as_fast_as_before() -> None:
    times_s = np.arange(-2.2, 0.3, 1 / 12)
    steady_m, braking_s = 12 * times_s, np.maximum(times_s + 1.2, 0.0)
    path_m = (steady_m - 4 * braking_s**2 / 2)[:, None] * ALONG
    found = TrajectoryFit.of(times_s, path_m, about_s=0.0)
    assert found is not None
    assert found.speed_mps == pytest.approx(12 - 4 * 1.2, rel=0.12)


def test_who_starts_just_before_the_line_has_the_speed_that_the_way_behind_it_shows() -> None:
    times_s = np.arange(-2.2, 1.05, 1 / 12)
    path_m = (2.5 * np.maximum(times_s + 0.8, 0.0) ** 2 / 2)[:, None] * ALONG
    after, before = (
        TrajectoryFit.of(times_s[times_s < until_s], path_m[times_s < until_s], about_s=0.0) for until_s in (9.0, 0.1)
    )
    assert after is not None
    assert before is not None
    assert after.speed_mps == pytest.approx(2.5 * 0.8, rel=0.1)
    assert abs(after.speed_mps - 2) < abs(before.speed_mps - 2)


def test_the_moment_is_that_of_the_vehicles_middle_and_not_of_the_box() -> None:
    times_s, path_m = way(6, 2.0)
    found = TrajectoryFit.of(times_s, path_m, about_s=-0.4)
    assert found is not None
    assert found.crossing(ACROSS, behind_m=0.0) == pytest.approx((0.0, 6.0), abs=0.2)
    at_s, speed_mps = found.crossing(ACROSS, behind_m=1.2)
    assert at_s == pytest.approx(0.194, abs=0.03)
    assert speed_mps == pytest.approx(6.39, abs=0.2)


def test_noise_is_not_taken_for_acceleration() -> None:
    assert error(12, 0, noise_m=0.2, fps=12) < 0.02
    assert error(12, 0, noise_m=0.2, fps=4) < 0.03


def test_a_few_sightings_far_off_change_little() -> None:
    assert error(12, 0, noise_m=0.2, fps=12, outliers=0.1) < 0.03


def test_who_stands_passes_at_no_speed() -> None:
    times_s, path_m = way(0.0)
    assert passed(times_s, path_m)[1] == pytest.approx(0, abs=1e-6)


def test_of_too_short_a_way_no_speed_is_told() -> None:
    times_s, path_m = way(10)
    assert TrajectoryFit.of(times_s[-2:], path_m[-2:], about_s=0) is None
    assert TrajectoryFit.of(times_s[-4:], path_m[-4:], about_s=0) is None
    assert TrajectoryFit.of(np.empty(0), np.empty((0, 2)), about_s=0) is None


def test_sightings_that_are_not_known_are_passed_over() -> None:
    times_s, path_m = way(10)
    times_s[:5], path_m[:5] = np.nan, np.nan
    assert passed(times_s, path_m)[1] == pytest.approx(10, rel=1e-3)
