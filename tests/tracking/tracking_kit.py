"""Detections of vehicles on straight paths, and a tracker for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vision.common.object_class import ObjectClass
from vision.config.camera import TrackingConfig
from vision.core import Detections
from vision.tracking import TrackedFrame, Tracker


@dataclass(frozen=True)
class Box:
    """One detection."""

    x: float
    y: float
    width: float = 40
    height: float = 40
    confidence: float = 0.6
    object_class: ObjectClass = ObjectClass.CAR


def detections(boxes: Sequence[Box]) -> Detections:
    corners = [(b.x - b.width / 2, b.y - b.height / 2, b.x + b.width / 2, b.y + b.height / 2) for b in boxes]
    return Detections(
        xyxy=np.array(corners, np.float32).reshape(-1, 4),
        confidence=np.array([b.confidence for b in boxes], np.float32),
        class_id=np.array([b.object_class.class_id for b in boxes], np.int64),
    )


def tracker(*, fps: float = 10, **settings: object) -> Tracker:
    return Tracker(TrackingConfig.model_validate(settings), fps=fps)


def follow(
    frames: Iterable[Sequence[Box]], by: Tracker | None = None, *, fps: float = 10, start_s: float = 0
) -> list[TrackedFrame]:
    """All that a tracker returns for these frames."""
    by = tracker(fps=fps) if by is None else by
    return [s for n, boxes in enumerate(frames) for s in by.update(detections(boxes), start_s + n / fps)]


def ids(tracked: Iterable[TrackedFrame]) -> list[int]:
    """Every id once, in order of appearance."""
    return list(dict.fromkeys(int(i) for s in tracked for i in s.tracks.track_id))
