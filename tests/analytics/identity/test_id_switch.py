"""A track that switches from one waiting vehicle to another has crossed no line."""

import numpy as np
import pytest

from vision.analytics.identity.id_switch import Verdict, classify_step

SIZE_PX = 40.0
STEP_S = 0.125


def verdict(ys: list[float], first: int, *, now: int | None = None) -> Verdict:
    """For a track with bottom centres at these heights, beyond the line from `first` on."""
    upto = len(ys) if now is None else now + 1
    times_s = np.arange(upto) * STEP_S
    bottom_center_px = np.stack([np.zeros(upto), np.array(ys[:upto])], axis=1)
    crossed_s = (first - 0.5) * STEP_S
    return classify_step(times_s, bottom_center_px, crossed_s=crossed_s, at_s=float(times_s[-1]), size_px=SIZE_PX)


def test_a_stopped_track_one_row_farther_in_one_frame_is_an_id_switch() -> None:
    ys = [100.0] * 10 + [130.0] * 10
    assert verdict(ys, 10, now=11) is Verdict.UNDECIDED
    assert verdict(ys, 10) is Verdict.ID_SWITCH


def test_creeping_over_a_line_is_a_crossing() -> None:
    assert verdict([100.0 + 1.2 * n for n in range(20)], 10) is Verdict.CROSSED


@pytest.mark.parametrize("px", [12.0, 30.0, 60.0])
def test_a_driving_vehicle_crosses_however_long_its_step(px: float) -> None:
    assert verdict([px * n for n in range(12)], 10, now=10) is Verdict.CROSSED


def test_starting_over_a_line_is_a_crossing() -> None:
    ys = [100.0] * 10 + [100 + 160 * (n * STEP_S) ** 2 / 2 for n in range(1, 11)]
    assert verdict(ys, 13) is Verdict.CROSSED


def test_a_box_that_jitters_over_a_line_and_returns_is_no_id_switch() -> None:
    assert verdict([100.0] * 10 + [120.0] + [102.0] * 9, 10) is Verdict.CROSSED


def test_a_creeping_new_track_is_undecided_until_it_may_have_stopped() -> None:
    ys = [100.0, 101.0] + [102.0 + n / 2 for n in range(15)]
    assert verdict(ys, 1, now=3) is Verdict.UNDECIDED
    assert verdict(ys, 1) is Verdict.CROSSED
    assert verdict([70.0] + [100.0] * 15, 1) is Verdict.ID_SWITCH


def test_a_driving_new_track_crosses_at_once() -> None:
    assert verdict([0.0, 30.0], 1) is Verdict.CROSSED
    assert verdict([30.0 * n for n in range(6)], 1) is Verdict.CROSSED
