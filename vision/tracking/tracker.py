"""Tracks road users from frame to frame."""

from collections import defaultdict
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.config.camera import TrackingConfig
from vision.core import Detections, Tracks
from vision.geometry import area, intersection
from vision.tracking.association import Association, AssociationParameters
from vision.tracking.reidentification import ReidentificationParameters, find_predecessor
from vision.tracking.track_life import TrackedBox, TrackLife, TrackLifeParameters

_IS_SMALL = np.array([c in {ObjectClass.PERSON, ObjectClass.BICYCLE, ObjectClass.MOTORCYCLE} for c in CLASSES])


@dataclass(frozen=True, slots=True)
class PartParameters:
    """Which detections may be parts of a vehicle, such as a cab, a mirror or a rider's legs, and start no track."""

    min_inside: float = 0.8
    """More than this part of the box is inside a more confident one of its kind. Larger: more parts start tracks.
    Source: chosen."""
    max_confidence: float = 0.5
    """Its confidence is below this. Higher: fewer parts, and fewer small vehicles before large ones, start tracks.
    Source: chosen."""


@dataclass(frozen=True, slots=True)
class TrackedFrame:
    """The confirmed tracks at one moment of media time, in seconds."""

    at_s: float
    tracks: Tracks


class Tracker:
    """Tracks the road users of one camera.

    Ids start at 1, belong to confirmed tracks only, and are never reused, not even after `reset`. A track that is not
    detected for `TrackingConfig.lost_after` is forgotten.

    Examples:
        >>> tracker = Tracker(TrackingConfig(confirm_after=2), fps=10)
        >>> for n in range(3):
        ...     box = np.array([[10.0 + n, 10, 50 + n, 40]], np.float32)
        ...     car = Detections(box, np.array([0.9], np.float32), np.array([ObjectClass.CAR.class_id]))
        ...     newest = tracker.update(car, at_s=n / 10)[-1]
        >>> newest.tracks.track_id.tolist()
        [1]
    """

    def __init__(
        self,
        settings: TrackingConfig,
        *,
        fps: float,
        parts: PartParameters = PartParameters(),
        association: AssociationParameters = AssociationParameters(),
        reidentification: ReidentificationParameters = ReidentificationParameters(),
        lives: TrackLifeParameters = TrackLifeParameters(),
    ) -> None:
        """`fps` is the nominal rate of `update`; true steps follow from the times given."""
        self._settings = settings
        self._parts = parts
        self._reidentification = reidentification
        self._new_association = partial(Association, settings, fps, association, lives)
        self._last_id = 0
        self.reset()

    def __len__(self) -> int:
        """The number of tracks, unconfirmed and lost ones included."""
        return len(self._association)

    def reset(self) -> None:
        """Forget all tracks, when the stream restarts."""
        self._association = self._new_association()

    def update(self, detections: Detections, at_s: float) -> list[TrackedFrame]:
        """Take in one frame's detections; `at_s` increases from call to call.

        Returns what became known, oldest first: earlier frames with the tracks that were confirmed just now, and last,
        always, this frame with all its confirmed tracks.
        """
        confidence = np.where(
            _may_be_parts(detections, self._parts),
            np.minimum(detections.confidence, self._settings.activation / 2),
            detections.confidence,
        )
        known: defaultdict[float, list[tuple[TrackLife, TrackedBox]]] = defaultdict(list)
        known[at_s] = []
        for life, row in self._association.update(detections.xyxy.astype(np.float64), confidence, at_s):
            box = TrackedBox(at_s, detections.xyxy[row], float(detections.confidence[row]))
            life.add(box, int(detections.class_id[row]))
            owner, boxes = self._new_boxes(life, box)
            for each in boxes:
                known[each.at_s].append((owner, each))
        return [TrackedFrame(moment_s, _tracks(known[moment_s])) for moment_s in sorted(known)]

    def _new_boxes(self, life: TrackLife, box: TrackedBox) -> tuple[TrackLife, list[TrackedBox]]:
        """The track and its boxes that became known: none while unconfirmed, all at confirmation, then each one."""
        if life.track_id:
            return life, [box]
        if life.age < self._settings.confirm_after:
            return life, []
        lost = find_predecessor(life, self._association.lost(), self._reidentification)
        if lost is not None:
            self._association.replace(lost, life)
            return lost, lost.absorb(life)
        self._last_id += 1
        return life, life.confirm(self._last_id)


def _may_be_parts(detections: Detections, parameters: PartParameters) -> NDArray[np.bool_]:
    """(N,): which detections may be parts of another one."""
    boxes, confidence = detections.xyxy, detections.confidence
    small = _IS_SMALL[detections.class_id]
    is_inside = intersection(boxes, boxes) > parameters.min_inside * area(boxes)[:, None]
    is_same_kind = small[:, None] == small[None, :]
    is_surer = confidence[None, :] > confidence[:, None]
    is_part: NDArray[np.bool_] = np.any(is_inside & is_same_kind & is_surer, axis=1)
    return is_part & (confidence < parameters.max_confidence)


def _tracks(members: list[tuple[TrackLife, TrackedBox]]) -> Tracks:
    if not members:
        return Tracks.empty()
    return Tracks(
        xyxy=np.stack([box.xyxy for _, box in members]),
        confidence=np.array([box.confidence for _, box in members], np.float32),
        class_id=np.array([life.class_id for life, _ in members], np.int64),
        track_id=np.array([life.track_id for life, _ in members], np.int64),
        age=np.array([life.age for life, _ in members], np.int64),
    )
