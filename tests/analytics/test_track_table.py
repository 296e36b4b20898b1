"""Rows of tracks in tables that are changed in place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vision.analytics.track_table import FIRST_ROWS, TrackRows


@given(st.lists(st.lists(st.integers(0, 300), max_size=150, unique=True), max_size=20))
def test_each_track_keeps_its_row_and_no_two_share_one(frames: list[list[int]]) -> None:
    rows, row_of = TrackRows(forget_after_s=3.0), {}
    for at_s, ids in enumerate(frames):
        rows.forget(at_s)
        given_rows, was_s = rows.take(np.array(ids, np.int64), float(at_s))
        assert len(set(given_rows.tolist())) == len(ids)
        for track, row, seen_s in zip(ids, given_rows.tolist(), was_s.tolist(), strict=True):
            assert np.isnan(seen_s) or row == row_of[track]
            row_of[track] = row
        assert len(rows) <= 150 * 4
        assert rows.size <= max(FIRST_ROWS, 2 * 150 * 4)
