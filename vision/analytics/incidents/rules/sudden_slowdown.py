"""Traffic that slows down all at once."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from vision.analytics.incidents.evidence import ROAD, display_name, is_congested, is_vehicle
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.scene import Scene, ZoneState
from vision.analytics.track_table import Ids
from vision.config.incidents import SuddenSlowdownConfig
from vision.config.zones import ZoneConfig
from vision.contracts import IncidentKind

FEWEST, SEEN_OVER_S = 3, 4.0
"""So many vehicles, and a third of all, must have lost that part of their own pace, all within so long: where few
drive, hardly so many are in sight at once."""
FEWEST_OF_ALL = 2
"""So many are enough if nobody else is in sight."""
SAMPLE_EVERY_S = 0.5
SMOOTH_S = 2.0
"""The pace of a zone is the mean over so long of that of the middle half of its vehicles."""
FLOWED = 0.5
FLOWED_MPS = 5.0
FLOWED_FOR_S, FEWEST_SAMPLES = 10.0, 5
"""Traffic that slows down flowed before: at this part of its free pace, and at this pace, in the median of so long: in
stop-and-go a zone's vehicles are fast for some seconds."""
PLATOON, ALL = 4, 0.8
"""Or so many must be there and such a part of them slow: they have slowed down before they came into the zone."""
KEPT_S = 50.0
FEWEST_BEFORE = 5
"""Different vehicles that were seen before."""
MOST_OF_IT, SETTLES_S = 0.8, 2.0
"""The part of the drop that must last, once all of it has been there for so long: traffic that behind one slow vehicle
slows down and is off again has not, and who has nearly recovered is not told of any more."""
LONGEST_S = 120.0
"""A slowdown that lasts longer is congestion, which is another kind."""


@dataclass(frozen=True, slots=True)
class _Sample:
    at_s: float
    speed_mps: float
    """Mean of the middle half of the vehicles in the zone."""
    paces_mps: dict[int, float]
    """Of each of them, by track."""


@dataclass(frozen=True, slots=True, eq=False)
class _Present:
    """The N vehicles in a zone at one moment."""

    track_id: Ids
    paces_mps: Floats
    slowed: Bools
    """(N,): who was seen losing so much of his pace."""


@dataclass(slots=True)
class _Zone:
    """One zone's last seconds, and the slowdown that goes on in it."""

    began_s: float
    """When it was looked at first."""
    samples: deque[_Sample] = field(default_factory=lambda: deque(maxlen=256))
    slowed_s: dict[int, float] = field(default_factory=dict)
    """Who was seen slow after he had been fast, and when last."""
    from_mps: float | None = None
    """The pace before a slowdown that goes on."""
    since_s: float = 0.0
    slow_from_s: float = 0.0
    """When that pace was kept last, and when all of the drop was noticed."""

    def speed_mps(self, from_s: float, to_s: float) -> float:
        """Mean over the samples of a time; NaN where there are fewer than two."""
        paces = [sample.speed_mps for sample in self.samples if from_s < sample.at_s <= to_s]
        return sum(paces) / len(paces) if len(paces) > 1 else float("nan")

    def note_slowed(self, track_ids: Sequence[int], at_s: float) -> int:
        """Take in who has slowed down; return how many have lately."""
        self.slowed_s |= dict.fromkeys(track_ids, at_s)
        self.slowed_s = {track: s for track, s in self.slowed_s.items() if at_s - s <= SEEN_OVER_S}
        return len(self.slowed_s)

    def vehicles_since(self, from_s: float) -> list[float]:
        """The newest paces of the different vehicles that were seen."""
        newest: dict[int, float] = {}
        for sample in self.samples:
            if sample.at_s > from_s:
                newest |= sample.paces_mps
        return list(newest.values())

    def best_before(self, at_s: float, within_s: float) -> tuple[float, float]:
        """The highest pace, median of `FLOWED_FOR_S`, from `within_s` ago until now, and when it was: (m/s, s).

        Where the zone was empty at the beginning, that of the last before counts: who comes first into it may be slow
        already. NaN as long as it is not known of enough vehicles: just after the camera came on, and on an empty road.
        """
        before = [s for s in self.samples if s.at_s <= at_s - SMOOTH_S]
        seen = set[int]().union(*(s.paces_mps for s in before))
        if len(seen) < FEWEST_BEFORE or before[0].at_s > at_s - 0.8 * within_s:
            return float("nan"), at_s
        earlier = sum(s.at_s < at_s - within_s - SMOOTH_S for s in before)
        paces = [(self.usual_mps(s.at_s), s.at_s) for s in before[max(earlier - 1, 0) :]]
        return max((p for p in paces if not np.isnan(p[0])), default=(float("nan"), at_s))

    def usual_mps(self, to_s: float) -> float:
        """Median over `FLOWED_FOR_S`; NaN where there are too few samples to tell, or nobody has looked for so long."""
        if to_s - self.began_s < FLOWED_FOR_S:
            return float("nan")
        paces = [sample.speed_mps for sample in self.samples if to_s - FLOWED_FOR_S < sample.at_s <= to_s]
        return median(paces) if len(paces) >= FEWEST_SAMPLES else float("nan")


class SuddenSlowdownRule:
    """The traffic of a zone that flowed loses a part of its pace within seconds, its vehicles of their own.

    Where a stop line governs, that is what a red light does, so zones with one are not watched.
    """

    kind = IncidentKind.SUDDEN_SLOWDOWN

    def __init__(self, zones: Sequence[ZoneConfig], settings: SuddenSlowdownConfig, past: TrackHistory) -> None:
        self._past = past
        self._watched = [z for z, zone in enumerate(zones) if zone.kind in ROAD and zone.stop_line is None]
        self._zones: dict[int, _Zone] = {}
        self._drop, self._within_s = settings.drop, settings.within.total_seconds()
        self._looked_s = -np.inf
        self._signs: list[Evidence] = []

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """What was found at the newest sample: traffic as a whole does not change from frame to frame."""
        if scene.at_s - self._looked_s >= SAMPLE_EVERY_S:
            self._looked_s = scene.at_s
            self._zones = self._zones or {z: _Zone(began_s=scene.at_s) for z in self._watched}
            self._signs = [sign for z, zone in self._zones.items() if (sign := self._look_at(scene, z, zone))]
        return self._signs

    def _look_at(self, scene: Scene, z: int, zone: _Zone) -> Evidence | None:
        motion, at_s = scene.tracks, scene.at_s
        rows = np.flatnonzero(scene.inside[:, z] & motion.has_moved & np.isfinite(motion.speed_mps))
        rows = rows[is_vehicle(motion.class_id[rows])]
        paces_mps = motion.speed_mps[rows]
        self._sample(zone, at_s, paces_mps, motion.track_id[rows])
        max_speed_mps = np.maximum(motion.max_speed_mps[rows], self._past.recent_max_speed_mps(rows))
        present = _Present(motion.track_id[rows], paces_mps, paces_mps <= (1 - self._drop) * max_speed_mps)
        if not self._is_slow(zone, scene.zones[z], present, at_s):
            return None
        return self._sign(scene, zone, scene.zones[z], zone.speed_mps(at_s - SMOOTH_S, at_s), len(rows))

    def _sample(self, zone: _Zone, at_s: float, paces_mps: Floats, track_id: Ids) -> None:
        oldest_s = at_s - self._within_s - KEPT_S
        while zone.samples and zone.samples[0].at_s < oldest_s:
            zone.samples.popleft()
        if len(paces_mps):
            zone.samples.append(
                _Sample(at_s, _middle(paces_mps), dict(zip(track_id.tolist(), paces_mps.tolist(), strict=True)))
            )

    def _is_slow(self, zone: _Zone, state: ZoneState, present: _Present, at_s: float) -> bool:
        """Whether a slowdown goes on; notes its beginning and its end."""
        now_mps = zone.speed_mps(at_s - SMOOTH_S, at_s)
        if zone.from_mps is not None:
            is_settled = at_s - zone.slow_from_s >= SETTLES_S
            recovers = now_mps > (1 - (self._drop / 2 if is_settled else self._drop)) * zone.from_mps
            if recovers or at_s - zone.since_s > LONGEST_S:
                zone.from_mps = None
            return zone.from_mps is not None and now_mps <= (1 - MOST_OF_IT * self._drop) * zone.from_mps
        if np.isnan(now_mps) or is_congested(state.congestion):
            return False
        if now_mps > (1 - self._drop) * max(sample.speed_mps for sample in zone.samples):
            return False
        best_mps, best_s = zone.best_before(at_s, self._within_s)
        flowed = best_mps >= max(FLOWED * state.free_flow_speed_mps, FLOWED_MPS)
        slow_mps = (1 - self._drop) * best_mps
        slow, vehicles = present.paces_mps <= slow_mps, len(present.paces_mps)
        slowed = zone.note_slowed(present.track_id[slow & present.slowed].tolist(), at_s)
        is_seen = slowed >= (FEWEST_OF_ALL if slow.all() and vehicles >= FEWEST_OF_ALL else max(FEWEST, vehicles / 3))
        lately = [pace <= slow_mps for pace in zone.vehicles_since(at_s - SMOOTH_S)]
        is_all = len(lately) >= PLATOON and sum(lately) >= ALL * len(lately)
        if flowed and now_mps <= slow_mps and (is_seen or is_all):
            zone.from_mps, zone.since_s, zone.slow_from_s = best_mps, best_s, at_s
        return zone.from_mps is not None

    def _sign(self, scene: Scene, zone: _Zone, state: ZoneState, now_mps: float, slowed: int) -> Evidence:
        from_mps = zone.from_mps or now_mps
        lost_pct = round(100 * (1 - now_mps / from_mps))
        x, y = np.array(state.zone.polygon).mean(axis=0) * [scene.width_px, scene.height_px]
        speeds: dict[str, float | str] = {}
        words = ""
        if scene.is_calibrated:
            speeds = {"from_kmh": round(from_mps * 3.6), "to_kmh": round(now_mps * 3.6)}
            words = f", from {speeds['from_kmh']} to {speeds['to_kmh']} km/h"
        return Evidence(
            place_px=(float(x), float(y)),
            confidence=0.6 + 0.3 * min(1.0, slowed / (2 * FEWEST)),
            reason=f"traffic in zone '{display_name(state.zone)}' lost {lost_pct} % of its speed within "
            f"{self._within_s:.0f} s{words}",
            facts={
                "zone": display_name(state.zone),
                "lost_pct": lost_pct,
                "within_s": round(self._within_s),
                "vehicles": slowed,
                **speeds,
            },
            since_s=zone.since_s,
            zone_id=state.zone.id,
        )


def _middle(paces_mps: Floats) -> float:
    """Mean of the middle half: where one lane stands and another flows, a median is either's."""
    beyond = len(paces_mps) // 4
    return float(np.sort(paces_mps)[beyond : len(paces_mps) - beyond].mean())
