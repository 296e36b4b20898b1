"""Detections as columns: one selection picks the same rows of all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.core import Detections

COUNT = 6


def detections(count: int = COUNT) -> Detections:
    """Detections with different boxes, confidences and classes."""
    n = np.arange(count)
    return Detections(
        xyxy=np.stack([n, n, n + 10, n + 10], axis=1).astype(np.float32),
        confidence=(n / count).astype(np.float32),
        class_id=n.astype(np.int64),
    )


@given(rows=st.lists(st.integers(0, COUNT - 1), max_size=2 * COUNT))
def test_rows_are_selected_in_the_order_of_the_indices(rows: list[int]) -> None:
    picked = detections()[np.array(rows, np.int64)]
    assert picked.class_id.tolist() == rows
    assert picked.xyxy[:, 0].tolist() == rows
    assert len(picked) == len(rows)


@given(mask=st.lists(st.booleans(), min_size=COUNT, max_size=COUNT))
def test_a_mask_selects_the_same_rows_as_its_indices(mask: list[bool]) -> None:
    by_mask, by_number = detections()[np.array(mask)], detections()[np.flatnonzero(mask)]
    assert by_mask.xyxy.tolist() == by_number.xyxy.tolist()
    assert by_mask.confidence.tolist() == by_number.confidence.tolist()


def test_a_slice_selects_consecutive_rows() -> None:
    assert detections()[1:3].class_id.tolist() == [1, 2]


def test_columns_of_different_lengths_are_refused_by_name() -> None:
    whole = detections()
    with pytest.raises(ValueError, match=r"Detections: the columns differ in length: .*'class_id': 5"):
        Detections(whole.xyxy, whole.confidence, whole.class_id[:5])
