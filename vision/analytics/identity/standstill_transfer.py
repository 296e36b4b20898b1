"""Finds stopped tracks of vehicles that arrived under another id, shortly before."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.geometry import iou


@dataclass(frozen=True, slots=True)
class StandstillTransferParameters:
    """When a track that never moved is a vehicle that arrived under another id."""

    max_gap_s: float = 2.0
    """The vehicle was without a track this long at most, seconds. Longer: more arrivals are found, more wrong ones.
    Source: chosen."""
    max_age_s: float = 2.0
    """A track that is older is not examined any more, seconds; by then it is known to be stopped. Longer: more cost.
    Source: chosen."""
    interval_s: float = 0.1
    """Moments are kept this far apart, seconds. Longer: less memory, less exact. Source: chosen."""
    min_iou: float = 0.7
    """Boxes of one vehicle overlap at least this much; two of one size that touch do not. Larger: fewer arrivals are
    found. Source: chosen."""
    driving_mps: float = 1.5
    """A track that drives on faster than this only passed by. Higher: more passing tracks are taken for the arrival.
    Source: chosen."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A stopped track, the track under which its vehicle arrived, and when that was last observed there."""

    track_id: int
    previous_id: int
    last_seen_s: float


class StandstillTransfer:
    """Keeps the tracks of the last seconds, and matches new stopped tracks with those that were in their place.

    Two vehicles cannot be in one place, so the vehicle of the new track arrived under the earlier id.

    Examples:
        >>> StandstillTransfer().update(TrackKinematics.empty(), np.zeros(0, bool), at_s=0.0)
        []
    """

    def __init__(self, parameters: StandstillTransferParameters = StandstillTransferParameters()) -> None:
        self._parameters = parameters
        self._recent: deque[tuple[float, TrackKinematics]] = deque()

    def __len__(self) -> int:
        """The number of moments that are kept."""
        return len(self._recent)

    def update(self, tracks: TrackKinematics, unmoved: Bools, at_s: float) -> list[Arrival]:
        """Take in one moment; return which of the stopped `unmoved` (N,) tracks arrived under another id."""
        p = self._parameters
        is_new = at_s - tracks.first_seen_s <= p.max_age_s
        examined = unmoved & tracks.is_stopped & IS_VEHICLE[tracks.class_id] & is_new
        found = [self._arrival(tracks, n) for n in examined.nonzero()[0].tolist()]
        while self._recent and at_s - self._recent[0][0] > p.max_age_s + p.max_gap_s:
            self._recent.popleft()
        if len(tracks) and not (self._recent and at_s - self._recent[-1][0] < p.interval_s):
            self._recent.append((at_s, tracks))
        return [arrival for arrival in found if arrival is not None]

    def _arrival(self, tracks: TrackKinematics, n: int) -> Arrival | None:
        """Match the track in row `n` with a track that was in its place just before it began.

        The newest such moment counts. A track that is still there, or drives on, is not matched.
        """
        p, box, began_s = self._parameters, tracks.xyxy[n], float(tracks.first_seen_s[n])
        drives: dict[int, bool] = {}
        here: set[int] = set()
        for later in [*(then for moment_s, then in self._recent if moment_s >= began_s), tracks]:
            may_drive = ~(later.speed_mps < p.driving_mps) & ~later.is_stopped
            drives |= dict(zip(later.track_id.tolist(), may_drive.tolist(), strict=True))
            here.update(later.track_id[self._is_same(box, later.xyxy)].tolist())
        for moment_s, earlier in reversed(self._recent):
            if began_s - p.max_gap_s <= moment_s < began_s:
                there = earlier.track_id[self._is_same(box, earlier.xyxy)].tolist()
                candidates = [track for track in there if track not in here and not drives.get(track, False)]
                if candidates:
                    return Arrival(int(tracks.track_id[n]), candidates[0], moment_s)
        return None

    def _is_same(self, box: Floats, boxes: Floats) -> Bools:
        """(N,): which boxes (N, 4) are the box (4,), apart from jitter."""
        return np.asarray(iou(box[None], boxes)[0] >= self._parameters.min_iou, bool)
