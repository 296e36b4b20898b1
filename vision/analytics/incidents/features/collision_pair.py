"""Two vehicles that are taken to have collided: which tracks are theirs, whatever becomes of their ids."""

from dataclasses import dataclass, field

import numpy as np

from vision.analytics.dimensions import LENGTHS_M
from vision.analytics.incidents.evidence import is_vehicle
from vision.analytics.incidents.features.creep import CreepDetector
from vision.analytics.kinematics.state import Floats
from vision.analytics.scene import Scene
from vision.common.object_class import ObjectClass

SAME_PLACE_M = 1.5
HIDDEN_S, BEFORE_S = 4.0, 1.0
"""Who comes to stand so near to where one of them stood, and a quarter of his length, so soon after that one was seen
there last, and no sooner before, is that one under another id: two are not in one place."""


@dataclass(slots=True)
class CollisionPair:
    """A pair that was found, while one of them stands where it was. Media time in seconds."""

    tracks: tuple[int, int]
    classes: tuple[ObjectClass, ObjectClass]
    cues: tuple[str, ...]
    confidence: float
    since_s: float
    positions_m: Floats
    """(2, 2): where each stands."""
    stopped_since_s: list[float]
    """Since when each track stands."""
    there_s: list[float]
    """When each was seen there last."""
    seen_s: float
    is_occluded: bool = False
    """Whether one is not seen where it stands, but somebody else is: then it has not gone."""
    creep: CreepDetector = field(default_factory=CreepDetector)
    """Of the place between the two, which stays where they are though their ids change places."""

    def update(self, scene: Scene) -> None:
        """Take in one moment. The id of either may have been lost, or taken over by one that drives past: who comes to
        stand in that place then is it."""
        motion = scene.tracks
        near_m = SAME_PLACE_M + LENGTHS_M[motion.class_id] / 4
        others = is_vehicle(motion.class_id) & ~np.isin(motion.track_id, self.tracks)
        self.is_occluded = False
        for k, since_s in enumerate(self.stopped_since_s):
            away_m = motion.ground_m - self.positions_m[k]
            is_there = np.hypot(away_m[:, 0], away_m[:, 1]) <= near_m
            if (is_there & motion.is_stopped)[motion.track_id == self.tracks[k]].any():
                self.there_s[k] = scene.at_s
                continue
            self.is_occluded |= bool((is_there & others).any())
            after_s = motion.stopped_since_s - self.there_s[k]
            comes = (motion.stopped_since_s == since_s) | (after_s >= -BEFORE_S) & (after_s <= HIDDEN_S)
            heirs = np.flatnonzero(is_there & others & comes)
            if len(heirs):
                tracks = list(self.tracks)
                tracks[k] = int(motion.track_id[heirs[0]])
                self.tracks, self.stopped_since_s[k] = (tracks[0], tracks[1]), float(motion.stopped_since_s[heirs[0]])
                self.there_s[k], self.creep = scene.at_s, CreepDetector()
