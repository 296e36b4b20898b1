"""What the incident rules share: zone and class tests, names and phrases, and the evidence about one road user."""

from collections.abc import Mapping
from dataclasses import dataclass
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
ROAD = frozenset({ZoneKind.CARRIAGEWAY, ZoneKind.BUS_LANE, ZoneKind.SHOULDER})
"""Kinds of zones on which vehicles drive, or may have to."""


@dataclass(frozen=True, slots=True)
class RidingParameters:
    """When a person must be riding a vehicle that the detector does not see."""

    min_riding_mps: float = 4.5
    """A person that ever kept up more than this speed rides, m/s. Higher: fewer pedestrians missed, more riders
    reported as pedestrians. Source: chosen, above a jogger's speed."""


RIDING = RidingParameters()


def is_vehicle(class_id: NDArray[np.int64]) -> Bools:
    """(N,): which of these class ids (N,) are vehicles."""
    vehicle: Bools = IS_VEHICLE[class_id]
    return vehicle


def is_congested(level: CongestionLevel | None) -> bool:
    """Whether traffic is congested or jammed."""
    return level in {CongestionLevel.CONGESTED, CongestionLevel.JAMMED}


def with_article(object_class: ObjectClass) -> str:
    """The class with its indefinite article.

    Examples:
        >>> with_article(ObjectClass.CAR)
        'a car'
    """
    return f"a {object_class}"


def display_name(place: ZoneConfig | LineConfig | MovementConfig) -> str:
    """The configured name, or the id where there is none."""
    return place.name or place.id


def traffic_facts(scene: Scene, zone: ZoneState, speed_mps: float) -> dict[str, float | str]:
    """The speed of traffic: in km/h if calibrated, else as a percentage of free flow. Empty for a NaN speed."""
    if not isfinite(speed_mps):
        return {}
    if scene.is_calibrated:
        return {"traffic_kmh": round(speed_mps * 3.6)}
    return {"traffic_pct": round(100 * min(speed_mps / zone.free_flow_speed_mps, 1.0))}


def traffic_phrase(facts: Facts) -> str:
    """The end of a sentence about a vehicle that does not move with the traffic.

    Examples:
        >>> traffic_phrase({"traffic_kmh": 42})
        'while traffic moves at 42 km/h'
    """
    if "traffic_kmh" in facts:
        return f"while traffic moves at {facts['traffic_kmh']} km/h"
    if "traffic_pct" in facts:
        return f"while traffic moves at {facts['traffic_pct']} % of its free-flow speed"
    return "on an empty road"


def evidence_for(
    scene: Scene,
    n: int,
    zone: ZoneConfig | None,
    *,
    confidence: float,
    reason: str,
    facts: Facts,
    radius_m: float,
    since_s: float | None = None,
    line_id: str | None = None,
    movement_id: str | None = None,
) -> Evidence:
    """Evidence about the road user in row `n`, at the bottom centre of its box.

    `radius_m` is the distance within which other evidence belongs to the same incident; at least half the box's size.
    """
    motion = scene.tracks
    vx, vy = motion.velocity_px[n].tolist()
    scale_px_per_m = float(motion.scale_px_per_m[n])
    size_px = motion.box_size_px(n)
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
        radius_px=max(radius_m * scale_px_per_m, size_px / 2) if isfinite(scale_px_per_m) else size_px / 2,
        velocity_px=(vx, vy) if isfinite(vx) else (0.0, 0.0),
    )
