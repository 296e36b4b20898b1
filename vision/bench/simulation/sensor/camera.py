"""A virtual camera: a pinhole on a mast that sees boxes on flat ground."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.vehicles import SIZES_M

Floats = NDArray[np.float64]
Metres = tuple[float, float]

WIDTH_PX, HEIGHT_PX = 1280, 720
GRID = (np.arange(5) + 0.5) / 5
"""Where a box is looked at for what hides it: 25 places."""
SOLID = 0.85
"""The middle part of a box that hides what is behind it: the corners of a box are air."""


@dataclass(frozen=True)
class Camera:
    """Ground coordinates: x east, y north, z up, metres. Pixels: x right, y down."""

    at_m: Metres
    height_m: float
    looks_at_m: Metres
    focal_px: float

    @cached_property
    def place_m(self) -> Floats:
        return np.array([*self.at_m, self.height_m])

    @cached_property
    def axes(self) -> Floats:
        """(3, 3): unit vectors to the right, down and ahead, as rows."""
        ahead = _unit(np.array([*self.looks_at_m, 0.0]) - self.place_m)
        right = _unit(np.cross(ahead, [0.0, 0.0, 1.0]))
        return np.stack([right, np.cross(ahead, right), ahead])

    @cached_property
    def to_ground(self) -> Floats:
        """(3, 3): the homography from pixels to metres on the ground."""
        lens = np.array([[self.focal_px, 0, WIDTH_PX / 2], [0, self.focal_px, HEIGHT_PX / 2], [0, 0, 1]])
        flat = self.axes @ np.column_stack([np.eye(3)[:, :2], -self.place_m])
        inverse: Floats = np.linalg.inv(lens @ flat).astype(np.float64)
        return inverse

    def project(self, points_m: Floats) -> tuple[Floats, Floats]:
        """Pixels (..., 2) of points (..., 3), and how far ahead of the camera (...) they are, in metres."""
        seen = (points_m - self.place_m) @ self.axes.T
        depth_m = seen[..., 2]
        safe_m = np.maximum(depth_m, 1e-3)[..., None]
        return self.focal_px * seen[..., :2] / safe_m + np.array([WIDTH_PX, HEIGHT_PX]) / 2, depth_m

    def fraction(self, point_m: Metres) -> Metres:
        """Where a point of the ground is in the picture, as parts of its width and height."""
        pixels, _ = self.project(np.array([*point_m, 0.0]))
        return float(pixels[0] / WIDTH_PX), float(pixels[1] / HEIGHT_PX)

    def ground(self, pixels: Floats) -> Floats:
        """(..., 2) metres on the ground of (..., 2) pixels."""
        lifted = np.concatenate([pixels, np.ones((*pixels.shape[:-1], 1))], axis=-1) @ self.to_ground.T
        metres: Floats = lifted[..., :2] / lifted[..., 2:]
        return metres

    def boxes(self, middle_m: Floats, heading: Floats, class_id: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """(N, 4) boxes in pixels, not cut by the picture's edge, around vehicles, and how far ahead (N,) they are.

        `middle_m` (N, 2) is the middle of each on the ground, `heading` (N, 2) a unit vector.
        """
        size = SIZES_M[class_id]
        along, across = heading * size[:, :1] / 2, heading[:, ::-1] * np.array([1, -1]) * size[:, 1:2] / 2
        feet = np.stack([middle_m + s * along + t * across for s in (-1, 1) for t in (-1, 1)], axis=1)
        low = np.concatenate([feet, np.zeros((len(feet), 4, 1))], axis=2)
        high = np.concatenate([feet, np.broadcast_to(size[:, None, 2:], (len(feet), 4, 1))], axis=2)
        pixels, depth_m = self.project(np.concatenate([low, high], axis=1))
        box = np.concatenate([pixels.min(axis=1), pixels.max(axis=1)], axis=1)
        return box, depth_m.min(axis=1)


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / float(np.linalg.norm(vector))
    return unit


def clipped(xyxy: Floats) -> Floats:
    """The boxes as far as the picture shows them."""
    limits = np.array([WIDTH_PX, HEIGHT_PX, WIDTH_PX, HEIGHT_PX], np.float64)
    return np.clip(xyxy, 0, limits)


def shown_part(xyxy: Floats) -> Floats:
    """(N,): which part of each box lies within the picture."""
    inner = clipped(xyxy)
    part: Floats = np.prod(inner[:, 2:] - inner[:, :2], axis=1) / np.prod(xyxy[:, 2:] - xyxy[:, :2], axis=1)
    return part


def hidden_part(xyxy: Floats, depth_m: Floats) -> Floats:
    """(N,): which part of each box is hidden by boxes nearer to the camera."""
    if len(xyxy) < 2:
        return np.zeros(len(xyxy))
    size = xyxy[:, 2:] - xyxy[:, :2]
    x = xyxy[:, :1] + GRID * size[:, :1]
    y = xyxy[:, 1:2] + GRID * size[:, 1:]
    inset = size * (1 - SOLID) / 2
    low, high = xyxy[:, :2] + inset, xyxy[:, 2:] - inset
    overlap_x = (x[:, -1:] > low[:, 0]) & (x[:, :1] < high[:, 0])
    overlap_y = (y[:, -1:] > low[:, 1]) & (y[:, :1] < high[:, 1])
    n, m = np.nonzero(overlap_x & overlap_y & (depth_m < depth_m[:, None] - 0.2))
    in_x = (x[n] > low[m, :1]) & (x[n] < high[m, :1])
    in_y = (y[n] > low[m, 1:]) & (y[n] < high[m, 1:])
    # A place (i, j) of box n is hidden where some m covers both its x and its y.
    is_hidden = np.zeros((len(xyxy), len(GRID), len(GRID)), bool)
    np.logical_or.at(is_hidden, n, in_x[:, :, None] & in_y[:, None])
    hidden: Floats = is_hidden.mean(axis=(1, 2))
    return hidden
