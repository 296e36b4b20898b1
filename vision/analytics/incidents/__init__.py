"""Incidents: events in traffic that an operator or the police act on, detected from tracks.

The facts of each kind, by name, for sentences in other languages and for machines. Zones, lines and movements are given
by their configured name, or by their id; `class` is an `ObjectClass`. Speeds are in km/h where the camera is
calibrated, elsewhere in per cent of the zone's free-flow speed (`..._pct`).

| kind | facts |
|---|---|
| `stopped_vehicle` | `class`, `zone`, `zone_kind`, `stands_s`, `traffic_kmh` or `traffic_pct` (neither: empty road) |
| `illegal_stopping` | the same |
| `wrong_way` | `class`, `zone`, `against_deg`, `speed_kmh` (calibrated), `seconds` |
| `pedestrian` | `persons`, `zone`, `zone_kind`, `seconds` |
| `lane_encroachment` | `class`, `zone`, `zone_kind`, `seconds` |
| `banned_movement` | `class`, `movement`, `took_s` |
| `speeding` | `class`, `zone`, `speed_kmh`, `limit_kmh` |
| `sudden_slowdown` | `zone`, `lost_pct`, `within_s`, `vehicles`, `from_kmh` and `to_kmh` (calibrated) |
| `queue_spillback` | `zone`, `line`, `queue_veh`, `queue_m` (calibrated) |
| `congestion` | `zone`, `level` (a `CongestionLevel`), `speed_kmh` or `speed_pct` (absent: no vehicle moves) |
| `collision` | `classes` and `cues` (by commas: `braking,abrupt,together,crossing,swerving,flow`), `zone`, `stands_s` |
| `object_on_road` | `zone`, `lies_s` |
| `camera_offline`, `camera_frozen` | `state` (a `CameraState`) |
| `camera_obscured` | `lost_pct` |
| `camera_dark` | `brightest` (of 255) |
| `camera_defocused` | `softness` (of 1) |
| `camera_moved` | `shift_x_px`, `shift_y_px` |
| `red_light` | `class`, `zone`, `line`, `signal`, `red_s` (since red began) |
"""

from vision.analytics.incidents.detector import IncidentDetector
from vision.analytics.incidents.lifecycle import Evidence, IncidentChange, IncidentLifecycle, Rule

__all__ = ["Evidence", "IncidentChange", "IncidentDetector", "IncidentLifecycle", "Rule"]
