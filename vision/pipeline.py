"""One camera from detections to events: the same code counts a video, runs a benchmark and serves a worker."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from vision.analytics import Crossing, LineCounter, Movement, MovementCounter
from vision.classes import CLASSES
from vision.config.camera import CameraConfig, DetectionConfig
from vision.core import Detections, Frame, Tracks
from vision.tracking import Tracker

CLOCK_TREMBLE_S = 1.0
"""A stream whose time goes back by less has bad time stamps; by more, it began anew."""
SMALLEST_STEP_S = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What one frame added: the confirmed tracks in it, and the crossings and movements that became known with it."""

    captured_at: datetime
    media_time_s: float
    tracks: Tracks
    crossings: tuple[Crossing, ...]
    movements: tuple[Movement, ...]

    def wall_time(self, at_s: float) -> datetime:
        """The moment on the wall clock that a moment of this stream's media time was: `wall_time(crossing.at_s)`."""
        return self.captured_at + timedelta(seconds=at_s - self.media_time_s)


class CameraPipeline:
    """Follows and counts the vehicles of one camera.

    Lines are turned into pixels when the first frame comes and whenever frames change size. A change of size and a
    stream that begins anew start all tracks afresh; ids go on growing.
    """

    def __init__(self, camera: CameraConfig) -> None:
        self._camera = camera
        self._least = _least_confidence(camera.detection)
        self._tracker = Tracker(camera.tracking, fps=camera.detection.fps)
        self._size_px = (0, 0)
        self._newest_s = -np.inf

    def process(self, frame: Frame, detections: Detections) -> Observed:
        """Take in one frame and what was detected in it. Frames come in the order in which they were captured."""
        self._start_afresh_if_needed(frame)
        self._newest_s = at_s = max(frame.media_time_s, self._newest_s + SMALLEST_STEP_S)
        sure = detections[detections.confidence >= self._least[detections.class_id]]
        sightings = self._tracker.update(sure, at_s)
        crossings = [c for seen in sightings for c in self._counter.update(seen.tracks, seen.at_s)]
        movements = self._movements.update(crossings, at_s)
        return Observed(frame.captured_at, at_s, sightings[-1].tracks, tuple(crossings), tuple(movements))

    def _start_afresh_if_needed(self, frame: Frame) -> None:
        size_px = (frame.width_px, frame.height_px)
        if size_px == self._size_px and frame.media_time_s > self._newest_s - CLOCK_TREMBLE_S:
            return
        camera = self._camera
        self._size_px = size_px
        self._newest_s = -np.inf
        self._tracker.reset()
        # A track may be found again after `lost_after`, and its earlier sightings may be told late by as much.
        forget_after_s = 2 * camera.tracking.lost_after.total_seconds()
        self._counter = LineCounter(camera.lines, *size_px, forget_after_s=forget_after_s)
        self._movements = MovementCounter(camera.movements)


def _least_confidence(settings: DetectionConfig) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([settings.confidence_by_class.get(c, settings.confidence) for c in CLASSES], np.float64)
