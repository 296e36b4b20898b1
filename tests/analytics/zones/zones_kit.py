"""A straight road seen from straight above, and vehicles on it, as a tracker would tell of them."""

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
PX_A_METRE = 10.0
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

Way = Callable[[float], float]
"""Where a vehicle's middle is along the road (x, metres), at a time (s)."""


@dataclass(frozen=True)
class Vehicle:
    """Drives along the road towards larger x. `y_m`: which file it keeps to."""

    track_id: int
    way: Way
    y_m: float = 36.0
    object_class: ObjectClass = ObjectClass.CAR
    unseen: Callable[[float], bool] = field(default=lambda t_s: False)

    def box_px(self, t_s: float) -> tuple[float, float, float, float] | None:
        x_m = self.way(t_s)
        length_m, width_m = BODY_M[self.object_class]
        if self.unseen(t_s) or not -length_m / 2 < x_m < 128 + length_m / 2:
            return None
        half = np.array([length_m, width_m]) / 2
        low, high = np.array([x_m, self.y_m]) - half, np.array([x_m, self.y_m]) + half
        edges = np.clip([*low, *high], 0, [128, 72, 128, 72]) * PX_A_METRE
        return tuple(edges.tolist())


def steady(speed_mps: float, start_m: float = 0.0, start_s: float = 0.0) -> Way:
    return lambda t_s: start_m + speed_mps * (t_s - start_s)


def parked(at_m: float) -> Way:
    return lambda t_s: at_m


def halting(at_m: float, *, comes_s: float, goes_s: float = np.inf, speed_mps: float = FREE_MPS) -> Way:
    """Comes at speed, brakes at 2.5 m/s2, stands at `at_m` from `comes_s` to `goes_s`, starts at 2 m/s2."""
    braking_s, starting_s = speed_mps / 2.5, speed_mps / 2.0

    def where(t_s: float) -> float:
        if t_s < comes_s - braking_s:
            return at_m - speed_mps * braking_s / 2 - speed_mps * (comes_s - braking_s - t_s)
        if t_s < comes_s:
            return at_m - 2.5 * (comes_s - t_s) ** 2 / 2
        if t_s < goes_s:
            return at_m
        if t_s < goes_s + starting_s:
            return at_m + 2.0 * (t_s - goes_s) ** 2 / 2
        return at_m + speed_mps * starting_s / 2 + speed_mps * (t_s - goes_s - starting_s)

    return where


def road(x0_m: float, x1_m: float, **more: object) -> dict[str, object]:
    """A zone across the whole road, from here to there along it."""
    corners = [(x0_m, 26.0), (x1_m, 26.0), (x1_m, 46.0), (x0_m, 46.0)]
    return {"id": "road", "polygon": [(x / 128, y / 72) for x, y in corners], **more}


def across(x_m: float, line_id: str) -> dict[str, object]:
    """A line across the road; vehicles towards larger x go in."""
    return {"id": line_id, "start": (x_m / 128, 46 / 72), "end": (x_m / 128, 26 / 72)}


def camera(
    zones: Sequence[dict[str, object]] = (), lines: Sequence[dict[str, object]] = (), **more: object
) -> CameraConfig:
    told = {"id": "above", "source": {"kind": "file", "path": "a.mp4"}, "calibration": FOUR_CORNERS, **more}
    return CameraConfig.model_validate({**told, "zones": list(zones), "lines": list(lines)})


def ground_of(config: CameraConfig) -> GroundPlane:
    if config.calibration is None:
        return EstimatedGround(*SIZE)
    return CalibratedGround(fit_homography(PX_A_METRE * CORNERS_M, CORNERS_M))


class Road:
    """What a camera straight above sees, through everything from tracks to zones."""

    def __init__(self, config: CameraConfig, *, free_flow: FreeFlow | None = None, jitter_m: float = 0.0) -> None:
        ground = ground_of(config)
        self.config = config
        self.jitter_m = jitter_m
        self.zones = ZoneMonitor(config, *SIZE, ground, free_flow=free_flow)
        self._calibrated = ground.is_calibrated
        self._motion = KinematicsEstimator(ground, *SIZE, forget_after_s=4, implausible_mps=50)
        self._passages = CrossingSpeedEstimator(config.lines, *SIZE, ground, implausible_mps=50)
        self._counter = LineCounter(config.lines, *SIZE)
        self._polygons_px = [np.array(zone.polygon) * SIZE for zone in config.zones]
        self._rng = np.random.default_rng(0)

    def see(self, vehicles: Iterable[Vehicle], t_s: float) -> Scene:
        seen = self._motion.observe(self._tracks(vehicles, t_s), t_s)
        motion = self._motion.update(seen, t_s)
        inside = points_in_polygons(motion.bottom_center_px, self._polygons_px)
        crossings = self._counter.update(seen, t_s)
        return Scene(
            at_s=t_s,
            width_px=SIZE[0],
            height_px=SIZE[1],
            tracks=motion,
            inside=inside,
            zones=self.zones.update(motion, inside, t_s),
            crossings=tuple(self._passages.update(crossings, motion, self._motion.ground_trajectory, t_s)),
            is_calibrated=self._calibrated,
        )

    def watch(
        self, vehicles: Sequence[Vehicle], seconds: float, *, fps: float = 10, start_s: float = 0.0
    ) -> Iterator[Scene]:
        for n in range(round(seconds * fps) + 1):
            yield self.see(vehicles, start_s + n / fps)

    def _tracks(self, vehicles: Iterable[Vehicle], t_s: float) -> Tracks:
        seen = [(v, box) for v in vehicles if (box := v.box_px(t_s)) is not None]
        n = len(seen)
        boxes = np.array([box for _, box in seen]).reshape(-1, 4)
        boxes += self._rng.normal(0, PX_A_METRE * self.jitter_m, boxes.shape) if self.jitter_m else 0
        return Tracks(
            xyxy=boxes.astype(np.float32),
            confidence=np.full(n, 0.8, np.float32),
            class_id=np.array([v.object_class.class_id for v, _ in seen], np.int64),
            track_id=np.array([v.track_id for v, _ in seen], np.int64),
            age=np.ones(n, np.int64),
        )


def last(scenes: Iterable[Scene]) -> Scene:
    *_, scene = scenes
    return scene


MINUTE = timedelta(minutes=1)
