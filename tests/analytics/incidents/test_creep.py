"""Creep detection: slow forward motion, in spite of jitter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.analytics.incidents.features.creep import CreepDetector

TIMES_S = np.arange(0, 12, 0.2)
RIGHT = (1.0, 0.0)
"""A metre is a pixel, and the vehicle drives to the right."""


def observed(mps: float, jitter_m: float, *, seed: int = 0, start_s: float = 0, at_m: float = 0) -> CreepDetector:
    """A vehicle of this speed, with jitter of this standard deviation that is correlated for a second."""
    rng = np.random.default_rng(seed)
    errors = np.convolve(rng.normal(size=len(TIMES_S) + 4), np.ones(5) / np.sqrt(5), "valid") * jitter_m
    creep = CreepDetector()
    for t, error in zip(TIMES_S.tolist(), errors.tolist(), strict=True):
        creep.update(at_m + mps * t + error, at_m, start_s + t)
    return creep


@pytest.mark.parametrize("seed", range(20))
def test_a_vehicle_that_crawls_in_a_jam_creeps_in_spite_of_jitter(seed: int) -> None:
    assert observed(0.6, 0.5, seed=seed).is_creeping(RIGHT)


@pytest.mark.parametrize("seed", range(20))
def test_a_stopped_vehicle_does_not_creep_in_spite_of_jitter(seed: int) -> None:
    assert not observed(0.0, 0.5, seed=seed).is_creeping(RIGHT)


def test_sideways_or_backward_motion_is_no_creeping() -> None:
    forward, across, back = observed(0.6, 0.2), (0.0, 1.0), (-1.0, 0.0)
    assert forward.is_creeping(RIGHT)
    assert not forward.is_creeping(across)
    assert not forward.is_creeping(back)


def test_one_observation_is_not_enough() -> None:
    creep = CreepDetector()
    assert not creep.is_creeping(RIGHT)
    creep.update(3.0, 4.0, 5.0)
    assert not creep.is_creeping(RIGHT)


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.sampled_from([0.0, 0.1, 0.6, 1.0]), st.integers(0, 9))
def test_time_and_position_make_no_difference(start_s: float, at_m: float, mps: float, seed: int) -> None:
    here, there = observed(mps, 0.2, seed=seed), observed(mps, 0.2, seed=seed, start_s=start_s, at_m=at_m)
    assert here.is_creeping(RIGHT) is there.is_creeping(RIGHT)


def test_old_observations_fade() -> None:
    creep = CreepDetector()
    for t in np.arange(0, 60, 0.2).tolist():
        creep.update(min(t, 10.0), 0.0, t)
    assert not creep.is_creeping(RIGHT)


@given(st.floats(-1e4, 1e4), st.sampled_from([0.0, 0.6]), st.integers(0, 9))
def test_another_track_of_the_vehicle_continues_it_wherever_its_box_is(off_px: float, mps: float, seed: int) -> None:
    single, continued = observed(mps, 0.2, seed=seed), observed(mps, 0.2, seed=seed)
    continued.continue_at(continued.last_x + off_px, continued.last_y - off_px)
    for t in np.arange(12, 16, 0.2).tolist():
        single.update(mps * t, 0.0, t)
        continued.update(mps * t + off_px, -off_px, t)
    assert continued.is_creeping(RIGHT) is single.is_creeping(RIGHT) is (mps > 0)
