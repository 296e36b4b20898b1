"""Whether somebody who crossed a line drove on from there: a box that trembles on the line crosses it too."""

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

DRIVES_MPS = 2.0
GONE_M, GONE_SIZES = 5.0, 0.5
"""Who is so far from where he crossed, in metres and in his size in the picture, and not behind it unless he drove on,
turned round and drives away, has gone on ..."""
STEADY_S = 0.8
"""... when he is seen nowhere else for so long: a large box trembles by a quarter of its height."""
RUNS_MPS, RAN_M = 7.0, 3.5
"""Nobody comes to wait at such a pace, kept up until he was over: who drove so fast has gone on once he is so far from
where he crossed, though he stop there for those who have the right of way."""
GIVEN_UP_S = 20.0
"""Who is not seen for so long is not waited for. Who stands where he crossed may wait for minutes, and go on then."""
EDGE = 0.08
"""Who is lost from sight while he drives, so near to the picture's edge, has driven out of it. Of one that the edge
cuts off more and more the foot seems to slow down: he need not drive fast any more once he is far."""
SOON_S = 0.5
"""One that crossed at a pace at which nobody comes to wait is so near to it if it will be so soon."""
LEFT, RIGHT, BOTTOM = 0, 2, 3
"""The sides at which the picture's edge hides where a vehicle touches the road: nobody knows then that who was far is
nearer again."""
MOSTLY_OUT = 0.6
"""Of one that drives out of the picture below less is left to be seen than this part of the height that it had, in two
looks on end: who only waits there and is lost from sight was seen whole."""
LOST_S = 1.0


@dataclass(slots=True)
class _Waiting(Generic[Fact]):
    fact: Fact
    since_s: float
    from_px: Point
    from_m: Point
    heading: Point
    """Where it was heading; NaN: not known."""
    height_px: float
    """Of his box when he was last seen ..."""
    whole_px: float
    """... and at most, in two looks on end."""
    seen_s: float
    drives_on: bool
    """Whether he drives, and has not stood since."""
    ran: bool
    """Whether he crossed at a pace at which nobody comes to wait."""
    is_leaving: bool = False
    far_since_s: float = inf


class LineClearance(Generic[Fact]):
    """Keeps facts about tracks, at most one each, until it is clear that they drive on from where they were noted.

    A track that goes on under another id is waited for under that. One that leaps to another vehicle is forgotten.
    """

    def __init__(self, history: TrackHistory) -> None:
        self._history = history
        self._waiting: dict[int, _Waiting[Fact]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, scene: Scene, n: int, fact: Fact, crossed_s: float) -> None:
        """It became clear just now that the track in row `n` crossed something at `crossed_s`, media time."""
        motion = scene.tracks
        drives = _drives(motion, n)
        ran = drives and bool(min(motion.speed_mps[n], self._history.sustained_speed_mps[n]) >= RUNS_MPS)
        since_s = scene.at_s - crossed_s if ran else 0.0
        height_px = float(motion.xyxy[n, 3] - motion.xyxy[n, 1])
        waiting = _Waiting(
            fact,
            scene.at_s,
            from_px=_before(motion.bottom_center_px[n], motion.velocity_px[n], since_s),
            from_m=_before(motion.ground_m[n], motion.velocity_mps[n], since_s),
            heading=_point(self._history.heading[n]),
            height_px=height_px,
            whole_px=height_px,
            seen_s=scene.at_s,
            drives_on=drives,
            ran=ran,
        )
        self._waiting.setdefault(int(motion.track_id[n]), waiting)

    def discard(self, is_void: Callable[[Fact], bool]) -> None:
        """Forget facts that do not matter any more, unless those whom they are about are already going on: who has not
        stood since, and drives, need not be far yet."""
        self._waiting = {
            t: waiting
            for t, waiting in self._waiting.items()
            if waiting.drives_on or waiting.is_leaving or waiting.far_since_s < inf or not is_void(waiting.fact)
        }

    def update(self, scene: Scene) -> list[tuple[int | None, int, Fact]]:
        """(row, track, fact) of those who have clearly gone on; the row is None for one who has left the picture."""
        if not self._waiting:
            return []
        self._hand_on(scene)
        gone: list[tuple[int | None, int, Fact]] = []
        for track, waiting in list(self._waiting.items()):
            n = scene.tracks.row_of.get(track)
            has_leapt = n is not None and self._look_at(scene, n, waiting)
            has_left = n is None and waiting.is_leaving and scene.at_s - waiting.seen_s >= LOST_S
            is_gone = n is not None and scene.at_s - waiting.far_since_s >= STEADY_S
            if (has_left or is_gone) and not has_leapt:
                gone.append((n, track, waiting.fact))
            if has_leapt or has_left or is_gone or scene.at_s - waiting.seen_s > GIVEN_UP_S:
                del self._waiting[track]
        return gone

    def _hand_on(self, scene: Scene) -> None:
        for lost, heir in scene.stitched:
            if lost in self._waiting:
                self._waiting.setdefault(heir, self._waiting.pop(lost))

    def _look_at(self, scene: Scene, n: int, waiting: _Waiting[Fact]) -> bool:
        """Note where it is; whether it has leapt to another vehicle since."""
        motion = scene.tracks
        left, top, right, bottom = motion.xyxy[n].tolist()
        is_stopped, drives = bool(motion.is_stopped[n]), _drives(motion, n)
        soon_x, soon_y = (SOON_S * motion.velocity_px[n]).tolist() if waiting.ran and drives else (0.0, 0.0)
        near_edge = (
            left + soon_x < EDGE * scene.width_px
            or top + soon_y < EDGE * scene.height_px
            or right + soon_x > (1 - EDGE) * scene.width_px
            or bottom + soon_y > (1 - EDGE) * scene.height_px
        )
        cut = motion.truncated[n].tolist()
        hides_foot = cut[LEFT] or cut[RIGHT] or cut[BOTTOM]
        height_px = bottom - top
        waiting.whole_px = max(waiting.whole_px, min(waiting.height_px, height_px))
        waiting.height_px = height_px
        is_mostly_out = cut[BOTTOM] and height_px < MOSTLY_OUT * waiting.whole_px
        is_far = _is_far(motion, n, waiting)
        waiting.seen_s, waiting.drives_on = scene.at_s, waiting.drives_on and drives
        if (is_stopped and not waiting.ran) or not (is_far or hides_foot):
            waiting.far_since_s = inf
        elif is_far and drives:
            waiting.far_since_s = min(waiting.far_since_s, scene.at_s)
        goes_off = is_mostly_out or (near_edge and not is_stopped and (drives or (is_far and hides_foot)))
        if goes_off or is_stopped or not near_edge:
            waiting.is_leaving = goes_off
        return self._history.has_switched_since(n, waiting.since_s)


def _drives(motion: TrackKinematics, n: int) -> bool:
    is_driven = IS_VEHICLE[motion.class_id[n]] and not motion.is_stopped[n]
    return bool(is_driven and motion.speed_mps[n] >= DRIVES_MPS)


def _is_far(motion: TrackKinematics, n: int, waiting: _Waiting[Fact]) -> bool:
    """Whether it is clearly away from where it crossed, and not behind it, where only another comes up."""
    (x_px, y_px), (x_m, y_m), (vx, vy) = map(
        _point, (motion.bottom_center_px[n], motion.ground_m[n], motion.velocity_mps[n])
    )
    from_x_px, from_y_px = waiting.from_px
    way_x_m, way_y_m = x_m - waiting.from_m[0], y_m - waiting.from_m[1]
    is_behind = way_x_m * waiting.heading[0] + way_y_m * waiting.heading[1] < 0
    drives_away = way_x_m * vx + way_y_m * vy > 0
    return (
        hypot(way_x_m, way_y_m) >= (RAN_M if waiting.ran else GONE_M)
        and (not is_behind or (waiting.drives_on and drives_away))
        and hypot(x_px - from_x_px, y_px - from_y_px) >= GONE_SIZES * motion.box_size_px(n)
    )


def _before(at: Floats, velocity: Floats, since_s: float) -> Point:
    """Where it was so long ago."""
    return _point(at - velocity * since_s if since_s else at)


def _point(at: Floats) -> Point:
    x, y = at.tolist()
    return x, y
