"""Links vehicles that were occluded while they turned: their direction does not show where they reappear."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.kinematics.state import Floats, TrackKinematics


@dataclass(frozen=True, slots=True)
class OccludedTurnParameters:
    """When a new track is a vehicle that was lost while it turned."""

    max_gap_s: float = 1.5
    """A vehicle is occluded this long at most, seconds. Longer: more links, more wrong ones. Source: chosen."""
    decide_s: float = 1.0
    """The velocity of a new track is known this soon after it began, seconds, or it is not examined. Longer: slower
    starts are examined too, later links. Source: chosen."""
    min_speed_mps: float = 1.5
    """Slower vehicles may be stopped, and are not matched. Higher: fewer links. Source: chosen."""
    max_speed_mps: float = 7.0
    """Vehicles do not turn faster; it also bounds how far apart the two tracks may be. Higher: more links, more wrong
    ones. Source: chosen."""
    max_size_ratio: float = 2.0
    """Neither vehicle is this many times as large as the other on the road: a car is larger from its side than from
    behind, and an occluder squeezes its box. Larger: more wrong links. Source: chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class _Endpoint:
    """A vehicle at its last observation, or at its first."""

    track: int
    at_s: float
    bottom_center_px: Floats
    ground_m: Floats
    velocity_px: Floats
    speed_mps: float
    size_m: float
    """The square root of its box's area, as if the box were upright on the road."""

    def can_reach(self, later: "_Endpoint", p: OccludedTurnParameters) -> bool:
        """Whether time, distance and size allow that both are one vehicle."""
        gap_s, ratio = later.at_s - self.at_s, later.size_m / self.size_m
        away_m = float(np.hypot(*(later.ground_m - self.ground_m)))
        is_near = away_m <= p.max_speed_mps * gap_s + self.size_m
        return 0 < gap_s <= p.max_gap_s and is_near and 1 / p.max_size_ratio < ratio < p.max_size_ratio

    def may_be(self, later: "_Endpoint", picture_px: Floats, p: OccludedTurnParameters) -> bool:
        """Whether both may be one vehicle, and neither would have crossed the picture's edge going straight."""
        if not (p.min_speed_mps <= later.speed_mps <= p.max_speed_mps and self.can_reach(later, p)):
            return False
        gap_s = later.at_s - self.at_s
        straight_px = (
            self.bottom_center_px + gap_s * self.velocity_px,
            later.bottom_center_px - gap_s * later.velocity_px,
        )
        return all(bool(((point_px > 0) & (point_px < picture_px)).all()) for point_px in straight_px)


class OccludedTurnMatcher:
    """Matches vehicles that are lost while they drive slowly with new ones that drive off slowly nearby.

    Two tracks are linked only if each may be the other, and no third one. Vehicles that would have
    crossed the picture's edge going straight are not matched: others enter and leave there.

    Examples:
        >>> OccludedTurnMatcher(1280, 720).update(TrackKinematics.empty(), [], at_s=0.0, links=[])
        []
    """

    def __init__(
        self, width_px: int, height_px: int, parameters: OccludedTurnParameters = OccludedTurnParameters()
    ) -> None:
        self._picture_px = np.array([width_px, height_px], np.float64)
        self._parameters = parameters
        self._lost: dict[int, _Endpoint] = {}
        self._new: dict[int, float] = {}
        """When each new track was first observed."""
        self._undecided: set[int] = set()
        """New tracks of unknown velocity."""

    def __len__(self) -> int:
        """The number of lost and new tracks that are kept."""
        return len(self._lost) + len(self._new)

    def lose(self, tracks: TrackKinematics, rows: Sequence[int], last_seen_s: float) -> None:
        """Take in tracks that were observed last in these rows at that time."""
        p = self._parameters
        for n in rows:
            self._lost.pop(int(tracks.track_id[n]), None)
            may_turn = IS_VEHICLE[tracks.class_id[n]] and p.min_speed_mps <= tracks.speed_mps[n] <= p.max_speed_mps
            if may_turn and np.isnan(tracks.stopped_since_s[n]):
                last = _endpoint(tracks, n, last_seen_s, tracks.bottom_center_px[n], tracks.ground_m[n])
                self._lost[last.track] = last

    def update(
        self, tracks: TrackKinematics, new: Sequence[int], at_s: float, links: Sequence[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """The links (lost track, new track) that are certain now.

        `new`: the rows of tracks that were not observed a frame before. `links`: those found by other means.
        """
        for n in new:
            if IS_VEHICLE[tracks.class_id[n]]:
                self._new[int(tracks.track_id[n])] = float(tracks.first_seen_s[n])
                self._undecided.add(int(tracks.track_id[n]))
        for pair in links:
            self._forget(*pair)
        oldest_s = at_s - self._parameters.max_gap_s - self._parameters.decide_s
        self._lost = {t: lost for t, lost in self._lost.items() if lost.at_s >= oldest_s}
        self._new = {t: first_s for t, first_s in self._new.items() if first_s >= oldest_s}
        self._undecided &= self._new.keys()
        return self._match(tracks) if self._undecided and self._lost else []

    def _forget(self, lost: int, new: int) -> None:
        self._lost.pop(lost, None)
        self._new.pop(new, None)
        self._undecided.discard(new)

    def _match(self, tracks: TrackKinematics) -> list[tuple[int, int]]:
        rows = tracks.row_of
        lost = [last for last in self._lost.values() if last.track not in rows]
        known = [t for t in self._undecided if t in rows and not np.isnan(tracks.speed_mps[rows[t]])]
        links = []
        for new in known:
            first = _first(tracks, rows[new])
            candidates = [last for last in lost if last.may_be(first, self._picture_px, self._parameters)]
            if len(candidates) == 1 and not self._has_rival(tracks, rows, candidates[0], new):
                links.append((candidates[0].track, new))
        self._undecided -= set(known)
        for pair in links:
            self._forget(*pair)
        return links

    def _has_rival(self, tracks: TrackKinematics, rows: Mapping[int, int], lost: _Endpoint, new: int) -> bool:
        others = [rows[t] for t in self._new if t != new and t in rows]
        return any(lost.can_reach(_first(tracks, n), self._parameters) for n in others)


def _first(tracks: TrackKinematics, n: int) -> _Endpoint:
    return _endpoint(tracks, n, float(tracks.first_seen_s[n]), tracks.first_px[n], tracks.first_m[n])


def _endpoint(tracks: TrackKinematics, n: int, at_s: float, bottom_center_px: Floats, ground_m: Floats) -> _Endpoint:
    return _Endpoint(
        track=int(tracks.track_id[n]),
        at_s=at_s,
        bottom_center_px=bottom_center_px,
        ground_m=ground_m,
        velocity_px=tracks.velocity_px[n],
        speed_mps=float(tracks.speed_mps[n]),
        size_m=tracks.box_size_px(n) / float(tracks.scale_px_per_m[n]),
    )
