"""Sudden slowdowns: free-flowing traffic that loses much of its speed within seconds."""

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


@dataclass(frozen=True, slots=True)
class SuddenSlowdownParameters:
    """When traffic flowed before, and when its loss of speed is that of traffic as a whole.

    How much speed it loses, and within which time, are the config keys `drop` and `within`.
    """

    sample_interval_s: float = 0.5
    """Time between two samples of a zone, seconds. Longer: less computation, later alarms. Source: chosen."""
    smoothing_s: float = 2.0
    """A zone's speed is the mean of its samples over this time, seconds; a sample is the mean of the middle half of its
    vehicles. Longer: less noise, later alarms. Source: chosen."""
    min_slowed: int = 3
    """Vehicles, and at least a third of those present, that must have lost that share of their own speed. More: fewer
    alarms from single slow vehicles, more slowdowns of thin traffic missed. Source: chosen."""
    min_slowed_if_all: int = 2
    """As many are enough if all vehicles present are slow. More: as for `min_slowed`. Source: chosen."""
    slowed_window_s: float = 4.0
    """Slowed vehicles are counted over this time, seconds: thin traffic has few in view at once. Longer: more slowdowns
    of thin traffic found, more alarms from unrelated vehicles. Source: chosen."""
    platoon_size: int = 4
    """Different vehicles that are enough if they slowed down before they entered the zone ... More: fewer alarms from
    groups of slow vehicles, more slowdowns missed. Source: chosen."""
    platoon_slow_share: float = 0.8
    """... and the share of them that must be slow. Higher: as for `platoon_size`. Source: chosen."""
    min_flow_share: float = 0.5
    """Traffic flowed before at this share of its free-flow speed ... Higher: fewer alarms in dense traffic. Source:
    chosen."""
    min_flow_mps: float = 5.0
    """... and at this speed, m/s. Higher: fewer alarms on slow streets. Source: chosen."""
    flow_window_s: float = 10.0
    """Speed before is a median over this time, seconds: in stop-and-go traffic vehicles are fast for some seconds.
    Longer: fewer alarms in stop-and-go traffic, slower start after an empty road. Source: chosen."""
    min_flow_samples: int = 5
    """Samples in that time. More: fewer alarms from thin traffic. Source: chosen."""
    min_vehicles_before: int = 5
    """Different vehicles seen before. More: fewer alarms on empty roads and just after a start. Source: chosen."""
    min_window_share: float = 0.8
    """Samples must reach back over this share of `within`. Higher: later alarms after a start. Source: chosen."""
    history_s: float = 50.0
    """Samples are kept for this time beyond `within`, seconds. Longer: traffic flowed before is known further back,
    more memory. Source: chosen."""
    max_samples: int = 256
    """Samples kept of one zone. More: a longer history at a short `sample_interval_s`, more memory. Source: chosen."""
    settled_s: float = 2.0
    """After this time a slowdown ends only when half of the drop has been recovered, seconds; before, when any of it
    has: traffic that slows down behind one vehicle is off again. Longer: fewer alarms from short slowdowns. Source:
    chosen."""
    min_lasting_share: float = 0.8
    """Share of the drop that must persist for evidence. Higher: shorter incidents, none for partial recoveries. Source:
    chosen."""
    max_duration_s: float = 120.0
    """A slowdown ends after this time, seconds; a longer one is congestion. Longer: slowdown and congestion are both
    reported for longer. Source: chosen."""


@dataclass(frozen=True, slots=True)
class _Sample:
    at_s: float
    speed_mps: float
    """Mean of the middle half of the vehicles in the zone."""
    speeds_mps: dict[int, float]
    """Of each of them, by track."""


@dataclass(frozen=True, slots=True, eq=False)
class _Present:
    """The N vehicles in a zone at one moment."""

    track_id: Ids
    speeds_mps: Floats
    slowed: Bools
    """(N,): which were seen to lose that share of their speed."""


@dataclass(slots=True)
class _ZoneHistory:
    """The latest samples of one zone, and the slowdown that is in progress."""

    began_s: float
    """When it was sampled first."""
    parameters: SuddenSlowdownParameters
    samples: deque[_Sample] = field(init=False)
    slowed_s: dict[int, float] = field(default_factory=dict)
    """Tracks that were seen slow after they had been fast, and when last."""
    from_mps: float | None = None
    """The speed before a slowdown in progress."""
    since_s: float = 0.0
    slow_from_s: float = 0.0
    """When traffic last had that speed, and when the whole drop was found."""

    def __post_init__(self) -> None:
        self.samples = deque(maxlen=self.parameters.max_samples)

    def add(self, sample: _Sample) -> None:
        self.samples.append(sample)

    def forget(self, oldest_s: float) -> None:
        while self.samples and self.samples[0].at_s < oldest_s:
            self.samples.popleft()

    def speed_mps(self, from_s: float, to_s: float) -> float:
        """Mean over the samples of a time; NaN if there are fewer than two."""
        speeds = [sample.speed_mps for sample in self.samples if from_s < sample.at_s <= to_s]
        return sum(speeds) / len(speeds) if len(speeds) > 1 else float("nan")

    def add_slowed(self, track_ids: Sequence[int], at_s: float) -> int:
        """Add tracks that have slowed down; return how many have lately."""
        window_s = self.parameters.slowed_window_s
        self.slowed_s |= dict.fromkeys(track_ids, at_s)
        self.slowed_s = {track: s for track, s in self.slowed_s.items() if at_s - s <= window_s}
        return len(self.slowed_s)

    def speeds_since(self, from_s: float) -> list[float]:
        """The newest speed of each vehicle that was seen."""
        newest: dict[int, float] = {}
        for sample in self.samples:
            if sample.at_s > from_s:
                newest |= sample.speeds_mps
        return list(newest.values())

    def max_speed_before(self, at_s: float, within_s: float) -> tuple[float, float]:
        """The highest median speed from `within_s` ago until now, and when it was: (m/s, s).

        Where the zone was empty at the start of that time, the last one before counts: the first vehicle that enters
        may be slow already. NaN until enough vehicles were seen: just after the start, and on an empty road.
        """
        p = self.parameters
        before = [s for s in self.samples if s.at_s <= at_s - p.smoothing_s]
        seen = set[int]().union(*(s.speeds_mps for s in before))
        if len(seen) < p.min_vehicles_before or before[0].at_s > at_s - p.min_window_share * within_s:
            return float("nan"), at_s
        earlier = sum(s.at_s < at_s - within_s - p.smoothing_s for s in before)
        speeds = [(self.median_speed_mps(s.at_s), s.at_s) for s in before[max(earlier - 1, 0) :]]
        return max((s for s in speeds if not np.isnan(s[0])), default=(float("nan"), at_s))

    def median_speed_mps(self, to_s: float) -> float:
        """Median over `flow_window_s`; NaN if there are too few samples, or sampling began later."""
        window_s = self.parameters.flow_window_s
        if to_s - self.began_s < window_s:
            return float("nan")
        speeds = [sample.speed_mps for sample in self.samples if to_s - window_s < sample.at_s <= to_s]
        return median(speeds) if len(speeds) >= self.parameters.min_flow_samples else float("nan")


class SuddenSlowdownRule:
    """Reports road zones in which traffic flowed and loses a share of its speed within seconds.

    Enough single vehicles must have slowed down too. Zones with a stop line are left out: there, a red light does it.
    """

    kind = IncidentKind.SUDDEN_SLOWDOWN

    def __init__(
        self,
        zones: Sequence[ZoneConfig],
        settings: SuddenSlowdownConfig,
        history: TrackHistory,
        parameters: SuddenSlowdownParameters = SuddenSlowdownParameters(),
    ) -> None:
        self._parameters = parameters
        self._history = history
        self._monitored = [z for z, zone in enumerate(zones) if zone.kind in ROAD and zone.stop_line is None]
        self._zones: dict[int, _ZoneHistory] = {}
        self._drop, self._within_s = settings.drop, settings.within.total_seconds()
        self._sampled_s = -np.inf
        self._newest: list[Evidence] = []

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence of the newest sample: traffic as a whole does not change from frame to frame."""
        if scene.at_s - self._sampled_s >= self._parameters.sample_interval_s:
            self._sampled_s = scene.at_s
            self._zones = self._zones or {z: _ZoneHistory(scene.at_s, self._parameters) for z in self._monitored}
            found = (self._evaluate_zone(scene, z, zone) for z, zone in self._zones.items())
            self._newest = [evidence for evidence in found if evidence is not None]
        return self._newest

    def _evaluate_zone(self, scene: Scene, z: int, zone: _ZoneHistory) -> Evidence | None:
        tracks, at_s = scene.tracks, scene.at_s
        rows = np.flatnonzero(scene.inside[:, z] & tracks.has_moved & np.isfinite(tracks.speed_mps))
        rows = rows[is_vehicle(tracks.class_id[rows])]
        speeds_mps = tracks.speed_mps[rows]
        self._sample(zone, at_s, speeds_mps, tracks.track_id[rows])
        max_speed_mps = np.maximum(tracks.max_speed_mps[rows], self._history.recent_max_speed_mps(rows))
        present = _Present(tracks.track_id[rows], speeds_mps, speeds_mps <= (1 - self._drop) * max_speed_mps)
        now_mps = zone.speed_mps(at_s - self._parameters.smoothing_s, at_s)
        if not self._is_slow(zone, scene.zones[z], present, now_mps, at_s):
            return None
        return self._evidence(scene, zone, scene.zones[z], now_mps, len(rows))

    def _sample(self, zone: _ZoneHistory, at_s: float, speeds_mps: Floats, track_id: Ids) -> None:
        zone.forget(at_s - self._within_s - self._parameters.history_s)
        if len(speeds_mps):
            by_track = dict(zip(track_id.tolist(), speeds_mps.tolist(), strict=True))
            zone.add(_Sample(at_s, _interquartile_mean(speeds_mps), by_track))

    def _is_slow(self, zone: _ZoneHistory, state: ZoneState, present: _Present, now_mps: float, at_s: float) -> bool:
        """Whether a slowdown is in progress; records its start and end."""
        if zone.from_mps is not None:
            return self._continues(zone, zone.from_mps, now_mps, at_s)
        if np.isnan(now_mps) or is_congested(state.congestion):
            return False
        if now_mps > (1 - self._drop) * max(sample.speed_mps for sample in zone.samples):
            return False
        before_mps, before_s = zone.max_speed_before(at_s, self._within_s)
        flowed = self._flowed(before_mps, state)
        slow_mps = (1 - self._drop) * before_mps
        have_slowed = self._have_slowed(zone, present, slow_mps, at_s)
        if flowed and now_mps <= slow_mps and have_slowed:
            zone.from_mps, zone.since_s, zone.slow_from_s = before_mps, before_s, at_s
        return zone.from_mps is not None

    def _continues(self, zone: _ZoneHistory, from_mps: float, now_mps: float, at_s: float) -> bool:
        is_settled = at_s - zone.slow_from_s >= self._parameters.settled_s
        recovers = now_mps > (1 - (self._drop / 2 if is_settled else self._drop)) * from_mps
        if recovers or at_s - zone.since_s > self._parameters.max_duration_s:
            zone.from_mps = None
            return False
        return now_mps <= (1 - self._parameters.min_lasting_share * self._drop) * from_mps

    def _flowed(self, before_mps: float, state: ZoneState) -> bool:
        p = self._parameters
        return before_mps >= max(p.min_flow_share * state.free_flow_speed_mps, p.min_flow_mps)

    def _have_slowed(self, zone: _ZoneHistory, present: _Present, slow_mps: float, at_s: float) -> bool:
        """Whether enough single vehicles have slowed down in the zone, or almost all were slow when they entered it."""
        p = self._parameters
        slow, vehicles = present.speeds_mps <= slow_mps, len(present.speeds_mps)
        slowed = zone.add_slowed(present.track_id[slow & present.slowed].tolist(), at_s)
        are_all_slow = slow.all() and vehicles >= p.min_slowed_if_all
        if slowed >= (p.min_slowed_if_all if are_all_slow else max(p.min_slowed, vehicles / 3)):
            return True
        lately = [speed_mps <= slow_mps for speed_mps in zone.speeds_since(at_s - p.smoothing_s)]
        return len(lately) >= p.platoon_size and sum(lately) >= p.platoon_slow_share * len(lately)

    def _evidence(self, scene: Scene, zone: _ZoneHistory, state: ZoneState, now_mps: float, vehicles: int) -> Evidence:
        from_mps = zone.from_mps or now_mps
        lost_pct = round(100 * (1 - now_mps / from_mps))
        x, y = np.array(state.zone.polygon).mean(axis=0) * [scene.width_px, scene.height_px]
        speeds: dict[str, float | str] = {}
        phrase = ""
        if scene.is_calibrated:
            speeds = {"from_kmh": round(from_mps * 3.6), "to_kmh": round(now_mps * 3.6)}
            phrase = f", from {speeds['from_kmh']} to {speeds['to_kmh']} km/h"
        return Evidence(
            place_px=(float(x), float(y)),
            confidence=0.6 + 0.3 * min(1.0, vehicles / (2 * self._parameters.min_slowed)),
            reason=f"traffic in zone '{display_name(state.zone)}' lost {lost_pct} % of its speed within "
            f"{self._within_s:.0f} s{phrase}",
            facts={
                "zone": display_name(state.zone),
                "lost_pct": lost_pct,
                "within_s": round(self._within_s),
                "vehicles": vehicles,
                **speeds,
            },
            since_s=zone.since_s,
            zone_id=state.zone.id,
        )


def _interquartile_mean(speeds_mps: Floats) -> float:
    """Mean of the middle half: a median would jump between a stopped and a moving lane."""
    beyond = len(speeds_mps) // 4
    return float(np.sort(speeds_mps)[beyond : len(speeds_mps) - beyond].mean())
