"""The `trackers` library, set up for five to fifteen looks a second. Its types, and supervision's, stop here."""

from typing import cast

import numpy as np
import supervision as sv
from numpy.typing import NDArray
from trackers import BIoU, ByteTrackTracker
from trackers.core.bytetrack.tracklet import ByteTrackTracklet
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

    def update(self, xyxy: Box, confidence: NDArray[np.float32], at_s: float) -> list[tuple[Life, int]]:
        """Each track that these detections began or continued, with its detection's row."""
        self._tracker.update(sv.Detections(xyxy=xyxy, confidence=confidence), timestamp=at_s)
        continued = []
        for tracklet in self._tracker.tracks:
            motion = cast("Motion", tracklet.state_estimator)
            box = motion.take_observed()
            if box is not None:
                continued.append((motion.life, int(np.flatnonzero((xyxy == box).all(axis=1))[0])))
        return continued

    def lost(self) -> list[Life]:
        """The confirmed tracks that the newest detections did not continue."""
        return [life for life, t in self._lives() if life.track_id and t.time_since_update > 0]

    def replace(self, lost: Life, by: Life) -> None:
        """From now on what continues the track of `by` continues `lost`; the lost track itself ends."""
        for life, tracklet in self._lives():
            if life is lost:
                self._tracker.tracks.remove(tracklet)
            elif life is by:
                cast("Motion", tracklet.state_estimator).life = lost

    def _lives(self) -> list[tuple[Life, ByteTrackTracklet]]:
        return [(cast("Motion", t.state_estimator).life, t) for t in self._tracker.tracks]

    def __len__(self) -> int:
        return len(self._tracker.tracks)
