"""Follows two vehicles that seem to have collided, whatever happens to their track IDs."""

from dataclasses import dataclass, field

import numpy as np

from vision.analytics.incidents.evidence import is_vehicle
from vision.analytics.incidents.features.creep import CreepDetector
from vision.analytics.incidents.features.surroundings import SurroundingsParameters, same_position_m
from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.scene import Scene
from vision.common.object_class import ObjectClass


@dataclass(frozen=True, slots=True)
class CollisionPairParameters:
    """When a track that stops at a collided vehicle's position is that vehicle."""

    max_unseen_s: float = 4.0
    """A track that stops within this long after the vehicle was last seen there continues it, seconds. Longer: more
    occlusions bridged, more other vehicles taken for it. Source: chosen."""
    max_overlap_s: float = 1.0
    """A track may stop this long before the vehicle was last seen there, seconds. Longer: more ID switches bridged,
    more neighbours taken for it. Source: chosen."""


@dataclass(slots=True)
class CollisionPair:
    """Two vehicles that seem to have collided, while at least one is stopped there. Media time in seconds."""

    tracks: tuple[int, int]
    classes: tuple[ObjectClass, ObjectClass]
    cues: tuple[str, ...]
    confidence: float
    since_s: float
    positions_m: Floats
    """(2, 2): where each stopped."""
    stopped_since_s: list[float]
    """Since when each track is stopped."""
    seen_there_s: list[float]
    """When each was last seen at its position."""
    last_seen_s: float
    is_occluded: bool = False
    """Whether another vehicle is seen at the position of one that is not: then that one has not left."""
    creep: CreepDetector = field(default_factory=CreepDetector)
    """Of the midpoint of the two, which stays in place when their IDs are swapped."""
    parameters: CollisionPairParameters = CollisionPairParameters()
    surroundings: SurroundingsParameters = field(default_factory=SurroundingsParameters)

    def update(self, scene: Scene) -> None:
        """Updates the tracks of the pair. A track that stops where one of them was lost, or lost its ID, is that
        one."""
        tracks = scene.tracks
        others = is_vehicle(tracks.class_id) & ~np.isin(tracks.track_id, self.tracks)
        within_m = same_position_m(tracks.class_id, self.surroundings)
        self.is_occluded = False
        for k in range(len(self.tracks)):
            away_m = tracks.ground_m - self.positions_m[k]
            self._update_vehicle(scene, k, np.hypot(away_m[:, 0], away_m[:, 1]) <= within_m, others)

    def _update_vehicle(self, scene: Scene, k: int, is_there: Bools, others: Bools) -> None:
        """`is_there`, `others` (N,): tracks at the position of vehicle `k`, and vehicles outside of the pair."""
        p, tracks = self.parameters, scene.tracks
        if (is_there & tracks.is_stopped)[tracks.track_id == self.tracks[k]].any():
            self.seen_there_s[k] = scene.at_s
            return
        self.is_occluded |= bool((is_there & others).any())
        after_s = tracks.stopped_since_s - self.seen_there_s[k]
        is_in_time = (after_s >= -p.max_overlap_s) & (after_s <= p.max_unseen_s)
        continues = (tracks.stopped_since_s == self.stopped_since_s[k]) | is_in_time
        successors = np.flatnonzero(is_there & others & continues)
        if len(successors):
            successor = int(tracks.track_id[successors[0]])
            self.tracks = (successor, self.tracks[1]) if k == 0 else (self.tracks[0], successor)
            self.stopped_since_s[k] = float(tracks.stopped_since_s[successors[0]])
            self.seen_there_s[k], self.creep = scene.at_s, CreepDetector(self.creep.parameters)
