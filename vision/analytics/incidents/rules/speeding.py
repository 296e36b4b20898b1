"""A vehicle faster than its zone's limit. Only where the camera is calibrated."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Self

import numpy as np

from vision.analytics.incidents.conditions import SustainedConditionParameters
from vision.analytics.incidents.evidence import display_name, evidence_for, is_vehicle, with_article
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.kinematics.state import Floats
from vision.analytics.scene import Scene
from vision.common.object_class import CLASSES
from vision.config.incidents import SpeedingConfig
from vision.config.zones import ZoneConfig
from vision.contracts import IncidentKind

LOOKS = 5
LONGEST_S = 4.0
SHORTEST_S = 0.9
"""The way that is measured once more, beside the motion's own regression: so many looks and so long at least."""
NEARLY = 0.5
"""Who drives this part of what is tolerated, or of whom it is not known yet, is followed: a foot that is told too near
for a while is too fast when it comes back, and the slow part of its way belongs to it."""
ERRORS = 2.0
"""Standard errors that a speed must exceed the limit by, beside the margin."""
SURE, SURE_SOON = 1 / 15, 1 / 40
"""A speed is told when its standard error is at most this part of it; the second where the way is shorter than twice
the shortest: half hidden vehicles tremble by metres, alike for so long that such a way does not show it."""
MOST_ALIKE = 0.8
"""Errors follow each other from look to look: so much at most, as far as a short way tells it."""


CURVE_S = 2.0
"""A shorter way does not tell who gains speed from a foot that drifts within its box."""
OFF_M = 0.6
"""The places of who gains speed are so near to his curve; a foot that comes back is further off."""
FIERCEST_MPS2 = 4.0
"""No vehicle gains speed faster for longer than a moment; a foot that comes back does."""


@dataclass(slots=True)
class Way:
    """Where a vehicle was that is, or may be, fast: (s, x m, y m)."""

    places: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=64))

    def speed_kmh(self) -> float:
        """What it drives at least, as far as it can be told; 0 while its way is too short.

        By its whole way as if it drove evenly, or by the curve of who gains speed, whichever tells more.
        """
        lasts_s = self.places[-1][0] - self.places[0][0]
        if len(self.places) < LOOKS or lasts_s < SHORTEST_S:
            return 0.0
        places = np.array(self.places)
        steps = places[1:] - places[:-1]
        steps_mps = np.hypot(steps[:, 1], steps[:, 2]) / steps[:, 0]
        even: float = min(_Fit.of(places, degree=1).least_mps, median(steps_mps.tolist()))
        if lasts_s < CURVE_S:
            return 3.6 * even
        curve = _Fit.of(places, degree=2)
        if not (0 < curve.least_gain_mps2 <= FIERCEST_MPS2 and curve.off_m <= OFF_M):
            return 3.6 * even
        latest = places[1:, 0] > places[-1, 0] - SHORTEST_S
        gaining: float = min(curve.least_mps, median(steps_mps[latest].tolist()))
        return 3.6 * max(even, gaining)


@dataclass(frozen=True, slots=True)
class _Fit:
    """What a polynomial through a way tells of the middle of the shortest way that is measured."""

    least_mps: float
    """Speed less its error; 0 where that is not sure enough."""
    least_gain_mps2: float
    """How fast speed changes, less its error."""
    off_m: float
    """Standard deviation of the places from it."""

    @classmethod
    def of(cls, places: Floats, *, degree: int) -> Self:
        """By least squares, of (K, 3) places. Trembling widens the errors, and so does what is no polynomial."""
        powers = np.vander(places[:, 0] - places[-1, 0] + SHORTEST_S / 2, degree + 1, increasing=True)
        spread = np.linalg.inv(powers.T @ powers)
        coefficients = spread @ powers.T @ places[:, 1:]
        residual_m = places[:, 1:] - powers @ coefficients
        off_m = float(np.sqrt((residual_m**2).sum() / (len(places) - degree - 1)))
        told = np.hypot(*coefficients.T).tolist()
        errors = (ERRORS * off_m * np.sqrt(spread.diagonal()) * _times_wider(residual_m)).tolist()
        sure = SURE if places[-1, 0] - places[0, 0] >= 2 * SHORTEST_S else SURE_SOON
        is_sure = errors[1] <= ERRORS * sure * told[1]
        return cls(told[1] - errors[1] if is_sure else 0.0, 2 * (told[-1] - errors[-1]), off_m)


def _times_wider(residual_m: Floats) -> float:
    """How many times the standard error is greater since errors (K, 2) are alike from one look to the next."""
    alike = float((residual_m[1:] * residual_m[:-1]).sum() / max(float((residual_m**2).sum()), 1e-9))
    alike = min(max(alike, 0.0), MOST_ALIKE)
    return float(np.sqrt((1 + alike) / (1 - alike)))


class SpeedingRule:
    """Exceeds a zone's limit by a margin, by the regression and by the way since, which must agree."""

    kind = IncidentKind.SPEEDING

    def __init__(self, zones: Sequence[ZoneConfig], settings: SpeedingConfig) -> None:
        limits = [np.inf if zone.speed_limit_kmh is None else zone.speed_limit_kmh for zone in zones]
        self._is_limited = np.isfinite(limits)
        self._tolerated_kmh = np.array(limits, np.float64) + settings.over_by_kmh
        self._nearly_kmh = np.where(self._is_limited, NEARLY * self._tolerated_kmh, np.inf)
        self._ways: dict[int, Way] = {}

    def __len__(self) -> int:
        return len(self._ways)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        if self._ways:
            self._ways = {
                t: w
                for t, w in self._ways.items()
                if scene.at_s - w.places[-1][0] <= SustainedConditionParameters().max_gap_s
            }
        motion = scene.tracks
        may_speed = scene.inside & self._is_limited & ~(motion.speed_kmh[:, None] < self._nearly_kmh)
        rows = np.asarray(may_speed.any(axis=1)).nonzero()[0]
        if not len(rows):
            return []
        rows = rows[is_vehicle(motion.class_id[rows]) & np.isfinite(motion.ground_m[rows]).all(axis=1)]
        strictest = np.where(scene.inside[rows], self._tolerated_kmh, np.inf).argmin(axis=1)
        columns = (rows, strictest, motion.track_id[rows], motion.ground_m[rows], motion.speed_kmh[rows])
        signs: list[Evidence] = []
        for n, z, track, (x, y), now_kmh in zip(*(column.tolist() for column in columns), strict=True):
            way, most_kmh = self._follow(track, (scene.at_s, x, y)), self._tolerated_kmh[z]
            if not now_kmh <= most_kmh and (speed_kmh := min(way.speed_kmh(), now_kmh)) > most_kmh:
                signs.append(_sign(scene, n, scene.zones[z].zone, speed_kmh, way.places[0][0]))
        return signs

    def _follow(self, track: int, place: tuple[float, float, float]) -> Way:
        """Its way, this place included."""
        way = self._ways.get(track)
        if way is None:
            way = self._ways[track] = Way()
        way.places.append(place)
        while place[0] - way.places[0][0] > LONGEST_S:
            way.places.popleft()
        return way


def _sign(scene: Scene, n: int, zone: ZoneConfig, speed_kmh: float, since_s: float) -> Evidence:
    object_class, limit_kmh = CLASSES[scene.tracks.class_id[n]], zone.speed_limit_kmh or 0.0
    return evidence_for(
        scene,
        n,
        zone,
        confidence=0.7 + 0.25 * min(1.0, (speed_kmh - limit_kmh) / limit_kmh),
        reason=f"{with_article(object_class)} drives {speed_kmh:.0f} km/h in zone '{display_name(zone)}', "
        f"where {limit_kmh:.0f} km/h are allowed",
        facts={
            "class": object_class,
            "zone": display_name(zone),
            "speed_kmh": round(speed_kmh),
            "limit_kmh": round(limit_kmh),
        },
        radius_m=3.0,
        since_s=since_s,
    )
