"""Everything that is read from one camera's pictures beside its road users."""

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

BLIND = frozenset({PictureCondition.DARK, PictureCondition.BLURRED, PictureCondition.OBSCURED, PictureCondition.MOVED})
"""What the road looks like cannot be said."""


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What one picture says."""

    quality: ImageQuality
    signals: Mapping[str, SignalNow] = field(default_factory=dict)
    """By the signal's id; one whose state is not known is missing."""
    road_objects: tuple[RoadObject, ...] = ()
    """What lies on the road."""


class ImageAnalyzer:
    """How well a camera sees, what its signals show, what lies on its road."""

    def __init__(self, camera: CameraConfig, reference_view: ReferenceView | None = None) -> None:
        """`reference_view` is the one for which the camera's lines and zones were drawn, where it was seen before."""
        self._camera = camera
        self._told: dict[str, SignalUpdate] = {}
        self._monitor = QualityMonitor(reference_view)
        self.reset()

    @property
    def reference_view(self) -> ReferenceView | None:
        """The view that the camera is used to, once it is known."""
        return self._monitor.reference_view

    def reset(self) -> None:
        """The stream begins anew, or its pictures have another size. Whether the camera moved is still known."""
        self._signals: SignalReader | None = None
        self._objects: RoadObjectDetector | None = None
        self._lying: tuple[RoadObject, ...] = ()

    def update(
        self, frame: Frame, tracks: Tracks, at_s: float, *, to_road: NDArray[np.float64] | None = None
    ) -> ImageResult:
        """ImageSample at a frame and at the road users in it; `at_s` is media time.

        `to_road` (3, 3) maps pixels to metres on the road, where that is known or estimated.
        """
        boxes_px = tracks.xyxy.astype(np.float64)
        before = self._monitor.state
        state = self._monitor.update(frame.image, at_s, boxes_px)
        if state is not before:
            self._lying = self._look_at_road(frame, state, boxes_px, at_s, to_road)
        signals = self._reader(frame).update(frame.image, at_s, frame.captured_at)
        return ImageResult(state, signals, self._lying)

    def report_signal(self, told: SignalUpdate) -> None:
        """A controller said what one of the camera's signals shows."""
        self._told[told.signal_id] = told
        if self._signals is not None:
            self._signals.report(told)

    def _look_at_road(
        self,
        frame: Frame,
        quality: ImageQuality,
        boxes_px: NDArray[np.float64],
        at_s: float,
        to_road: NDArray[np.float64] | None,
    ) -> tuple[RoadObject, ...]:
        """As often as the monitor looks, so that the sway is known, and only while the road can be seen."""
        if not self._camera.incidents.object_on_road.enabled or quality.conditions & BLIND:
            return ()
        if not quality.is_usual_view:
            return self._lying
        if self._objects is None:
            self._objects = RoadObjectDetector(self._camera.zones, frame.width_px, frame.height_px)
        return self._objects.update(frame.image, at_s, boxes_px, to_road=to_road, shift_px=quality.shift_px)

    def _reader(self, frame: Frame) -> SignalReader:
        if self._signals is None:
            self._signals = SignalReader(self._camera.signals, frame.width_px, frame.height_px)
            for told in self._told.values():
                self._signals.report(told)
        return self._signals
