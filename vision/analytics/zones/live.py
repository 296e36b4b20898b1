"""Current measures of each zone, for live displays."""

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.scene import Scene, ZoneState
from vision.contracts.measures import ZoneNow


def zones_now(scene: Scene) -> tuple[ZoneNow, ...]:
    """Each zone's measures; speeds are means over the last seconds, km/h and metres only with calibration."""
    return tuple(_zone_now(state, is_calibrated=scene.is_calibrated) for state in scene.zones)


def _zone_now(state: ZoneState, *, is_calibrated: bool) -> ZoneNow:
    has_speed = bool(np.isfinite(state.speed_mps))
    has_queue = state.zone.stop_line is not None
    return ZoneNow(
        zone_id=state.zone.id,
        present=int(state.visits.present[IS_VEHICLE].sum()),
        area_occupancy_pct=100 * state.visits.area_occupancy,
        speed_kmh=3.6 * state.speed_mps if is_calibrated and has_speed else None,
        relative_speed=state.speed_mps / state.free_flow_speed_mps if has_speed else None,
        queue_veh=len(state.queue_track_ids) if has_queue else None,
        queue_length_m=state.queue_length_m if has_queue and is_calibrated else None,
        congestion=state.congestion,
    )
