"""Turns the frames and detections of one camera into crossings, movements, incidents and traffic state."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import numpy as np
from numpy.typing import NDArray

from vision.analytics import (
    AnalysisResult,
    CalibrationState,
    Crossing,
    FinalResult,
    FreeFlow,
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

CLOCK_JITTER_S = 1.0
"""If a stream's time goes back by less, its time stamps jitter; by more, it restarted."""
MIN_STEP_S = 0.001
"""Media time advances by at least this much per frame."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """What one frame added: its confirmed tracks, and the events that became known with it.

    An event may have happened some time before: `at_s` of a crossing is media time, as `media_time_s` is.

    Examples:
        >>> result = FrameResult(datetime(2026, 5, 4, 12), 30.0, 360, Tracks.empty())
        >>> result.wall_time(29.5).isoformat()
        '2026-05-04T11:59:59.500000'
    """

    captured_at: datetime
    media_time_s: float
    frame_index: int
    tracks: Tracks
    crossings: tuple[Crossing, ...] = ()
    movements: tuple[Movement, ...] = ()
    incidents: tuple[IncidentChange, ...] = ()
    scene: Scene | None = None
    """`None` while lines and zones are suspended."""
    congestion: CongestionLevel | None = None
    """The camera's level; `None` while too little was observed."""
    image: ImageResult | None = None
    """What was read from the image; `None` unless the pipeline analyzes images."""

    def wall_time(self, at_s: float) -> datetime:
        """The wall-clock time of a moment of this stream's media time, as in `wall_time(crossing.at_s)`."""
        return self.captured_at + timedelta(seconds=at_s - self.media_time_s)


@dataclass(frozen=True, slots=True)
class LearnedState:
    """What is learned from a camera's traffic and image, and kept across restarts."""

    free_flow: FreeFlow = field(default_factory=FreeFlow)
    view: ReferenceView | None = None
    """The view for which the camera's lines and zones were drawn; `None` while it is not known."""


class CameraPipeline:
    """Tracks, counts and measures the road users of one camera.

    Lines and zones are scaled to pixels at the first frame and whenever the frame size changes. A new frame size or a
    restarted stream resets all tracks: track ids keep growing, and open incidents end.

    Examples:
        >>> from vision.config.sources import FileSource
        >>> pipeline = CameraPipeline(CameraConfig(id="gate", source=FileSource(path="gate.mp4")))
        >>> frame = Frame("gate", 0, datetime(2026, 5, 4), 0.0, np.zeros((72, 128, 3), np.uint8))
        >>> pipeline.process(frame, Detections.empty()).crossings
        ()
    """

    def __init__(
        self,
        camera: CameraConfig,
        *,
        learned: LearnedState | None = None,
        analyzes_image: bool = False,
        numbers: Iterator[int] | None = None,
    ) -> None:
        """Create the pipeline of one camera.

        Args:
            camera: the camera's configuration.
            learned: what an earlier pipeline of this camera learned.
            analyzes_image: also analyze the image: its quality, whether the camera was moved (which suspends lines
                and zones), road objects and traffic lights.
            numbers: gives the incidents' numbers; 1, 2, ... by default.

        Raises:
            CalibrationError: the calibration's points determine no ground plane, or contradict each other.
        """
        learned = learned or LearnedState()
        self._calibration = CalibrationState(learned.free_flow)
        self._camera = camera
        self._min_confidence = _min_confidence(camera.detection)
        self._tracker = Tracker(camera.tracking, fps=camera.detection.fps)
        self._numbers = count(1) if numbers is None else numbers
        self._image = ImageAnalyzer(camera, learned.view) if analyzes_image else None
        self._size_px = (0, 0)
        self._newest_s = -np.inf
        self._newest_at: datetime | None = None
        self._analyzer: TrafficAnalyzer | None = None
        self._final = FinalResult()
        fit_calibration(camera, 1, 1)  # refuse a bad calibration before the first frame

    def process(self, frame: Frame, detections: Detections) -> FrameResult:
        """Take in one frame and its detections; return what became known with it.

        Args:
            frame: the next frame, in the order of capture.
            detections: N boxes in pixels of this frame; those below the camera's minimum confidence are dropped.
        """
        self._restart_if_needed(frame)
        self._newest_s = at_s = max(frame.media_time_s, self._newest_s + MIN_STEP_S)
        self._newest_at = frame.captured_at
        confident = detections[detections.confidence >= self._min_confidence[detections.class_id]]
        tracked = self._tracker.update(confident, at_s)
        tracks = tracked[-1].tracks
        image = self._image.update(frame, tracks, at_s, to_road=self._to_road()) if self._image else None
        result = FrameResult(frame.captured_at, at_s, frame.index, tracks, image=image)
        if image is not None and image.quality.is_suspended:
            self._suspend(at_s)
            final = self._take_final()
            return replace(result, crossings=final.crossings, incidents=final.incidents)
        return self._with_analysis(result, self._analyze(tracked, image, at_s))

    def report_signal(self, update: SignalUpdate) -> None:
        """Take in a traffic light's state, as its controller reports it."""
        if self._image is not None:
            self._image.report_signal(update)

    @property
    def learned(self) -> LearnedState:
        """What was learned: pass it to the camera's next pipeline."""
        return LearnedState(self._calibration.free_flow, self._image.reference_view if self._image else None)

    def open_incidents(self) -> list[IncidentChange]:
        """The newest change of each open incident."""
        return self._analyzer.open_incidents() if self._analyzer else []

    @property
    def open_count(self) -> int:
        """The number of open incidents."""
        return self._analyzer.open_count if self._analyzer else 0

    def close(self) -> FinalResult:
        """End the analysis; return the crossings and incident ends that were not reported yet."""
        self._suspend(self._newest_s)
        return self._take_final()

    def _to_road(self) -> NDArray[np.float64] | None:
        """(3, 3): from pixels to metres on the road; `None` unless the camera is calibrated."""
        ground = self._calibration.ground_of(self._camera, *self._size_px)
        return ground.matrix if ground.is_calibrated else None

    def _analyze(self, tracked: list[TrackedFrame], image: ImageResult | None, at_s: float) -> AnalysisResult:
        if self._analyzer is None:
            self._analyzer = TrafficAnalyzer(
                self._camera, *self._size_px, calibration=self._calibration, numbers=self._numbers
            )
        return self._analyzer.update(
            tracked[-1].tracks,
            at_s,
            earlier=[(frame.at_s, frame.tracks) for frame in tracked[:-1]],
            signals=image.signals if image else None,
            road_objects=image.road_objects if image else (),
        )

    def _with_analysis(self, result: FrameResult, analysis: AnalysisResult) -> FrameResult:
        final = self._take_final()
        return replace(
            result,
            crossings=(*final.crossings, *analysis.crossings),
            movements=analysis.movements,
            incidents=(*final.incidents, *analysis.incidents),
            scene=analysis.scene,
            congestion=analysis.congestion,
        )

    def _suspend(self, at_s: float) -> None:
        """End the running analysis; the next one starts with the calibration that was learned."""
        if self._analyzer is not None:
            final = self._analyzer.close(at_s)
            self._final = FinalResult(self._final.crossings + final.crossings, self._final.incidents + final.incidents)
            self._analyzer = None

    def _take_final(self) -> FinalResult:
        final, self._final = self._final, FinalResult()
        return final

    def _restart_if_needed(self, frame: Frame) -> None:
        size_px = (frame.width_px, frame.height_px)
        if size_px == self._size_px and frame.media_time_s > self._newest_s - CLOCK_JITTER_S:
            return
        self._suspend(self._newest_s)
        self._final = _shifted(self._final, self._media_time_shift_s(frame))
        self._size_px = size_px
        self._newest_s = -np.inf
        self._tracker.reset()
        if self._image is not None:
            self._image.reset()

    def _media_time_shift_s(self, frame: Frame) -> float:
        """What turns the old stream's media time into the new one's, by the wall clock."""
        if self._newest_at is None:
            return 0.0
        return frame.media_time_s - self._newest_s - (frame.captured_at - self._newest_at).total_seconds()


def _shifted(final: FinalResult, shift_s: float) -> FinalResult:
    """The result of a stream that ended, in the media time of the one that follows it."""
    return FinalResult(
        tuple(_shifted_crossing(crossing, shift_s) for crossing in final.crossings),
        tuple(_shifted_change(change, shift_s) for change in final.incidents),
    )


def _shifted_crossing(crossing: Crossing, shift_s: float) -> Crossing:
    front_at_s = None if crossing.front_at_s is None else crossing.front_at_s + shift_s
    return replace(crossing, at_s=crossing.at_s + shift_s, front_at_s=front_at_s)


def _shifted_change(change: IncidentChange, shift_s: float) -> IncidentChange:
    ended_s = None if change.ended_s is None else change.ended_s + shift_s
    return replace(change, started_s=change.started_s + shift_s, at_s=change.at_s + shift_s, ended_s=ended_s)


def _min_confidence(settings: DetectionConfig) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(classes,): the confidence that a detection of each class needs."""
    return np.array([settings.confidence_by_class.get(c, settings.confidence) for c in CLASSES], np.float64)
