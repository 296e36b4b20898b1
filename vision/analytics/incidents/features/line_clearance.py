"""Confirms that a vehicle cleared a line: that it drove on after crossing, since jitter crosses lines too."""

from collections.abc import Callable
from dataclasses import dataclass
from math import hypot, inf
from typing import Generic, TypeVar

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.analytics.kinematics.state import Floats, TrackKinematics
from vision.analytics.scene import Scene

Fact = TypeVar("Fact")
Point = tuple[float, float]

LEFT, RIGHT, BOTTOM = 0, 2, 3
"""Sides at which truncation hides where a vehicle touches the road: a position is uncertain then."""


@dataclass(frozen=True, slots=True)
class LineClearanceParameters:
    """When a vehicle that crossed a line has driven on."""

    min_driving_mps: float = 2.0
    """From this speed a vehicle drives, metres per second. Higher: slow vehicles clear the line later. Source:
    chosen."""
    clear_distance_m: float = 5.0
    """A vehicle this far from where it crossed has cleared the line, metres. Larger: fewer false crossings, later
    confirmation. Source: chosen."""
    clear_distance_sizes: float = 0.5
    """The same in the image, in sizes of the box: both must hold. Larger: fewer false crossings by the jitter of large
    boxes, later confirmation. Source: chosen."""
    steady_s: float = 0.8
    """It stays clear for this long, seconds: a large box jitters by a quarter of its height. Longer: fewer false
    crossings, later confirmation. Source: chosen."""
    fast_mps: float = 7.0
    """A vehicle that sustained this speed while it crossed was not about to wait at the line, metres per second.
    Higher: more vehicles must get the whole distance away. Source: chosen."""
    fast_clear_distance_m: float = 3.5
    """Such a fast vehicle has cleared the line at this distance, metres, even if it stops there to give way. Larger:
    fewer false crossings, later confirmation. Source: chosen."""
    max_unseen_s: float = 20.0
    """A vehicle not observed for this long is given up, seconds. Longer: more crossings survive an occlusion. Source:
    chosen."""
    edge_share: float = 0.08
    """A vehicle that is lost while driving within this share of the image's size from its edge has left the image.
    Larger: more tracks that are lost count as having left. Source: chosen."""
    fast_lookahead_s: float = 0.5
    """For a fast vehicle, the position this much later counts, seconds. Longer: more tracks that are lost count as
    having left. Source: chosen."""
    leaving_height_share: float = 0.6
    """A box truncated below this share of its former height leaves the image at the bottom. Larger: more vehicles that
    wait at the image's bottom count as leaving. Source: chosen."""
    lost_s: float = 1.0
    """A leaving vehicle has left when it was not observed for this long, seconds. Longer: fewer false crossings, later
    confirmation. Source: chosen."""


@dataclass(slots=True)
class _Pending(Generic[Fact]):
    """A fact about a vehicle that has not cleared the line yet."""

    fact: Fact
    since_s: float
    from_px: Point
    from_m: Point
    heading: Point
    """NaN if unknown."""
    height_px: float
    """Of its box when it was last seen ..."""
    full_height_px: float
    """... and the largest height that two observations in a row reached."""
    last_seen_s: float
    has_kept_driving: bool
    is_fast: bool
    """Whether it crossed at a speed at which a vehicle is not about to wait."""
    is_leaving: bool = False
    clear_since_s: float = inf

    @property
    def is_underway(self) -> bool:
        """Whether it already drives on, though not yet far or long enough."""
        return self.has_kept_driving or self.is_leaving or self.clear_since_s < inf

    def observe_height(self, height_px: float) -> None:
        self.full_height_px = max(self.full_height_px, min(self.height_px, height_px))
        self.height_px = height_px


class LineClearance(Generic[Fact]):
    """Holds facts about tracks, at most one each, until their vehicles have clearly driven on.

    A vehicle that is stitched to a new track is followed under that one; a track that switched to another vehicle is
    dropped. A vehicle may wait on the line for minutes before it drives on.
    """

    def __init__(self, history: TrackHistory, parameters: LineClearanceParameters = LineClearanceParameters()) -> None:
        self._history = history
        self.parameters = parameters
        self._pending: dict[int, _Pending[Fact]] = {}

    def __len__(self) -> int:
        """Number of facts that are held."""
        return len(self._pending)

    def add(self, scene: Scene, n: int, fact: Fact, crossed_s: float) -> None:
        """Holds a fact about the track in row `n`, which crossed a line at `crossed_s`, media time."""
        tracks = scene.tracks
        drives = self._is_driving(tracks, n)
        is_fast = drives and bool(
            min(tracks.speed_mps[n], self._history.sustained_speed_mps[n]) >= self.parameters.fast_mps
        )
        since_s = scene.at_s - crossed_s if is_fast else 0.0
        height_px = float(tracks.xyxy[n, 3] - tracks.xyxy[n, 1])
        pending = _Pending(
            fact,
            scene.at_s,
            from_px=_before(tracks.bottom_center_px[n], tracks.velocity_px[n], since_s),
            from_m=_before(tracks.ground_m[n], tracks.velocity_mps[n], since_s),
            heading=_point(self._history.heading[n]),
            height_px=height_px,
            full_height_px=height_px,
            last_seen_s=scene.at_s,
            has_kept_driving=drives,
            is_fast=is_fast,
        )
        self._pending.setdefault(int(tracks.track_id[n]), pending)

    def discard(self, is_void: Callable[[Fact], bool]) -> None:
        """Drops facts that no longer matter, except those of vehicles that already drive on."""
        self._pending = {t: p for t, p in self._pending.items() if p.is_underway or not is_void(p.fact)}

    def update(self, scene: Scene) -> list[tuple[int | None, int, Fact]]:
        """(row, track, fact) of vehicles that have cleared the line; the row is None for one that left the image."""
        if not self._pending:
            return []
        self._follow_links(scene)
        cleared: list[tuple[int | None, int, Fact]] = []
        for track, pending in list(self._pending.items()):
            n = scene.tracks.row_of.get(track)
            has_switched = n is not None and self._observe(scene, n, pending)
            unseen_s = scene.at_s - pending.last_seen_s
            has_left = n is None and pending.is_leaving and unseen_s >= self.parameters.lost_s
            is_clear = n is not None and scene.at_s - pending.clear_since_s >= self.parameters.steady_s
            if (has_left or is_clear) and not has_switched:
                cleared.append((n, track, pending.fact))
            if has_switched or has_left or is_clear or unseen_s > self.parameters.max_unseen_s:
                del self._pending[track]
        return cleared

    def _follow_links(self, scene: Scene) -> None:
        for lost, successor in scene.stitched:
            if lost in self._pending:
                self._pending.setdefault(successor, self._pending.pop(lost))

    def _observe(self, scene: Scene, n: int, pending: _Pending[Fact]) -> bool:
        """Updates a pending fact; returns whether its track switched to another vehicle."""
        tracks = scene.tracks
        is_stopped, drives = bool(tracks.is_stopped[n]), self._is_driving(tracks, n)
        truncated = tracks.truncated[n].tolist()
        is_position_uncertain = truncated[LEFT] or truncated[RIGHT] or truncated[BOTTOM]
        pending.observe_height(float(tracks.xyxy[n, 3] - tracks.xyxy[n, 1]))
        is_far = self._is_far(tracks, n, pending)
        pending.last_seen_s, pending.has_kept_driving = scene.at_s, pending.has_kept_driving and drives
        if (is_stopped and not pending.is_fast) or not (is_far or is_position_uncertain):
            pending.clear_since_s = inf
        elif is_far and drives:
            pending.clear_since_s = min(pending.clear_since_s, scene.at_s)
        is_near_edge = self._is_near_edge(scene, n, lookahead=pending.is_fast and drives)
        # The position of a box that is truncated more and more seems to slow down.
        is_moving_out = not is_stopped and (drives or (is_far and is_position_uncertain))
        is_mostly_outside = (
            truncated[BOTTOM] and pending.height_px < self.parameters.leaving_height_share * pending.full_height_px
        )
        is_leaving = is_mostly_outside or (is_near_edge and is_moving_out)
        if is_leaving or is_stopped or not is_near_edge:
            pending.is_leaving = is_leaving
        return self._history.has_switched_since(n, pending.since_s)

    def _is_near_edge(self, scene: Scene, n: int, *, lookahead: bool) -> bool:
        tracks, share = scene.tracks, self.parameters.edge_share
        left, top, right, bottom = tracks.xyxy[n].tolist()
        ahead_px = self.parameters.fast_lookahead_s * tracks.velocity_px[n]
        x_px, y_px = ahead_px.tolist() if lookahead else (0.0, 0.0)
        return bool(
            left + x_px < share * scene.width_px
            or top + y_px < share * scene.height_px
            or right + x_px > (1 - share) * scene.width_px
            or bottom + y_px > (1 - share) * scene.height_px
        )

    def _is_driving(self, tracks: TrackKinematics, n: int) -> bool:
        is_moving = IS_VEHICLE[tracks.class_id[n]] and not tracks.is_stopped[n]
        return bool(is_moving and tracks.speed_mps[n] >= self.parameters.min_driving_mps)

    def _is_far(self, tracks: TrackKinematics, n: int, pending: _Pending[Fact]) -> bool:
        """Whether it is clearly away from where it crossed, and not behind: a track there is a following vehicle.

        A vehicle that turned round and drives away may be behind.
        """
        p = self.parameters
        (x_px, y_px), (x_m, y_m) = _point(tracks.bottom_center_px[n]), _point(tracks.ground_m[n])
        (from_x_px, from_y_px), (vx, vy) = pending.from_px, _point(tracks.velocity_mps[n])
        moved_x_m, moved_y_m = x_m - pending.from_m[0], y_m - pending.from_m[1]
        is_behind = moved_x_m * pending.heading[0] + moved_y_m * pending.heading[1] < 0
        drives_away = moved_x_m * vx + moved_y_m * vy > 0
        return (
            hypot(moved_x_m, moved_y_m) >= (p.fast_clear_distance_m if pending.is_fast else p.clear_distance_m)
            and (not is_behind or (pending.has_kept_driving and drives_away))
            and hypot(x_px - from_x_px, y_px - from_y_px) >= p.clear_distance_sizes * tracks.box_size_px(n)
        )


def _before(at: Floats, velocity: Floats, since_s: float) -> Point:
    """The position this long ago."""
    return _point(at - velocity * since_s if since_s else at)


def _point(at: Floats) -> Point:
    x, y = at.tolist()
    return x, y
