"""Track stitching: links new tracks to recently lost ones, and flags reused ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from vision.analytics.identity.takeover import IdTakeoverDetector, TakeoverParameters
from vision.analytics.identity.turning import OccludedTurnMatcher, OccludedTurnParameters
from vision.analytics.kinematics.state import Floats, TrackKinematics
from vision.geometry import distance_to_path_px


@dataclass(frozen=True, slots=True)
class StitchingParameters:
    """When a new track continues a lost one. Sizes are in units of the square root of the box area."""

    max_gap_s: float = 1.5
    """A lost track may be continued this long after its loss, seconds. Longer: more occlusions bridged, more wrong
    links. Source: chosen."""
    max_gap_stopped_s: float = 4.0
    """The same for a track that was stopped: its vehicle is still there, and passing vehicles occlude it. Longer: as
    for `max_gap_s`. Source: chosen."""
    max_distance_sizes: float = 0.6
    """A new track begins within this distance of the path that the lost one was on, in the smaller one's size. Larger:
    more links, more wrong ones. Source: chosen."""
    max_size_ratio: float = 1.5
    """Neither box is this many times as large as the other, in length: what passes in front of a vehicle is not that
    vehicle. Larger: more links, more wrong ones. Source: chosen."""
    stop_window_s: float = 1.5
    """The place of a stopped track is the median of this time, seconds, since an approaching occluder squeezes its box.
    Longer: less noise, more memory. Source: chosen."""
    stop_interval_s: float = 0.2
    """Moments are kept this far apart for it, seconds. Longer: less memory, less exact. Source: chosen."""
    recent_stop_s: float = 0.6
    """A track that was stopped until this long before it was lost, seconds, may still be there, its box displaced by an
    occluder. Longer: more links of vehicles that had started. Source: chosen."""
    takeover_lookback_s: float = 0.8
    """A track that was stopped this long before another began in its place, seconds, may have lost its id to a passing
    vehicle. Longer: more takeovers are found. Source: chosen."""
    late_s: float = 0.6
    """A new track may be linked to a stopped one this long after it began, seconds: while half occluded, its box does
    not match yet. Longer: more links, later ones. Source: chosen."""
    reuse_gap_s: float = 0.25
    """A track that returns after a shorter gap is not examined for a reused id, seconds. Longer: fewer reused ids are
    found. Source: chosen."""
    reuse_acceleration_mps2: float = 4.0
    """One that is farther from where it was going than this acceleration explains is another vehicle. Higher: fewer
    reused ids are found. Source: chosen."""
    reuse_distance_sizes: float = 0.7
    """It must also be farther than this, in its size. Larger: fewer reused ids are found. Source: chosen."""
    velocity_lag_s: float = 0.6
    """A driving track's velocity is this old, seconds: half of the window that it is estimated over. Longer: fewer
    reused ids are found. Source: half of `VelocityParameters.window_s`."""


TrackLinks = Sequence[tuple[int, int]]
"""(lost track, new track), each pair one vehicle."""


class TrackStitcher:
    """Links new tracks to lost ones that are the same vehicle.

    Each lost track is linked once: to the nearest track that began after the loss, or to its own predecessor if that
    returns. ID takeovers and occluded turns give links too.

    Examples:
        >>> stitcher = TrackStitcher(1280, 720)
        >>> stitcher.update(TrackKinematics.empty(), at_s=0.0)  # [(lost track, new track), ...]
        []
    """

    def __init__(
        self,
        width_px: int,
        height_px: int,
        *,
        parameters: StitchingParameters = StitchingParameters(),
        takeovers: TakeoverParameters = TakeoverParameters(),
        turns: OccludedTurnParameters = OccludedTurnParameters(),
    ) -> None:
        self._parameters = parameters
        self._visible: set[int] = set()
        self._last = TrackKinematics.empty()
        self._last_s = -inf
        self._recent: list[tuple[float, TrackKinematics]] = []
        """Moments of the last `stop_window_s`."""
        self._lost: dict[int, tuple[_LostTrack, ...]] = {}
        """By track: the states by which it may be recognised."""
        self._predecessors: dict[int, int] = {}
        """By track that is visible or lost: the track that it continues."""
        self._takeovers = IdTakeoverDetector(takeovers)
        self._turns = OccludedTurnMatcher(width_px, height_px, turns)
        self.switched: tuple[int, ...] = ()
        """Tracks that switched to another vehicle, as found by the newest update."""

    def __len__(self) -> int:
        """The number of lost tracks, and of tracks that may be linked later."""
        return len(self._lost) + len(self._takeovers) + len(self._turns)

    def update(self, tracks: TrackKinematics, at_s: float) -> TrackLinks:
        """Take in the tracks of one moment; return the links that are certain now."""
        p = self._parameters
        ids = tracks.track_id.tolist()
        visible = set(ids)
        gone, appeared = self._visible - visible, visible - self._visible
        if gone:
            self._lose(gone)
        links: list[tuple[int, int]] = []
        self.switched = ()
        new = [n for n, track in enumerate(ids) if track in appeared] if appeared else []
        if self._lost:
            self.switched = tuple(
                ids[n] for n in new if ids[n] in self._lost and self._is_another_vehicle(tracks, n, at_s)
            )
            oldest_s = at_s - p.max_gap_stopped_s
            self._lost = {t: s for t, s in self._lost.items() if s[0].last_seen_s >= oldest_s and t not in visible}
            links = self._link(tracks, new, at_s) if self._lost else []
        links += self._turns.update(tracks, new, at_s, links)
        self._predecessors = {t: lost for t, lost in self._predecessors.items() if t in visible or t in self._lost}
        self._predecessors |= {successor: lost for lost, successor in links}
        before = next((t for t_s, t in self._recent if at_s - t_s <= p.takeover_lookback_s), None) if new else None
        takeovers = self._takeovers.update(tracks, new, at_s, before)
        self.switched += tuple(track for track, _ in takeovers)
        self._visible, self._last, self._last_s = visible, tracks, at_s
        if not self._recent or at_s - self._recent[-1][0] >= p.stop_interval_s:
            self._recent = [*(r for r in self._recent if at_s - r[0] <= p.stop_window_s), (at_s, tracks)]
        return links + takeovers

    def _lose(self, gone: set[int]) -> None:
        last, p = self._last, self._parameters
        size_px = _sizes_px(last.xyxy)
        rows = [n for n, track in enumerate(last.track_id.tolist()) if track in gone]
        self._turns.lose(last, rows, self._last_s)
        for n in rows:
            recent_stop, is_stopped = self._recent_stop(n), bool(last.is_stopped[n])
            state = _LostTrack(
                self._last_s,
                self._last_s + (p.max_gap_stopped_s if is_stopped else p.max_gap_s),
                last.bottom_center_px[n],
                np.zeros(2) if is_stopped else self._velocity_px(n),
                0.0 if is_stopped else p.velocity_lag_s,
                float(size_px[n]),
                float(last.scale_px_per_m[n]),
                is_stopped=is_stopped,
            )
            self._lost[int(last.track_id[n])] = (state,) if recent_stop is None else (state, recent_stop)

    def _velocity_px(self, n: int) -> Floats:
        """(2,): the newest known velocity of the track in row `n` of the last moment; 0 if none is known."""
        track = self._last.track_id[n]
        for tracks in (self._last, *(tracks for _, tracks in reversed(self._recent))):
            for velocity_px in tracks.velocity_px[tracks.track_id == track]:
                if np.isfinite(velocity_px).all():
                    return np.asarray(velocity_px)
        return np.zeros(2)

    def _recent_stop(self, n: int) -> "_LostTrack | None":
        """Where the track in row `n` of the last moment was stopped, if it was so just before it was lost."""
        p = self._parameters
        track, moments = self._last.track_id[n], [*self._recent, (self._last_s, self._last)]
        just_before = [tracks for at_s, tracks in moments if self._last_s - at_s <= p.recent_stop_s]
        if not any(tracks.is_stopped[tracks.track_id == track].any() for tracks in just_before):
            return None
        at = [(tracks, np.flatnonzero((tracks.track_id == track) & tracks.is_stopped)) for _, tracks in moments]
        stops = [(tracks.bottom_center_px[rows[0]], tracks.xyxy[rows[0]]) for tracks, rows in at if len(rows)]
        bottom_center_px, boxes = np.median([center for center, _ in stops], axis=0), np.array([b for _, b in stops])
        return _LostTrack(
            self._last_s,
            self._last_s + p.max_gap_stopped_s,
            bottom_center_px,
            np.zeros(2),
            0.0,
            float(np.median(_sizes_px(boxes))),
            float(self._last.scale_px_per_m[n]),
            is_stopped=True,
        )

    def _is_another_vehicle(self, tracks: TrackKinematics, n: int, at_s: float) -> bool:
        """Whether the returning track in row `n` is out of reach of every state in which it was lost."""
        size_px = float(_sizes_px(tracks.xyxy[n, None])[0])
        return all(
            state.cannot_reach(tracks.bottom_center_px[n], size_px, at_s, self._parameters)
            for state in self._lost[int(tracks.track_id[n])]
        )

    def _link(self, tracks: TrackKinematics, new: list[int], at_s: float) -> list[tuple[int, int]]:
        """Link lost tracks to the rows `new` of new ones, nearest pairs first."""
        p = self._parameters
        open_states = [(t, state) for t, states in self._lost.items() for state in states if at_s <= state.until_s]
        stopped_states = [(t, state) for t, state in open_states if state.is_stopped]
        rows = new + (self._unlinked(tracks, new, at_s) if stopped_states else [])
        if not (rows and open_states):
            return []
        # Late ones continue stopped tracks only.
        lost, states = zip(*(open_states if new else stopped_states), strict=True)
        from_px = np.array([state.bottom_center_px for state in states])
        paths_px = np.array([state.velocity_px * (at_s - state.last_seen_s) for state in states])
        away_px = distance_to_path_px(tracks.bottom_center_px[rows][:, None] - from_px, paths_px)
        old_px, new_px = np.array([state.size_px for state in states]), _sizes_px(tracks.xyxy[rows])[:, None]
        small_px, large_px = np.minimum(old_px, new_px), np.maximum(old_px, new_px)
        last_seen_s = np.array([state.last_seen_s for state in states])
        ids = tracks.track_id[rows][:, None]
        is_back = ids == [self._predecessors.get(track, 0) for track in lost]
        is_alike = large_px < p.max_size_ratio * small_px
        may_be = is_alike & (tracks.first_seen_s[rows][:, None] > last_seen_s) | is_back
        may_be[len(new) :] &= np.array([state.is_stopped for state in states])
        sizes = np.where(may_be, away_px / np.maximum(small_px, 1e-9), inf)
        links: list[tuple[int, int]] = []
        while sizes.size and (nearest := float(sizes.min())) <= p.max_distance_sizes:
            i, j = np.argwhere(sizes == nearest)[0].tolist()
            links.append((lost[j], int(ids[i, 0])))
            sizes[i], sizes[:, np.array(lost) == lost[j]] = inf, inf
            del self._lost[lost[j]]
        return links

    def _unlinked(self, tracks: TrackKinematics, new: list[int], at_s: float) -> list[int]:
        """Rows of tracks that began within `late_s` and continue none yet."""
        began = (at_s - tracks.first_seen_s <= self._parameters.late_s).nonzero()[0].tolist()
        return [n for n in began if n not in new and int(tracks.track_id[n]) not in self._predecessors]


@dataclass(frozen=True, slots=True, eq=False)
class _LostTrack:
    """The state of a lost track: when it was observed last, where, how fast and how large."""

    last_seen_s: float
    until_s: float
    """Until when it may be continued."""
    bottom_center_px: Floats
    velocity_px: Floats
    velocity_lag_s: float
    size_px: float
    scale_px_per_m: float
    is_stopped: bool = False

    def cannot_reach(
        self, bottom_center_px: Floats, size_px: float, at_s: float, parameters: StitchingParameters
    ) -> bool:
        """Whether a box of that size is out of the track's reach: too far from where it was going.

        An occluder may have squeezed one of the boxes: the larger size counts.
        """
        p, gap_s = parameters, at_s - self.last_seen_s
        away_px = bottom_center_px - self.bottom_center_px - self.velocity_px * gap_s
        gained_m = p.reuse_acceleration_mps2 / 2 * (gap_s + self.velocity_lag_s) ** 2
        max_px = p.reuse_distance_sizes * max(self.size_px, size_px) + gained_m * self.scale_px_per_m
        return gap_s >= p.reuse_gap_s and float(np.hypot(*away_px)) > max_px


def _sizes_px(xyxy: Floats) -> Floats:
    """(N,): the square root of each box's area."""
    sizes: Floats = np.sqrt((xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1))
    return sizes
