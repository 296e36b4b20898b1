"""Sustained conditions: for how long, how far and how consistently a condition has held for each track."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from vision.analytics.kinematics.state import Bools, TrackKinematics


@dataclass(frozen=True, slots=True)
class SustainedConditionParameters:
    """When a condition that is observed with gaps is still the same condition."""

    max_gap_s: float = 1.0
    """A condition ends when it was not observed for this long, seconds. Longer: more detector dropouts are bridged, and
    more separate events are joined. Source: chosen."""
    lookback_s: float = 0.35
    """A velocity describes the past as well: a condition counts from this long before its first observation, seconds.
    Longer: earlier alarms, from less evidence. Source: the shortest trajectory that a velocity is estimated from."""


@dataclass(slots=True)
class SustainedCondition:
    """A condition that holds for one track, from its start to its newest observation. Media time in seconds."""

    since_s: float
    last_held_s: float
    bottom_center_px: tuple[float, float]
    """Where the track was at `since_s`, extrapolated by its velocity."""
    box_size_px: float
    """Square root of the box's area at the first observation."""
    height_px: float
    """Height of the box at the first observation."""
    observations: int = 0
    hits: int = 0
    """Observations of the track, and those among them at which the condition held."""
    confidence_sum: float = 0.0
    """Sum of the detection confidences over the hits."""
    distance_m: float = 0.0
    """Integral of speed over time: a jump of the track's position adds nothing to it."""

    @property
    def hit_share(self) -> float:
        """Share of the observations at which the condition held."""
        return self.hits / self.observations

    @property
    def confidence(self) -> float:
        """Mean detection confidence over the hits."""
        return self.confidence_sum / self.hits

    @property
    def duration_s(self) -> float:
        return self.last_held_s - self.since_s


class SustainedConditions:
    """The sustained condition of each track.

    A condition ends when it has not held for `max_gap_s`, whether its track was observed or not.
    """

    def __init__(self, parameters: SustainedConditionParameters = SustainedConditionParameters()) -> None:
        self._parameters = parameters
        self._conditions: dict[int, SustainedCondition] = {}

    def __len__(self) -> int:
        return len(self._conditions)

    def update(
        self, motion: TrackKinematics, holds: Bools, at_s: float, *, group: NDArray[np.int64] | int = 0
    ) -> list[tuple[int, SustainedCondition]]:
        """Add one frame's observations; return (row, condition) for each of the N tracks for which it holds now.

        `holds` is (N,). `group` (N,), each 0 to 999, separates conditions of one track, for example by zone.
        """
        max_gap_s = self._parameters.max_gap_s
        self._conditions = {t: c for t, c in self._conditions.items() if at_s - c.last_held_s <= max_gap_s}
        if not self._conditions and not holds.any():
            return []
        held = []
        keys: list[int] = (motion.track_id * 1000 + group).tolist()
        for n, (key, holds_now) in enumerate(zip(keys, holds.tolist(), strict=True)):
            condition = self._conditions.get(key)
            if condition is None:
                if not holds_now:
                    continue
                condition = self._conditions[key] = self._begin(motion, n, at_s)
            condition.observations += 1
            if holds_now:
                _add_hit(condition, motion, n, at_s)
                held.append((n, condition))
        return held

    def _begin(self, motion: TrackKinematics, n: int, at_s: float) -> SustainedCondition:
        since_s = max(at_s - self._parameters.lookback_s, float(motion.first_seen_s[n]))
        x_px, y_px = (motion.bottom_center_px[n] - np.nan_to_num(motion.velocity_px[n]) * (at_s - since_s)).tolist()
        height_px = float(motion.xyxy[n, 3] - motion.xyxy[n, 1])
        return SustainedCondition(since_s, at_s, (x_px, y_px), motion.box_size_px(n), height_px)


def _add_hit(condition: SustainedCondition, motion: TrackKinematics, n: int, at_s: float) -> None:
    speed_mps = float(motion.speed_mps[n])
    condition.distance_m += speed_mps * (at_s - condition.last_held_s) if isfinite(speed_mps) else 0.0
    condition.hits, condition.last_held_s = condition.hits + 1, at_s
    condition.confidence_sum += float(motion.confidence[n])
