"""Parked vehicles: stopped ones that do not take part in the traffic that passes them."""

from dataclasses import dataclass

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.track_table import Ids, TrackRows, grown


@dataclass(frozen=True, slots=True)
class ParkedParameters:
    """When a stopped vehicle counts as parked."""

    min_passed_by: int = 3
    """A vehicle is parked if this many others drove freely through its zone while it was stopped: traffic does not hold
    it up. More: vehicles count as parked later. Source: chosen."""
    min_stopped_s: float = 60.0
    """A vehicle that was observed moving must also be stopped this long, seconds: others pass one that waits to turn.
    Longer: vehicles that park before the camera count as traffic for longer. Source: chosen."""


class ParkedVehicles:
    """Finds parked vehicles in each of Z zones; drops tracks that were not observed stopped for `forget_after_s`.

    Examples:
        >>> parked = ParkedVehicles(2, forget_after_s=4.0)
        >>> parked.update(TrackKinematics.empty(), at_s=0.0).shape
        (0, 2)
    """

    def __init__(self, zones: int, *, forget_after_s: float, parameters: ParkedParameters = ParkedParameters()) -> None:
        self._parameters = parameters
        self._rows = TrackRows(forget_after_s)
        self._stopped_since_s: Floats = np.zeros(0)
        self._passed_by: Ids = np.zeros((0, zones), np.int64)
        """(R, Z): number of vehicles that drove freely through each zone since then."""

    def __len__(self) -> int:
        """Number of tracks kept, stopped now or within `forget_after_s`."""
        return len(self._rows)

    def add_passing(self, zone: int, at_s: float) -> None:
        """A vehicle drove freely through a zone and left it at `at_s`."""
        self._passed_by[self._stopped_since_s < at_s, zone] += 1

    def update(self, tracks: TrackKinematics, at_s: float) -> Bools:
        """(N, Z): whether each track would be parked if it is in that zone."""
        p = self._parameters
        self._rows.forget(at_s)
        is_parked = np.zeros((len(tracks), self._passed_by.shape[1]), bool)
        stopped = tracks.is_stopped.nonzero()[0]
        if not len(stopped):
            return is_parked
        since_s = tracks.stopped_since_s[stopped]
        rows, before_s = self._rows.take(tracks.track_id[stopped], at_s)
        self._stopped_since_s = grown(self._stopped_since_s, self._rows.size)
        self._passed_by = grown(self._passed_by, self._rows.size)
        is_same_stop = ~np.isnan(before_s) & (self._stopped_since_s[rows] == since_s)
        self._passed_by[rows[~is_same_stop]] = 0
        self._stopped_since_s[rows] = since_s
        is_long = ~tracks.has_moved[stopped] | (at_s - since_s >= p.min_stopped_s)
        is_parked[stopped] = (self._passed_by[rows] >= p.min_passed_by) & is_long[:, None]
        return is_parked
