"""A vehicle's last seconds of driving: how hard it braked then, and how much it swerved."""

from dataclasses import dataclass, replace
from math import degrees
from typing import Self

import numpy as np

from vision.analytics.incidents.features.braking import BEFORE_S, FEWEST, softest_braking_mps2
from vision.analytics.kinematics.state import Floats

DRIVES_MPS = 2.5
SWERVE_ABOVE_MPS = 4.0
APART_S = (0.5, 1.3)
"""Swerving is told from velocities so far apart."""
BEYOND = 0.25
"""In so many of its last looks at least who was beyond a place was seen there."""
LEAST_TREMBLING_M = 0.3
SPREAD = 1.5
"""What trembles evenly to both sides does so by so many times the median of how far it is off."""


@dataclass(frozen=True, slots=True, eq=False)
class BrakingEstimate:
    """K velocities and J looks, the newest last, of one vehicle while it drove: now or, if it stands, before."""

    times_s: Floats
    """(K,)"""
    velocities: Floats
    """(K, 2): metres a second on the road."""
    looked_s: Floats
    """(J,): up to when it was known to stand."""
    looked_m: Floats
    """(J, 2): where it was then, on the road."""
    rest_m: float
    """How far from its place it is already taken to stand there."""

    def braked_mps2(self, stopped_since_s: float, place_m: Floats, course: Floats) -> float:
        """How hard it braked, at least, to stand at `place_m` (2,) since then, where it was heading for `course` (2,);
        0 where that is not known."""
        togo_m = (place_m - self.looked_m) @ course
        rests_m = np.abs(togo_m[self.looked_s >= stopped_since_s])
        trembles_m = SPREAD * float(np.median(rests_m)) if len(rests_m) else 0.0
        trembles_m = max(trembles_m, self.rest_m / 3, LEAST_TREMBLING_M)
        return softest_braking_mps2(self.looked_s, togo_m, since_s=stopped_since_s, trembles_m=trembles_m)

    def behind(self, place_m: Floats, course: Floats) -> Self:
        """What was seen of it behind a place (2,) on a course (2,)."""
        is_behind = (place_m - self.looked_m) @ course > 0
        return replace(self, looked_s=self.looked_s[is_behind], looked_m=self.looked_m[is_behind])

    def was_beyond_s(self, place_m: Floats, course: Floats, stopped_since_s: float) -> float | None:
        """When, in the middle, it was seen beyond a place (2,) on a course (2,) while it came to stand; None where it
        was not for a while."""
        is_late = self.looked_s >= stopped_since_s - BEFORE_S
        is_beyond = is_late & ((place_m - self.looked_m) @ course < 0)
        if is_beyond.sum() < max(BEYOND * is_late.sum(), FEWEST):
            return None
        return float(np.median(self.looked_s[is_beyond]))

    def swerved_deg(self) -> float:
        """How much its heading changed at most within about a second."""
        fast = np.hypot(*self.velocities.T) > SWERVE_ABOVE_MPS
        times_s, (vx, vy) = self.times_s[fast], self.velocities[fast].T
        angles, apart_s = np.arctan2(vy, vx), times_s[None] - times_s[:, None]
        turned = np.abs((angles[None] - angles[:, None] + np.pi) % (2 * np.pi) - np.pi)
        is_comparable = (apart_s >= APART_S[0]) & (apart_s <= APART_S[1])
        return degrees(float(np.where(is_comparable, turned, 0.0).max(initial=0.0)))
