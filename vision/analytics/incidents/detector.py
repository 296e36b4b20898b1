"""Incident detection for one camera: evaluates every enabled rule on each scene and follows the incidents' lives."""

from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass
from itertools import count
from math import inf
from typing import NamedTuple

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

PER_VEHICLE = frozenset(
    {
        IncidentKind.WRONG_WAY,
        IncidentKind.LANE_ENCROACHMENT,
        IncidentKind.BANNED_MOVEMENT,
        IncidentKind.SPEEDING,
        IncidentKind.RED_LIGHT,
    }
)
"""Violations: each vehicle is an incident of its own. Of the other kinds, evidence at one place is one incident."""
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
"""Kinds that do not change from frame to frame: they are evaluated every `slow_interval_s`."""
SUPPRESSED_BY_COLLISION = frozenset({IncidentKind.STOPPED_VEHICLE, IncidentKind.ILLEGAL_STOPPING})
"""Kinds that a collision explains: vehicles that are stopped because of it are not reported again."""
TOLERANCE_S = 1e-6
"""For the rounding of media times."""


@dataclass(frozen=True, slots=True)
class IncidentDetectorParameters:
    """How often the rules are evaluated."""

    slow_interval_s: float = 0.2
    """Time between two evaluations of rules for slow events, seconds; the others are evaluated on every frame. Longer:
    less computation, later alarms. Source: chosen."""


class _Detection(NamedTuple):
    """A rule, and the lives of the incidents that it finds evidence for."""

    rule: Rule
    lifecycle: IncidentLifecycle


class IncidentDetector:
    """Detects the incidents of one camera, with every enabled rule that has the zones or lines it needs.

    One event is one incident where one kind explains the other: vehicles of a suspected collision, and those stopped at
    its place, are not stopped vehicles too; a vehicle that is stopped where stopping is banned is an illegal stopping
    only. A person that left a vehicle is reported beside it.

    Examples:
        >>> camera = CameraConfig.model_validate({"id": "c", "source": {"kind": "file", "path": "c.mp4"}})
        >>> [str(kind) for kind in IncidentDetector(camera, 1280, 720).kinds]
        ['congestion']
    """

    def __init__(
        self,
        camera: CameraConfig,
        width_px: int,
        height_px: int,
        *,
        numbers: Iterator[int] | None = None,
        parameters: IncidentDetectorParameters = IncidentDetectorParameters(),
    ) -> None:
        """`numbers` continues the incident numbers of an earlier detector of the same session."""
        self._slow_interval_s = parameters.slow_interval_s
        self._standstills = StandstillTracker(camera.zones, width_px, height_px)
        self._slow_evaluated_s = -inf
        numbers = count(1) if numbers is None else numbers
        self._detections = [
            _Detection(
                rule,
                IncidentLifecycle(
                    rule.kind, settings, width_px, height_px, numbers, per_vehicle=rule.kind in PER_VEHICLE
                ),
            )
            for rule, settings in _rules(camera, width_px, height_px, self._standstills)
            if settings.enabled
        ]
        self._every_frame = [detection for detection in self._detections if detection.rule.kind not in SLOW]

    def __len__(self) -> int:
        """Number of tracks, standstills and conditions in memory."""
        rules = sum(len(rule) for rule, _ in self._detections if isinstance(rule, Sized))
        return len(self._standstills) + rules + sum(len(lifecycle) for _, lifecycle in self._detections)

    @property
    def kinds(self) -> tuple[IncidentKind, ...]:
        """The kinds that are detected."""
        return tuple(rule.kind for rule, _ in self._detections)

    @property
    def open_count(self) -> int:
        """Number of open incidents."""
        return sum(lifecycle.open_count for _, lifecycle in self._detections)

    def open_incidents(self) -> list[IncidentChange]:
        """The current state of each open incident."""
        return [incident for _, lifecycle in self._detections for incident in lifecycle.open_incidents()]

    def update(self, scene: Scene) -> list[IncidentChange]:
        """Evaluate the rules on one scene; return the changes to publish."""
        if not self._detections:
            return []
        is_slow_due = abs(scene.at_s - self._slow_evaluated_s) >= self._slow_interval_s - TOLERANCE_S
        if is_slow_due:
            self._slow_evaluated_s = scene.at_s
            self._standstills.update(scene)
        else:
            self._standstills.history.update(scene.tracks, scene.at_s, scene.stitched, scene.switched)
        changes: list[IncidentChange] = []
        collisions: list[Evidence] = []
        for rule, lifecycle in self._detections if is_slow_due else self._every_frame:
            evidence = list(rule.evaluate(scene))
            if rule.kind in SUPPRESSED_BY_COLLISION and collisions:
                evidence = [each for each in evidence if not _is_explained(each, collisions)]
            changes += lifecycle.update(evidence, scene.at_s)
            if rule.kind is IncidentKind.COLLISION:
                collisions = [*evidence, *(incident.evidence for incident in lifecycle.open_incidents())]
        return changes

    def close(self, at_s: float) -> list[IncidentChange]:
        """Analysis stops: end all open incidents."""
        return [change for _, lifecycle in self._detections for change in lifecycle.close(at_s)]


def _rules(
    camera: CameraConfig, width_px: int, height_px: int, standstills: StandstillTracker
) -> Sequence[tuple[Rule, RuleConfig]]:
    """Each rule that has the zones, lines or signals it needs, with its settings; collisions first, as they explain."""
    zones, on, history = camera.zones, camera.incidents, standstills.history
    has_limits = camera.calibration is not None and any(z.speed_limit_kmh for z in zones)
    rules: list[tuple[bool, Rule, RuleConfig]] = [
        (bool(zones), CollisionRule(zones, on.collision, standstills), on.collision),
        (bool(zones), StoppedVehicleRule(standstills), on.stopped_vehicle),
        (any(z.stopping_banned for z in zones), IllegalStoppingRule(standstills), on.illegal_stopping),
        (any(z.direction for z in zones), WrongWayRule(zones, on.wrong_way, width_px, height_px), on.wrong_way),
        (bool(zones), PedestrianRule(zones, history), on.pedestrian),
        (bool(zones), LaneEncroachmentRule(zones, width_px, height_px, history), on.lane_encroachment),
        (any(m.banned for m in camera.movements), BannedMovementRule(camera.movements, history), on.banned_movement),
        (has_limits, SpeedingRule(zones, on.speeding), on.speeding),
        (bool(zones), SuddenSlowdownRule(zones, on.sudden_slowdown, history), on.sudden_slowdown),
        (any(z.spillback_line for z in zones), QueueSpillbackRule(camera.lines), on.queue_spillback),
        (True, CongestionRule(), on.congestion),
        (bool(zones), ObjectOnRoadRule(zones), on.object_on_road),
        (any(z.signal for z in zones), RedLightRule(zones, camera.lines, camera.signals, history), on.red_light),
    ]
    return [(rule, settings) for is_configured, rule, settings in rules if is_configured]


def _is_explained(evidence: Evidence, collisions: Sequence[Evidence]) -> bool:
    """Whether a stopped vehicle belongs to a collision, or is stopped within its radius."""
    return any(
        set(evidence.track_ids) & set(collision.track_ids) or _is_within_radius(evidence, collision)
        for collision in collisions
    )


def _is_within_radius(evidence: Evidence, collision: Evidence) -> bool:
    if evidence.place_px is None or collision.place_px is None:
        return False
    (x0, y0), (x1, y1) = evidence.place_px, collision.place_px
    return (x0 - x1) ** 2 + (y0 - y1) ** 2 <= collision.radius_px**2
