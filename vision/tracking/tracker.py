"""Follows vehicles from frame to frame."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.config.camera import TrackingConfig
from vision.core import Detections, Tracks
from vision.geometry import area, intersection
from vision.tracking.library import Association
from vision.tracking.life import Life, Seen
from vision.tracking.stitching import predecessor_of

PART_INSIDE = 0.8
"""A detection so far inside a surer one of its kind may be a part of it, or the same vehicle once more."""
PART_CONFIDENCE = 0.5
"""Such a detection starts a track of its own when it is at least this sure."""
_IS_SMALL = np.array([c in {ObjectClass.PERSON, ObjectClass.BICYCLE, ObjectClass.MOTORCYCLE} for c in CLASSES])


@dataclass(frozen=True, slots=True)
class TrackedFrame:
    """Where confirmed tracks were at one moment of media time, in seconds."""

    at_s: float
    tracks: Tracks


class Tracker:
    """Follows the vehicles of one camera.

    Ids start at 1, belong to confirmed tracks alone and are never given again, not even after `reset`. Tracks that are
    not seen for `TrackingConfig.lost_after` are forgotten.
    """

    def __init__(self, settings: TrackingConfig, *, fps: float) -> None:
        """`fps` is the nominal rate of `update`; the true steps are taken from the times given."""
        self._settings = settings
        self._fps = fps
        self._last_id = 0
        self.reset()

    def __len__(self) -> int:
        """How many tracks are alive, unconfirmed and lost ones included."""
        return len(self._association)

    def reset(self) -> None:
        """Forget all tracks: the stream begins anew."""
        self._association = Association(self._settings, self._fps)

    def update(self, detections: Detections, at_s: float) -> list[TrackedFrame]:
        """Take in one frame's detections; `at_s` grows from call to call.

        Returns what is newly known, oldest first: where the tracks that were confirmed just now had been before, and
        last, always, where all confirmed tracks of this frame are.
        """
        confidence = np.where(
            _may_be_parts(detections),
            np.minimum(detections.confidence, self._settings.activation / 2),
            detections.confidence,
        )
        known: defaultdict[float, list[tuple[Life, Seen]]] = defaultdict(list)
        known[at_s] = []
        for life, row in self._association.update(detections.xyxy.astype(np.float64), confidence, at_s):
            seen = Seen(at_s, detections.xyxy[row], float(detections.confidence[row]))
            life.add(seen, int(detections.class_id[row]))
            owner, news = self._news_of(life, seen)
            for earlier in news:
                known[earlier.at_s].append((owner, earlier))
        return [TrackedFrame(moment_s, _tracks(known[moment_s])) for moment_s in sorted(known)]

    def _news_of(self, life: Life, seen: Seen) -> tuple[Life, list[Seen]]:
        """Whose sightings are to be told now: none of an unconfirmed track, all when it is confirmed, then each."""
        if life.track_id:
            return life, [seen]
        if life.age < self._settings.confirm_after:
            return life, []
        lost = predecessor_of(life, self._association.lost())
        if lost is not None:
            self._association.replace(lost, life)
            return lost, lost.continue_as(life)
        self._last_id += 1
        return life, life.confirm(self._last_id)


def _may_be_parts(detections: Detections) -> NDArray[np.bool_]:
    """(N,): unsure detections that lie inside a surer one of their kind: a cab, a mirror, the rider's legs."""
    boxes, confidence = detections.xyxy, detections.confidence
    small = _IS_SMALL[detections.class_id]
    inside = (intersection(boxes, boxes) > PART_INSIDE * area(boxes)[:, None]) & (small[:, None] == small[None, :])
    surer = confidence[None, :] > confidence[:, None]
    is_part: NDArray[np.bool_] = np.any(inside & surer, axis=1)
    return is_part & (confidence < PART_CONFIDENCE)


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
