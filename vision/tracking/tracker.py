"""Follows vehicles from frame to frame: the adapter over the `trackers` library, whose types stop here."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import supervision as sv
from trackers import ByteTrackTracker

from vision.config.camera import TrackingConfig
from vision.core import Detections, Tracks
from vision.tracking.life import Life, Seen
from vision.tracking.motion import ObservedMotion

LIBRARY_FPS = 30
"""The library counts its patience in frames at this rate, whatever the camera's own."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where confirmed tracks were at one moment of media time, in seconds."""

    at_s: float
    tracks: Tracks


class Tracker:
    """Follows the vehicles of one camera.

    Ids start at 1, belong to confirmed tracks alone and are never given again, not even after `reset`.
    """

    def __init__(self, settings: TrackingConfig, *, fps: float) -> None:
        """`fps` is the nominal rate of `update`; the true steps are taken from the times given."""
        self._settings = settings
        self._fps = fps
        self._last_id = 0
        self.reset()

    def reset(self) -> None:
        """Forget all tracks: the stream begins anew."""
        settings = self._settings
        self._library = ByteTrackTracker(
            lost_track_buffer=round(settings.lost_after.total_seconds() * LIBRARY_FPS),
            frame_rate=self._fps,
            track_activation_threshold=settings.activation,
            minimum_consecutive_frames=settings.confirm_after,
            minimum_iou_threshold=settings.minimum_iou,
            high_conf_det_threshold=settings.activation,
            state_estimator_class=ObservedMotion,
        )

    def update(self, detections: Detections, at_s: float) -> list[Sighting]:
        """Take in one frame's detections; `at_s` grows from call to call.

        Returns what is newly known, oldest first: where the tracks that were confirmed just now had been before, and
        last, always, where all confirmed tracks of this frame are.
        """
        self._library.update(
            sv.Detections(xyxy=detections.xyxy, confidence=detections.confidence, class_id=detections.class_id),
            timestamp=at_s,
        )
        known: defaultdict[float, list[tuple[Life, Seen]]] = defaultdict(list)
        known[at_s] = []
        for life, seen in self._continued(detections, at_s):
            for earlier in self._confirmed(life, seen):
                known[earlier.at_s].append((life, earlier))
        return [Sighting(moment_s, _tracks(known[moment_s])) for moment_s in sorted(known)]

    def _continued(self, detections: Detections, at_s: float) -> Iterator[tuple[Life, Seen]]:
        """Each track that this frame's detections began or continued, with its detection."""
        for tracklet in self._library.tracks:
            motion: ObservedMotion = tracklet.state_estimator
            box = motion.take_observed()
            if box is not None:
                row = int(np.flatnonzero((detections.xyxy == box).all(axis=1))[0])
                seen = Seen(at_s, detections.xyxy[row], float(detections.confidence[row]))
                motion.life.add(seen, int(detections.class_id[row]))
                yield motion.life, seen

    def _confirmed(self, life: Life, seen: Seen) -> list[Seen]:
        if life.track_id:
            return [seen]
        if life.age < self._settings.confirm_after:
            return []
        self._last_id += 1
        return life.confirm(self._last_id)


def _tracks(members: list[tuple[Life, Seen]]) -> Tracks:
    if not members:
        return Tracks.empty()
    return Tracks(
        xyxy=np.stack([seen.xyxy for _, seen in members]),
        confidence=np.array([seen.confidence for _, seen in members], np.float32),
        class_id=np.array([life.class_id for life, _ in members], np.int64),
        track_id=np.array([life.track_id for life, _ in members], np.int64),
        age=np.array([life.age for life, _ in members], np.int64),
    )
