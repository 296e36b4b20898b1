"""The `trackers` library, set up for five to fifteen looks a second. Its types, and supervision's, stop here."""

from math import hypot, sqrt
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
TREMBLES, TURNS = 1.0, 1 / 10
"""How much a box's edge, and its way from look to look, change unforeseen: variances, in those of a detection's error.
ByteTrack's paper has 1 and 1/64 for thirty looks a second; with fewer a way changes more, since a vehicle that drives
off slows down in the picture. The library's own numbers take each trembling for the beginning of a motion."""
FIRST_ERROR, FIRST_WAY = 4.0, 44.0
"""The same of a track's first box, and of the way that it will go to the next."""
OFF_BY_SIZE, OFF_BY_WAY = 0.5, 1.0
"""How far a foot may well be from where its motion leads: so much of the vehicle's size, and so much of the way that it
has gone unseen."""
KNOWN_AFTER, OFF_UNKNOWN = 3, 4.0
"""A motion is known from so many sightings; before, a foot may be so many sizes off."""

Box = NDArray[np.float64]


class Motion(XYXYStateEstimator):
    """The library's constant-velocity filter, which also keeps the box it was last given, and its track's life."""

    def __init__(self, bbox: Box) -> None:
        super().__init__(bbox)
        self._observed: Box | None = bbox
        self._sightings = 1
        self._unseen_steps = 0.0
        self.life = Life()

    def set_kf_covariances(self, *_: Box | None, **__: Box | None) -> None:
        """Only their ratios matter, and those are this module's, whatever the library asks for."""
        noise, first = np.repeat([TREMBLES, TURNS], 4), np.repeat([FIRST_ERROR, FIRST_WAY], 4)
        super().set_kf_covariances(np.eye(4), np.diag(noise), np.diag(first))

    def predict(self, frame_step: float = 1.0, frame_rate: float | None = None) -> None:
        self._unseen_steps += frame_step
        super().predict(frame_step, frame_rate)

    def update(self, bbox: Box | None) -> None:
        super().update(bbox)
        self._observed = bbox
        if bbox is not None:
            self._sightings += 1
            self._unseen_steps = 0.0

    def state_to_bbox(self) -> Box:
        """(5,): the box, and how far its foot may well be from there, in pixels."""
        left, top, right, bottom, *velocity = self.kf.state[:, 0].tolist()
        size_px = sqrt(max((right - left) * (bottom - top), 1.0))
        way_px = hypot((velocity[0] + velocity[2]) / 2, velocity[3]) * self._unseen_steps
        off_px = OFF_BY_SIZE * size_px + OFF_BY_WAY * way_px
        if self._sightings < KNOWN_AFTER:
            off_px = max(off_px, OFF_UNKNOWN * size_px)
        return np.array([left, top, right, bottom, off_px])

    def take_observed(self) -> Box | None:
        """The box observed since the last call, if any."""
        box, self._observed = self._observed, None
        return box


class Likeness(BIoU):
    """How well boxes continue tracks: as they overlap, and as the middles of their lower edges agree.

    In a dense queue each box overlaps those of its neighbours, and of a box the foot trembles least. Overlap alone
    gives a vehicle's id to its neighbour whenever its own box is missed.
    """

    def _compute(self, boxes_1: Box, boxes_2: Box) -> Box:
        """(N, M): of N tracks (N, 5), as `Motion` has them, and M boxes (M, 4)."""
        tracks, off_px = boxes_1[:, :4], boxes_1[:, 4:]
        apart_px = np.linalg.norm(_feet(tracks)[:, None] - _feet(boxes_2), axis=2)
        return np.asarray(super()._compute(tracks, boxes_2) * np.exp(-apart_px / off_px), np.float64)


def _feet(boxes: Box) -> Box:
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)


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
            iou=Likeness(WIDENED),
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
