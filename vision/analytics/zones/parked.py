"""Vehicles that stand because they are parked: no part of the traffic that passes them."""

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.track_table import Ids, TrackRows, grown

PASSED_BY = 3
"""A vehicle that stands while so many drive freely through its zone is not held up by traffic."""
PARKED_AFTER_S = 60.0
"""One that was seen coming must stand for so long as well: others pass who waits to turn."""


class ParkedVehicles:
    """Tells who is parked in which of Z zones. A track not seen to stand for `forget_after_s` is forgotten."""

    def __init__(self, zones: int, *, forget_after_s: float) -> None:
        self._rows = TrackRows(forget_after_s)
        self._stood_since_s: Floats = np.zeros(0)
        self._passed: Ids = np.zeros((0, zones), np.int64)
        """(R, Z): how many have driven freely through each zone since then."""

    def __len__(self) -> int:
        """How many tracks that stand, or stood a moment ago, are remembered."""
        return len(self._rows)

    def passed(self, zone: int, at_s: float) -> None:
        """A vehicle drove freely through a zone and left it at `at_s`."""
        self._passed[self._stood_since_s < at_s, zone] += 1

    def update(self, motion: TrackKinematics, at_s: float) -> Bools:
        """(N, Z): who is parked, if he is in that zone."""
        self._rows.forget(at_s)
        is_parked = np.zeros((len(motion), self._passed.shape[1]), bool)
        still = motion.is_stopped.nonzero()[0]
        if not len(still):
            return is_parked
        since_s = motion.stopped_since_s[still]
        rows, was_s = self._rows.take(motion.track_id[still], at_s)
        self._stood_since_s = grown(self._stood_since_s, self._rows.size)
        self._passed = grown(self._passed, self._rows.size)
        stays = ~np.isnan(was_s) & (self._stood_since_s[rows] == since_s)
        self._passed[rows[~stays]] = 0
        self._stood_since_s[rows] = since_s
        is_long = ~motion.has_moved[still] | (at_s - since_s >= PARKED_AFTER_S)
        is_parked[still] = (self._passed[rows] >= PASSED_BY) & is_long[:, None]
        return is_parked
