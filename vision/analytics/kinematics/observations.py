"""What is seen of vehicles at one moment, and what the picture's edge hides of them."""

from dataclasses import dataclass

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.kinematics.truncation import completed, truncated_sides, whole_sizes
from vision.analytics.track_table import Ids, TrackRows, grown
from vision.core import Tracks
from vision.core.columns import Columns


@dataclass(frozen=True, slots=True, eq=False)
class Observations(Columns):
    """N tracks as they are seen at one moment, in pixels."""

    row: Ids
    """(N,): of each track in all that is remembered by `SightBook.rows`."""
    is_new: Bools
    """(N,): whether nothing is remembered of it yet."""
    track_id: Ids
    class_id: Ids
    confidence: Floats
    xyxy: Floats
    """(N, 4): the boxes: left, top, right, bottom."""
    truncated: Bools
    """(N, 4): which of these sides the picture's edge cuts off."""
    is_truncated: Bools
    """(N,): whether it does any."""
    size_px: Floats
    """(N, 2): width and height of the whole vehicle, as last seen away from the edge; NaN where it never was."""
    whole_px: Floats
    """(N, 4): the boxes with what the edge hides of them, as far as that is known."""
    bottom_center_px: Floats
    """(N, 2): the middle of the whole box's lower edge, taken for where a vehicle touches the road."""

    @property
    def box_size_px(self) -> Floats:
        """(N,): the square root of the vehicle's width times height, the length that it is measured by."""
        size_px = self.size_px
        is_unknown = np.isnan(size_px[:, 0])
        if is_unknown.any():
            size_px = np.where(is_unknown[:, None], self.xyxy[:, 2:] - self.xyxy[:, :2], size_px)
        return np.asarray(np.sqrt(size_px[:, 0] * size_px[:, 1]))


class ObservationBuilder:
    """Gives each track a row, and remembers how large it was when it was seen whole.

    A track not seen for `forget_after_s` is forgotten.
    """

    def __init__(self, width_px: int, height_px: int, *, forget_after_s: float) -> None:
        self._picture_px = np.array([width_px, height_px], np.float64)
        self._size_px: Floats = np.zeros((0, 2))
        self.rows = TrackRows(forget_after_s)

    def observe(self, tracks: Tracks, at_s: float) -> Observations:
        """Take in where the tracks are at `at_s`, media time."""
        self.rows.forget(at_s)
        rows, was_s = self.rows.take(tracks.track_id, at_s)
        is_new = np.isnan(was_s)
        self._size_px = grown(self._size_px, self.rows.size)
        self._size_px[rows[is_new]] = np.nan
        xyxy = tracks.xyxy.astype(np.float64)
        cut = truncated_sides(xyxy, self._picture_px)
        is_truncated = np.asarray(cut.any(axis=1), bool)
        self._size_px[rows] = size_px = whole_sizes(xyxy, is_truncated, self._size_px.take(rows, axis=0))
        whole_px = completed(xyxy, cut, size_px) if is_truncated.any() else xyxy
        return Observations(
            row=rows,
            is_new=is_new,
            track_id=tracks.track_id,
            class_id=tracks.class_id,
            confidence=tracks.confidence.astype(np.float64),
            xyxy=xyxy,
            truncated=cut,
            is_truncated=is_truncated,
            size_px=size_px,
            whole_px=whole_px,
            bottom_center_px=_feet(whole_px),
        )


def _feet(xyxy: Floats) -> Floats:
    """(N, 2): the middle of each box's lower edge."""
    feet = np.empty((len(xyxy), 2))
    feet[:, 0], feet[:, 1] = (xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]
    return feet
