"""Matches each labelled vehicle with the detections and tracks of each analysed frame."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.bench.clips.replay import DetectedFrame
from vision.bench.tracking.box_matching import match
from vision.bench.tracking.mot_dataset import LabelledBoxes, LabelledClip
from vision.common.object_class import ObjectClass
from vision.config.camera import TrackingConfig
from vision.core import Detections, Tracks
from vision.core.columns import Columns
from vision.tracking import Tracker

Floats = NDArray[np.float64]
TRUNCATED_PX = 2
"""A box this near to the image's edge is truncated."""


@dataclass(frozen=True, slots=True, eq=False)
class MatchedBoxes(Columns):
    """N observations of labelled vehicles, by vehicle and time."""

    vehicle: NDArray[np.int64]
    """(N,): unique over all clips."""
    at_s: Floats
    """(N,): media time."""
    is_truncated: NDArray[np.bool_]
    """(N,): the box is cut off by the image's edge, where labels and detections are not comparable."""
    class_id: NDArray[np.int64]
    true_xyxy: Floats
    """(N, 4)"""
    size_share: Floats
    """(N,): square root of the labelled box's area, as a fraction of the image's longer side."""
    seen_xyxy: Floats
    """(N, 4): the detected box; NaN where the vehicle was missed."""
    seen_class: NDArray[np.int64]
    """(N,): the detected class; -1 where it was missed."""
    track_id: NDArray[np.int64]
    """(N,): -1 without a confirmed track."""

    def __post_init__(self) -> None:
        self.check_lengths()

    @property
    def is_found(self) -> NDArray[np.bool_]:
        """(N,): whether the vehicle was detected."""
        return self.seen_class >= 0

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """Concatenate parts, sorted by vehicle and time."""
        every = list(parts)
        names = cls.__slots__
        joined = cls(**{name: np.concatenate([getattr(part, name) for part in every]) for name in names})
        return joined[np.lexsort((joined.at_s, joined.vehicle))]


@dataclass(slots=True)
class Surplus:
    """Detections without a labelled vehicle, of those confident enough to start a track."""

    frames: int = 0
    duplicates: int = 0
    """On a vehicle that has its own detection, or on a part of it."""
    unexplained: int = 0
    """Away from all labels. An upper bound: the labels are not complete."""


@dataclass(slots=True)
class ClipMatcher:
    """Detects and tracks labelled clips, and collects the matches."""

    observations: list[MatchedBoxes] = field(default_factory=list)
    surplus: Surplus = field(default_factory=Surplus)
    clips: int = 0

    def add(self, clip: LabelledClip, frames: Iterable[DetectedFrame], fps: float) -> None:
        """Track one clip, and match its labelled vehicles in each frame."""
        settings = TrackingConfig()
        tracker = Tracker(settings, fps=fps)
        for frame, detections in frames:
            true = clip.truth[clip.truth.frame == frame.index]
            vehicles = detections[detections.class_id != ObjectClass.PERSON.class_id]
            tracks = tracker.update(detections, frame.media_time_s)[-1].tracks
            matched = match(true.xyxy, vehicles.xyxy)
            confident = vehicles[vehicles.confidence >= settings.activation]
            self._count_surplus(true.xyxy, confident, vehicles[matched[matched >= 0]])
            observer = _FrameMatcher(frame.media_time_s, (frame.width_px, frame.height_px), 10_000 * self.clips)
            self.observations.append(observer.match(true, vehicles, matched, tracks))
        self.clips += 1

    def _count_surplus(self, true: NDArray[np.float32], confident: Detections, matched: Detections) -> None:
        taken = match(confident.xyxy, matched.xyxy, min_iou=0.999) >= 0
        left = confident[~taken]
        centre = (left.xyxy[:, :2] + left.xyxy[:, 2:]) / 2
        within = np.all((centre[:, None] > true[None, :, :2]) & (centre[:, None] < true[None, :, 2:]), axis=2)
        on_vehicle = np.any(within, axis=1)
        self.surplus.frames += 1
        self.surplus.duplicates += int(on_vehicle.sum())
        self.surplus.unexplained += int((~on_vehicle).sum())


@dataclass(frozen=True, slots=True)
class _FrameMatcher:
    at_s: float
    size_px: tuple[int, int]
    first_id: int
    """Added to the clip's vehicle ids."""

    def match(self, true: LabelledBoxes, seen: Detections, matched: NDArray[np.int64], tracks: Tracks) -> MatchedBoxes:
        """The observations of one frame; `matched` has each vehicle's row in `seen`, -1 where it was missed."""
        n, found, box = len(true), matched >= 0, true.xyxy
        seen_xyxy = np.full((n, 4), np.nan)
        seen_class, track_id = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        seen_xyxy[found], seen_class[found] = seen.xyxy[matched[found]], seen.class_id[matched[found]]
        vehicles = tracks[tracks.class_id != ObjectClass.PERSON.class_id]
        track = match(box, vehicles.xyxy)
        track_id[track >= 0] = vehicles.track_id[track[track >= 0]]
        return MatchedBoxes(
            vehicle=true.vehicle + self.first_id,
            at_s=np.full(n, self.at_s),
            is_truncated=np.any((box < TRUNCATED_PX) | (box > np.array(self.size_px * 2) - TRUNCATED_PX), axis=1),
            class_id=true.class_id,
            true_xyxy=box.astype(np.float64),
            size_share=np.sqrt((box[:, 2:] - box[:, :2]).prod(axis=1)) / max(self.size_px),
            seen_xyxy=seen_xyxy,
            seen_class=seen_class,
            track_id=track_id,
        )
