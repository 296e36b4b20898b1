"""Associates detections with tracks: the `trackers` library, tuned for 5 to 15 frames per second."""

from dataclasses import dataclass
from math import hypot, sqrt
from typing import cast

import numpy as np
import supervision as sv
from numpy.typing import NDArray
from trackers import BIoU, ByteTrackTracker
from trackers.core.bytetrack.tracklet import ByteTrackTracklet
from trackers.utils.state_representations import XYXYStateEstimator

from vision.config.camera import TrackingConfig
from vision.tracking.track_life import TrackLife, TrackLifeParameters

LIBRARY_FPS = 30
"""The library counts `lost_track_buffer` in frames at this rate, whatever the camera's own."""

Box = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AssociationParameters:
    """How boxes are predicted, and which detections match them.

    Variances are in units of that of a detection's error. ByteTrack's paper has 1 and 1/64 at 30 frames per second; at
    lower rates the step changes more from frame to frame, since a vehicle that drives off slows down in the picture.
    The library's own values take jitter for the beginning of a motion.
    """

    box_margin: float = 0.3
    """Boxes are widened by this part of their size on each side before their overlap is measured: at low rates the
    boxes of a small vehicle in two successive frames hardly touch. Larger: fast small vehicles keep their ids, ids
    switch more between neighbours. Source: chosen."""
    position_variance: float = 1.0
    """Unforeseen change of a box's edge per frame, as a variance. Larger: predictions follow jitter. Source: ByteTrack
    (Zhang et al. 2022)."""
    step_variance: float = 1 / 10
    """Unforeseen change of its step per frame, as a variance. Larger: turns are followed sooner, jitter more. Source:
    chosen; ByteTrack has 1/64 at 30 frames per second."""
    initial_position_variance: float = 4.0
    """The variance of a track's first box. Larger: the second box counts more. Source: chosen."""
    initial_step_variance: float = 44.0
    """The variance of its first step. Larger: a velocity is taken from the first two boxes sooner. Source: chosen."""
    error_sizes: float = 0.5
    """A bottom centre may be off the prediction by this part of the vehicle's size. Larger: more matches, more ID
    switches. Source: chosen."""
    error_path_share: float = 1.0
    """And by this part of the distance that the vehicle travelled undetected. Larger: as for `error_sizes`. Source:
    chosen."""
    known_after: int = 3
    """A motion is known from this many boxes. More: new tracks match farther boxes for longer. Source: chosen."""
    unknown_error_sizes: float = 4.0
    """Until then a bottom centre may be off by this many sizes. Larger: fast new tracks are continued, more ID switches
    of new tracks. Source: chosen."""


class TrackFilter(XYXYStateEstimator):
    """The library's constant-velocity Kalman filter, which also keeps the newest box and the track's life."""

    def __init__(self, bbox: Box, parameters: AssociationParameters, life: TrackLife) -> None:
        self._parameters = parameters
        super().__init__(bbox)
        self._observed: Box | None = bbox
        self._boxes = 1
        self._undetected_steps = 0.0
        self.life = life

    def set_kf_covariances(self, *_: Box | None, **__: Box | None) -> None:
        """Set this module's covariances, whatever the library asks for; only their ratios matter."""
        p = self._parameters
        noise = np.repeat([p.position_variance, p.step_variance], 4)
        first = np.repeat([p.initial_position_variance, p.initial_step_variance], 4)
        super().set_kf_covariances(np.eye(4), np.diag(noise), np.diag(first))

    def predict(self, frame_step: float = 1.0, frame_rate: float | None = None) -> None:
        self._undetected_steps += frame_step
        super().predict(frame_step, frame_rate)

    def update(self, bbox: Box | None) -> None:
        super().update(bbox)
        self._observed = bbox
        if bbox is not None:
            self._boxes += 1
            self._undetected_steps = 0.0

    def state_to_bbox(self) -> Box:
        """(5,): the predicted box, and how far its bottom centre may be off, in pixels."""
        p = self._parameters
        left, top, right, bottom, *velocity = self.kf.state[:, 0].tolist()
        size_px = sqrt(max((right - left) * (bottom - top), 1.0))
        path_px = hypot((velocity[0] + velocity[2]) / 2, velocity[3]) * self._undetected_steps
        error_px = p.error_sizes * size_px + p.error_path_share * path_px
        if self._boxes < p.known_after:
            error_px = max(error_px, p.unknown_error_sizes * size_px)
        return np.array([left, top, right, bottom, error_px])

    def take_observed(self) -> Box | None:
        """The box observed since the last call, if any."""
        box, self._observed = self._observed, None
        return box


class Similarity(BIoU):
    """How well boxes continue tracks: their overlap, and how near their bottom centres are to the predicted ones.

    In a dense queue each box overlaps its neighbours, and of a box the bottom centre jitters least. Overlap alone gives
    a vehicle's id to its neighbour whenever its own box is missed.
    """

    def _compute(self, boxes_1: Box, boxes_2: Box) -> Box:
        """(N, M): of N tracks (N, 5), as from `TrackFilter.state_to_bbox`, and M boxes (M, 4)."""
        tracks, error_px = boxes_1[:, :4], boxes_1[:, 4:]
        apart_px = np.linalg.norm(_bottom_centers(tracks)[:, None] - _bottom_centers(boxes_2), axis=2)
        return np.asarray(super()._compute(tracks, boxes_2) * np.exp(-apart_px / error_px), np.float64)


def _bottom_centers(boxes: Box) -> Box:
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)


class Association:
    """ByteTrack (Zhang et al. 2022): decides which detection continues which track."""

    def __init__(
        self,
        settings: TrackingConfig,
        fps: float,
        parameters: AssociationParameters = AssociationParameters(),
        lives: TrackLifeParameters = TrackLifeParameters(),
    ) -> None:
        def begin(bbox: Box) -> TrackFilter:
            return TrackFilter(bbox, parameters, TrackLife(parameters=lives))

        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(settings.lost_after.total_seconds() * LIBRARY_FPS),
            frame_rate=fps,
            track_activation_threshold=settings.activation,
            minimum_consecutive_frames=settings.confirm_after,
            minimum_iou_threshold=settings.minimum_iou,
            high_conf_det_threshold=settings.activation,
            state_estimator_class=cast("type[TrackFilter]", begin),
            iou=Similarity(parameters.box_margin),
        )

    def update(self, xyxy: Box, confidence: NDArray[np.float32], at_s: float) -> list[tuple[TrackLife, int]]:
        """Each track that these detections began or continued, with its detection's row."""
        self._tracker.update(sv.Detections(xyxy=xyxy, confidence=confidence), timestamp=at_s)
        continued = []
        for tracklet in self._tracker.tracks:
            track_filter = cast("TrackFilter", tracklet.state_estimator)
            box = track_filter.take_observed()
            if box is not None:
                continued.append((track_filter.life, int(np.flatnonzero((xyxy == box).all(axis=1))[0])))
        return continued

    def lost(self) -> list[TrackLife]:
        """The confirmed tracks that the newest detections did not continue."""
        return [life for life, t in self._lives() if life.track_id and t.time_since_update > 0]

    def replace(self, lost: TrackLife, by: TrackLife) -> None:
        """From now on, what continues the track of `by` continues `lost`; the lost track's own filter ends."""
        for life, tracklet in self._lives():
            if life is lost:
                self._tracker.tracks.remove(tracklet)
            elif life is by:
                cast("TrackFilter", tracklet.state_estimator).life = lost

    def _lives(self) -> list[tuple[TrackLife, ByteTrackTracklet]]:
        return [(cast("TrackFilter", t.state_estimator).life, t) for t in self._tracker.tracks]

    def __len__(self) -> int:
        return len(self._tracker.tracks)
