"""Vehicles that something hides while they turn or start: where they were going does not tell where they come out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.motion import Floats, Motion
from vision.analytics.sizes import IS_VEHICLE

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
    foot_px: Floats
    ground_m: Floats
    velocity_px: Floats
    velocity_mps: Floats
    pace_mps: float
    size_m: float
    """The square root of its box's area, as if that stood on the road."""

    @property
    def may_turn(self) -> bool:
        return SLOWEST_MPS <= self.pace_mps <= TURNS_MPS

    def can_reach(self, other: "_Seen") -> bool:
        """Whether the other, seen later, may be this one as far as time, place and size go."""
        hidden_s, sizes = other.at_s - self.at_s, other.size_m / self.size_m
        away_m = float(np.hypot(*(other.ground_m - self.ground_m)))
        is_near = away_m <= TURNS_MPS * hidden_s + self.size_m
        return 0 < hidden_s <= HIDDEN_S and is_near and 1 / ALIKE < sizes < ALIKE

    def may_be(self, other: "_Seen", picture_px: Floats) -> bool:
        """Whether the other may be this one, and neither has left the picture or come into it if it drove straight."""
        if not (other.may_turn and self.can_reach(other)):
            return False
        hidden_s = other.at_s - self.at_s
        straight_px = self.foot_px + hidden_s * self.velocity_px, other.foot_px - hidden_s * other.velocity_px
        return all(bool(((place_px > 0) & (place_px < picture_px)).all()) for place_px in straight_px)


class Turned:
    """Watches vehicles that are lost while they drive slowly, and new ones that drive off slowly nearby.

    A new one is the lost one if each may be the other and no third. Who left the picture meanwhile, had he driven
    straight on, is not looked for, nor is who came in taken for anyone: at the edge traffic meets traffic.
    """

    def __init__(self, width_px: int, height_px: int) -> None:
        self._picture_px = np.array([width_px, height_px], np.float64)
        self._lost: dict[int, _Seen] = {}
        self._new: dict[int, bool] = {}
        """By new track: whether it is known how it drives."""

    def __len__(self) -> int:
        """How many lost and new tracks are remembered."""
        return len(self._lost) + len(self._new)

    def lose(self, motion: Motion, rows: Sequence[int], seen_s: float) -> None:
        """Tracks that were seen last in these rows of that moment."""
        for n in rows:
            if IS_VEHICLE[motion.class_id[n]] and not motion.is_still[n]:
                was = _seen(motion, n, seen_s, motion.foot_px[n], motion.ground_m[n])
                if was.may_turn:
                    self._lost[was.track] = was

    def update(
        self, motion: Motion, came: Sequence[int], at_s: float, heirs: Sequence[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """(lost track, new track), known just now.

        `came`: the rows of tracks that were not seen a look before. `heirs`: those that are known otherwise.
        """
        self._new |= {int(motion.track_id[n]): False for n in came if IS_VEHICLE[motion.class_id[n]]}
        if not (self._new or self._lost):
            return []
        rows = dict(zip(motion.track_id.tolist(), range(len(motion)), strict=True))
        known = {track for pair in heirs for track in pair}
        self._lost = {
            t: was
            for t, was in self._lost.items()
            if at_s - was.at_s <= HIDDEN_S + KNOWN_S and t not in rows and t not in known
        }
        self._new = {
            t: is_known
            for t, is_known in self._new.items()
            if t in rows and at_s - motion.first_seen_s[rows[t]] <= HIDDEN_S + KNOWN_S and t not in known
        }
        turned = self._turned(motion, rows) if self._lost else []
        for lost, new in turned:
            del self._lost[lost], self._new[new]
        return turned

    def _turned(self, motion: Motion, rows: dict[int, int]) -> list[tuple[int, int]]:
        began = {t: _began(motion, rows[t]) for t in self._new}
        turned = []
        for new, is_known in list(self._new.items()):
            if is_known or np.isnan(began[new].pace_mps):
                continue
            self._new[new] = True
            may_be = [was for was in self._lost.values() if was.may_be(began[new], self._picture_px)]
            if len(may_be) == 1 and sum(may_be[0].can_reach(other) for other in began.values()) == 1:
                turned.append((may_be[0].track, new))
        return turned


def _began(motion: Motion, n: int) -> _Seen:
    return _seen(motion, n, float(motion.first_seen_s[n]), motion.first_px[n], motion.first_m[n])


def _seen(motion: Motion, n: int, at_s: float, foot_px: Floats, ground_m: Floats) -> _Seen:
    size_px = float((motion.xyxy[n, 2:] - motion.xyxy[n, :2]).prod()) ** 0.5
    return _Seen(
        track=int(motion.track_id[n]),
        at_s=at_s,
        foot_px=foot_px,
        ground_m=ground_m,
        velocity_px=motion.velocity_px[n],
        velocity_mps=motion.velocity_mps[n],
        pace_mps=float(motion.pace_mps[n]),
        size_m=size_px / float(motion.scale_px_m[n]),
    )
