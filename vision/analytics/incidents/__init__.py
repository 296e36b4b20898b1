"""Incidents: what the traffic police act on, noticed in the ways of tracks.

Facts that each kind tells, by name, for sentences in other languages and for machines. Names are of the zone, line or
movement as people call it (its id where it has no name), `class` is an `ObjectClass`; km/h only where the camera is
calibrated, otherwise `..._pct`, a part of the zone's free flow.

| kind | facts |
|---|---|
| `stopped_vehicle` | `class`, `zone`, `zone_kind`, `stands_s`, `traffic_kmh` or `traffic_pct` (neither: empty) |
| `illegal_stopping` | the same |
| `wrong_way` | `class`, `zone`, `against_deg`, `speed_kmh` (calibrated), `seconds` |
| `pedestrian` | `persons`, `zone`, `zone_kind`, `seconds` |
| `lane_encroachment` | `class`, `zone`, `zone_kind`, `seconds` |
| `banned_movement` | `class`, `movement`, `took_s` |
| `speeding` | `class`, `zone`, `speed_kmh`, `limit_kmh` |
| `sudden_slowdown` | `zone`, `lost_pct`, `within_s`, `vehicles`, `from_kmh` and `to_kmh` (calibrated) |
| `queue_spillback` | `zone`, `line`, `queue_veh`, `queue_m` (calibrated) |
| `congestion` | `zone`, `level` (a `CongestionLevel`), `speed_kmh` or `speed_pct` (absent: nothing drives) |
| `collision` | `classes` and `cues` (by commas: `braking,abrupt,together,crossing,swerving,flow`), `zone`, `stands_s` |
| `object_on_road` | `zone`, `lies_s` |
| `camera_offline`, `camera_frozen` | `state` (a `CameraState`) |
| `camera_obscured` | `lost_pct` |
| `camera_dark` | `brightest` (of 255) |
| `camera_defocused` | `softness` (of 1) |
| `camera_moved` | `shift_x_px`, `shift_y_px` |
| `red_light` | `class`, `zone`, `line`, `signal`, `red_s` (how long it had been red) |
"""

from vision.analytics.incidents.detector import IncidentDetector
from vision.analytics.incidents.lifecycle import Evidence, IncidentChange, IncidentLifecycle, Rule

__all__ = ["Evidence", "IncidentChange", "IncidentDetector", "IncidentLifecycle", "Rule"]
