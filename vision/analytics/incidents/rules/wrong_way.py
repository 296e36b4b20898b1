"""Wrong-way driving: vehicles that travel against their zone's direction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.incidents.conditions import SustainedCondition, SustainedConditions
from vision.analytics.incidents.evidence import display_name, evidence_for, is_vehicle, with_article
from vision.analytics.incidents.features.surroundings import traffic_around
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.scene import Scene
from vision.common.object_class import CLASSES
from vision.config.incidents import WrongWayConfig
from vision.config.zones import ZoneConfig
from vision.contracts import IncidentKind
from vision.geometry import Polygons


@dataclass(frozen=True, slots=True)
class WrongWayParameters:
    """When a course against a zone's direction is neither jitter, nor a manoeuvre, nor an ID switch."""

    min_speed_mps: float = 1.5
    """A vehicle counts above this speed, m/s. Higher: less jitter, more slow offenders missed. Source: chosen."""
    min_distance_m: float = 6.0
    """Distance against the direction, metres. Longer: fewer alarms from jitter and manoeuvres, later alarms. Source:
    chosen."""
    min_distance_sizes: float = 1.0
    """The same in the picture, in box sizes (geometric mean of the first and the newest: an approaching vehicle grows).
    Larger: fewer alarms from jitter of near vehicles, later alarms. Source: chosen."""
    min_top_displacement_ratio: float = 1 / 3
    """Minimum ratio of top-edge to bottom-edge displacement; rejects boxes that only stretch. Higher: fewer alarms from
    boxes that take in a second vehicle, more high vehicles missed. Source: geometry of a mast of 9 m, from which the
    top of a lorry moves by half of the bottom's displacement, that of a car by four fifths."""
    reversing_speed_mps: float = 3.0
    """A vehicle slower than this on average may be reversing to park, m/s. Higher: fewer alarms from reversing, later
    alarms for slow offenders. Source: chosen."""
    max_reversing_m: float = 20.0
    """Reversing may cover this distance, metres ... Longer: fewer alarms from reversing, later alarms. Source:
    chosen."""
    max_reversing_s: float = 8.0
    """... and take this long, seconds. Longer: fewer alarms from reversing, later alarms. Source: chosen."""
    slow_neighbour_m: float = 12.0
    """Within this distance of a slow vehicle a tracker may step back along a queue, metres. Larger: fewer alarms from
    ID switches in queues, later alarms beside them. Source: chosen."""
    slow_neighbour_mps: float = 3.0
    """A neighbour is slow below this speed, m/s. Higher: as for `slow_neighbour_m`. Source: chosen."""
    min_duration_beside_slow_s: float = 4.0
    """Beside a slow neighbour it must last this long, seconds. Longer: as for `slow_neighbour_m`. Source: chosen."""
    neighbour_zone_widths: float = 0.5
    """A vehicle that follows the direction of a zone within this distance of its bottom centre, in box widths, belongs
    to that zone: the centre of a long vehicle seen obliquely is that far off. Larger: fewer alarms at the median, more
    offenders beside it missed. Source: chosen."""
    min_along_cosine: float = 0.5
    """Cosine of the angle to that zone's direction. Higher: fewer vehicles belong to a neighbouring zone. Source:
    chosen."""
    min_confidence: float = 0.3
    """Mean detection confidence: in dense traffic, a tracker strings together weak detections. Higher: fewer alarms
    from such tracks, more faint vehicles missed. Source: chosen."""
    confidence_duration_s: float = 3.0
    """A condition n times as long needs the n-th part of that confidence, seconds. Longer: faint vehicles are reported
    later. Source: chosen."""
    min_hit_share: float = 0.8
    """Share of the observations against the direction: a track that jumps back moves on afterwards. Higher: fewer
    alarms from ID switches, more offenders with noisy tracks missed. Source: chosen."""
    min_hits: int = 3
    """Observations against the direction. More: later alarms at low frame rates. Source: chosen."""
    incident_radius_m: float = 2.0
    """A new track within this distance of the expected position may be the same vehicle, metres. Larger: fewer repeated
    alarms after ID switches, more vehicles mistaken for one that was lost. Source: chosen."""


class WrongWayRule:
    """Reports vehicles that travel against the direction of a zone steadily for some metres."""

    kind = IncidentKind.WRONG_WAY

    def __init__(
        self,
        zones: Sequence[ZoneConfig],
        settings: WrongWayConfig,
        width_px: int,
        height_px: int,
        parameters: WrongWayParameters = WrongWayParameters(),
    ) -> None:
        self._parameters = parameters
        size_px = np.array([width_px, height_px], np.float64)
        self._polygons = Polygons.in_picture([zone.polygon for zone in zones], size_px)
        directions_px = np.array([_direction(zone) for zone in zones], np.float64).reshape(-1, 2) * size_px
        with np.errstate(invalid="ignore"):
            self._directions = directions_px / np.linalg.norm(directions_px, axis=1, keepdims=True)
        """(Z, 2): unit vectors in the picture; NaN for zones without direction."""
        self._max_cosine = np.cos(np.radians(settings.against_by_deg))
        self._conditions = SustainedConditions()

    def __len__(self) -> int:
        return len(self._conditions)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each vehicle that has gone against its zone's direction far enough."""
        tracks = scene.tracks
        cosine = self._cosine(tracks.velocity_px)
        against = scene.inside & (cosine <= self._max_cosine)
        holds = against.any(axis=1) & (tracks.speed_mps > self._parameters.min_speed_mps) & is_vehicle(tracks.class_id)
        is_any = holds.any()
        if not is_any and not len(self._conditions):
            return []
        if is_any:
            holds &= ~self._belongs_to_neighbour_zone(tracks, cosine)
        zone = against.argmax(axis=1)
        return [
            self._evidence(scene, n, condition, int(zone[n]), cosine)
            for n, condition in self._conditions.update(tracks, holds, scene.at_s)
            if self._is_confirmed(scene, n, condition, self._directions[zone[n]], holds)
        ]

    def _cosine(self, velocity_px: Floats) -> Floats:
        """(N, Z): of the angle between each course and each zone's direction; NaN where there is none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            courses = velocity_px / np.hypot(velocity_px[:, :1], velocity_px[:, 1:])
            cosine: Floats = courses @ self._directions.T
        return cosine

    def _belongs_to_neighbour_zone(self, tracks: TrackKinematics, cosine: Floats) -> Bools:
        """(N,): whether each follows the direction of a zone beside its bottom centre."""
        widths_px = (tracks.xyxy[:, 2] - tracks.xyxy[:, 0])[:, None]
        aside_px = self._parameters.neighbour_zone_widths * widths_px * [1.0, 0.0]
        left, right = (self._polygons.contain(tracks.bottom_center_px + side * aside_px) for side in (-1, 1))
        follows = (left | right) & (cosine >= self._parameters.min_along_cosine)
        return np.asarray(follows.any(axis=1), bool)

    def _is_confirmed(
        self, scene: Scene, n: int, condition: SustainedCondition, direction: Floats, against: Bools
    ) -> bool:
        """Whether the condition is long and consistent enough, and led backwards from its start with the whole box.

        After a jump back an ID switch leads forward again; a box that only grows downwards takes in a second vehicle.
        `against` (N,): which vehicles go against their direction now.
        """
        p, tracks = self._parameters, scene.tracks
        size_px = float(np.sqrt(condition.box_size_px * tracks.box_size_px(n)))
        back_px = -float((tracks.bottom_center_px[n] - condition.bottom_center_px) @ direction)
        grown_px = float(tracks.xyxy[n, 3] - tracks.xyxy[n, 1]) - condition.height_px
        top_back_px = back_px + grown_px * float(direction[1])
        needed_confidence = p.min_confidence * p.confidence_duration_s
        return (
            condition.hits >= p.min_hits
            and (condition.duration_s >= p.min_duration_beside_slow_s or not self._is_beside_slow(scene, n, against))
            and condition.hit_share >= p.min_hit_share
            and condition.confidence * max(condition.duration_s, p.confidence_duration_s) >= needed_confidence
            and condition.distance_m >= self._min_distance_m(condition)
            and back_px >= p.min_distance_sizes * size_px
            and top_back_px >= p.min_top_displacement_ratio * back_px
        )

    def _min_distance_m(self, condition: SustainedCondition) -> float:
        p = self._parameters
        is_slow = condition.distance_m < p.reversing_speed_mps * condition.duration_s
        may_be_reversing = is_slow and condition.duration_s < p.max_reversing_s
        return p.max_reversing_m if may_be_reversing else p.min_distance_m

    def _is_beside_slow(self, scene: Scene, n: int, against: Bools) -> bool:
        """Whether slow traffic that does not go against its direction is near the vehicle in row `n`."""
        p, tracks = self._parameters, scene.tracks
        distances_m = np.hypot(*(tracks.ground_m - tracks.ground_m[n]).T)
        slow = tracks.is_stopped | (tracks.speed_mps < p.slow_neighbour_mps)
        return bool((traffic_around(scene, n) & slow & ~against & (distances_m < p.slow_neighbour_m)).any())

    def _evidence(self, scene: Scene, n: int, condition: SustainedCondition, z: int, cosine: Floats) -> Evidence:
        tracks, zone = scene.tracks, scene.zones[z].zone
        object_class, speed_kmh = CLASSES[tracks.class_id[n]], float(tracks.speed_kmh[n])
        against_deg = round(float(np.degrees(np.arccos(np.clip(cosine[n, z], -1, 1)))))
        speed: dict[str, float | str] = {} if np.isnan(speed_kmh) else {"speed_kmh": round(speed_kmh)}
        at_speed = f" at {speed['speed_kmh']} km/h" if speed else ""
        return evidence_for(
            scene,
            n,
            zone,
            confidence=0.7 + 0.25 * min(1.0, condition.distance_m / (4 * self._parameters.min_distance_m)),
            reason=f"{with_article(object_class)} goes the wrong way in zone '{display_name(zone)}'{at_speed}, "
            f"{against_deg} degrees off its direction, for {condition.duration_s:.0f} s",
            facts={
                "class": object_class,
                "zone": display_name(zone),
                "against_deg": against_deg,
                "seconds": round(condition.duration_s),
                **speed,
            },
            radius_m=self._parameters.incident_radius_m,
            since_s=condition.since_s,
        )


def _direction(zone: ZoneConfig) -> tuple[float, float]:
    """In fractions of the picture; NaN for a zone without direction."""
    if zone.direction is None:
        return float("nan"), float("nan")
    (x0, y0), (x1, y1) = zone.direction.start, zone.direction.end
    return x1 - x0, y1 - y0
