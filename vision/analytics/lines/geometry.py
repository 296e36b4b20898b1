"""Where boxes are relative to lines, at the picture's edge too: the geometry that counting looks at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.analytics.kinematics.observations import Observations
from vision.config.lines import Anchor, LineConfig
from vision.core.columns import Columns
from vision.geometry import room_across, signed_distance_px

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LinePositions(Columns):
    """N boxes relative to L lines, in pixels."""

    whole_px: Floats
    """(N, 4): the boxes with what the picture's edge hides of them: left, top, right, bottom."""
    distance_px: Floats
    """(N, L): of the whole box's anchor, the point that a line looks at, positive on the line's right-hand side."""
    extent_px: Floats
    """(N, L): how much room the box takes up across the line, 1 at least."""
    depth: Floats
    """(N, L): how far from the line that point is, in that room."""


class LineGeometry:
    """L lines in the pixels of one picture size."""

    def __init__(self, lines: Sequence[LineConfig], width_px: int, height_px: int) -> None:
        self.size_px = np.array([width_px, height_px], np.float64)
        self.starts_px = np.array([line.start for line in lines], np.float64).reshape(-1, 2) * self.size_px
        self.ends_px = np.array([line.end for line in lines], np.float64).reshape(-1, 2) * self.size_px
        self._at_bottom = np.array([line.anchor is Anchor.BOTTOM_CENTER for line in lines], bool)
        self._along_px = self.ends_px - self.starts_px
        self._length_px = np.hypot(self._along_px[:, 0], self._along_px[:, 1])
        self._room = room_across(self.starts_px, self.ends_px)

    def places(self, seen: Observations) -> LinePositions:
        """Measure N boxes."""
        distance_px = self.distances_px(seen.whole_px)
        extent_px = np.maximum((seen.xyxy[:, 2:] - seen.xyxy[:, :2]) @ self._room, 1.0)
        return LinePositions(seen.whole_px, distance_px, extent_px, np.abs(distance_px) / extent_px)

    def distances_px(self, xyxy: Floats) -> Floats:
        """(N, L): of the boxes' anchors from the lines, positive on their right-hand side."""
        x = (xyxy[:, :1] + xyxy[:, 2:3]) / 2
        right_px, down_px = x - self.starts_px[:, 0], self._anchor_y(xyxy) - self.starts_px[:, 1]
        distances_px: Floats = (self._along_px[:, 0] * down_px - self._along_px[:, 1] * right_px) / self._length_px
        return distances_px

    def anchors_px(self, xyxy: Floats) -> Floats:
        """(N, L, 2): the point of each box that each line looks at."""
        anchors_px = np.empty((len(xyxy), len(self._at_bottom), 2))
        anchors_px[..., 0], anchors_px[..., 1] = (xyxy[:, :1] + xyxy[:, 2:3]) / 2, self._anchor_y(xyxy)
        return anchors_px

    def lies_over(self, seen: Observations, places: LinePositions) -> Bools:
        """(N, L): whose box is cut off by the picture's edge and lies over the line."""
        if not seen.is_truncated.any():
            return np.zeros(places.distance_px.shape, bool)
        middle_px = (seen.xyxy[:, :2] + seen.xyxy[:, 2:]) / 2
        over_line = np.abs(signed_distance_px(middle_px, self.starts_px, self.ends_px)) < places.extent_px / 2
        return over_line & seen.is_truncated[:, None]

    def _anchor_y(self, xyxy: Floats) -> Floats:
        """(N, L)"""
        bottom, top = xyxy[:, 3:], xyxy[:, 1:2]
        return np.where(self._at_bottom, bottom, (top + bottom) / 2)
