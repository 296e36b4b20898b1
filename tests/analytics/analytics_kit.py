"""Tracks of vehicles on straight lines, and runners that pass them to one stage of the analytics."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics import Crossing, LineCounter
from vision.analytics.kinematics.estimator import KinematicsEstimator
from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.observations import ObservationBuilder
from vision.analytics.kinematics.state import Bools, TrackKinematics
from vision.common.object_class import ObjectClass
from vision.config.lines import Anchor, LineConfig
from vision.core import Tracks

SIZE = (1000, 800)


@dataclass(frozen=True)
class At:
    """One observation: when, which track, where its center is, how large it is, in pixels."""

    t_s: float
    track_id: int
    x: float
    y: float
    width: float = 40
    height: float = 40
    object_class: ObjectClass = ObjectClass.CAR


def line(
    x0: float, y0: float, x1: float, y1: float, *, line_id: str = "l", anchor: Anchor = Anchor.CENTER
) -> LineConfig:
    """A line given in pixels of a picture of SIZE."""
    width, height = SIZE
    return LineConfig(id=line_id, start=(x0 / width, y0 / height), end=(x1 / width, y1 / height), anchor=anchor)


LEVEL = line(100, 400, 900, 400)


def down(
    ys: Iterable[float], *, track_id: int = 1, x: float = 500, step_s: float = 0.1, start_s: float = 0
) -> list[At]:
    """A vehicle at these heights, one after the other."""
    return [At(start_s + n * step_s, track_id, x, y) for n, y in enumerate(ys)]


def tracks(observations: Sequence[At]) -> Tracks:
    boxes = [(s.x - s.width / 2, s.y - s.height / 2, s.x + s.width / 2, s.y + s.height / 2) for s in observations]
    return Tracks(
        xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        confidence=np.full(len(observations), 0.8, np.float32),
        class_id=np.array([s.object_class.class_id for s in observations], np.int64),
        track_id=np.array([s.track_id for s in observations], np.int64),
        age=np.ones(len(observations), np.int64),
    )


class Kinematics:
    """The kinematics of one camera's tracks, frame by frame."""

    def __init__(self, ground: GroundPlane, size: tuple[int, int] = (1280, 720)) -> None:
        self.estimator = KinematicsEstimator(ground, *size, forget_after_s=4, implausible_mps=50)

    def update(self, tracks: Tracks, at_s: float) -> TrackKinematics:
        return self.estimator.update(self.estimator.observe(tracks, at_s), at_s)


class Counting:
    """A line counter, frame by frame."""

    def __init__(self, lines: Sequence[LineConfig] = (LEVEL,), size: tuple[int, int] = SIZE) -> None:
        self.builder = ObservationBuilder(*size, forget_after_s=4)
        self._counter = LineCounter(lines, *size)

    def update(self, tracks: Tracks, at_s: float, *, is_stopped: Bools | None = None) -> list[Crossing]:
        return self._counter.update(self.builder.observe(tracks, at_s), at_s, is_stopped=is_stopped)


def count(
    observations: Iterable[At], lines: Sequence[LineConfig] = (LEVEL,), size: tuple[int, int] = SIZE
) -> list[Crossing]:
    """The crossings that a counter finds in these observations, frame by frame."""
    counting = Counting(lines, size)
    frames: dict[float, list[At]] = {}
    for observation in observations:
        frames.setdefault(observation.t_s, []).append(observation)
    return [c for t_s in sorted(frames) for c in counting.update(tracks(frames[t_s]), t_s)]


def directions(crossings: Iterable[Crossing]) -> list[str]:
    return [str(c.direction) for c in crossings]
