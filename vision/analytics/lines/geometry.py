"""Positions of boxes relative to counting lines, also where the picture's edge truncates a box."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.analytics.kinematics.observations import Observations
from vision.config.lines import Anchor, LineConfig
from vision.core.columns import Columns
from vision.geometry import extents_across, signed_distance_px

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LinePositions(Columns):
    """N boxes relative to L lines, in pixels."""

    full_box_px: Floats
    """(N, 4): left, top, right, bottom of the boxes, extrapolated beyond the picture's edge."""
    distance_px: Floats
    """(N, L): signed distance of the box's anchor from the line, positive on the line's right-hand side."""
    size_across_px: Floats
    """(N, L): size of the box perpendicular to the line, at least 1."""
    depth: Floats
    """(N, L): distance of the anchor from the line, in units of `size_across_px`."""


class LineGeometry:
    """L lines in the pixels of one picture size.

    Examples:
        >>> line = LineConfig(id="north", start=(0.0, 0.5), end=(1.0, 0.5))
        >>> geometry = LineGeometry([line], 100, 100)
        >>> geometry.distances_px(np.array([[40.0, 60.0, 60.0, 80.0]])).tolist()
        [[20.0]]
    """

    def __init__(self, lines: Sequence[LineConfig], width_px: int, height_px: int) -> None:
        self.size_px = np.array([width_px, height_px], np.float64)
        self.starts_px = np.array([line.start for line in lines], np.float64).reshape(-1, 2) * self.size_px
        self.ends_px = np.array([line.end for line in lines], np.float64).reshape(-1, 2) * self.size_px
        self._at_bottom = np.array([line.anchor is Anchor.BOTTOM_CENTER for line in lines], bool)
        self._along_px = self.ends_px - self.starts_px
        self._length_px = np.hypot(self._along_px[:, 0], self._along_px[:, 1])
        self._across = extents_across(self.starts_px, self.ends_px)

    def locate(self, observations: Observations) -> LinePositions:
        """Positions of N observed boxes relative to the lines."""
        distance_px = self.distances_px(observations.whole_px)
        size_across_px = np.maximum((observations.xyxy[:, 2:] - observations.xyxy[:, :2]) @ self._across, 1.0)
        return LinePositions(observations.whole_px, distance_px, size_across_px, np.abs(distance_px) / size_across_px)

    def distances_px(self, xyxy: Floats) -> Floats:
        """(N, L): signed distances of the anchors of boxes (N, 4), positive on a line's right-hand side."""
        x = (xyxy[:, :1] + xyxy[:, 2:3]) / 2
        right_px, down_px = x - self.starts_px[:, 0], self._anchor_y(xyxy) - self.starts_px[:, 1]
        distances_px: Floats = (self._along_px[:, 0] * down_px - self._along_px[:, 1] * right_px) / self._length_px
        return distances_px

    def anchors_px(self, xyxy: Floats) -> Floats:
        """(N, L, 2): the point of each box (N, 4) that has to cross each line."""
        anchors_px = np.empty((len(xyxy), len(self._at_bottom), 2))
        anchors_px[..., 0], anchors_px[..., 1] = (xyxy[:, :1] + xyxy[:, 2:3]) / 2, self._anchor_y(xyxy)
        return anchors_px

    def is_entering_over(self, observations: Observations, positions: LinePositions) -> Bools:
        """(N, L): whether the box is truncated by the picture's edge and lies over the line."""
        if not observations.is_truncated.any():
            return np.zeros(positions.distance_px.shape, bool)
        center_px = (observations.xyxy[:, :2] + observations.xyxy[:, 2:]) / 2
        distance_px = np.abs(signed_distance_px(center_px, self.starts_px, self.ends_px))
        return (distance_px < positions.size_across_px / 2) & observations.is_truncated[:, None]

    def _anchor_y(self, xyxy: Floats) -> Floats:
        """(N, L): vertical position of the anchors."""
        bottom, top = xyxy[:, 3:], xyxy[:, 1:2]
        return np.where(self._at_bottom, bottom, (top + bottom) / 2)
