"""Detects ID takeovers: a passing vehicle takes over a stopped vehicle's track id."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.kinematics.state import Floats, TrackKinematics


@dataclass(frozen=True, slots=True)
class TakeoverParameters:
    """When a new track is a stopped vehicle that lost its id. Sizes are in units of the new track's box size."""

    same_place_sizes: float = 0.35
    """The new track begins, and stays, this near to where the other was stopped. Larger: more takeovers are found, more
    neighbours are taken for the stopped vehicle. Source: chosen."""
    max_size_ratio: float = 1.3
    """Neither box is this many times as large as the other, in length. Larger: more takeovers are found, more vehicles
    of other kinds are taken for the stopped one. Source: chosen."""
    departure_sizes: float = 0.5
    """The old id must be this far from there. Larger: fewer takeovers are found. Source: chosen."""
    confirm_s: float = 0.5
    """Both must hold this long, seconds: a half-occluded box jitters as far, but returns, while the vehicle that
    occludes it drives on. Longer: more certain, later. Source: chosen."""
    max_age_s: float = 1.0
    """A new track was first observed within this time, seconds; an older one has belonged to another vehicle. Longer:
    more pairs are examined. Source: chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A stopped track, and a new one that began in its place."""

    stopped: int
    new: int
    at_px: Floats
    """(2,): where the new one began."""
    size_px: float
    since_s: float


class IdTakeoverDetector:
    """Watches new tracks that begin where a track that is still visible was stopped.

    If the old id moves away and the new track stays, the new track is the stopped vehicle.

    Examples:
        >>> IdTakeoverDetector().update(TrackKinematics.empty(), [], at_s=0.0, previous=None)
        []
    """

    def __init__(self, parameters: TakeoverParameters = TakeoverParameters()) -> None:
        self._parameters = parameters
        self._candidates: list[_Candidate] = []

    def __len__(self) -> int:
        """The number of undecided pairs."""
        return len(self._candidates)

    def update(
        self, tracks: TrackKinematics, new: Sequence[int], at_s: float, previous: TrackKinematics | None
    ) -> list[tuple[int, int]]:
        """Return the takeovers that are certain now: (id of the stopped vehicle until then, id of its new track).

        `new`: the rows of tracks that were not observed a frame before. `previous`: the tracks just before.
        """
        found = self._decide(tracks, at_s) if self._candidates else []
        if previous is not None:
            for n in new:
                if at_s - tracks.first_seen_s[n] <= self._parameters.max_age_s:
                    self._candidates += self._begun_at(tracks, n, at_s, previous)
        return found

    def _decide(self, tracks: TrackKinematics, at_s: float) -> list[tuple[int, int]]:
        p, found, undecided = self._parameters, [], []
        for pair in self._candidates:
            new, other = tracks.row_of.get(pair.new), tracks.row_of.get(pair.stopped)
            stays = new is None or _away_px(tracks, new, pair) < p.same_place_sizes * pair.size_px
            is_back = other is not None and _away_px(tracks, other, pair) < p.departure_sizes * pair.size_px
            if not stays or is_back:
                continue
            if at_s - pair.since_s < p.confirm_s:
                undecided.append(pair)
            elif other is not None:
                found.append((pair.stopped, pair.new))
        self._candidates = undecided
        return found

    def _begun_at(self, tracks: TrackKinematics, n: int, at_s: float, previous: TrackKinematics) -> list[_Candidate]:
        """The visible tracks that were stopped where the new one in row `n` begins, each paired with it."""
        p = self._parameters
        left, top, right, bottom = tracks.xyxy[n]
        area_px2 = float((right - left) * (bottom - top))
        at_px, size_px = tracks.bottom_center_px[n].copy(), area_px2**0.5
        is_near = np.hypot(*(previous.bottom_center_px - at_px).T) < p.same_place_sizes * size_px
        near = np.flatnonzero(is_near & previous.is_stopped)
        if not len(near):
            return []
        ratios = (previous.xyxy[near, 2:] - previous.xyxy[near, :2]).prod(axis=1) / area_px2
        is_alike = (ratios > p.max_size_ratio**-2) & (ratios < p.max_size_ratio**2)
        stopped = set(previous.track_id[near[is_alike]].tolist())
        new = int(tracks.track_id[n])
        return [_Candidate(track, new, at_px, size_px, at_s) for track in stopped & tracks.row_of.keys()]


def _away_px(tracks: TrackKinematics, n: int, pair: _Candidate) -> float:
    """How far the track in row `n` is from where the new one began."""
    return float(np.hypot(*(tracks.bottom_center_px[n] - pair.at_px)))
