"""A straight road in a view from straight above, with the tracks of the vehicles on it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from vision.analytics import LineCounter, Scene
from vision.analytics.kinematics.estimator import KinematicsEstimator
from vision.analytics.kinematics.ground_plane import CalibratedGround, EstimatedGround, GroundPlane
from vision.analytics.lines.speed import CrossingSpeedEstimator
from vision.analytics.zones.free_flow import FreeFlow
from vision.analytics.zones.monitor import ZoneMonitor
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.core import Tracks
from vision.geometry import fit_homography, points_in_polygons

SIZE = (1280, 720)
PX_PER_M = 10.0
CORNERS_M = np.array([[0.0, 0.0], [128.0, 0.0], [128.0, 72.0], [0.0, 72.0]])
FOUR_CORNERS = {
    "kind": "points",
    "points": [{"picture": (x / 128, y / 72), "ground_m": (x, y)} for x, y in CORNERS_M.tolist()],
}
BODY_M = {
    ObjectClass.BICYCLE: (1.8, 0.6),
    ObjectClass.MOTORCYCLE: (1.9, 0.8),
    ObjectClass.CAR: (4.5, 1.8),
    ObjectClass.BUS: (11.0, 2.5),
    ObjectClass.TRUCK: (8.0, 2.5),
    ObjectClass.PERSON: (0.5, 0.5),
}
FREE_MPS = 50 / 3.6

Trajectory = Callable[[float], float]
"""Position of a vehicle's center along the road (x, metres) by time (s)."""


@dataclass(frozen=True)
class Vehicle:
    """Drives along the road towards larger x, in the lane at `y_m`."""

    track_id: int
    trajectory: Trajectory
    y_m: float = 36.0
    object_class: ObjectClass = ObjectClass.CAR
    undetected: Callable[[float], bool] = field(default=lambda t_s: False)

    def box_px(self, t_s: float) -> tuple[float, float, float, float] | None:
        x_m = self.trajectory(t_s)
        length_m, width_m = BODY_M[self.object_class]
        if self.undetected(t_s) or not -length_m / 2 < x_m < 128 + length_m / 2:
            return None
        half = np.array([length_m, width_m]) / 2
        low, high = np.array([x_m, self.y_m]) - half, np.array([x_m, self.y_m]) + half
        edges = np.clip([*low, *high], 0, [128, 72, 128, 72]) * PX_PER_M
        return tuple(edges.tolist())


def steady(speed_mps: float, start_m: float = 0.0, start_s: float = 0.0) -> Trajectory:
    return lambda t_s: start_m + speed_mps * (t_s - start_s)


def parked(at_m: float) -> Trajectory:
    return lambda t_s: at_m


def stopping(at_m: float, *, stops_s: float, starts_s: float = np.inf, speed_mps: float = FREE_MPS) -> Trajectory:
    """Approaches, brakes at 2.5 m/s2, is stopped at `at_m` from `stops_s` to `starts_s`, accelerates at 2 m/s2."""
    braking_s, starting_s = speed_mps / 2.5, speed_mps / 2.0

    def position(t_s: float) -> float:
        if t_s < stops_s - braking_s:
            return at_m - speed_mps * braking_s / 2 - speed_mps * (stops_s - braking_s - t_s)
        if t_s < stops_s:
            return at_m - 2.5 * (stops_s - t_s) ** 2 / 2
        if t_s < starts_s:
            return at_m
        if t_s < starts_s + starting_s:
            return at_m + 2.0 * (t_s - starts_s) ** 2 / 2
        return at_m + speed_mps * starting_s / 2 + speed_mps * (t_s - starts_s - starting_s)

    return position


def road(x0_m: float, x1_m: float, **more: object) -> dict[str, object]:
    """A zone across the whole road, from `x0_m` to `x1_m` along it."""
    corners = [(x0_m, 26.0), (x1_m, 26.0), (x1_m, 46.0), (x0_m, 46.0)]
    return {"id": "road", "polygon": [(x / 128, y / 72) for x, y in corners], **more}


def across(x_m: float, line_id: str) -> dict[str, object]:
    """A line across the road; vehicles towards larger x go in."""
    return {"id": line_id, "start": (x_m / 128, 46 / 72), "end": (x_m / 128, 26 / 72)}


def camera(
    zones: Sequence[dict[str, object]] = (), lines: Sequence[dict[str, object]] = (), **more: object
) -> CameraConfig:
    base = {"id": "above", "source": {"kind": "file", "path": "a.mp4"}, "calibration": FOUR_CORNERS, **more}
    return CameraConfig.model_validate({**base, "zones": list(zones), "lines": list(lines)})


def ground_of(config: CameraConfig) -> GroundPlane:
    if config.calibration is None:
        return EstimatedGround(*SIZE)
    return CalibratedGround(fit_homography(PX_PER_M * CORNERS_M, CORNERS_M))


class Road:
    """The analytics of a camera straight above the road, from tracks to zones."""

    def __init__(self, config: CameraConfig, *, free_flow: FreeFlow | None = None, jitter_m: float = 0.0) -> None:
        ground = ground_of(config)
        self.config = config
        self.jitter_m = jitter_m
        self.zones = ZoneMonitor(config, *SIZE, ground, free_flow=free_flow)
        self._calibrated = ground.is_calibrated
        self._kinematics = KinematicsEstimator(ground, *SIZE, forget_after_s=4, implausible_mps=50)
        self._speeds = CrossingSpeedEstimator(config.lines, *SIZE, ground, implausible_mps=50)
        self._counter = LineCounter(config.lines, *SIZE)
        self._polygons_px = [np.array(zone.polygon) * SIZE for zone in config.zones]
        self._rng = np.random.default_rng(0)

    def update(self, vehicles: Iterable[Vehicle], t_s: float) -> Scene:
        observations = self._kinematics.observe(self._tracks(vehicles, t_s), t_s)
        tracks = self._kinematics.update(observations, t_s)
        inside = points_in_polygons(tracks.bottom_center_px, self._polygons_px)
        crossings = self._counter.update(observations, t_s)
        return Scene(
            at_s=t_s,
            width_px=SIZE[0],
            height_px=SIZE[1],
            tracks=tracks,
            inside=inside,
            zones=self.zones.update(tracks, inside, t_s),
            crossings=tuple(self._speeds.update(crossings, tracks, self._kinematics.ground_trajectory, t_s)),
            is_calibrated=self._calibrated,
        )

    def watch(
        self, vehicles: Sequence[Vehicle], seconds: float, *, fps: float = 10, start_s: float = 0.0
    ) -> Iterator[Scene]:
        for n in range(round(seconds * fps) + 1):
            yield self.update(vehicles, start_s + n / fps)

    def _tracks(self, vehicles: Iterable[Vehicle], t_s: float) -> Tracks:
        visible = [(v, box) for v in vehicles if (box := v.box_px(t_s)) is not None]
        n = len(visible)
        boxes = np.array([box for _, box in visible]).reshape(-1, 4)
        boxes += self._rng.normal(0, PX_PER_M * self.jitter_m, boxes.shape) if self.jitter_m else 0
        return Tracks(
            xyxy=boxes.astype(np.float32),
            confidence=np.full(n, 0.8, np.float32),
            class_id=np.array([v.object_class.class_id for v, _ in visible], np.int64),
            track_id=np.array([v.track_id for v, _ in visible], np.int64),
            age=np.ones(n, np.int64),
        )


def last(scenes: Iterable[Scene]) -> Scene:
    *_, scene = scenes
    return scene


MINUTE = timedelta(minutes=1)
