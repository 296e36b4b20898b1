"""Cues that two stopped vehicles in contact have collided: how they braked, when they stopped, how they came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vision.analytics.incidents.features.braking import BrakingEstimate
from vision.analytics.incidents.features.standstill import StandstillTracker
from vision.analytics.kinematics.state import Floats
from vision.analytics.scene import Scene


@dataclass(frozen=True, slots=True)
class CollisionCueParameters:
    """When each cue is present, and how much it says by itself."""

    hard_braking_mps2: float = 6.0
    """`braking`: one vehicle braked at least this hard, m/s2. Higher: fewer alarms from jitter and hard braking, more
    collisions missed. Source: AASHTO Green Book, 3.4 m/s2 is comfortable for most drivers; jitter adds to it."""
    both_braking_mps2: float = 4.5
    """`both`: both vehicles braked at least this hard, m/s2; jitter does so for two at once rarely. Higher: as for
    `hard_braking_mps2`. Source: AASHTO Green Book, as there."""
    abrupt_mps2: float = 10.0
    """`abrupt`: one vehicle stopped harder than its brakes can, m/s2, so something stopped it. Higher: fewer alarms
    from jitter, more collisions missed. Source: tyres on dry asphalt hold 0.7 to 0.9 g."""
    together_s: float = 3.0
    """`together`: they stopped within this time of each other, seconds, as noisy boxes show it. Longer: more pairs stop
    together. Source: chosen."""
    max_alone_s: float = 1.5
    """If the first was stopped alone for longer, seconds, and the last braked gently, its own braking is no cue.
    Longer: more braking counts as a cue. Source: chosen."""
    crossing_deg: float = 35.0
    """`crossing`: their courses differed by this angle, degrees; traffic does not stop so side by side. Higher: fewer
    alarms from merging vehicles, more collisions missed. Source: chosen."""
    min_course_mps: float = 4.0
    """A course is known of a vehicle that drove this fast, m/s ... Higher: surer courses, of fewer vehicles. Source:
    chosen."""
    min_course_s: float = 0.9
    """... for this long, seconds. Longer: surer courses, of fewer vehicles. Source: chosen."""
    swerving_deg: float = 50.0
    """`swerving`: one vehicle changed its heading by this angle within a second, degrees. Higher: fewer alarms from
    jitter, more collisions missed. Source: chosen."""
    min_swapped_m: float = 1.0
    """The tracker may have swapped the ids of two vehicles that stopped this far behind each other, metres. Larger:
    fewer swaps are found. Source: chosen."""
    braking_weight: float = 0.45
    """Confidence from `braking` alone. Higher: surer collisions from this cue. Source: chosen."""
    abrupt_weight: float = 0.45
    """Confidence from `abrupt` alone. Higher: surer collisions from this cue. Source: chosen."""
    both_weight: float = 0.2
    """Confidence from `both` alone. Higher: surer collisions from this cue. Source: chosen."""
    together_weight: float = 0.3
    """Confidence from `together` alone. Higher: surer collisions from this cue. Source: chosen."""
    crossing_weight: float = 0.35
    """Confidence from `crossing` alone. Higher: surer collisions from this cue. Source: chosen."""
    swerving_weight: float = 0.3
    """Confidence from `swerving` alone. Higher: surer collisions from this cue. Source: chosen."""
    flow_weight: float = 0.25
    """Confidence from `flow` alone. Higher: surer collisions from this cue. Source: chosen."""

    def confidence(self, cues: Sequence[str]) -> float:
        """Confidence from all cues together, as from independent witnesses: 1 - (1 - a) (1 - b) ...

        Examples:
            >>> round(CollisionCueParameters().confidence(["braking", "together"]), 3)
            0.615
        """
        weights: list[float] = [getattr(self, f"{cue}_weight") for cue in cues]
        return 1 - float(np.prod([1 - weight for weight in weights]))


class StoppedPair(NamedTuple):
    """Two stopped vehicles."""

    indices: tuple[int, int]
    """In the standstill tracker's columns (S,)."""
    rows: tuple[int, int]
    """In the scene's tracks (N,)."""


class CollisionCues:
    """Finds the cues that speak for a collision of two vehicles that are stopped in contact.

    `braking`: one braked harder than drivers do. `both`: both did. `abrupt`: one stopped harder than brakes can.
    `together`: they stopped at the same time. `crossing`: their courses differed. `swerving`: one changed its course
    abruptly. `flow`: others drive past.
    """

    def __init__(self, standstills: StandstillTracker, parameters: CollisionCueParameters) -> None:
        self._standstills = standstills
        self._parameters = parameters

    def find(self, scene: Scene, pair: StoppedPair) -> tuple[str, ...]:
        """The cues that are present."""
        p, rows, history = self._parameters, list(pair.rows), self._standstills.history
        standstills = [self._standstills.standstills[k] for k in pair.indices]
        estimates = [history.braking_estimate(n) for n in rows]
        u, v = complete_courses(*history.courses(np.array(rows)))
        stops = self._stops(scene, pair, estimates, np.stack([u, v]))
        (first_s, first_mps2), (last_s, last_mps2) = sorted(stops)
        alone_s, is_gentle = last_s - first_s, 0 < last_mps2 < p.both_braking_mps2
        are_together = alone_s <= p.together_s
        was_alone = not are_together or (alone_s > p.max_alone_s and is_gentle)
        weaker_mps2, harder_mps2 = sorted([0.0 if was_alone else first_mps2, last_mps2])
        has_switched = any(map(self._has_switched, rows, estimates))
        cosine = float(u @ v)
        is_crossing = cosine < np.cos(np.radians(p.crossing_deg)) and self._have_courses(pair)
        found = {
            "braking": harder_mps2 >= p.hard_braking_mps2 or weaker_mps2 >= p.both_braking_mps2,
            "abrupt": harder_mps2 >= p.abrupt_mps2,
            "both": weaker_mps2 >= p.both_braking_mps2,
            "together": are_together,
            "crossing": is_crossing and not has_switched,
            "swerving": not has_switched and any(e.max_heading_change_deg() >= p.swerving_deg for e in estimates),
            "flow": any(standstill.is_passed for standstill in standstills),
        }
        return tuple(cue for cue, is_found in found.items() if is_found)

    def _have_courses(self, pair: StoppedPair) -> bool:
        """Whether both drove fast and long enough for their courses to be known."""
        p = self._parameters
        driving_s = self._standstills.history.driving_time_s(np.array(pair.rows), p.min_course_mps)
        return bool((driving_s >= p.min_course_s).all())

    def _has_switched(self, n: int, estimate: BrakingEstimate) -> bool:
        """Whether the track switched to another vehicle in its last seconds of driving: then its course is unknown."""
        return self._standstills.history.has_switched_since(n, float(estimate.times_s.min(initial=np.inf)))

    def _stops(
        self, scene: Scene, pair: StoppedPair, estimates: Sequence[BrakingEstimate], courses: Floats
    ) -> list[tuple[float, float]]:
        """When each of the two stopped, and its deceleration: (s, m/s2). `courses` is (2, 2).

        Trackers swap the ids of vehicles in contact: a vehicle that stopped behind the other, and was seen beyond it
        while the other still approached, has its id; the other's trajectory led to where this one is now.
        """
        history, tracked = self._standstills.history, self._standstills.standstills
        stopped_s = scene.tracks.stopped_since_s[list(pair.rows)].tolist()
        since_s = [history.stopped_since_s(n, s) for n, s in zip(pair.rows, stopped_s, strict=True)]
        positions_m = [tracked[k].position_m for k in pair.indices]
        for i, j in ((0, 1), (1, 0)):
            halfway_m, course = (positions_m[i] + positions_m[j]) / 2, courses[j]
            approach = estimates[j].observed_before(halfway_m, course)
            beyond_s = estimates[i].median_time_beyond_s(halfway_m, course, since_s[i])
            is_behind = (positions_m[j] - positions_m[i]) @ course > self._parameters.min_swapped_m
            if is_behind and beyond_s is not None and len(approach.observed_s) and approach.observed_s[-1] > beyond_s:
                approached_s = float(approach.observed_s[-1])
                first = since_s[i], estimates[i].min_deceleration_mps2(since_s[i], positions_m[j], course)
                return [first, (approached_s, approach.min_deceleration_mps2(approached_s, positions_m[i], course))]
        return [
            (s, estimate.min_deceleration_mps2(s, position_m, course))
            for estimate, s, position_m, course in zip(estimates, since_s, positions_m, courses, strict=True)
        ]


def complete_courses(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """The courses (..., 2) and (..., 2) of two vehicles in contact; an unknown one (NaN) is taken from the other."""
    return np.where(np.isnan(one), other, one), np.where(np.isnan(other), one, other)
