"""How the traffic in zones moves, averaged over the last seconds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics

AVERAGED_OVER_S = 5.0
"""The time constant: what was so long ago counts for 37 % of what is now."""
LONGEST_STEP_S = 1.0
"""One frame stands for no more than this."""
BRISK_PART = 0.25
"""The brisk are the fastest quarter."""
FADED_S = 1e-3
"""What has faded to so few vehicle-seconds says nothing."""


@dataclass(frozen=True, slots=True)
class ZoneMeans:
    """One zone's traffic over the last seconds."""

    speed_mps: float
    """Mean over vehicles and time (Edie 1963); NaN where there was nobody."""
    brisk_mps: float
    """The pace that the fastest quarter had at least; NaN where there was nobody, and where it is not asked for."""
    vehicles: float
    """How many took part."""
    standing: float
    """The part of them that stood, 0 to 1; 0 where there was nobody."""
    filled: float
    """The part of the zone's surface that vehicles stood on, 0 to 1."""


class ZoneMeanSpeed:
    """Decaying sums over time of what was in each of Z zones."""

    def __init__(self, zones: int, *, tells_brisk: bool) -> None:
        """`tells_brisk`: whether `Average.brisk_mps` is asked for; it takes a sorting each time."""
        self._tells_brisk = tells_brisk
        self._seen_s = np.nan
        self._watched_s = 0.0
        self._sums: Floats = np.zeros((6, zones))
        """(6, Z): over time, of the vehicles, those that stand, the part filled, the vehicles with a pace, their
        paces, the brisk pace once for each of them."""

    def update(self, motion: TrackKinematics, takes_part: Bools, filled: Floats, at_s: float) -> list[ZoneMeans]:
        """Take in a moment: who takes part in which zone's traffic (N, Z), how full the zones are (Z,)."""
        passed_s = at_s - self._seen_s if at_s >= self._seen_s else 0.0
        self._seen_s = at_s
        kept, step_s = float(np.exp(-passed_s / AVERAGED_OVER_S)), min(passed_s, LONGEST_STEP_S)
        self._watched_s = kept * self._watched_s + step_s
        self._sums = kept * self._sums + step_s * self._now(motion, takes_part, filled)
        return [self._average(zone_sums) for zone_sums in self._sums.T.tolist()]

    def _average(self, zone_sums: Sequence[float]) -> ZoneMeans:
        vehicles, stand, full, paced, paces, brisk = zone_sums
        watched_s = max(self._watched_s, FADED_S)
        is_known = paced > FADED_S
        return ZoneMeans(
            speed_mps=paces / paced if is_known else np.nan,
            brisk_mps=brisk / paced if is_known else np.nan,
            vehicles=vehicles / watched_s,
            standing=stand / vehicles if vehicles > FADED_S else 0.0,
            filled=full / watched_s,
        )

    def _now(self, motion: TrackKinematics, takes_part: Bools, filled: Floats) -> Floats:
        """(6, Z): what is added up, of one moment."""
        is_paced = takes_part & ~np.isnan(motion.speed_mps)[:, None]
        paces = np.where(is_paced, motion.speed_mps[:, None], 0.0)
        paced = is_paced.sum(axis=0)
        standing = (takes_part & motion.is_stopped[:, None]).sum(axis=0)
        brisk = paced * _brisk(paces, paced) if self._tells_brisk else np.full(len(paced), np.nan)
        return np.array([takes_part.sum(axis=0), standing, filled, paced, paces.sum(axis=0), brisk], np.float64)


def _brisk(paces: Floats, paced: Floats) -> Floats:
    """(Z,): of each column of (N, Z) the value that the uppermost `BRISK_PART` of its `paced` largest ones reach."""
    if not len(paces):
        return np.zeros(len(paced))
    falling = -np.sort(-paces, axis=0)
    last = np.maximum(np.ceil(BRISK_PART * paced).astype(np.int64) - 1, 0)
    return falling[last, np.arange(len(last))]
