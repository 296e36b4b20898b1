"""A person where vehicles drive, or may have to: on the carriageway, the bus lane, the hard shoulder."""

from collections.abc import Sequence

import numpy as np

from vision.analytics.incidents.conditions import SustainedCondition, SustainedConditions
from vision.analytics.incidents.evidence import (
    PERSON,
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

SLOWEST_MPS = 0.4
"""Who is slower does not push what he stands beside."""
FASTEST_MPS = 3.0
"""A person walks or trots; who is faster rides something that the detector does not see."""
HEIGHT_M = (0.7, 3.5)
"""A person's box, by the metres at his foot, which may be an estimate that is off by a half."""
PERSON_SHARE = 0.6
"""The part of the looks since he came on a road in which he is a person ..."""
EVER_SHARE = 0.4
"""... and of all: what he was taken for at first, from a few looks, weighs less than what he is taken for now."""
COVERED = 0.5
"""A person whose box lies so far within a two-wheeler's rides or pushes it; within another vehicle's, he sits in it."""
RIDERS_WITHIN_M = 4.0
RIDERS = 2
"""Among so many slow two-wheelers near by a person cannot be told from a rider."""
STEP_M, STEP_SIZES = 0.9, 0.6
"""Who moved so far from where he was first seen, in metres and in his own size, is alive: posts and paint stay."""
STANDS_S, STANDS_CONFIDENCE = 10.0, 0.5
"""Who never moved is a person when he is seen for so long, and so surely."""
REACH_M = 4.0


class PedestrianRule:
    """A person in a zone that is not for persons, on no crosswalk and no pavement, who is no rider and no passenger."""

    kind = IncidentKind.PEDESTRIAN

    def __init__(self, zones: Sequence[ZoneConfig], past: TrackHistory) -> None:
        self._is_closed = np.array([z.kind in ROAD and ObjectClass.PERSON not in z.may_be_in for z in zones], bool)
        self._is_shoulder = np.array([z.kind is ZoneKind.SHOULDER for z in zones], bool)
        self._is_open = np.array([ObjectClass.PERSON in zone.may_be_in for zone in zones], bool)
        self._shoulders = np.flatnonzero(self._is_closed & self._is_shoulder)
        self._past = past
        self._runs = SustainedConditions()

    def __len__(self) -> int:
        return len(self._runs)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        motion = scene.tracks
        pushes = scene.inside[:, self._shoulders].any(axis=1)
        if pushes.any():
            pushes &= _pushes(motion, self._past.max_sustained_speed_mps)
        if not len(self._runs) and not (motion.class_id == PERSON).any() and not pushes.any():
            return []
        trespasses = scene.inside[:, self._is_closed].any(axis=1) & ~scene.inside[:, self._is_open].any(axis=1)
        holds = (
            trespasses
            & _walks(motion, self._past.max_sustained_speed_mps)
            & (self._past.class_share(motion) >= EVER_SHARE)
        )
        if holds.any():
            holds &= ~_rides(motion, holds)
        holds |= pushes
        found = self._runs.update(motion, holds, scene.at_s)
        if not found:
            return []
        is_alive = _has_moved(motion)
        persons = [(n, run) for n, run in found if run.hit_share >= PERSON_SHARE and (is_alive[n] or _is_surely(run))]
        return [self._sign(scene, n, run, len(persons)) for n, run in persons]

    def _sign(self, scene: Scene, n: int, run: SustainedCondition, persons: int) -> Evidence:
        z = int(np.flatnonzero(scene.inside[n] & self._is_closed)[0])
        zone, seconds = scene.zones[z].zone, round(run.duration_s)
        return evidence_for(
            scene,
            n,
            zone,
            confidence=0.6 + 0.3 * min(1.0, run.duration_s / 5) * run.hit_share,
            reason=f"a person is on the {zone.kind.replace('_', ' ')} '{display_name(zone)}' for {seconds} s",
            facts={"persons": persons, "zone": display_name(zone), "zone_kind": zone.kind, "seconds": seconds},
            radius_m=REACH_M,
            since_s=run.since_s,
        )


def _walks(motion: TrackKinematics, max_sustained_speed_mps: Floats) -> Bools:
    """(N,): persons of a person's size who were never faster than one."""
    walks: Bools = (motion.class_id == PERSON) & _is_on_foot(motion, max_sustained_speed_mps)
    return walks


def _pushes(motion: TrackKinematics, max_sustained_speed_mps: Floats) -> Bools:
    """(N,): two-wheelers at a walk. Nobody rides so on a hard shoulder: he pushes, or is a person whom the detector
    takes for a rider now and then, and so does his track."""
    pushes: Bools = (
        np.isin(motion.class_id, TWO_WHEELERS)
        & _is_on_foot(motion, max_sustained_speed_mps)
        & (motion.speed_mps >= SLOWEST_MPS)
    )
    return pushes


def _is_on_foot(motion: TrackKinematics, max_sustained_speed_mps: Floats) -> Bools:
    """(N,): of a person's size, and never faster than one."""
    height_m = (motion.xyxy[:, 3] - motion.xyxy[:, 1]) / motion.scale_px_per_m
    on_foot: Bools = (
        (motion.speed_mps <= FASTEST_MPS)
        & ~(max_sustained_speed_mps > RidingParameters().min_riding_mps)
        & (height_m > HEIGHT_M[0])
        & (height_m < HEIGHT_M[1])
    )
    return on_foot


def _has_moved(motion: TrackKinematics) -> Bools:
    """(N,)"""
    extent_px = np.sqrt((motion.xyxy[:, 2:] - motion.xyxy[:, :2]).prod(axis=1))
    moved_px = np.linalg.norm(motion.bottom_center_px - motion.first_px, axis=1)
    moved: Bools = (motion.displacement_m >= STEP_M) & (moved_px >= STEP_SIZES * extent_px)
    return moved | motion.has_moved


def _is_surely(run: SustainedCondition) -> bool:
    return run.duration_s >= STANDS_S and run.confidence >= STANDS_CONFIDENCE


def _rides(motion: TrackKinematics, persons: Bools) -> Bools:
    """(N,): of these persons, who belongs to a vehicle, or cannot be told from a rider."""
    rides = np.zeros(len(motion), bool)
    vehicles = is_vehicle(motion.class_id)
    two_wheelers = np.isin(motion.class_id, TWO_WHEELERS)
    slow = two_wheelers & (motion.speed_mps <= FASTEST_MPS)
    for n in np.flatnonzero(persons).tolist():
        covered = _covered(motion, n) >= COVERED
        is_higher = motion.xyxy[:, 3] > motion.xyxy[n, 3]
        away_m = np.hypot(*(motion.ground_m - motion.ground_m[n]).T)
        rides[n] = (
            np.any(covered & (two_wheelers | (vehicles & is_higher)))
            or np.count_nonzero(slow & (away_m < RIDERS_WITHIN_M)) >= RIDERS
        )
    return rides


def _covered(motion: TrackKinematics, n: int) -> Floats:
    """(N,): the part of the box in row `n` that lies within each box."""
    low = np.maximum(motion.xyxy[:, :2], motion.xyxy[n, :2])
    high = np.minimum(motion.xyxy[:, 2:], motion.xyxy[n, 2:])
    own = (motion.xyxy[n, 2:] - motion.xyxy[n, :2]).prod()
    part: Floats = (high - low).clip(min=0).prod(axis=1) / max(own, 1e-9)
    return part
