"""Truncated boxes at the picture's edge, and their extrapolation."""

import numpy as np
import pytest

from tests.analytics.analytics_kit import SIZE, At, tracks
from vision.analytics.kinematics.observations import ObservationBuilder
from vision.core import Tracks

FORGET_S = 4.0
WIDTH_PX, HEIGHT_PX = SIZE


def clipped(*vehicles: At) -> Tracks:
    """Their boxes, clipped to the picture."""
    whole = tracks(vehicles)
    xyxy = np.clip(whole.xyxy, 0, [WIDTH_PX, HEIGHT_PX, WIDTH_PX, HEIGHT_PX]).astype(np.float32)
    return Tracks(xyxy, whole.confidence, whole.class_id, whole.track_id, whole.age)


def test_a_truncated_box_is_extrapolated_to_its_last_full_size() -> None:
    builder = ObservationBuilder(*SIZE, forget_after_s=FORGET_S)
    for n, y in enumerate([700.0, 750, 790, 810]):
        observations = builder.observe(clipped(At(n / 10, 1, 500, y, 60, 80)), n / 10)
    assert observations.truncated.tolist() == [[False, False, False, True]]
    assert observations.size_px.tolist() == [[60, 80]]
    assert observations.whole_px.tolist() == [[470, 770, 530, 850]]
    assert observations.bottom_center_px.tolist() == [[500, 850]]
    assert observations.box_size_px == pytest.approx(np.sqrt(60 * 80))


def test_a_vehicle_never_observed_whole_has_no_full_size() -> None:
    builder = ObservationBuilder(*SIZE, forget_after_s=FORGET_S)
    observations = builder.observe(clipped(At(0, 1, 500, 790, 60, 80)), 0.0)
    assert np.isnan(observations.size_px).all()
    assert observations.whole_px.tolist() == observations.xyxy.tolist() == [[470, 750, 530, 800]]
    assert observations.box_size_px == pytest.approx(np.sqrt(60 * 50))


def test_a_reused_row_keeps_nothing_of_the_forgotten_track() -> None:
    builder = ObservationBuilder(*SIZE, forget_after_s=FORGET_S)
    first = builder.observe(clipped(At(0, 1, 500, 400, 60, 80)), 0.0)
    assert first.is_new.tolist() == [True]
    rows = set[int]()
    for n in range(2, 200):
        observations = builder.observe(clipped(At(0, n, 500, 790, 60, 80)), 5.0 * n)
        rows.update(observations.row.tolist())
        assert observations.is_new.tolist() == [True]
        assert np.isnan(observations.size_px).all()
    assert len(builder.rows) == 1
    assert len(rows) < 10
