"""Zones just now, for who watches live."""

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.scene import Scene, ZoneState
from vision.contracts.measures import ZoneNow


def zones_now(scene: Scene) -> tuple[ZoneNow, ...]:
    """What is told each second; speeds are means of the last seconds."""
    return tuple(_now(state, is_calibrated=scene.is_calibrated) for state in scene.zones)


def _now(state: ZoneState, *, is_calibrated: bool) -> ZoneNow:
    has_pace = bool(np.isfinite(state.speed_mps))
    has_queue = state.zone.stop_line is not None
    return ZoneNow(
        zone_id=state.zone.id,
        present=int(state.visits.present[IS_VEHICLE].sum()),
        area_occupancy_pct=100 * state.visits.area_occupancy,
        speed_kmh=3.6 * state.speed_mps if is_calibrated and has_pace else None,
        relative_speed=state.speed_mps / state.free_flow_speed_mps if has_pace else None,
        queue_veh=len(state.queue_track_ids) if has_queue else None,
        queue_length_m=state.queue_length_m if has_queue and is_calibrated else None,
        congestion=state.congestion,
    )
