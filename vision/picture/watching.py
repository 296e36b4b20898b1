"""Everything that is read from one camera's pictures beside its road users."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from vision.config.camera import CameraConfig
from vision.contracts import SignalTold
from vision.core import Frame, LyingObject, SignalNow, Tracks
from vision.picture.monitor import PictureMonitor, PictureState
from vision.picture.signals import SignalReader


@dataclass(frozen=True, slots=True)
class PictureSeen:
    """What one picture says."""

    state: PictureState
    signals: Mapping[str, SignalNow] = field(default_factory=dict)
    """By the signal's id; one whose state is not known is missing."""
    lying: tuple[LyingObject, ...] = ()
    """What lies on the road."""


class PictureWatch:
    """How well a camera sees, what its signals show, what lies on its road."""

    def __init__(self, camera: CameraConfig) -> None:
        self._camera = camera
        self._told: dict[str, SignalTold] = {}
        self._monitor = PictureMonitor()
        self.reset()

    def reset(self) -> None:
        """The stream begins anew, or its pictures have another size. Whether the camera moved is still known."""
        self._signals: SignalReader | None = None

    def update(self, frame: Frame, tracks: Tracks, at_s: float) -> PictureSeen:
        """Look at a frame and at the road users in it; `at_s` is media time."""
        boxes_px = tracks.xyxy.astype(np.float64)
        state = self._monitor.update(frame.image, at_s, boxes_px)
        return PictureSeen(state, self._reader(frame).update(frame.image, at_s, frame.captured_at))

    def tell_signal(self, told: SignalTold) -> None:
        """A controller said what one of the camera's signals shows."""
        self._told[told.signal_id] = told
        if self._signals is not None:
            self._signals.tell(told)

    def _reader(self, frame: Frame) -> SignalReader:
        if self._signals is None:
            self._signals = SignalReader(self._camera.signals, frame.width_px, frame.height_px)
            for told in self._told.values():
                self._signals.tell(told)
        return self._signals
