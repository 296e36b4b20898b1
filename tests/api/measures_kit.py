"""Reports with measures, and incidents, as workers publish them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.api.api_kit import NOON, report
from vision.common.object_class import ObjectClass
from vision.contracts import (
    ClassCount,
    ClassPresence,
    CongestionLevel,
    Direction,
    DirectionMeasures,
    FlowQuality,
    FlowReport,
    Incident,
    IncidentKind,
    IncidentPhase,
    LineMeasures,
    PictureCondition,
    QueueMeasures,
    Spread,
    ZoneMeasures,
    ZoneReport,
)

HEADWAYS = Spread(count=5, mean=2.5, median=2.25, p15=1.5, p85=4)


def measured_report(**changed: Any) -> FlowReport:
    """Half a minute watched at night: 6 motorcycles and 1 car in, 1 car out."""
    fields: dict[str, Any] = {
        "counts": (
            ClassCount(object_class=ObjectClass.MOTORCYCLE, into=6, out=0),
            ClassCount(object_class=ObjectClass.CAR, into=1, out=1),
        ),
        "quality": FlowQuality(
            watched_s=30,
            blind_s=30,
            effective_fps=11.5,
            frames_dropped=2,
            picture=(PictureCondition.NIGHT, PictureCondition.RAIN),
        ),
        "measures": LineMeasures(
            directions=(
                DirectionMeasures(
                    direction=Direction.IN,
                    vehicles=7,
                    flow_veh_h=840,
                    pcu_h=300,
                    mcu_h=1128,
                    headway_s=HEADWAYS,
                    speed_kmh=Spread(count=7, mean=31, median=30, p15=24, p85=38),
                    space_mean_speed_kmh=29.5,
                ),
                DirectionMeasures(direction=Direction.OUT, vehicles=1, flow_veh_h=120, pcu_h=120, mcu_h=408),
            ),
            pcu_table="tcxdvn-104-2007-30",
            mcu_table="hanoi-mcu-2012",
            speeds_dropped=1,
        ),
    }
    return report(**fields | changed)


def zone_report(**changed: Any) -> ZoneReport:
    fields: dict[str, Any] = {
        "event_id": uuid4().hex,
        "camera_id": "nts-01",
        "session_id": "session-1",
        "zone_id": "approach",
        "interval_start": NOON,
        "interval_s": 60,
        "measures": ZoneMeasures(
            presence=(
                ClassPresence(object_class=ObjectClass.MOTORCYCLE, mean_present=11.5, entries=20, exits=18),
                ClassPresence(object_class=ObjectClass.BUS, mean_present=0.5, entries=1, exits=0),
            ),
            mean_present=12,
            max_present=19,
            time_occupancy_pct=97.5,
            area_occupancy_pct=41.25,
            relative_speed=0.31,
            mean_stop_s=14.5,
            queue=QueueMeasures(mean_veh=7.5, max_veh=12, control_delay_s=33, spillback_s=4),
            congestion=CongestionLevel.CONGESTED,
        ),
        "quality": FlowQuality(watched_s=60, blind_s=0, effective_fps=12, frames_dropped=0),
    }
    return ZoneReport.model_validate(fields | changed)


def incident(sequence: int = 0, phase: IncidentPhase | None = None, **changed: Any) -> Incident:
    """An update about a vehicle stopped since noon; updates are 10 s apart."""
    at = NOON + timedelta(seconds=8 + 10 * sequence)
    phase = phase or (IncidentPhase.RAISED if sequence == 0 else IncidentPhase.UPDATED)
    facts: Mapping[str, float | str] = {"standing_s": 8.0 + 10 * sequence, "class": "car"}
    fields: dict[str, Any] = {
        "event_id": uuid4().hex,
        "camera_id": "nts-01",
        "session_id": "session-1",
        "incident_id": "incident-1",
        "incident_kind": IncidentKind.STOPPED_VEHICLE,
        "phase": phase,
        "sequence": sequence,
        "started_at": NOON,
        "at": at,
        "ended_at": at - timedelta(seconds=5) if phase is IncidentPhase.ENDED else None,
        "zone_id": "approach",
        "place": (0.4, 0.6),
        "track_ids": (7,),
        "classes": (ObjectClass.CAR,),
        "confidence": 0.8,
        "reason": f"a car has stopped for {8 + 10 * sequence} s while traffic flows",
        "facts": facts,
        "captured_at": at,
    }
    return Incident.model_validate(fields | changed)


def ended(sequence: int, **changed: Any) -> Incident:
    return incident(sequence, IncidentPhase.ENDED, **changed)
