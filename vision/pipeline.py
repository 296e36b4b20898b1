"""One camera from detections to facts: the same code counts a video, runs a benchmark and serves a worker."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

import numpy as np
from numpy.typing import NDArray

from vision.analytics import (
    AnalysisResult,
    CalibrationState,
    Crossing,
    FinalResult,
    IncidentChange,
    Movement,
    Scene,
    TrafficAnalyzer,
)
from vision.analytics.kinematics.ground_plane import fit_calibration
from vision.common.object_class import CLASSES
from vision.config.camera import CameraConfig, DetectionConfig
from vision.contracts import CongestionLevel, SignalUpdate
from vision.core import Detections, Frame, Tracks
from vision.image.analyzer import ImageAnalyzer, ImageResult
from vision.image.tampering.view import ReferenceView
from vision.tracking import TrackedFrame, Tracker

CLOCK_TREMBLE_S = 1.0
"""A stream whose time goes back by less has bad time stamps; by more, it began anew."""
SMALLEST_STEP_S = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What one frame added: the confirmed tracks in it, and what became known with it."""

    captured_at: datetime
    media_time_s: float
    frame_index: int
    tracks: Tracks
    crossings: tuple[Crossing, ...] = ()
    movements: tuple[Movement, ...] = ()
    incidents: tuple[IncidentChange, ...] = ()
    scene: Scene | None = None
    """None while lines and zones are suspended."""
    congestion: CongestionLevel | None = None
    """The camera's level; None while too little was seen to say."""
    picture: ImageResult | None = None
    """What was read from the picture itself; None where nobody asked for it."""

    def wall_time(self, at_s: float) -> datetime:
        """The moment on the wall clock that a moment of this stream's media time was: `wall_time(crossing.at_s)`."""
        return self.captured_at + timedelta(seconds=at_s - self.media_time_s)


class CameraPipeline:
    """Follows, counts and watches the road users of one camera.

    Lines and zones are turned into pixels when the first frame comes and whenever frames change size. A change of size
    and a stream that begins anew start all tracks afresh; ids go on growing, and what goes on ends.
    """

    def __init__(
        self,
        camera: CameraConfig,
        *,
        learnt: CalibrationState | None = None,
        watches_picture: bool = False,
        reference_view: ReferenceView | None = None,
        numbers: Iterator[int] | None = None,
    ) -> None:
        """`learnt` is what the camera taught before. With `watches_picture` the picture itself is read too: how well
        the camera sees, whether it moved from its `reference_view` or the first one it sees (which suspends lines and
        zones), what lies on the road, what signals show. `numbers` are the incidents'.

        Raises:
            CalibrationError: the camera's calibration determines no road, or contradicts itself.
        """
        self.learnt = learnt or CalibrationState()
        self._camera = camera
        self._least = _least_confidence(camera.detection)
        self._tracker = Tracker(camera.tracking, fps=camera.detection.fps)
        self._numbers = count(1) if numbers is None else numbers
        self._picture = ImageAnalyzer(camera, reference_view) if watches_picture else None
        self._size_px = (0, 0)
        self._newest_s = -np.inf
        self._newest_at: datetime | None = None
        self._traffic: TrafficAnalyzer | None = None
        self._ended = FinalResult()
        fit_calibration(camera, 1, 1)  # a calibration that is no good is to be known before the first frame

    def process(self, frame: Frame, detections: Detections) -> Observed:
        """Take in one frame and what was detected in it. Frames come in the order in which they were captured."""
        self._start_afresh_if_needed(frame)
        self._newest_s = at_s = max(frame.media_time_s, self._newest_s + SMALLEST_STEP_S)
        self._newest_at = frame.captured_at
        sure = detections[detections.confidence >= self._least[detections.class_id]]
        sightings = self._tracker.update(sure, at_s)
        tracks = sightings[-1].tracks
        picture = self._picture.update(frame, tracks, at_s, to_road=self._to_road()) if self._picture else None
        seen = Observed(frame.captured_at, at_s, frame.index, tracks, picture=picture)
        if picture is not None and picture.quality.is_suspended:
            self._suspend(at_s)
            ended = self._take_ended()
            return replace(seen, crossings=ended.crossings, incidents=ended.incidents)
        return self._with_moment(seen, self._analyse(sightings, picture, at_s))

    def tell_signal(self, told: SignalUpdate) -> None:
        """A controller said what one of the camera's signals shows."""
        if self._picture is not None:
            self._picture.report_signal(told)

    @property
    def reference_view(self) -> ReferenceView | None:
        """The view that the camera is used to; None while it is not known."""
        return self._picture.reference_view if self._picture else None

    def open_incidents(self) -> list[IncidentChange]:
        """The newest of each incident that goes on."""
        return self._traffic.open_incidents() if self._traffic else []

    @property
    def open_count(self) -> int:
        """How many incidents go on."""
        return self._traffic.open_count if self._traffic else 0

    def close(self) -> FinalResult:
        """The camera is watched no longer."""
        self._suspend(self._newest_s)
        return self._take_ended()

    def _to_road(self) -> NDArray[np.float64] | None:
        """(3, 3): from the picture in pixels to the road in metres; None where that would be an estimate."""
        ground = self.learnt.ground_of(self._camera, *self._size_px)
        return ground.matrix if ground.is_calibrated else None

    def _analyse(self, sightings: list[TrackedFrame], picture: ImageResult | None, at_s: float) -> AnalysisResult:
        if self._traffic is None:
            self._traffic = TrafficAnalyzer(self._camera, *self._size_px, learnt=self.learnt, numbers=self._numbers)
        return self._traffic.update(
            sightings[-1].tracks,
            at_s,
            earlier=[(seen.at_s, seen.tracks) for seen in sightings[:-1]],
            signals=picture.signals if picture else None,
            road_objects=picture.road_objects if picture else (),
        )

    def _with_moment(self, seen: Observed, moment: AnalysisResult) -> Observed:
        ended = self._take_ended()
        return replace(
            seen,
            crossings=(*ended.crossings, *moment.crossings),
            movements=moment.movements,
            incidents=(*ended.incidents, *moment.incidents),
            scene=moment.scene,
            congestion=moment.congestion,
        )

    def _suspend(self, at_s: float) -> None:
        """End what goes on; the next analysis begins anew, with what was learnt."""
        if self._traffic is not None:
            last = self._traffic.close(at_s)
            self._ended = FinalResult(self._ended.crossings + last.crossings, self._ended.incidents + last.incidents)
            self._traffic = None

    def _take_ended(self) -> FinalResult:
        ended, self._ended = self._ended, FinalResult()
        return ended

    def _start_afresh_if_needed(self, frame: Frame) -> None:
        size_px = (frame.width_px, frame.height_px)
        if size_px == self._size_px and frame.media_time_s > self._newest_s - CLOCK_TREMBLE_S:
            return
        self._suspend(self._newest_s)
        self._ended = _dated(self._ended, self._new_time_s(frame))
        self._size_px = size_px
        self._newest_s = -np.inf
        self._tracker.reset()
        if self._picture is not None:
            self._picture.reset()

    def _new_time_s(self, frame: Frame) -> float:
        """What is added to the old stream's media time to have the new one's, by the wall clock."""
        if self._newest_at is None:
            return 0.0
        return frame.media_time_s - self._newest_s - (frame.captured_at - self._newest_at).total_seconds()


def _dated(ended: FinalResult, later_s: float) -> FinalResult:
    """Last words whose media time is that of a stream which began anew."""
    return FinalResult(
        tuple(_crossing_dated(crossing, later_s) for crossing in ended.crossings),
        tuple(_change_dated(change, later_s) for change in ended.incidents),
    )


def _crossing_dated(crossing: Crossing, later_s: float) -> Crossing:
    front_at_s = None if crossing.front_at_s is None else crossing.front_at_s + later_s
    return replace(crossing, at_s=crossing.at_s + later_s, front_at_s=front_at_s)


def _change_dated(change: IncidentChange, later_s: float) -> IncidentChange:
    ended_s = None if change.ended_s is None else change.ended_s + later_s
    return replace(change, started_s=change.started_s + later_s, at_s=change.at_s + later_s, ended_s=ended_s)


def _least_confidence(settings: DetectionConfig) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([settings.confidence_by_class.get(c, settings.confidence) for c in CLASSES], np.float64)
