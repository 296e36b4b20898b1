"""Pedestrians where vehicles drive, or may have to: on the carriageway, the bus lane, the hard shoulder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.incidents.conditions import SustainedCondition, SustainedConditions
from vision.analytics.incidents.evidence import (
    PERSON,
    RIDING,
    ROAD,
    TWO_WHEELERS,
    RidingParameters,
    display_name,
    evidence_for,
    is_vehicle,
)
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.scene import Scene
from vision.common.object_class import ObjectClass
from vision.config.zones import ZoneConfig, ZoneKind
from vision.contracts import IncidentKind


@dataclass(frozen=True, slots=True)
class PedestrianParameters:
    """What distinguishes a person on foot from a rider, a passenger, a post and a road marking."""

    min_pushing_mps: float = 0.4
    """A two-wheeler above this speed is being pushed, m/s. Higher: parked two-wheelers are mistaken less often, slow
    pedestrians missed more often. Source: chosen."""
    max_walking_mps: float = 3.0
    """A person up to this speed walks or jogs, m/s; a faster one rides something that the detector misses. Higher:
    fewer runners missed, more riders reported. Source: chosen."""
    min_height_m: float = 0.7
    """Smallest height of a person's box, metres; the scale may be an estimate that is off by a half. Larger: fewer
    alarms from small objects, more children missed. Source: chosen."""
    max_height_m: float = 3.5
    """Largest height, metres, on the same scale. Larger: fewer persons missed, more alarms from posts. Source:
    chosen."""
    min_hit_share: float = 0.6
    """Share of the observations on the road at which the track is a person. Higher: fewer alarms from riders with a
    flickering class, more pedestrians missed. Source: chosen."""
    min_class_share: float = 0.4
    """The same over all observations of the track: the first few weigh less. Higher: as for `min_hit_share`. Source:
    chosen."""
    min_covered_share: float = 0.5
    """A person that a two-wheeler's box covers to this share rides or pushes it; one that another vehicle's box covers
    sits in it. Higher: fewer pedestrians beside vehicles missed, more riders and passengers reported. Source:
    chosen."""
    crowd_radius_m: float = 4.0
    """Within this distance of slow two-wheelers a person and a rider cannot be distinguished, metres. Larger: fewer
    alarms from waiting riders, more pedestrians among them missed. Source: chosen."""
    crowd_size: int = 2
    """So many slow two-wheelers are a crowd. More: fewer pedestrians missed, more riders reported. Source: chosen."""
    min_displacement_m: float = 0.9
    """A person has moved this far from its first position, metres: posts and markings do not. Larger: fewer alarms from
    fixed objects, later alarms for slow persons. Source: chosen."""
    min_displacement_sizes: float = 0.6
    """The same in the picture, in box sizes. Larger: as for `min_displacement_m`. Source: chosen."""
    stationary_s: float = 10.0
    """One that never moved is a person after this long, seconds ... Longer: fewer alarms from posts, later alarms for
    persons that stay in place. Source: chosen."""
    stationary_confidence: float = 0.5
    """... with this mean detection confidence. Higher: as for `stationary_s`. Source: chosen."""
    incident_radius_m: float = 4.0
    """Persons within this distance of each other are one incident, metres. Larger: fewer incidents, more persons in
    each. Source: chosen."""


class PedestrianRule:
    """Reports persons in road zones, outside crosswalks and pavements, that are neither riders nor passengers.

    On a hard shoulder, a two-wheeler at walking speed counts too: it is pushed, or it is a person with a
    flickering class.
    """

    kind = IncidentKind.PEDESTRIAN

    def __init__(
        self,
        zones: Sequence[ZoneConfig],
        history: TrackHistory,
        *,
        parameters: PedestrianParameters = PedestrianParameters(),
        riding: RidingParameters = RIDING,
    ) -> None:
        self._parameters = parameters
        self._min_riding_mps = riding.min_riding_mps
        self._is_closed = np.array([z.kind in ROAD and ObjectClass.PERSON not in z.may_be_in for z in zones], bool)
        self._is_open = np.array([ObjectClass.PERSON in zone.may_be_in for zone in zones], bool)
        is_shoulder = np.array([z.kind is ZoneKind.SHOULDER for z in zones], bool)
        self._shoulders = np.flatnonzero(self._is_closed & is_shoulder)
        self._history = history
        self._conditions = SustainedConditions()

    def __len__(self) -> int:
        return len(self._conditions)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each pedestrian on the road."""
        tracks = scene.tracks
        pushes = self._pushes(scene)
        if not len(self._conditions) and not (tracks.class_id == PERSON).any() and not pushes.any():
            return []
        found = self._conditions.update(tracks, self._walks(scene) | pushes, scene.at_s)
        if not found:
            return []
        has_moved = self._has_moved(tracks)
        persons = [
            (n, condition)
            for n, condition in found
            if condition.hit_share >= self._parameters.min_hit_share
            and (has_moved[n] or self._is_confirmed_stationary(condition))
        ]
        return [self._evidence(scene, n, condition, len(persons)) for n, condition in persons]

    def _walks(self, scene: Scene) -> Bools:
        """(N,): which tracks are persons on foot in a road zone."""
        tracks = scene.tracks
        on_road = scene.inside[:, self._is_closed].any(axis=1) & ~scene.inside[:, self._is_open].any(axis=1)
        is_person = self._history.class_share(tracks) >= self._parameters.min_class_share
        walks: Bools = on_road & (tracks.class_id == PERSON) & self._is_on_foot(tracks) & is_person
        if walks.any():
            walks &= ~self._belongs_to_vehicle(tracks, walks)
        return walks

    def _pushes(self, scene: Scene) -> Bools:
        """(N,): which two-wheelers move at walking speed on a hard shoulder."""
        tracks = scene.tracks
        pushes = np.asarray(scene.inside[:, self._shoulders].any(axis=1), bool)
        if pushes.any():
            pushes &= np.isin(tracks.class_id, TWO_WHEELERS) & self._is_on_foot(tracks)
            pushes &= tracks.speed_mps >= self._parameters.min_pushing_mps
        return pushes

    def _is_on_foot(self, tracks: TrackKinematics) -> Bools:
        """(N,): which tracks have a person's height, and were never faster than one."""
        p = self._parameters
        height_m = (tracks.xyxy[:, 3] - tracks.xyxy[:, 1]) / tracks.scale_px_per_m
        on_foot: Bools = (
            (tracks.speed_mps <= p.max_walking_mps)
            & ~(self._history.max_sustained_speed_mps > self._min_riding_mps)
            & (height_m > p.min_height_m)
            & (height_m < p.max_height_m)
        )
        return on_foot

    def _has_moved(self, tracks: TrackKinematics) -> Bools:
        """(N,)"""
        size_px = np.sqrt((tracks.xyxy[:, 2:] - tracks.xyxy[:, :2]).prod(axis=1))
        moved_px = np.linalg.norm(tracks.bottom_center_px - tracks.first_px, axis=1)
        moved: Bools = tracks.displacement_m >= self._parameters.min_displacement_m
        moved &= moved_px >= self._parameters.min_displacement_sizes * size_px
        return moved | tracks.has_moved

    def _is_confirmed_stationary(self, condition: SustainedCondition) -> bool:
        p = self._parameters
        return condition.duration_s >= p.stationary_s and condition.confidence >= p.stationary_confidence

    def _belongs_to_vehicle(self, tracks: TrackKinematics, persons: Bools) -> Bools:
        """(N,): which of these persons ride or sit in a vehicle, or cannot be distinguished from waiting riders."""
        p = self._parameters
        belongs = np.zeros(len(tracks), bool)
        vehicles = is_vehicle(tracks.class_id)
        two_wheelers = np.isin(tracks.class_id, TWO_WHEELERS)
        slow = two_wheelers & (tracks.speed_mps <= p.max_walking_mps)
        for n in np.flatnonzero(persons).tolist():
            covers = _covered_share(tracks, n) >= p.min_covered_share
            is_lower = tracks.xyxy[:, 3] > tracks.xyxy[n, 3]
            distances_m = np.hypot(*(tracks.ground_m - tracks.ground_m[n]).T)
            belongs[n] = (
                np.any(covers & (two_wheelers | (vehicles & is_lower)))
                or np.count_nonzero(slow & (distances_m < p.crowd_radius_m)) >= p.crowd_size
            )
        return belongs

    def _evidence(self, scene: Scene, n: int, condition: SustainedCondition, persons: int) -> Evidence:
        z = int(np.flatnonzero(scene.inside[n] & self._is_closed)[0])
        zone, seconds = scene.zones[z].zone, round(condition.duration_s)
        return evidence_for(
            scene,
            n,
            zone,
            confidence=0.6 + 0.3 * min(1.0, condition.duration_s / 5) * condition.hit_share,
            reason=f"a person has been on the {zone.kind.replace('_', ' ')} '{display_name(zone)}' for {seconds} s",
            facts={"persons": persons, "zone": display_name(zone), "zone_kind": zone.kind, "seconds": seconds},
            radius_m=self._parameters.incident_radius_m,
            since_s=condition.since_s,
        )


def _covered_share(tracks: TrackKinematics, n: int) -> Floats:
    """(N,): the share of the box in row `n` that lies within each box."""
    low = np.maximum(tracks.xyxy[:, :2], tracks.xyxy[n, :2])
    high = np.minimum(tracks.xyxy[:, 2:], tracks.xyxy[n, 2:])
    own = (tracks.xyxy[n, 2:] - tracks.xyxy[n, :2]).prod()
    share: Floats = (high - low).clip(min=0).prod(axis=1) / max(own, 1e-9)
    return share
