"""Where boxes are relative to lines, at the picture's edge too: the geometry that counting looks at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.analytics.edges import completed, cut_sides, whole_sizes
from vision.config.lines import Anchor, LineConfig
from vision.core.columns import Columns
from vision.geometry import extent_across_px, signed_distance_px

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Places(Columns):
    """N boxes relative to L lines, in pixels."""

    anchor_px: Floats
    """(N, L, 2): the point of each box that each line looks at."""
    distance_px: Floats
    """(N, L): of the anchor from the line, positive on its right-hand side."""
    extent_px: Floats
    """(N, L): how much room the box takes up across the line, 1 at least."""
    size_px: Floats
    """(N, 2): width and height of the whole vehicle, as last seen away from the picture's edge."""
    enters: Bools
    """(N, L): the box is cut off by the picture's edge and lies over the line."""


class Ruler:
    """L lines in the pixels of one picture size."""

    def __init__(self, lines: Sequence[LineConfig], width_px: int, height_px: int) -> None:
        self.size_px = np.array([width_px, height_px], np.float64)
        self.starts_px = np.array([line.start for line in lines], np.float64).reshape(-1, 2) * self.size_px
        self.ends_px = np.array([line.end for line in lines], np.float64).reshape(-1, 2) * self.size_px
        self._at_bottom = np.array([line.anchor is Anchor.BOTTOM_CENTER for line in lines], bool)

    def places(self, xyxy: Floats, known_size_px: Floats) -> Places:
        """Measure N boxes. `known_size_px` (N, 2): what their vehicles measured when seen whole, else NaN."""
        cut = cut_sides(xyxy, self.size_px)
        is_cut = np.any(cut, axis=1)
        size_px = whole_sizes(xyxy, cut, known_size_px)
        anchor_px = self._anchors(completed(xyxy, cut, size_px))
        distance_px = signed_distance_px(anchor_px, self.starts_px, self.ends_px)
        extent_px = extent_across_px(xyxy[:, 2:] - xyxy[:, :2], self.starts_px, self.ends_px)
        middle_px = signed_distance_px((xyxy[:, :2] + xyxy[:, 2:]) / 2, self.starts_px, self.ends_px)
        over_line = np.abs(middle_px) < extent_px / 2
        return Places(anchor_px, distance_px, np.maximum(extent_px, 1.0), size_px, over_line & is_cut[:, None])

    def _anchors(self, xyxy: Floats) -> Floats:
        centre_px = (xyxy[:, :2] + xyxy[:, 2:]) / 2
        y = np.where(self._at_bottom, xyxy[:, 3, None], centre_px[:, 1, None])
        return np.stack([np.broadcast_to(centre_px[:, 0, None], y.shape), y], axis=-1)
