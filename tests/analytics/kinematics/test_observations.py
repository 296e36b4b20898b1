"""What is seen of a vehicle at the picture's edge, and what is known of it all the same."""

import numpy as np
import pytest

from tests.analytics.analytics_kit import SIZE, At, tracks
from vision.analytics.kinematics.observations import ObservationBuilder
from vision.core import Tracks

FORGET_S = 4.0
WIDTH_PX, HEIGHT_PX = SIZE


def shown(*vehicles: At) -> Tracks:
    """What the picture shows of them."""
    whole = tracks(vehicles)
    xyxy = np.clip(whole.xyxy, 0, [WIDTH_PX, HEIGHT_PX, WIDTH_PX, HEIGHT_PX]).astype(np.float32)
    return Tracks(xyxy, whole.confidence, whole.class_id, whole.track_id, whole.age)


def test_who_leaves_the_picture_is_as_large_as_when_it_was_seen_whole() -> None:
    book = ObservationBuilder(*SIZE, forget_after_s=FORGET_S)
    for n, y in enumerate([700.0, 750, 790, 810]):
        seen = book.observe(shown(At(n / 10, 1, 500, y, 60, 80)), n / 10)
    assert seen.truncated.tolist() == [[False, False, False, True]]
    assert seen.size_px.tolist() == [[60, 80]]
    assert seen.whole_px.tolist() == [[470, 770, 530, 850]]
    assert seen.bottom_center_px.tolist() == [[500, 850]]
    assert seen.box_size_px == pytest.approx(np.sqrt(60 * 80))


def test_of_who_was_never_seen_whole_no_size_is_known() -> None:
    book = ObservationBuilder(*SIZE, forget_after_s=FORGET_S)
    seen = book.observe(shown(At(0, 1, 500, 790, 60, 80)), 0.0)
    assert np.isnan(seen.size_px).all()
    assert seen.whole_px.tolist() == seen.xyxy.tolist() == [[470, 750, 530, 800]]
    assert seen.box_size_px == pytest.approx(np.sqrt(60 * 50))


def test_a_row_that_a_forgotten_track_had_tells_nothing_of_the_next_one_in_it() -> None:
    book = ObservationBuilder(*SIZE, forget_after_s=FORGET_S)
    first = book.observe(shown(At(0, 1, 500, 400, 60, 80)), 0.0)
    assert first.is_new.tolist() == [True]
    rows = set[int]()
    for n in range(2, 200):
        seen = book.observe(shown(At(0, n, 500, 790, 60, 80)), 5.0 * n)
        rows.update(seen.row.tolist())
        assert seen.is_new.tolist() == [True]
        assert np.isnan(seen.size_px).all()
    assert len(book.rows) == 1
    assert len(rows) < 10
