"""A vehicle that goes against its zone's direction of travel."""

from collections.abc import Sequence

import numpy as np

from vision.analytics.incidents.conditions import SustainedCondition, SustainedConditions
from vision.analytics.incidents.evidence import display_name, evidence_for, is_vehicle, with_article
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.scene import Scene
from vision.common.object_class import CLASSES
from vision.config.incidents import WrongWayConfig
from vision.config.zones import ZoneConfig
from vision.contracts import IncidentKind
from vision.geometry import Polygons

AT_LEAST_MPS = 1.5
SHORTEST_M = 6.0
"""The way against the direction that is no trembling and no manoeuvre, in metres ..."""
SHORTEST_SIZES = 1.0
"""... and in the vehicle's own size in the picture, between what it was and what it is: who comes near grows."""
TOP_COMES_TOO = 1 / 3
"""Its top goes such a part of its foot's way in the picture at least: from a mast of 9 m that of a lorry goes half of
it, that of a car four fifths."""
REVERSING_MPS = 3.0
REVERSING_M = 20.0
"""Who is so slow may be reversing to park until he has gone so far, or for so long."""
REVERSING_S = 8.0
AMONG_M, AMONG_MPS, AMONG_S = 12.0, 3.0, 4.0
"""Where others so near are so slow, a tracker goes back from one to the next in line, but not for so long."""
BESIDE_WIDTHS = 0.5
"""Who goes along the direction of a zone that lies so near beside his foot, in widths of his box, goes there: of a long
vehicle seen obliquely the foot may lie so far beside the vehicle."""
ALONG_COSINE = 0.5
LEAST_CONFIDENCE = 0.3
"""Mean of its detections': in dense traffic, what a tracker strings together of weak ones is no way ..."""
SURE_AFTER_S = 3.0
"""... unless it goes on: after twice so long, half of it will do."""
MOST_OF_IT = 0.8
"""The part of the looks in which it goes against: a tracker's jump to another vehicle looks so for one."""
LOOKS = 3


class WrongWayRule:
    """Goes against the direction of a zone for some metres, steadily."""

    kind = IncidentKind.WRONG_WAY

    def __init__(self, zones: Sequence[ZoneConfig], settings: WrongWayConfig, width_px: int, height_px: int) -> None:
        size_px = np.array([width_px, height_px], np.float64)
        self._polygons = Polygons([np.array(zone.polygon) * size_px for zone in zones])
        ways_px = np.array([_way(zone) for zone in zones], np.float64).reshape(-1, 2) * size_px
        with np.errstate(invalid="ignore"):
            self._directions = ways_px / np.linalg.norm(ways_px, axis=1, keepdims=True)
        """(Z, 2): unit vectors in the picture; NaN for zones without direction."""
        self._most_cosine = np.cos(np.radians(settings.against_by_deg))
        self._runs = SustainedConditions()

    def __len__(self) -> int:
        return len(self._runs)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        motion = scene.tracks
        cosine = self._cosine(motion.velocity_px)
        against = scene.inside & (cosine <= self._most_cosine)
        holds = against.any(axis=1) & (motion.speed_mps > AT_LEAST_MPS) & is_vehicle(motion.class_id)
        is_anybody = holds.any()
        if not is_anybody and not len(self._runs):
            return []
        if is_anybody:
            holds &= ~self._belongs_beside(motion, cosine)
        zone = against.argmax(axis=1)
        return [
            self._sign(scene, n, run, int(zone[n]), cosine)
            for n, run in self._runs.update(motion, holds, scene.at_s)
            if self._is_way(motion, n, run, self._directions[zone[n]], holds)
        ]

    def _cosine(self, velocity_px: Floats) -> Floats:
        """(N, Z): of the angle between each course and each zone's direction; NaN where there is none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            courses = velocity_px / np.hypot(velocity_px[:, :1], velocity_px[:, 1:])
            cosine: Floats = courses @ self._directions.T
        return cosine

    def _belongs_beside(self, motion: TrackKinematics, cosine: Floats) -> Bools:
        """(N,): who is near enough to a zone along whose direction he goes."""
        aside_px = BESIDE_WIDTHS * (motion.xyxy[:, 2] - motion.xyxy[:, 0])[:, None] * [1.0, 0.0]
        left, right = (self._polygons.hold(motion.bottom_center_px + way * aside_px) for way in (-1, 1))
        return np.asarray(((left | right) & (cosine >= ALONG_COSINE)).any(axis=1), bool)

    def _is_way(
        self, motion: TrackKinematics, n: int, run: SustainedCondition, direction: Floats, against: Bools
    ) -> bool:
        """Whether a run is long enough, and led backwards from where it began: after a jump back it leads on.

        With its whole box: one that only grows downwards takes in who is behind it. `against` (N,): who goes against
        his direction just now.
        """
        size_px = float(np.sqrt(run.box_size_px * motion.box_size_px(n)))
        back_px = -float((motion.bottom_center_px[n] - run.bottom_center_px) @ direction)
        grown_px = float(motion.xyxy[n, 3] - motion.xyxy[n, 1]) - run.height_px
        top_back_px = back_px + grown_px * float(direction[1])
        is_slow = run.distance_m < REVERSING_MPS * run.duration_s
        shortest_m = REVERSING_M if is_slow and run.duration_s < REVERSING_S else SHORTEST_M
        return (
            run.hits >= LOOKS
            and (run.duration_s >= AMONG_S or not _is_among_slow(motion, n, against))
            and run.hit_share >= MOST_OF_IT
            and run.confidence * max(run.duration_s, SURE_AFTER_S) >= LEAST_CONFIDENCE * SURE_AFTER_S
            and run.distance_m >= shortest_m
            and back_px >= SHORTEST_SIZES * size_px
            and top_back_px >= TOP_COMES_TOO * back_px
        )

    def _sign(self, scene: Scene, n: int, run: SustainedCondition, z: int, cosine: Floats) -> Evidence:
        motion, zone = scene.tracks, scene.zones[z].zone
        object_class, speed_kmh = CLASSES[motion.class_id[n]], float(motion.speed_kmh[n])
        against_deg = round(float(np.degrees(np.arccos(np.clip(cosine[n, z], -1, 1)))))
        speed: dict[str, float | str] = {} if np.isnan(speed_kmh) else {"speed_kmh": round(speed_kmh)}
        words = f" at {speed['speed_kmh']} km/h" if speed else ""
        return evidence_for(
            scene,
            n,
            zone,
            confidence=0.7 + 0.25 * min(1.0, run.distance_m / (4 * SHORTEST_M)),
            reason=f"{with_article(object_class)} goes the wrong way in zone '{display_name(zone)}'{words}, "
            f"{against_deg} degrees off its direction, for {run.duration_s:.0f} s",
            facts={
                "class": object_class,
                "zone": display_name(zone),
                "against_deg": against_deg,
                "seconds": round(run.duration_s),
                **speed,
            },
            radius_m=2.0,
            since_s=run.since_s,
        )


def _is_among_slow(motion: TrackKinematics, n: int, against: Bools) -> bool:
    """Whether another vehicle that stands or crawls, and does not go against its direction too (N,), is near the one
    in row `n`."""
    away_m = np.hypot(*(motion.ground_m - motion.ground_m[n]).T)
    slow = motion.is_stopped | (motion.speed_mps < AMONG_MPS)
    others: Bools = is_vehicle(motion.class_id) & slow & ~against & (away_m < AMONG_M)
    others[n] = False
    return bool(others.any())


def _way(zone: ZoneConfig) -> tuple[float, float]:
    if zone.direction is None:
        return float("nan"), float("nan")
    (x0, y0), (x1, y1) = zone.direction.start, zone.direction.end
    return x1 - x0, y1 - y0
