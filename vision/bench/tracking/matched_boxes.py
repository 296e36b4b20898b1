"""What a detector and the tracker made of each true vehicle in each frame that was looked at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.bench.clips.replay import Seen
from vision.bench.tracking.box_matching import match
from vision.bench.tracking.mot_dataset import FollowedClip, TrueBoxes
from vision.common.object_class import ObjectClass
from vision.config.camera import TrackingConfig
from vision.core import Detections, Tracks
from vision.core.columns import Columns
from vision.tracking import Tracker

Floats = NDArray[np.float64]
CUT_PX = 2
"""A box that comes so near to the picture's edge is cut by it."""


@dataclass(frozen=True, slots=True, eq=False)
class Sightings(Columns):
    """N looks at true vehicles, each vehicle's in the order of time."""

    vehicle: NDArray[np.int64]
    """(N,): unique over all clips."""
    at_s: Floats
    """(N,): media time."""
    is_truncated: NDArray[np.bool_]
    """(N,): the picture's edge cuts the vehicle, so that true and seen boxes differ by taste."""
    class_id: NDArray[np.int64]
    true_xyxy: Floats
    """(N, 4)"""
    size_share: Floats
    """(N,): square root of the true box's area, in parts of the picture's longer side."""
    seen_xyxy: Floats
    """(N, 4): NaN where it was missed."""
    seen_class: NDArray[np.int64]
    """(N,): -1 where it was missed."""
    track_id: NDArray[np.int64]
    """(N,): -1 where no confirmed track was on it."""

    def __post_init__(self) -> None:
        self.check_lengths()

    @property
    def is_found(self) -> NDArray[np.bool_]:
        """(N,)"""
        return self.seen_class >= 0

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """One after the other; parts of one clip first, then sorted by vehicle and time."""
        every = list(parts)
        names = cls.__slots__
        joined = cls(**{name: np.concatenate([getattr(part, name) for part in every]) for name in names})
        return joined[np.lexsort((joined.at_s, joined.vehicle))]


@dataclass(slots=True)
class Surplus:
    """What was detected and is no vehicle of the truth, of detections sure enough to begin a track."""

    frames: int = 0
    twice: int = 0
    """On a vehicle that had its own detection already, or on a part of one."""
    unexplained: int = 0
    """Where the truth has nothing. The truth is not complete, so this is the most there can be."""


@dataclass(slots=True)
class Watch:
    """Looks at clips beside their truth."""

    looks: list[Sightings] = field(default_factory=list)
    surplus: Surplus = field(default_factory=Surplus)
    clips: int = 0

    def look(self, clip: FollowedClip, seen: Iterable[Seen], fps: float) -> None:
        """Detect and track one clip, and note what became of each true vehicle."""
        settings = TrackingConfig()
        tracker = Tracker(settings, fps=fps)
        for frame, detections in seen:
            true = clip.truth[clip.truth.frame == frame.index]
            vehicles = detections[detections.class_id != ObjectClass.PERSON.class_id]
            tracks = tracker.update(detections, frame.media_time_s)[-1].tracks
            of = match(true.xyxy, vehicles.xyxy)
            self._note_surplus(true.xyxy, vehicles[vehicles.confidence >= settings.activation], vehicles[of[of >= 0]])
            look = _Look(frame.media_time_s, (frame.width_px, frame.height_px), 10_000 * self.clips)
            self.looks.append(look.at(true, vehicles, of, tracks))
        self.clips += 1

    def _note_surplus(self, true: NDArray[np.float32], sure: Detections, matched: Detections) -> None:
        taken = match(sure.xyxy, matched.xyxy, least=0.999) >= 0
        left = sure[~taken]
        centre = (left.xyxy[:, :2] + left.xyxy[:, 2:]) / 2
        within = np.all((centre[:, None] > true[None, :, :2]) & (centre[:, None] < true[None, :, 2:]), axis=2)
        on_one = np.any(within, axis=1)
        self.surplus.frames += 1
        self.surplus.twice += int(on_one.sum())
        self.surplus.unexplained += int((~on_one).sum())


@dataclass(frozen=True, slots=True)
class _Look:
    at_s: float
    size_px: tuple[int, int]
    first_id: int
    """Added to the clip's own numbers of vehicles."""

    def at(self, true: TrueBoxes, seen: Detections, of: NDArray[np.int64], tracks: Tracks) -> Sightings:
        """What became of the true vehicles of one frame; `of` has each one's row in `seen`, -1 where it was missed."""
        n, found, box = len(true), of >= 0, true.xyxy
        seen_xyxy = np.full((n, 4), np.nan)
        seen_class, track_id = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        seen_xyxy[found], seen_class[found] = seen.xyxy[of[found]], seen.class_id[of[found]]
        vehicles = tracks[tracks.class_id != ObjectClass.PERSON.class_id]
        track = match(box, vehicles.xyxy)
        track_id[track >= 0] = vehicles.track_id[track[track >= 0]]
        return Sightings(
            vehicle=true.vehicle + self.first_id,
            at_s=np.full(n, self.at_s),
            is_truncated=np.any((box < CUT_PX) | (box > np.array(self.size_px * 2) - CUT_PX), axis=1),
            class_id=true.class_id,
            true_xyxy=box.astype(np.float64),
            size_share=np.sqrt((box[:, 2:] - box[:, :2]).prod(axis=1)) / max(self.size_px),
            seen_xyxy=seen_xyxy,
            seen_class=seen_class,
            track_id=track_id,
        )
