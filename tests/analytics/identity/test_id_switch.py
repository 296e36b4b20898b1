"""A track that leaps from one waiting vehicle to another has crossed nothing."""

import numpy as np
import pytest

from vision.analytics.identity.id_switch import Verdict, classify_step

SIZE_PX = 40.0
STEP_S = 0.125


def verdict(ys: list[float], first: int, *, now: int | None = None) -> Verdict:
    """Of one whose foot is at these heights, which was beyond the line from `first` on."""
    upto = len(ys) if now is None else now + 1
    times_s = np.arange(upto) * STEP_S
    feet_px = np.stack([np.zeros(upto), np.array(ys[:upto])], axis=1)
    left_s = (first - 0.5) * STEP_S
    return classify_step(times_s, feet_px, left_s=left_s, at_s=float(times_s[-1]), size_px=SIZE_PX)


def test_who_stands_and_is_a_row_farther_in_one_look_has_leapt() -> None:
    ys = [100.0] * 10 + [130.0] * 10
    assert verdict(ys, 10, now=11) is Verdict.UNDECIDED
    assert verdict(ys, 10) is Verdict.ID_SWITCH


def test_who_creeps_over_a_line_went() -> None:
    assert verdict([100.0 + 1.2 * n for n in range(20)], 10) is Verdict.CROSSED


@pytest.mark.parametrize("px", [12.0, 30.0, 60.0])
def test_who_drives_is_not_doubted_however_far_he_comes_in_a_look(px: float) -> None:
    assert verdict([px * n for n in range(12)], 10, now=10) is Verdict.CROSSED


def test_who_starts_went() -> None:
    ys = [100.0] * 10 + [100 + 160 * (n * STEP_S) ** 2 / 2 for n in range(1, 11)]
    assert verdict(ys, 13) is Verdict.CROSSED


def test_a_box_that_trembles_over_a_line_and_comes_back_has_not_leapt() -> None:
    assert verdict([100.0] * 10 + [120.0] + [102.0] * 9, 10) is Verdict.CROSSED


def test_a_new_track_that_creeps_is_believed_when_it_is_known_whether_it_stands() -> None:
    ys = [100.0, 101.0] + [102.0 + n / 2 for n in range(15)]
    assert verdict(ys, 1, now=3) is Verdict.UNDECIDED
    assert verdict(ys, 1) is Verdict.CROSSED
    assert verdict([70.0] + [100.0] * 15, 1) is Verdict.ID_SWITCH


def test_a_new_track_that_drives_is_believed_at_once() -> None:
    assert verdict([0.0, 30.0], 1) is Verdict.CROSSED
    assert verdict([30.0 * n for n in range(6)], 1) is Verdict.CROSSED
