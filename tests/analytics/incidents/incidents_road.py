"""A road observer from straight above, ten pixels per metre, on which scripted actors drive and walk.

```
 y m   0 .. 10   nothing
      20 .. 34   carriageway "north", traffic to the right (four lanes, their middles at 21.75, 25.25, 28.75, 32.25)
      34 .. 38   hard shoulder "shoulder"
      38 .. 44   pavement "pavement"
```
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from vision.analytics.analyzer import TrafficAnalyzer
from vision.analytics.incidents import IncidentChange
from vision.analytics.scene import Scene, SignalNow
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.core import Tracks

PX_M = 10.0
SIZE = (1280, 720)
SIZE_M = {
    ObjectClass.BICYCLE: (1.8, 0.8),
    ObjectClass.MOTORCYCLE: (2.0, 0.9),
    ObjectClass.CAR: (4.5, 1.8),
    ObjectClass.BUS: (11.0, 2.6),
    ObjectClass.TRUCK: (9.0, 2.5),
    ObjectClass.PERSON: (0.8, 1.2),
}
LANES_M = (21.75, 25.25, 28.75, 32.25)
SHOULDER_M = 36.0
PAVEMENT_M = 41.0

Position = tuple[float, float]
Trajectory = Callable[[float], Position | None]
"""The position of an actor's bottom centre at a time, in metres; `None`: outside the picture."""


@dataclass(frozen=True)
class Actor:
    trajectory: Trajectory
    object_class: ObjectClass = ObjectClass.CAR


def box_m(x0: float, y0: float, x1: float, y1: float) -> list[list[float]]:
    """A rectangle in fractions of the picture."""
    width_m, height_m = SIZE[0] / PX_M, SIZE[1] / PX_M
    return [
        [x0 / width_m, y0 / height_m],
        [x1 / width_m, y0 / height_m],
        [x1 / width_m, y1 / height_m],
        [x0 / width_m, y1 / height_m],
    ]


def line_m(line_id: str, x0: float, y0: float, x1: float, y1: float) -> dict[str, object]:
    (a, b), (c, d) = box_m(x0, y0, x1, y1)[0], box_m(x0, y0, x1, y1)[2]
    return {"id": line_id, "start": [a, b], "end": [c, d]}


TO_THE_RIGHT = {"start": [0.2, 0.5], "end": [0.8, 0.5]}
NORTH = {"id": "north", "polygon": box_m(2, 20, 126, 34), "direction": TO_THE_RIGHT}
SHOULDER = {"id": "shoulder", "kind": "shoulder", "polygon": box_m(2, 34, 126, 38), "direction": TO_THE_RIGHT}
PAVEMENT = {"id": "pavement", "kind": "pavement", "polygon": box_m(2, 38, 126, 44)}
CALIBRATION = {
    "kind": "points",
    "points": [
        {"picture": [0, 0], "ground_m": [0, 0]},
        {"picture": [1, 0], "ground_m": [128, 0]},
        {"picture": [1, 1], "ground_m": [128, 72]},
        {"picture": [0, 1], "ground_m": [0, 72]},
    ],
}


def camera(*zones: dict[str, object], calibrated: bool = True, **more: object) -> CameraConfig:
    return CameraConfig.model_validate(
        {
            "id": "c",
            "source": {"kind": "file", "path": "c.mp4"},
            "zones": list(zones or (NORTH, SHOULDER, PAVEMENT)),
            "calibration": CALIBRATION if calibrated else None,
            **more,
        }
    )


def drives(
    y_m: float, speed_mps: float, *, start_s: float = 0, x_m: float = 0, until_s: float = np.inf, to_left: bool = False
) -> Trajectory:
    """Drives through at constant speed from `start_s` on."""
    sign = -1 if to_left else 1
    begin_m = 128 - x_m if to_left else x_m

    def trajectory(t: float) -> Position | None:
        x = begin_m + sign * speed_mps * (t - start_s)
        return (x, y_m) if start_s <= t < until_s and 0 <= x <= 128 else None

    return trajectory


def halts(
    y_m: float,
    speed_mps: float,
    at_m: float,
    *,
    start_s: float = 0,
    braking: float = 3.0,
    for_s: float = np.inf,
    starting: float = np.inf,
) -> Trajectory:
    """Drives in, brakes, stops at a position, and drives on after `for_s`."""
    brake_s, brake_m = speed_mps / braking, speed_mps**2 / (2 * braking)
    stopped_from_s = start_s + (at_m - brake_m) / speed_mps + brake_s

    def trajectory(t: float) -> Position | None:
        if t < start_s:
            return None
        if t >= stopped_from_s + for_s:
            driven_s, accelerating_s = t - stopped_from_s - for_s, speed_mps / starting
            x = at_m + (
                speed_mps * (driven_s - accelerating_s / 2)
                if driven_s >= accelerating_s
                else starting * driven_s**2 / 2
            )
        elif t >= stopped_from_s:
            x = at_m
        elif t >= stopped_from_s - brake_s:
            x = at_m - braking * (stopped_from_s - t) ** 2 / 2
        else:
            x = speed_mps * (t - start_s)
        return (x, y_m) if x <= 128 else None

    return trajectory


def stop_time_s(speed_mps: float, at_m: float, *, start_s: float = 0, braking: float = 3.0) -> float:
    """When `halts` stops."""
    return start_s + (at_m - speed_mps**2 / (2 * braking)) / speed_mps + speed_mps / braking


def flow(
    lanes_m: Sequence[float] = LANES_M,
    speed_mps: float = 14,
    *,
    every_s: float = 4,
    until_s: float = 60,
    object_class: ObjectClass = ObjectClass.CAR,
) -> list[Actor]:
    """Traffic that drives through, in one lane after the other."""
    starts = np.arange(-10, until_s, every_s / len(lanes_m))
    return [
        Actor(drives(lanes_m[n % len(lanes_m)], speed_mps, start_s=s), object_class)
        for n, s in enumerate(starts.tolist())
    ]


@dataclass
class Noise:
    """Errors of a detector and a tracker."""

    jitter: float = 0.0
    """Standard deviation of the box's position, in box sizes."""
    missed: float = 0.0
    """Probability per frame that a gap of about 0.4 s starts."""
    switched: float = 0.0
    """Probability per frame that a track gets a new id."""
    flipped: float = 0.0
    """Probability per frame that the class is wrong in this frame."""
    seed: int = 0
    first_id: int = 1
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)


NOISY = Noise(jitter=0.03, missed=0.02, switched=0.002, flipped=0.02)


class Camera:
    """Observes actors with noise, and analyses what it observes."""

    def __init__(self, config: CameraConfig, noise: Noise | None = None, confidence: float = 0.8) -> None:
        self._confidence = confidence
        self._noise = noise or Noise()
        self.analyzer = TrafficAnalyzer(config, *SIZE)
        self._ids: dict[int, int] = {}
        self._next_id = self._noise.first_id
        self._gap_until_s: dict[int, float] = {}

    def observe(
        self, actors: Sequence[Actor], t: float, signals: dict[str, SignalNow] | None = None
    ) -> list[IncidentChange]:
        return list(self.analyzer.update(self.tracks(actors, t), t, signals=signals or {}).incidents)

    def scene(self, actors: Sequence[Actor], t: float) -> Scene:
        return self.analyzer.update(self.tracks(actors, t), t).scene

    def tracks(self, actors: Sequence[Actor], t: float) -> Tracks:
        boxes, ids, classes = [], [], []
        noise = self._noise
        for number, actor in enumerate(actors):
            position = actor.trajectory(t)
            if position is None or self._is_in_gap(number, t):
                continue
            if number not in self._ids or noise.rng.random() < noise.switched:
                self._ids[number], self._next_id = self._next_id, self._next_id + 1
            boxes.append(self._box(actor, position))
            ids.append(self._ids[number])
            flips = noise.rng.random() < noise.flipped
            classes.append((ObjectClass.TRUCK if flips else actor.object_class).class_id)
        n = len(ids)
        return Tracks(
            xyxy=np.array(boxes, np.float32).reshape(-1, 4),
            confidence=np.full(n, self._confidence, np.float32),
            class_id=np.array(classes, np.int64),
            track_id=np.array(ids, np.int64),
            age=np.full(n, 10, np.int64),
        )

    def _is_in_gap(self, number: int, t: float) -> bool:
        if self._noise.missed and self._noise.rng.random() < self._noise.missed:
            self._gap_until_s[number] = t + self._noise.rng.exponential(0.4)
        return t < self._gap_until_s.get(number, -np.inf)

    def _box(self, actor: Actor, position: Position) -> list[float]:
        length, width = SIZE_M[actor.object_class]
        jitter = self._noise.rng.normal(0, self._noise.jitter, 2) * (length, width) if self._noise.jitter else (0, 0)
        x, y = position[0] + jitter[0], position[1] + jitter[1]
        bottom_px = min(y * PX_M, SIZE[1])
        return [(x - length / 2) * PX_M, (y - width) * PX_M, (x + length / 2) * PX_M, bottom_px]


def detect(
    config: CameraConfig,
    actors: Sequence[Actor],
    end_s: float,
    *,
    fps: float = 8,
    noise: Noise | None = None,
    signals: Callable[[float], dict[str, SignalNow]] | None = None,
    start_s: float = 0,
    confidence: float = 0.8,
) -> list[IncidentChange]:
    """All incident changes from these actors, frame by frame and at the end."""
    observer = Camera(config, noise, confidence)
    changes: list[IncidentChange] = []
    times = np.arange(start_s, end_s, 1 / fps).tolist()
    for t in times:
        changes += observer.observe(actors, t, signals(t) if signals else None)
    return [*changes, *observer.analyzer.close(end_s).incidents]


def raised(changes: Iterable[IncidentChange]) -> list[IncidentChange]:
    return [change for change in changes if change.sequence == 0]


def kinds(changes: Iterable[IncidentChange]) -> list[str]:
    """The kinds that were raised, in order."""
    return [str(change.kind) for change in raised(changes)]
