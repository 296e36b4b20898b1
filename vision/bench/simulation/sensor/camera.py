"""A pinhole camera on a mast: projects vehicles on flat ground to boxes and computes their occlusion."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.vehicles import SIZES_M

Floats = NDArray[np.float64]
Metres = tuple[float, float]

WIDTH_PX, HEIGHT_PX = 1280, 720
GRID = (np.arange(5) + 0.5) / 5
"""Sample points per axis in a box, as fractions: occlusion is measured at 25 points."""
SOLID = 0.85
"""The central share of a box, per axis, that occludes what is behind it: a vehicle does not fill its box's corners."""


@dataclass(frozen=True)
class PinholeCamera:
    """A pinhole camera without distortion.

    Ground coordinates: x east, y north, z up, metres. Pixels: x right, y down.

    Examples:
        >>> camera = PinholeCamera(position_m=(0, 0), height_m=10, target_m=(60, 0), focal_px=1000)
        >>> camera.fraction((60, 0))
        (0.5, 0.5)
    """

    position_m: Metres
    height_m: float
    target_m: Metres
    """The point on the ground at the centre of the image."""
    focal_px: float

    @cached_property
    def centre_m(self) -> Floats:
        """(3,): the camera's optical centre."""
        return np.array([*self.position_m, self.height_m])

    @cached_property
    def axes(self) -> Floats:
        """(3, 3): unit vectors right, down and ahead, as rows."""
        ahead = _unit(np.array([*self.target_m, 0.0]) - self.centre_m)
        right = _unit(np.cross(ahead, [0.0, 0.0, 1.0]))
        return np.stack([right, np.cross(ahead, right), ahead])

    @cached_property
    def to_ground(self) -> Floats:
        """(3, 3): the homography from pixels to metres on the ground."""
        lens = np.array([[self.focal_px, 0, WIDTH_PX / 2], [0, self.focal_px, HEIGHT_PX / 2], [0, 0, 1]])
        flat = self.axes @ np.column_stack([np.eye(3)[:, :2], -self.centre_m])
        inverse: Floats = np.linalg.inv(lens @ flat).astype(np.float64)
        return inverse

    def project(self, points_m: Floats) -> tuple[Floats, Floats]:
        """Pixels (..., 2) of points (..., 3), and their depth (...) in metres, negative behind the camera."""
        relative = (points_m - self.centre_m) @ self.axes.T
        depth_m = relative[..., 2]
        safe_m = np.maximum(depth_m, 1e-3)[..., None]
        return self.focal_px * relative[..., :2] / safe_m + np.array([WIDTH_PX, HEIGHT_PX]) / 2, depth_m

    def fraction(self, point_m: Metres) -> Metres:
        """A ground point in the image, as fractions of its width and height."""
        pixels, _ = self.project(np.array([*point_m, 0.0]))
        return float(pixels[0] / WIDTH_PX), float(pixels[1] / HEIGHT_PX)

    def ground(self, pixels: Floats) -> Floats:
        """Ground points (..., 2) in metres of pixels (..., 2)."""
        lifted = np.concatenate([pixels, np.ones((*pixels.shape[:-1], 1))], axis=-1) @ self.to_ground.T
        metres: Floats = lifted[..., :2] / lifted[..., 2:]
        return metres

    def boxes(self, center_m: Floats, heading: Floats, class_id: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Boxes (N, 4) of vehicles in pixels, not clipped to the image, and their depth (N,) in metres.

        `center_m` (N, 2) are the vehicles' centres on the ground, `heading` (N, 2) unit vectors.
        """
        size = SIZES_M[class_id]
        along, across = heading * size[:, :1] / 2, heading[:, ::-1] * np.array([1, -1]) * size[:, 1:2] / 2
        corners = np.stack([center_m + s * along + t * across for s in (-1, 1) for t in (-1, 1)], axis=1)
        low = np.concatenate([corners, np.zeros((len(corners), 4, 1))], axis=2)
        high = np.concatenate([corners, np.broadcast_to(size[:, None, 2:], (len(corners), 4, 1))], axis=2)
        pixels, depth_m = self.project(np.concatenate([low, high], axis=1))
        box = np.concatenate([pixels.min(axis=1), pixels.max(axis=1)], axis=1)
        return box, depth_m.min(axis=1)


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / float(np.linalg.norm(vector))
    return unit


def clipped(xyxy: Floats) -> Floats:
    """The boxes (N, 4), clipped to the image."""
    limits = np.array([WIDTH_PX, HEIGHT_PX, WIDTH_PX, HEIGHT_PX], np.float64)
    return np.clip(xyxy, 0, limits)


def visible_share(xyxy: Floats) -> Floats:
    """(N,): the share of each box that lies inside the image."""
    inner = clipped(xyxy)
    share: Floats = np.prod(inner[:, 2:] - inner[:, :2], axis=1) / np.prod(xyxy[:, 2:] - xyxy[:, :2], axis=1)
    return share


def occluded_share(xyxy: Floats, depth_m: Floats) -> Floats:
    """(N,): the share of each box that boxes nearer to the camera occlude."""
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
    # Sample point (i, j) of box n is occluded where one box m covers both its x and its y.
    is_occluded = np.zeros((len(xyxy), len(GRID), len(GRID)), bool)
    np.logical_or.at(is_occluded, n, in_x[:, :, None] & in_y[:, None])
    share: Floats = is_occluded.mean(axis=(1, 2))
    return share
