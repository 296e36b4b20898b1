"""Deceleration, estimated from a vehicle's positions."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from vision.analytics.incidents.features.braking import DECELERATIONS_MPS2, fit_deceleration_mps2

TIMES_S = np.arange(-3, 2, 0.125)


def remaining_distance_m(speed_mps: float, braking_mps2: float, offset_s: float = 0.0) -> np.ndarray:
    """Remaining distance of a vehicle that stops at `offset_s`."""
    left_s, braking_s = np.maximum(offset_s - TIMES_S, 0), speed_mps / braking_mps2
    return np.where(
        left_s < braking_s,
        braking_mps2 / 2 * left_s**2,
        braking_mps2 / 2 * braking_s**2 + speed_mps * (left_s - braking_s),
    )


def deceleration_mps2(remaining_m: np.ndarray, jitter_m: float = 0.4) -> float:
    return fit_deceleration_mps2(TIMES_S, remaining_m, stopped_since_s=0.0, jitter_m=jitter_m)


@given(st.floats(4, 30), st.floats(1.5, 30), st.floats(-0.4, 0.4))
@example(13.0, 10.9375, 0.0)
@example(21.284836347574007, 7.984375, 0.125)
@example(6.9447734260503635, 11.123457712673071, 0.375)
def test_constant_braking_is_explained_by_the_next_higher_candidate_at_most(
    speed_mps: float, braking_mps2: float, offset_s: float
) -> None:
    next_mps2 = float(DECELERATIONS_MPS2[braking_mps2 < DECELERATIONS_MPS2][0])
    assert 0 <= deceleration_mps2(remaining_distance_m(speed_mps, braking_mps2, offset_s)) <= next_mps2


@given(st.floats(8, 30), st.floats(-0.4, 0.4))
@example(8.0, 0.1640625)
@example(8.560230979094602, 0.19048222177121787)
def test_brakes_do_not_explain_an_impact(speed_mps: float, offset_s: float) -> None:
    assert deceleration_mps2(remaining_distance_m(speed_mps, 100, offset_s)) >= 10


def test_too_few_observations_or_too_much_jitter_give_no_estimate() -> None:
    unobserved = np.where(TIMES_S < -0.2, np.nan, 0.0)
    assert deceleration_mps2(unobserved) == 0
    assert deceleration_mps2(np.full(len(TIMES_S), np.nan)) == 0
    assert deceleration_mps2(remaining_distance_m(14, 100), jitter_m=4) == 0
