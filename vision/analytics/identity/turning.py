"""Vehicles that something hides while they turn or start: where they were going does not tell where they come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.kinematics.state import Floats, TrackKinematics

HIDDEN_S = 1.5
"""One that may have turned is looked for for so long after it was seen last."""
KNOWN_S = 1.0
"""How a new track drives is known so soon after it began, or nobody asks any more."""
SLOWEST_MPS, TURNS_MPS = 1.5, 7.0
"""Who is slower may stand, and nobody turns faster: both are seen at a pace between, and no farther apart than one
drives at the higher in the time that it was hidden, and one size."""
ALIKE = 2.0
"""Neither is so many times as large as the other, on the road: a car is larger from its side than from behind, and what
hides one squeezes it, but not by more."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A vehicle where it was seen last, or first."""

    track: int
    at_s: float
    bottom_center_px: Floats
    ground_m: Floats
    velocity_px: Floats
    velocity_mps: Floats
    speed_mps: float
    size_m: float
    """The square root of its box's area, as if that stood on the road."""

    def can_reach(self, other: "_Seen") -> bool:
        """Whether the other, seen later, may be this one as far as time, place and size go."""
        hidden_s, sizes = other.at_s - self.at_s, other.size_m / self.size_m
        away_m = float(np.hypot(*(other.ground_m - self.ground_m)))
        is_near = away_m <= TURNS_MPS * hidden_s + self.size_m
        return 0 < hidden_s <= HIDDEN_S and is_near and 1 / ALIKE < sizes < ALIKE

    def may_be(self, other: "_Seen", picture_px: Floats) -> bool:
        """Whether the other may be this one, and neither has left the picture or come into it if it drove straight."""
        if not (SLOWEST_MPS <= other.speed_mps <= TURNS_MPS and self.can_reach(other)):
            return False
        hidden_s = other.at_s - self.at_s
        straight_px = (
            self.bottom_center_px + hidden_s * self.velocity_px,
            other.bottom_center_px - hidden_s * other.velocity_px,
        )
        return all(bool(((place_px > 0) & (place_px < picture_px)).all()) for place_px in straight_px)


class OccludedTurnMatcher:
    """Watches vehicles that are lost while they drive slowly, and new ones that drive off slowly nearby.

    A new one is the lost one if each may be the other and no third. Who left the picture meanwhile, had he driven
    straight on, is not looked for, nor is who came in taken for anyone: at the edge traffic meets traffic.
    """

    def __init__(self, width_px: int, height_px: int) -> None:
        self._picture_px = np.array([width_px, height_px], np.float64)
        self._lost: dict[int, _Seen] = {}
        self._new: dict[int, float] = {}
        """By new track: when it was seen first."""
        self._unknown: set[int] = set()
        """Those of which it is not known yet how they drive."""

    def __len__(self) -> int:
        """How many lost and new tracks are remembered."""
        return len(self._lost) + len(self._new)

    def lose(self, motion: TrackKinematics, rows: Sequence[int], seen_s: float) -> None:
        """Tracks that were seen last in these rows of that moment."""
        for n in rows:
            self._lost.pop(int(motion.track_id[n]), None)
            may_turn = IS_VEHICLE[motion.class_id[n]] and SLOWEST_MPS <= motion.speed_mps[n] <= TURNS_MPS
            if may_turn and np.isnan(motion.stopped_since_s[n]):
                was = _seen(motion, n, seen_s, motion.bottom_center_px[n], motion.ground_m[n])
                self._lost[was.track] = was

    def update(
        self, motion: TrackKinematics, came: Sequence[int], at_s: float, heirs: Sequence[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """(lost track, new track), known just now.

        `came`: the rows of tracks that were not seen a look before. `heirs`: those that are known otherwise.
        """
        for n in came:
            if IS_VEHICLE[motion.class_id[n]]:
                self._new[int(motion.track_id[n])] = float(motion.first_seen_s[n])
                self._unknown.add(int(motion.track_id[n]))
        for pair in heirs:
            self._forget(*pair)
        oldest_s = at_s - HIDDEN_S - KNOWN_S
        self._lost = {t: was for t, was in self._lost.items() if was.at_s >= oldest_s}
        self._new = {t: first_s for t, first_s in self._new.items() if first_s >= oldest_s}
        self._unknown &= self._new.keys()
        return self._turned(motion) if self._unknown and self._lost else []

    def _forget(self, lost: int, new: int) -> None:
        self._lost.pop(lost, None)
        self._new.pop(new, None)
        self._unknown.discard(new)

    def _turned(self, motion: TrackKinematics) -> list[tuple[int, int]]:
        rows = motion.row_of
        lost = [was for was in self._lost.values() if was.track not in rows]
        known = [t for t in self._unknown if t in rows and not np.isnan(motion.speed_mps[rows[t]])]
        turned = []
        for new in known:
            began = _began(motion, rows[new])
            may_be = [was for was in lost if was.may_be(began, self._picture_px)]
            if len(may_be) == 1 and not self._has_rival(motion, rows, may_be[0], new):
                turned.append((may_be[0].track, new))
        self._unknown -= set(known)
        for pair in turned:
            self._forget(*pair)
        return turned

    def _has_rival(self, motion: TrackKinematics, rows: Mapping[int, int], was: _Seen, new: int) -> bool:
        others = [rows[t] for t in self._new if t != new and t in rows]
        return any(was.can_reach(_began(motion, n)) for n in others)


def _began(motion: TrackKinematics, n: int) -> _Seen:
    return _seen(motion, n, float(motion.first_seen_s[n]), motion.first_px[n], motion.first_m[n])


def _seen(motion: TrackKinematics, n: int, at_s: float, bottom_center_px: Floats, ground_m: Floats) -> _Seen:
    return _Seen(
        track=int(motion.track_id[n]),
        at_s=at_s,
        bottom_center_px=bottom_center_px,
        ground_m=ground_m,
        velocity_px=motion.velocity_px[n],
        velocity_mps=motion.velocity_mps[n],
        speed_mps=float(motion.speed_mps[n]),
        size_m=motion.box_size_px(n) / float(motion.scale_px_per_m[n]),
    )
