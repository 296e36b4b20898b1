"""The `trackers` library, set up for five to fifteen looks a second. Its types, and supervision's, stop here."""

from collections.abc import Iterator
from typing import cast

import numpy as np
import supervision as sv
from numpy.typing import NDArray
from trackers import BIoU, ByteTrackTracker
from trackers.utils.state_representations import XYXYStateEstimator

from vision.config.camera import TrackingConfig
from vision.tracking.life import Life

LIBRARY_FPS = 30
"""The library counts its patience in frames at this rate, whatever the camera's own."""
WIDENED = 0.3
"""Boxes are widened by so much of their size on each side before their overlap is measured: at low rates the boxes of
one small vehicle in two successive looks hardly touch."""

Box = NDArray[np.float64]


class Motion(XYXYStateEstimator):
    """The library's constant-velocity filter, which also keeps the box it was last given, and its track's life."""

    def __init__(self, bbox: Box) -> None:
        super().__init__(bbox)
        self._observed: Box | None = bbox
        self.life = Life()

    def update(self, bbox: Box | None) -> None:
        super().update(bbox)
        self._observed = bbox

    def take_observed(self) -> Box | None:
        """The box observed since the last call, if any."""
        box, self._observed = self._observed, None
        return box


class Association:
    """ByteTrack: which detection continues which track."""

    def __init__(self, settings: TrackingConfig, fps: float) -> None:
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(settings.lost_after.total_seconds() * LIBRARY_FPS),
            frame_rate=fps,
            track_activation_threshold=settings.activation,
            minimum_consecutive_frames=settings.confirm_after,
            minimum_iou_threshold=settings.minimum_iou,
            high_conf_det_threshold=settings.activation,
            state_estimator_class=Motion,
            iou=BIoU(WIDENED),
        )

    def update(self, xyxy: Box, confidence: NDArray[np.float32], at_s: float) -> Iterator[tuple[Life, int]]:
        """Each track that these detections began or continued, with its detection's row."""
        self._tracker.update(sv.Detections(xyxy=xyxy, confidence=confidence), timestamp=at_s)
        for tracklet in self._tracker.tracks:
            motion = cast("Motion", tracklet.state_estimator)
            box = motion.take_observed()
            if box is not None:
                yield motion.life, int(np.flatnonzero((xyxy == box).all(axis=1))[0])

    def __len__(self) -> int:
        return len(self._tracker.tracks)
