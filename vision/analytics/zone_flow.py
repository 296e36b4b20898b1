"""How the traffic in zones moves, averaged over the last seconds."""

import numpy as np

from vision.analytics.motion import Bools, Floats

AVERAGED_OVER_S = 5.0
"""The time constant: what was so long ago counts for 37 % of what is now."""
LONGEST_STEP_S = 1.0
"""One frame stands for no more than this."""
BRISK_PART = 0.25
"""The brisk are the fastest quarter."""


class ZoneFlow:
    """Decaying sums over time of what was in each of Z zones."""

    def __init__(self, zones: int) -> None:
        self._seen_s = np.nan
        self._watched_s = 0.0
        self._sums: Floats = np.zeros((5, zones))
        """(5, Z): over time, of the vehicles, the part covered, the vehicles with a pace, their paces, the brisk pace
        once for each of them."""

    def update(self, pace_mps: Floats, takes_part: Bools, coverage: Floats, at_s: float) -> None:
        """Take in a moment: paces (N,), who takes part in which zone's traffic (N, Z), the zones' coverage (Z,)."""
        passed_s = at_s - self._seen_s if at_s >= self._seen_s else 0.0
        self._seen_s = at_s
        kept, step_s = float(np.exp(-passed_s / AVERAGED_OVER_S)), min(passed_s, LONGEST_STEP_S)
        is_paced = takes_part & ~np.isnan(pace_mps)[:, None]
        paces = np.where(is_paced, pace_mps[:, None], 0.0)
        paced = is_paced.sum(axis=0)
        self._watched_s = kept * self._watched_s + step_s
        self._sums = kept * self._sums + step_s * np.stack(
            [takes_part.sum(axis=0), coverage, paced, paces.sum(axis=0), paced * _brisk(paces, paced)]
        )

    @property
    def vehicles(self) -> Floats:
        """(Z,): how many took part."""
        return self._per_second(self._sums[0])

    @property
    def coverage(self) -> Floats:
        """(Z,): which part of the area was covered, 0 to 1."""
        return self._per_second(self._sums[1])

    @property
    def pace_mps(self) -> Floats:
        """(Z,): mean over vehicles and time (Edie 1963); NaN where there was nobody."""
        return self._per_vehicle(self._sums[3])

    @property
    def brisk_mps(self) -> Floats:
        """(Z,): the pace that the fastest quarter had at least; NaN where there was nobody."""
        return self._per_vehicle(self._sums[4])

    def _per_second(self, sums: Floats) -> Floats:
        mean: Floats = sums / max(self._watched_s, 1e-9)
        return mean

    def _per_vehicle(self, sums: Floats) -> Floats:
        # A sum that has faded to nothing says nothing.
        return np.where(self._sums[2] > 1e-3, sums / np.maximum(self._sums[2], 1e-3), np.nan)


def _brisk(paces: Floats, paced: Floats) -> Floats:
    """(Z,): of each column of (N, Z) the value that the uppermost `BRISK_PART` of its `paced` largest ones reach."""
    if not len(paces):
        return np.zeros(len(paced))
    falling = -np.sort(-paces, axis=0)
    last = np.maximum(np.ceil(BRISK_PART * paced).astype(np.int64) - 1, 0)
    return falling[last, np.arange(len(last))]
