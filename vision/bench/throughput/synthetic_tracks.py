"""Endless synthetic tracks, and a camera file that uses every analytics feature."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import ObjectClass
from vision.common.traffic_light import Light
from vision.config.calibration import GroundPoint, PointsCalibration
from vision.config.camera import CameraConfig
from vision.config.lines import LineConfig, MovementConfig
from vision.config.sources import FileSource
from vision.config.zones import ControllerConfig, DirectionConfig, SignalConfig, ZoneConfig, ZoneKind
from vision.contracts import Direction
from vision.core import Tracks
from vision.core.roadside import RoadObject, SignalNow

Floats = NDArray[np.float64]
WIDTH_PX, HEIGHT_PX = 1280, 720
FPS = 12.0
KINDS = np.array(
    [ObjectClass.MOTORCYCLE.class_id] * 16
    + [ObjectClass.CAR.class_id] * 2
    + [ObjectClass.BUS.class_id, ObjectClass.PERSON.class_id]
)
"""80 % motorcycles, as on Hanoi's streets."""
SIZE_PX = np.array([[20.0, 30], [20, 34], [60, 50], [90, 90], [80, 80], [14, 36]])
"""By class: width and height."""
STOPS, WRONG_WAY = 0.1, 0.02
"""Stops per vehicle and 10 s, and the share of the vehicles that drive the wrong way."""
LIGHT_S = 30.0
"""Duration of the green, and of the red light."""


def crossing_camera() -> CameraConfig:
    """A camera file with everything that costs time: zones of several kinds, a queue with spillback, lines, movements,
    a signal and a calibration, so that every rule runs."""
    corners = {"nw": (0.3, 0.1), "ne": (0.7, 0.1), "se": (0.95, 0.95), "sw": (0.05, 0.95)}
    ground_m = {"nw": (0.0, 60.0), "ne": (14.0, 60.0), "se": (14.0, 0.0), "sw": (0.0, 0.0)}
    towards = DirectionConfig(start=(0.4, 0.1), end=(0.3, 0.9))
    return CameraConfig(
        id="cost",
        source=FileSource(path="nowhere"),
        zones=(
            ZoneConfig(
                id="towards",
                polygon=(corners["nw"], (0.5, 0.1), (0.5, 0.95), corners["sw"]),
                direction=towards,
                lanes=2,
                stop_line="stop",
                spillback_line="back",
                signal="lights",
                speed_limit_kmh=50,
            ),
            ZoneConfig(id="away", polygon=((0.5, 0.1), (0.62, 0.1), (0.78, 0.95), (0.5, 0.95)), lanes=1),
            ZoneConfig(
                id="kerb",
                polygon=((0.62, 0.1), corners["ne"], corners["se"], (0.78, 0.95)),
                lanes=1,
                stopping_banned=True,
            ),
            ZoneConfig(
                id="crosswalk", kind=ZoneKind.CROSSWALK, polygon=((0.1, 0.8), (0.9, 0.8), (0.9, 0.9), (0.1, 0.9))
            ),
            ZoneConfig(
                id="pavement", kind=ZoneKind.PAVEMENT, polygon=((0.75, 0.1), (0.95, 0.1), (0.99, 0.9), (0.97, 0.9))
            ),
        ),
        lines=(
            LineConfig(id="stop", start=(0.05, 0.75), end=(0.5, 0.75)),
            LineConfig(id="back", start=(0.25, 0.3), end=(0.5, 0.3)),
            LineConfig(id="middle", start=(0.2, 0.5), end=(0.8, 0.5)),
        ),
        movements=(
            MovementConfig(id="through", entry="middle", exit="stop"),
            MovementConfig(
                id="back-again",
                entry="middle",
                exit="middle",
                entry_direction=Direction.IN,
                exit_direction=Direction.OUT,
                banned=True,
            ),
        ),
        signals=(SignalConfig(id="lights", state=ControllerConfig()),),
        calibration=PointsCalibration(
            points=tuple(GroundPoint(picture=corners[name], ground_m=ground_m[name]) for name in corners)
        ),
        interval=timedelta(minutes=1),
    )


def signals_at(at_s: float) -> dict[str, SignalNow]:
    """The camera's signal: green, red, green ..."""
    phase = at_s // LIGHT_S
    return {"lights": SignalNow(Light.RED if phase % 2 else Light.GREEN, phase * LIGHT_S)}


def road_objects_at(at_s: float) -> tuple[RoadObject, ...]:
    """An object on the road, half of the time."""
    phase = at_s // (2 * LIGHT_S)
    return (RoadObject((700, 400, 730, 420), phase * 2 * LIGHT_S, 0.8, "away"),) if phase % 2 else ()


def endless_traffic(tracks: int, *, fps: float = FPS, seed: int = 0) -> Iterator[tuple[float, Tracks]]:
    """Yield time and tracks of each frame: vehicles drive down or up the image, some stop.

    A vehicle that leaves is replaced by a new one with a new id. The same seed gives the same tracks.
    """
    rng = np.random.default_rng(seed)
    kinds = rng.choice(KINDS, tracks)
    ids = np.arange(1, tracks + 1)
    at_px = np.stack([rng.uniform(200, 1080, tracks), rng.uniform(60, 700, tracks)], axis=1)
    speed_px = _speeds(at_px[:, 0], rng)
    stopped_until_s = np.zeros(tracks)
    frame = 0
    while True:
        at_s = frame / fps
        yield at_s, _tracks(ids, kinds, at_px + rng.normal(0, 1, (tracks, 2)))
        at_px[:, 1] += np.where(stopped_until_s > at_s, 0, speed_px) / fps
        begins = (rng.random(tracks) < STOPS / (10 * fps)) & (stopped_until_s < at_s)
        stopped_until_s[begins] = at_s + rng.uniform(2, 30, int(begins.sum()))
        left = np.flatnonzero((at_px[:, 1] < 40) | (at_px[:, 1] > HEIGHT_PX))
        if len(left):
            at_px[left, 0] = rng.uniform(200, 1080, len(left))
            speed_px[left] = _speeds(at_px[left, 0], rng)
            at_px[left, 1] = np.where(speed_px[left] > 0, 60, 700)
            ids[left] = ids.max() + 1 + np.arange(len(left))
            kinds[left] = rng.choice(KINDS, len(left))
        frame += 1


def _speeds(x_px: Floats, rng: np.random.Generator) -> Floats:
    """(N,): pixels per second, down in the left half and up in the right, reversed for wrong-way drivers."""
    direction = np.where(x_px < WIDTH_PX / 2, 1, -1) * np.where(rng.random(len(x_px)) < WRONG_WAY, -1, 1)
    speeds: Floats = direction * rng.uniform(60, 160, len(x_px))
    return speeds


def _tracks(ids: NDArray[np.int64], kinds: NDArray[np.int64], at_px: Floats) -> Tracks:
    half_px = SIZE_PX[kinds] / 2
    return Tracks(
        xyxy=np.concatenate([at_px - half_px, at_px + half_px], axis=1).astype(np.float32),
        confidence=np.full(len(ids), 0.7, np.float32),
        class_id=kinds.copy(),
        track_id=ids.copy(),
        age=np.full(len(ids), 10, np.int64),
    )
