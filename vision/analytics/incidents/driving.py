"""A vehicle's last seconds of driving: how hard it braked then, and how much it swerved."""

from dataclasses import dataclass
from math import degrees

import numpy as np

from vision.analytics.motion import Floats

DRIVES_MPS = 2.5
SWERVE_ABOVE_MPS = 4.0
APART_S = (0.5, 1.3)
"""Swerving is told from velocities so far apart."""
FEWEST = 3
"""Velocities from which a pace of driving is told."""
VELOCITY_LAG_S = 0.6
"""A velocity is told from the last 1.2 s: it was so half of that ago."""
SHORTEST_BRAKING_S = 0.4
FAST_PART, HALF, SLOW_PART = 0.7, 0.5, 0.25
"""A vehicle brakes from the first part of the pace at which it drove to the last or, if it is seen no slower, to the
second at least."""
SHORTEST_FALL_S = 0.1
UNSEEN_S = 0.45
"""Who drove, was not seen for so long, and stood by then came to stand unseen."""


@dataclass(frozen=True, slots=True, eq=False)
class Driving:
    """K looks, the newest last, of one vehicle while it drove: now or, if it stands, before."""

    times_s: Floats
    """(K,)"""
    velocities: Floats
    """(K, 2): metres a second on the road."""
    places_m: Floats
    """(K, 2): on the road."""
    rest_m: float
    """How far from its place it is already taken to stand there."""

    def braked_mps2(self, still_since_s: float, place_m: Floats) -> float:
        """How hard it braked before it stood at `place_m`, at least; 0 where that is not known.

        It is told in two ways, by when it came to its place and by how fast its pace fell (`slowed_mps2`): the one errs
        where a box trembles or creeps, the other where a track leaps, and what both say is believed.

        By its place it braked from 70 % of the pace at which it drove to standstill: a box that trembles gives no
        steady pace from look to look, but the upper quartile of some seconds, and when it was last so fast, are told
        well enough. It is taken to stand from when it is as near to its place as a standing one trembles: braking
        evenly it needs a while for that last piece.

        Of who came to stand unseen neither is known, but where and how fast it was last: it had that way left.
        """
        unseen_mps2 = self._braked_unseen_mps2(place_m)
        if unseen_mps2 is not None:
            return unseen_mps2
        paces, was_s = self._paces(), self.times_s - VELOCITY_LAG_S
        driving = (paces >= DRIVES_MPS) & (was_s < still_since_s)
        if driving.sum() < FEWEST:
            return 0.0
        part_mps = FAST_PART * _usual_mps(paces[driving])
        last_fast_s = float(was_s[paces >= part_mps].max())
        braking_s = max(still_since_s - last_fast_s, SHORTEST_BRAKING_S)
        return min(_evenly_mps2(part_mps, braking_s, self.rest_m), self.slowed_mps2())

    def slowed_mps2(self) -> float:
        """How fast its pace fell when it was last fast; 0 where that is not known.

        From 70 % of the pace at which it drove to 25 %, or to half of it at least where it stood before it was seen
        slower. A velocity is told from 1.2 s, in which braking looks softer than it is, and never harder: what stops
        dead seems to need 0.4 s for that.
        """
        paces = self._paces()
        driving = paces >= DRIVES_MPS
        if driving.sum() < FEWEST:
            return 0.0
        drove_mps = _usual_mps(paces[driving])
        fast_mps, slow_mps = FAST_PART * drove_mps, SLOW_PART * drove_mps
        last = int(np.flatnonzero(paces >= fast_mps)[-1])
        falling = np.minimum.accumulate(paces[last:])
        if falling[-1] > HALF * drove_mps:
            return 0.0
        fell = falling[: int((falling >= slow_mps).sum()) + 1]
        low_mps = max(slow_mps, float(fell[-1]))
        falling_s = np.interp([-fast_mps, -low_mps], -fell, self.times_s[last : last + len(fell)])
        return (fast_mps - low_mps) / max(float(falling_s[1] - falling_s[0]), SHORTEST_FALL_S)

    def swerved_deg(self) -> float:
        """How much its heading changed at most within about a second."""
        fast = np.hypot(*self.velocities.T) > SWERVE_ABOVE_MPS
        times_s, (vx, vy) = self.times_s[fast], self.velocities[fast].T
        angles, apart_s = np.arctan2(vy, vx), times_s[None] - times_s[:, None]
        turned = np.abs((angles[None] - angles[:, None] + np.pi) % (2 * np.pi) - np.pi)
        is_comparable = (apart_s >= APART_S[0]) & (apart_s <= APART_S[1])
        return degrees(float(np.where(is_comparable, turned, 0.0).max(initial=0.0)))

    def _braked_unseen_mps2(self, place_m: Floats) -> float | None:
        """How hard it braked to stand at `place_m`, if it was not seen for a while after it was last fast."""
        paces = self._paces()
        driving = paces >= DRIVES_MPS
        if driving.sum() < FEWEST:
            return None
        last = int(np.flatnonzero(paces >= FAST_PART * _usual_mps(paces[driving]))[-1])
        if not (self.times_s[last + 1 : last + 2] - self.times_s[last] >= UNSEEN_S).any():
            return None
        # For as long as its velocity lags it may have braked already.
        rest_m = float(np.hypot(*(place_m - self.places_m[last])))
        return _evenly_mps2(float(paces[last]), VELOCITY_LAG_S, rest_m)

    def _paces(self) -> Floats:
        """(K,): how fast it was; one odd look is left out."""
        paces = np.hypot(*self.velocities.T)
        before, after = np.append(paces[:1], paces[:-1]), np.append(paces[1:], paces[-1:])
        return np.asarray(np.median([before, paces, after], axis=0), np.float64)


def _usual_mps(paces: Floats) -> float:
    return float(np.percentile(paces, 75))


def _evenly_mps2(pace_mps: float, braking_s: float, rest_m: float) -> float:
    """How hard who drove so fast brakes evenly to a stand, for so long and then over the rest of its way."""
    # pace = a (braking + sqrt(2 rest / a))
    root = np.sqrt(2 * rest_m)
    return float((np.sqrt(root**2 + 4 * braking_s * pace_mps) - root) / (2 * braking_s)) ** 2
