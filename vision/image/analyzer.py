"""Analyses one camera's frames beside their road users: image quality, traffic lights and road objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.config.camera import CameraConfig
from vision.contracts import PictureCondition, SignalUpdate
from vision.core import Frame, RoadObject, SignalNow, Tracks
from vision.image.quality.monitor import ImageQuality, QualityMonitor
from vision.image.road_objects.detector import RoadObjectDetector
from vision.image.tampering.view import ReferenceView
from vision.image.traffic_lights.signals import SignalReader

ROAD_NOT_VISIBLE = frozenset(
    {PictureCondition.DARK, PictureCondition.BLURRED, PictureCondition.OBSCURED, PictureCondition.MOVED}
)
"""Conditions in which road objects cannot be detected."""


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What one frame's image shows."""

    quality: ImageQuality
    signals: Mapping[str, SignalNow] = field(default_factory=dict)
    """By signal id; without those of unknown state."""
    road_objects: tuple[RoadObject, ...] = ()


class ImageAnalyzer:
    """Analyses the image of each frame of one camera: `result = analyzer.update(frame, tracks, at_s)`."""

    def __init__(self, camera: CameraConfig, reference_view: ReferenceView | None = None) -> None:
        """`reference_view`: the view for which the lines and zones were drawn, if it is known from before."""
        self._camera = camera
        self._reported: dict[str, SignalUpdate] = {}
        self._monitor = QualityMonitor(reference_view)
        self.reset()

    @property
    def reference_view(self) -> ReferenceView | None:
        """The view that the camera usually shows, once it is learned."""
        return self._monitor.reference_view

    def reset(self) -> None:
        """Starts over with a new stream or image size. Keeps the reference view and the controllers' reports."""
        self._signals: SignalReader | None = None
        self._detector: RoadObjectDetector | None = None
        self._road_objects: tuple[RoadObject, ...] = ()

    def update(
        self, frame: Frame, tracks: Tracks, at_s: float, *, to_road: NDArray[np.float64] | None = None
    ) -> ImageResult:
        """Analyses a frame of media time `at_s` with its road users.

        `to_road` (3, 3) maps pixels to metres on the road, where the mapping is known or estimated.
        """
        boxes_px = tracks.xyxy.astype(np.float64)
        previous = self._monitor.quality
        quality = self._monitor.update(frame.image, at_s, boxes_px)
        if quality is not previous:
            self._road_objects = self._detect_road_objects(frame, quality, boxes_px, at_s, to_road=to_road)
        signals = self._signal_reader(frame).update(frame.image, at_s, frame.captured_at)
        return ImageResult(quality, signals, self._road_objects)

    def report_signal(self, update: SignalUpdate) -> None:
        """Takes a controller's report of what one of the camera's signals shows."""
        self._reported[update.signal_id] = update
        if self._signals is not None:
            self._signals.report(update)

    def _detect_road_objects(
        self,
        frame: Frame,
        quality: ImageQuality,
        boxes_px: NDArray[np.float64],
        at_s: float,
        *,
        to_road: NDArray[np.float64] | None,
    ) -> tuple[RoadObject, ...]:
        """Runs as often as the monitor measures, since it needs the sway, and only while the road is visible."""
        if not self._camera.incidents.object_on_road.enabled or quality.conditions & ROAD_NOT_VISIBLE:
            return ()
        if not quality.is_usual_view:
            return self._road_objects
        if self._detector is None:
            self._detector = RoadObjectDetector(self._camera.zones, frame.width_px, frame.height_px)
        return self._detector.update(frame.image, at_s, boxes_px, to_road=to_road, shift_px=quality.shift_px)

    def _signal_reader(self, frame: Frame) -> SignalReader:
        if self._signals is None:
            self._signals = SignalReader(self._camera.signals, frame.width_px, frame.height_px)
            for update in self._reported.values():
                self._signals.report(update)
        return self._signals
