"""Speeds of vehicles at a line, from noisy observations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.analytics.kinematics.trajectory_fit import TrajectoryFit

ALONG = np.array([0.6, 0.8])
ACROSS = np.array([[0.0, 0.0], [-0.8, 0.6]])
"""A line through the origin, across the direction of travel."""


def trajectory(
    speed_mps: float, acceleration_mps2: float = 0.0, *, fps: float = 12, since_s: float = 2.2, on_s: float = 0.7
) -> tuple[np.ndarray, np.ndarray]:
    """Times and positions of a vehicle that crosses the line at time 0, with this speed and acceleration."""
    times_s = np.arange(-since_s, on_s + 1e-9, 1 / fps)
    return times_s, (speed_mps * times_s + acceleration_mps2 * times_s**2 / 2)[:, None] * ALONG


def crossing(times_s: np.ndarray, path_m: np.ndarray, about_s: float = 0.0) -> tuple[float, float]:
    fit = TrajectoryFit.of(times_s, path_m, about_s=about_s)
    assert fit is not None
    return fit.crossing(ACROSS, behind_m=0.0)


def error(speed_mps: float, acceleration_mps2: float, noise_m: float, fps: float, outliers: float = 0.0) -> float:
    """The mean absolute relative error of many measured speeds."""
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(200):
        times_s, path_m = trajectory(speed_mps, acceleration_mps2, fps=fps)
        path_m = path_m + rng.normal(0, noise_m, path_m.shape)
        path_m[rng.random(len(path_m)) < outliers] += rng.normal(0, 5 * noise_m)
        errors.append(abs(crossing(times_s, path_m)[1] / speed_mps - 1))
    return float(np.mean(errors))


@given(
    st.floats(1, 40), st.sampled_from([4, 8, 12, 25]), st.floats(-1000, 1000), st.floats(-500, 500), st.floats(0, 6.28)
)
def test_a_constant_speed_is_exact_at_any_time_place_and_direction(
    speed_mps: float, fps: int, at_s: float, at_m: float, angle: float
) -> None:
    times_s, path_m = trajectory(speed_mps, fps=fps)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    fit = TrajectoryFit.of(times_s + at_s, path_m @ turn + at_m, about_s=at_s)
    assert fit is not None
    assert fit.crossing(ACROSS @ turn + at_m, behind_m=0.0) == pytest.approx((at_s, speed_mps), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(("speed_mps", "acceleration_mps2"), [(8, 1.5), (5, -1.5), (10, -2.5), (15, 0)])
def test_an_accelerating_vehicle_has_its_speed_at_the_line(speed_mps: float, acceleration_mps2: float) -> None:
    assert crossing(*trajectory(speed_mps, acceleration_mps2))[1] == pytest.approx(speed_mps, rel=0.05)
    assert error(speed_mps, acceleration_mps2, noise_m=0.15, fps=12) < 0.05


def test_hard_braking_just_before_the_line_lowers_the_speed() -> None:
    times_s = np.arange(-2.2, 0.3, 1 / 12)
    steady_m, braking_s = 12 * times_s, np.maximum(times_s + 1.2, 0.0)
    path_m = (steady_m - 4 * braking_s**2 / 2)[:, None] * ALONG
    fit = TrajectoryFit.of(times_s, path_m, about_s=0.0)
    assert fit is not None
    assert fit.speed_mps == pytest.approx(12 - 4 * 1.2, rel=0.12)


def test_observations_after_the_line_correct_the_speed_of_a_start_before_it() -> None:
    times_s = np.arange(-2.2, 1.05, 1 / 12)
    path_m = (2.5 * np.maximum(times_s + 0.8, 0.0) ** 2 / 2)[:, None] * ALONG
    after, before = (
        TrajectoryFit.of(times_s[times_s < until_s], path_m[times_s < until_s], about_s=0.0) for until_s in (9.0, 0.1)
    )
    assert after is not None
    assert before is not None
    assert after.speed_mps == pytest.approx(2.5 * 0.8, rel=0.1)
    assert abs(after.speed_mps - 2) < abs(before.speed_mps - 2)


def test_the_crossing_is_that_of_the_vehicles_middle_not_of_its_box() -> None:
    times_s, path_m = trajectory(6, 2.0)
    fit = TrajectoryFit.of(times_s, path_m, about_s=-0.4)
    assert fit is not None
    assert fit.crossing(ACROSS, behind_m=0.0) == pytest.approx((0.0, 6.0), abs=0.2)
    at_s, speed_mps = fit.crossing(ACROSS, behind_m=1.2)
    assert at_s == pytest.approx(0.194, abs=0.03)
    assert speed_mps == pytest.approx(6.39, abs=0.2)


def test_noise_is_not_taken_for_acceleration() -> None:
    assert error(12, 0, noise_m=0.2, fps=12) < 0.02
    assert error(12, 0, noise_m=0.2, fps=4) < 0.03


def test_outliers_change_the_speed_by_less_than_three_percent() -> None:
    assert error(12, 0, noise_m=0.2, fps=12, outliers=0.1) < 0.03


def test_a_stopped_vehicle_has_zero_speed() -> None:
    times_s, path_m = trajectory(0.0)
    assert crossing(times_s, path_m)[1] == pytest.approx(0, abs=1e-6)


def test_too_short_a_trajectory_has_no_fit() -> None:
    times_s, path_m = trajectory(10)
    assert TrajectoryFit.of(times_s[-2:], path_m[-2:], about_s=0) is None
    assert TrajectoryFit.of(times_s[-4:], path_m[-4:], about_s=0) is None
    assert TrajectoryFit.of(np.empty(0), np.empty((0, 2)), about_s=0) is None


def test_unknown_observations_are_ignored() -> None:
    times_s, path_m = trajectory(10)
    times_s[:5], path_m[:5] = np.nan, np.nan
    assert crossing(times_s, path_m)[1] == pytest.approx(10, rel=1e-3)
