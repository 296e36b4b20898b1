"""Keeps the vehicles of a zone that are occluded by another vehicle there."""

from collections import Counter
from collections.abc import Collection, Set
from dataclasses import dataclass

import numpy as np

from vision.analytics.dimensions import LENGTHS_M
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics


@dataclass(frozen=True, slots=True)
class OcclusionParameters:
    """When a lost vehicle counts as occluded."""

    min_cover: float = 0.5
    """The occluder's box covers more than this part of the vehicle's last box. Larger: fewer lost vehicles count as
    occluded. Source: chosen."""
    min_distance_lengths: float = 0.7
    """The occluder is at least this far away on the road, in typical lengths of its class; a nearer one is next to
    the vehicle, or the same vehicle detected twice. Larger: fewer lost vehicles count as occluded. Source: chosen."""
    max_per_occluder: int = 2
    """Maximum number of vehicles that one vehicle occludes. More: longer queues behind lorries, and more false ones.
    Source: chosen."""
    same_place_sizes: float = 1.0
    """A new track that begins this near to where the occluded one was last observed, in its box size, is that vehicle.
    Larger: occluded vehicles are found again sooner, sometimes wrongly. Source: chosen."""


@dataclass(slots=True)
class _Occluded:
    occluder: int
    """Its track."""
    bottom_center_px: Floats
    """(2,): of the last observation."""
    size_px: float
    lost_s: float
    occluder_last_seen_s: float


class OcclusionTracker:
    """The vehicles of one zone that were lost behind another one there.

    A lorry occludes the vehicles behind it for as long as it waits. One is dropped when it is observed again, under its
    own id or as a new track in the same place, and when its occluder leaves the zone or is lost for `hold_s`.

    Examples:
        >>> occlusion = OcclusionTracker(hold_s=2.0)
        >>> occlusion.update(TrackKinematics.empty(), np.zeros(0, bool), at_s=0.0)
        >>> occlusion.behind({1})
        []
    """

    def __init__(self, hold_s: float, parameters: OcclusionParameters = OcclusionParameters()) -> None:
        self._hold_s = hold_s
        self._parameters = parameters
        self._occluded: dict[int, _Occluded] = {}
        self._last = TrackKinematics.empty()
        self._last_here = np.zeros(0, bool)

    def __len__(self) -> int:
        """The number of occluded vehicles."""
        return len(self._occluded)

    def update(self, tracks: TrackKinematics, here: Bools, at_s: float) -> None:
        """Take in the tracks of one moment. `here` (N,): which are vehicles in the zone."""
        ids = tracks.row_of.keys()
        if self._occluded:
            self._drop(tracks, here, ids, at_s)
        if self._last.row_of.keys() - ids:
            self._add(ids, at_s)
        self._last, self._last_here = tracks, here

    def behind(self, track_ids: Collection[int]) -> list[int]:
        """The vehicles that these tracks occlude, without the tracks themselves."""
        return [t for t, lost in self._occluded.items() if lost.occluder in track_ids and t not in track_ids]

    def _drop(self, tracks: TrackKinematics, here: Bools, ids: Set[int], at_s: float) -> None:
        """Drop vehicles that are observed again, and those of an occluder that is gone."""
        present = set(tracks.track_id[here].tolist())
        for lost in self._occluded.values():
            if lost.occluder in present:
                lost.occluder_last_seen_s = at_s
        self._occluded = {
            track: lost
            for track, lost in self._occluded.items()
            if track not in ids
            and (lost.occluder in present or lost.occluder not in ids)
            and at_s - lost.occluder_last_seen_s <= self._hold_s
        }
        for n in np.flatnonzero(here).tolist():
            if self._occluded and int(tracks.track_id[n]) not in self._last.row_of:
                self._match_new(tracks, n)

    def _match_new(self, tracks: TrackKinematics, n: int) -> None:
        """Drop the occluded vehicle that the new track in row `n` is, if any."""
        off_sizes, track = min(
            (float(np.hypot(*(tracks.bottom_center_px[n] - lost.bottom_center_px))) / lost.size_px, track)
            for track, lost in self._occluded.items()
        )
        if off_sizes < self._parameters.same_place_sizes and tracks.first_seen_s[n] > self._occluded[track].lost_s:
            del self._occluded[track]

    def _add(self, ids: Set[int], at_s: float) -> None:
        """Add vehicles that were lost, and were covered when they were last observed."""
        last, counts = self._last, Counter(lost.occluder for lost in self._occluded.values())
        for n in np.flatnonzero(self._last_here).tolist():
            track = int(last.track_id[n])
            row = None if track in ids else _occluder_of(last, n, self._parameters)
            if row is None or not self._last_here[row]:
                continue
            occluder = int(last.track_id[row])
            if counts[occluder] < self._parameters.max_per_occluder:
                counts[occluder] += 1
                self._occluded[track] = _Occluded(
                    occluder, last.bottom_center_px[n], last.box_size_px(n), lost_s=at_s, occluder_last_seen_s=at_s
                )


def _occluder_of(tracks: TrackKinematics, n: int, parameters: OcclusionParameters) -> int | None:
    """The row of the track that covers the one in row `n`."""
    xyxy, box = tracks.xyxy, tracks.xyxy[n]
    shared_px = np.maximum(np.minimum(xyxy[:, 2:], box[2:]) - np.maximum(xyxy[:, :2], box[:2]), 0.0)
    covered = shared_px.prod(axis=1) / (box[2:] - box[:2]).prod()
    off_m = np.hypot(*(tracks.ground_m - tracks.ground_m[n]).T)
    is_behind = (xyxy[:, 3] > box[3]) & (off_m >= parameters.min_distance_lengths * LENGTHS_M[tracks.class_id])
    covered = np.where(is_behind, covered, 0.0)
    occluder = int(covered.argmax())
    return occluder if covered[occluder] > parameters.min_cover else None
