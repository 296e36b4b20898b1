"""What is observed of each track at one moment: its box, its full size, and the point where it touches the road."""

from dataclasses import dataclass

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.kinematics.truncation import (
    TruncationParameters,
    extrapolated_boxes,
    full_sizes,
    truncated_sides,
)
from vision.analytics.track_table import Ids, TrackRows, grown
from vision.core import Tracks
from vision.core.columns import Columns


@dataclass(frozen=True, slots=True, eq=False)
class Observations(Columns):
    """N tracks as they are observed at one moment, in pixels."""

    row: Ids
    """(N,): each track's row in the tables that follow `ObservationBuilder.rows`."""
    is_new: Bools
    """(N,): whether the track was not observed before, or was forgotten."""
    track_id: Ids
    class_id: Ids
    confidence: Floats
    xyxy: Floats
    """(N, 4): the boxes: left, top, right, bottom."""
    truncated: Bools
    """(N, 4): which of these sides the picture's edge truncates."""
    is_truncated: Bools
    """(N,): whether any side is truncated."""
    size_px: Floats
    """(N, 2): width and height of the whole vehicle, as last observed away from the edge; NaN where it never was."""
    whole_px: Floats
    """(N, 4): the boxes, extrapolated beyond the picture's edge where the full size is known."""
    bottom_center_px: Floats
    """(N, 2): the middle of that box's lower edge, where the vehicle is taken to touch the road."""

    @property
    def box_size_px(self) -> Floats:
        """(N,): the square root of the vehicle's width times height, the unit of lengths relative to its size."""
        size_px = self.size_px
        is_unknown = np.isnan(size_px[:, 0])
        if is_unknown.any():
            size_px = np.where(is_unknown[:, None], self.xyxy[:, 2:] - self.xyxy[:, :2], size_px)
        return np.asarray(np.sqrt(size_px[:, 0] * size_px[:, 1]))


class ObservationBuilder:
    """Gives each track a row, and keeps the size at which it was last observed whole.

    A track that is not observed for `forget_after_s` is forgotten.

    Examples:
        >>> builder = ObservationBuilder(1280, 720, forget_after_s=4.0)
        >>> len(builder.observe(Tracks.empty(), at_s=0.0))
        0
    """

    def __init__(
        self,
        width_px: int,
        height_px: int,
        *,
        forget_after_s: float,
        parameters: TruncationParameters = TruncationParameters(),
    ) -> None:
        self._picture_px = np.array([width_px, height_px], np.float64)
        self._size_px: Floats = np.zeros((0, 2))
        self._parameters = parameters
        self.rows = TrackRows(forget_after_s)

    def observe(self, tracks: Tracks, at_s: float) -> Observations:
        """Take in where the tracks are at `at_s`, media time."""
        self.rows.forget(at_s)
        rows, previous_s = self.rows.take(tracks.track_id, at_s)
        is_new = np.isnan(previous_s)
        self._size_px = grown(self._size_px, self.rows.size)
        self._size_px[rows[is_new]] = np.nan
        xyxy = tracks.xyxy.astype(np.float64)
        truncated = truncated_sides(xyxy, self._picture_px, self._parameters)
        is_truncated = np.asarray(truncated.any(axis=1), bool)
        self._size_px[rows] = size_px = full_sizes(xyxy, is_truncated, self._size_px.take(rows, axis=0))
        whole_px = extrapolated_boxes(xyxy, truncated, size_px) if is_truncated.any() else xyxy
        return Observations(
            row=rows,
            is_new=is_new,
            track_id=tracks.track_id,
            class_id=tracks.class_id,
            confidence=tracks.confidence.astype(np.float64),
            xyxy=xyxy,
            truncated=truncated,
            is_truncated=is_truncated,
            size_px=size_px,
            whole_px=whole_px,
            bottom_center_px=_bottom_centers(whole_px),
        )


def _bottom_centers(xyxy: Floats) -> Floats:
    """(N, 2): the middle of each box's lower edge."""
    centers = np.empty((len(xyxy), 2))
    centers[:, 0], centers[:, 1] = (xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]
    return centers
