"""What rules have in common when they say what they see: places, reaches, words."""

from collections.abc import Mapping
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.kinematics.state import Bools
from vision.analytics.scene import Scene, ZoneState
from vision.common.object_class import CLASSES, ObjectClass
from vision.config.lines import LineConfig, MovementConfig
from vision.config.zones import ZoneConfig, ZoneKind
from vision.contracts import CongestionLevel

Facts = Mapping[str, float | str]

PERSON = ObjectClass.PERSON.class_id
TWO_WHEELERS = np.array([ObjectClass.BICYCLE.class_id, ObjectClass.MOTORCYCLE.class_id])
RIDES_MPS = 4.5
"""Who ever kept up such a pace rides, whatever the detector takes him for."""
ROAD = frozenset({ZoneKind.CARRIAGEWAY, ZoneKind.BUS_LANE, ZoneKind.SHOULDER})
"""Where vehicles drive, or may have to."""


def is_vehicle(class_id: NDArray[np.int64]) -> Bools:
    """(N,)"""
    vehicle: Bools = IS_VEHICLE[class_id]
    return vehicle


def is_slow(level: CongestionLevel | None) -> bool:
    """Whether traffic queues or jams."""
    return level in {CongestionLevel.CONGESTED, CongestionLevel.JAMMED}


def a(object_class: ObjectClass) -> str:
    """As in a sentence."""
    return f"a {object_class}"


def called(place: ZoneConfig | LineConfig | MovementConfig) -> str:
    """What people call it."""
    return place.name or place.id


def traffic_facts(scene: Scene, zone: ZoneState, speed_mps: float) -> dict[str, float | str]:
    """How fast traffic is: in km/h where that is known, else as a part of the free flow. Empty where nothing drives."""
    if not isfinite(speed_mps):
        return {}
    if scene.is_calibrated:
        return {"traffic_kmh": round(speed_mps * 3.6)}
    return {"traffic_pct": round(100 * min(speed_mps / zone.free_flow_speed_mps, 1.0))}


def traffic_words(facts: Facts) -> str:
    """The end of a sentence about somebody who does not move with the traffic."""
    if "traffic_kmh" in facts:
        return f"while traffic moves at {facts['traffic_kmh']} km/h"
    if "traffic_pct" in facts:
        return f"while traffic moves at {facts['traffic_pct']} % of its free speed"
    return "on an empty road"


def evidence_for(
    scene: Scene,
    n: int,
    zone: ZoneConfig | None,
    *,
    confidence: float,
    reason: str,
    facts: Facts,
    reach_m: float,
    since_s: float | None = None,
    line_id: str | None = None,
    movement_id: str | None = None,
) -> Evidence:
    """Evidence about the road user in row `n`, at his foot."""
    motion = scene.tracks
    vx, vy = motion.velocity_px[n].tolist()
    scale_px_m = float(motion.scale_px_per_m[n])
    extent_px = motion.box_size_px(n)
    return Evidence(
        place_px=(float(motion.bottom_center_px[n, 0]), float(motion.bottom_center_px[n, 1])),
        confidence=min(max(confidence, 0.0), 1.0),
        reason=reason,
        facts=facts,
        since_s=since_s,
        zone_id=None if zone is None else zone.id,
        line_id=line_id,
        movement_id=movement_id,
        track_ids=(int(motion.track_id[n]),),
        classes=(CLASSES[motion.class_id[n]],),
        reach_px=max(reach_m * scale_px_m, extent_px / 2) if isfinite(scale_px_m) else extent_px / 2,
        velocity_px=(vx, vy) if isfinite(vx) else (0.0, 0.0),
    )
