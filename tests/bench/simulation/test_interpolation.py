"""Positions between two simulation steps."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.bench.simulation.interpolation import HEADING, ID, SPEED, X, Y, interpolated

ONE, OTHER = 7, 3


def row(vehicle: int, x: float, heading: float = 90.0, speed: float = 10.0) -> list[float]:
    return [vehicle, 2, x, 2 * x, heading, speed]


def test_vehicles_are_interpolated_only_between_steps_that_both_have_them() -> None:
    steps = [[row(ONE, 0)], [row(ONE, 4), row(OTHER, 50)], [row(OTHER, 52)]]
    rows, counts = interpolated(np.array([*chain(*steps)]), np.array([1, 2, 1]), 2)
    assert counts.tolist() == [1, 2, 1, 1]
    assert rows[:, [ID, X, Y]].tolist() == [
        [ONE, 2, 4], [ONE, 4, 8], [OTHER, 50, 100], [OTHER, 51, 102], [OTHER, 52, 104],
    ]  # fmt: skip


def test_headings_interpolate_through_north_the_short_way() -> None:
    rows, _ = interpolated(np.array([row(ONE, 0, heading=350), row(ONE, 1, heading=20)]), np.array([1, 1]), 3)
    assert rows[:, HEADING] == pytest.approx([0, 10, 20])


def test_one_frame_per_step_changes_nothing() -> None:
    steps = np.array([row(ONE, 0), row(OTHER, 9), row(ONE, 3)])
    rows, counts = interpolated(steps, np.array([2, 1]), 1)
    assert counts.tolist() == [1]
    assert rows.tolist() == steps[2:].tolist()


def test_an_empty_recording_stays_empty() -> None:
    rows, counts = interpolated(np.zeros((0, 6)), np.array([0, 0, 0]), 2)
    assert (len(rows), counts.tolist()) == (0, [0, 0, 0, 0])


@given(
    present=st.lists(st.sets(st.integers(0, 5)), min_size=2, max_size=6),
    parts=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_frames_at_the_steps_are_those_of_the_simulation(present: list[set[int]], parts: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps = [[row(n, *rng.uniform(0, 300, 3)) for n in sorted(vehicles)] for vehicles in present]
    written, counts = np.array([*chain(*steps)], float).reshape(-1, 6), np.array([len(s) for s in steps])
    rows, frame_counts = interpolated(written, counts, parts)
    starts = np.concatenate([[0], np.cumsum(frame_counts)])
    assert len(frame_counts) == (len(present) - 1) * parts
    for n, step in enumerate(steps[1:], 1):
        assert rows[starts[n * parts - 1] : starts[n * parts]].tolist() == step
    for k in range(len(frame_counts)):
        seen = rows[starts[k] : starts[k + 1], ID]
        step = k // parts
        assert set(seen) == (present[step + 1] if (k + 1) % parts == 0 else present[step] & present[step + 1])
        assert len(seen) == len(set(seen))
    assert np.all((rows[:, SPEED] >= 0) & (rows[:, SPEED] <= 300))
