"""What creeps, and what only trembles where it stands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.analytics.incidents.features.creep import CreepDetector

LOOKS_S = np.arange(0, 12, 0.2)
ON = (1.0, 0.0)
"""Metres are pixels, and it drives to the right."""


def seen(mps: float, trembling_m: float, *, seed: int = 0, begins_s: float = 0, at_m: float = 0) -> CreepDetector:
    """One that goes so fast, whose foot errs by so much, and alike for a second."""
    rng = np.random.default_rng(seed)
    errors = np.convolve(rng.normal(size=len(LOOKS_S) + 4), np.ones(5) / np.sqrt(5), "valid") * trembling_m
    creep = CreepDetector()
    for t, error in zip(LOOKS_S.tolist(), errors.tolist(), strict=True):
        creep.update(at_m + mps * t + error, at_m, begins_s + t)
    return creep


@pytest.mark.parametrize("seed", range(20))
def test_who_crawls_in_a_jam_creeps_though_his_box_trembles(seed: int) -> None:
    assert seen(0.6, 0.5, seed=seed).is_creeping(ON)


@pytest.mark.parametrize("seed", range(20))
def test_who_stands_does_not_creep_however_his_box_trembles(seed: int) -> None:
    assert not seen(0.0, 0.5, seed=seed).is_creeping(ON)


def test_who_sways_or_is_seen_further_back_does_not_creep() -> None:
    on, across, back = seen(0.6, 0.2), (0.0, 1.0), (-1.0, 0.0)
    assert on.is_creeping(ON)
    assert not on.is_creeping(across)
    assert not on.is_creeping(back)


def test_one_look_says_nothing() -> None:
    creep = CreepDetector()
    assert not creep.is_creeping(ON)
    creep.update(3.0, 4.0, 5.0)
    assert not creep.is_creeping(ON)


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.sampled_from([0.0, 0.1, 0.6, 1.0]), st.integers(0, 9))
def test_it_is_the_same_at_another_time_and_place(begins_s: float, at_m: float, mps: float, seed: int) -> None:
    here, there = seen(mps, 0.2, seed=seed), seen(mps, 0.2, seed=seed, begins_s=begins_s, at_m=at_m)
    assert here.is_creeping(ON) is there.is_creeping(ON)


def test_what_was_long_ago_fades() -> None:
    creep = CreepDetector()
    for t in np.arange(0, 60, 0.2).tolist():
        creep.update(min(t, 10.0), 0.0, t)
    assert not creep.is_creeping(ON)


@given(st.floats(-1e4, 1e4), st.sampled_from([0.0, 0.6]), st.integers(0, 9))
def test_who_goes_on_under_another_id_creeps_if_he_did_wherever_its_box_is(
    off_px: float, mps: float, seed: int
) -> None:
    one, more = seen(mps, 0.2, seed=seed), seen(mps, 0.2, seed=seed)
    more.continue_at(more.last_x + off_px, more.last_y - off_px)
    for t in np.arange(12, 16, 0.2).tolist():
        one.update(mps * t, 0.0, t)
        more.update(mps * t + off_px, -off_px, t)
    assert more.is_creeping(ON) is one.is_creeping(ON) is (mps > 0)
