"""Looks at a camera's traffic with every rule that is on and has what it needs, and keeps the incidents' books."""

from collections.abc import Iterator, Sequence, Sized
from itertools import count
from math import inf

from vision.analytics.incidents.features.standstill import StandstillTracker
from vision.analytics.incidents.lifecycle import Evidence, IncidentChange, IncidentLifecycle, Rule
from vision.analytics.incidents.rules.banned_movement import BannedMovementRule
from vision.analytics.incidents.rules.collision import CollisionRule
from vision.analytics.incidents.rules.congestion import CongestionRule
from vision.analytics.incidents.rules.illegal_stopping import IllegalStoppingRule
from vision.analytics.incidents.rules.lane_encroachment import LaneEncroachmentRule
from vision.analytics.incidents.rules.object_on_road import ObjectOnRoadRule
from vision.analytics.incidents.rules.pedestrian import PedestrianRule
from vision.analytics.incidents.rules.queue_spillback import QueueSpillbackRule
from vision.analytics.incidents.rules.red_light import RedLightRule
from vision.analytics.incidents.rules.speeding import SpeedingRule
from vision.analytics.incidents.rules.stopped_vehicle import StoppedVehicleRule
from vision.analytics.incidents.rules.sudden_slowdown import SuddenSlowdownRule
from vision.analytics.incidents.rules.wrong_way import WrongWayRule
from vision.analytics.scene import Scene
from vision.config.camera import CameraConfig
from vision.config.incidents import RuleConfig
from vision.contracts import IncidentKind

ONE_EACH = frozenset(
    {
        IncidentKind.WRONG_WAY,
        IncidentKind.LANE_ENCROACHMENT,
        IncidentKind.BANNED_MOVEMENT,
        IncidentKind.SPEEDING,
        IncidentKind.RED_LIGHT,
    }
)
"""What a road user does by himself: each is an incident of his own. Of the others, what lies together is one."""
SLOW = frozenset(
    {
        IncidentKind.COLLISION,
        IncidentKind.STOPPED_VEHICLE,
        IncidentKind.ILLEGAL_STOPPING,
        IncidentKind.PEDESTRIAN,
        IncidentKind.QUEUE_SPILLBACK,
        IncidentKind.CONGESTION,
        IncidentKind.OBJECT_ON_ROAD,
    }
)
"""What stands, walks, lies or lasts is looked at every `SLOW_EVERY_S`: nothing of it changes from frame to frame."""
SLOW_EVERY_S = 0.2
TOLERANCE_S = 1e-6
SUPPRESSED_BY_COLLISION = frozenset({IncidentKind.STOPPED_VEHICLE, IncidentKind.ILLEGAL_STOPPING})
"""By a collision: vehicles that stand because of it are not told of once more."""


class IncidentDetector:
    """All that is noticed of one camera's traffic.

    One event is one incident where one kind explains the other: vehicles of a suspected collision, and those that stand
    at its place, are no stopped vehicles; whoever stands where stopping is banned is told of as that. A person who got
    out of his vehicle is told of beside it, for he is in danger of his own.
    """

    def __init__(
        self, camera: CameraConfig, width_px: int, height_px: int, *, numbers: Iterator[int] | None = None
    ) -> None:
        """`numbers` are the incidents', where another watch of the session had some before."""
        self._standing = StandstillTracker(camera.zones, width_px, height_px)
        self._looked_s = -inf
        numbers = count(1) if numbers is None else numbers
        self._rules = [
            (
                rule,
                IncidentLifecycle(rule.kind, settings, width_px, height_px, numbers, per_vehicle=rule.kind in ONE_EACH),
            )
            for rule, settings in _rules(camera, width_px, height_px, self._standing)
            if settings.enabled
        ]
        self._quick = [(rule, ledger) for rule, ledger in self._rules if rule.kind not in SLOW]
        """Those that are looked at with every frame."""

    def __len__(self) -> int:
        """How much is remembered: tracks, runs, stands and conditions."""
        rules = sum(len(rule) for rule, _ in self._rules if isinstance(rule, Sized))
        return len(self._standing) + rules + sum(len(ledger) for _, ledger in self._rules)

    @property
    def kinds(self) -> tuple[IncidentKind, ...]:
        """What is looked for."""
        return tuple(rule.kind for rule, _ in self._rules)

    @property
    def open_count(self) -> int:
        """How many incidents go on."""
        return sum(ledger.open_count for _, ledger in self._rules)

    def open_incidents(self) -> list[IncidentChange]:
        """The newest of each incident that goes on."""
        return [incident for _, ledger in self._rules for incident in ledger.open_incidents()]

    def update(self, scene: Scene) -> list[IncidentChange]:
        """Take in one moment; return what there is to tell."""
        if not self._rules:
            return []
        is_due = abs(scene.at_s - self._looked_s) >= SLOW_EVERY_S - TOLERANCE_S
        if is_due:
            self._looked_s = scene.at_s
            self._standing.update(scene)
        else:
            self._standing.history.update(scene.tracks, scene.at_s, scene.stitched, scene.switched)
        changes: list[IncidentChange] = []
        crashes: list[Evidence] = []
        for rule, ledger in self._rules if is_due else self._quick:
            evidence = list(rule.evaluate(scene))
            if rule.kind in SUPPRESSED_BY_COLLISION and crashes:
                evidence = [sign for sign in evidence if not _is_explained(sign, crashes)]
            changes += ledger.update(evidence, scene.at_s)
            if rule.kind is IncidentKind.COLLISION:
                crashes = [*evidence, *(incident.evidence for incident in ledger.open_incidents())]
        return changes

    def close(self, at_s: float) -> list[IncidentChange]:
        """The camera is watched no longer."""
        return [change for _, ledger in self._rules for change in ledger.close(at_s)]


def _rules(
    camera: CameraConfig, width_px: int, height_px: int, standing: StandstillTracker
) -> Sequence[tuple[Rule, RuleConfig]]:
    """Each rule that has what it needs, with its settings; the collision first, since it explains others."""
    zones, on = camera.zones, camera.incidents
    rules: list[tuple[bool, Rule, RuleConfig]] = [
        (bool(zones), CollisionRule(zones, on.collision, standing), on.collision),
        (bool(zones), StoppedVehicleRule(standing), on.stopped_vehicle),
        (any(z.stopping_banned for z in zones), IllegalStoppingRule(standing), on.illegal_stopping),
        (any(z.direction for z in zones), WrongWayRule(zones, on.wrong_way, width_px, height_px), on.wrong_way),
        (bool(zones), PedestrianRule(zones, standing.history), on.pedestrian),
        (bool(zones), LaneEncroachmentRule(zones, width_px, height_px, standing.history), on.lane_encroachment),
        (
            any(m.banned for m in camera.movements),
            BannedMovementRule(camera.movements, standing.history),
            on.banned_movement,
        ),
        (
            camera.calibration is not None and any(z.speed_limit_kmh for z in zones),
            SpeedingRule(zones, on.speeding),
            on.speeding,
        ),
        (bool(zones), SuddenSlowdownRule(zones, on.sudden_slowdown, standing.history), on.sudden_slowdown),
        (any(z.spillback_line for z in zones), QueueSpillbackRule(camera.lines), on.queue_spillback),
        (True, CongestionRule(), on.congestion),
        (bool(zones), ObjectOnRoadRule(zones), on.object_on_road),
        (
            any(z.signal for z in zones),
            RedLightRule(zones, camera.lines, camera.signals, standing.history),
            on.red_light,
        ),
    ]
    return [(rule, settings) for has_what_it_needs, rule, settings in rules if has_what_it_needs]


def _is_explained(sign: Evidence, crashes: Sequence[Evidence]) -> bool:
    """Whether a vehicle belongs to a collision, or stands at its place."""
    for crash in crashes:
        if set(sign.track_ids) & set(crash.track_ids):
            return True
        if sign.place_px is not None and crash.place_px is not None:
            (x0, y0), (x1, y1) = sign.place_px, crash.place_px
            if (x0 - x1) ** 2 + (y0 - y1) ** 2 <= crash.radius_px**2:
                return True
    return False
