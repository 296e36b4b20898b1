"""The scene that incident rules evaluate: one moment of a camera's traffic, its zones and its signals."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vision.analytics.events import Crossing, Movement, ZoneVisits
from vision.analytics.identity.stitching import TrackLinks
from vision.analytics.kinematics.state import Bools, TrackKinematics
from vision.common.traffic_light import Light
from vision.config.zones import ZoneConfig
from vision.contracts import CongestionLevel
from vision.core.roadside import RoadObject, SignalNow

__all__ = ["Light", "RoadObject", "Scene", "SignalNow", "ZoneState"]


@dataclass(frozen=True, slots=True, eq=False)
class ZoneState:
    """The traffic of one zone at one moment."""

    zone: ZoneConfig
    congestion: CongestionLevel | None
    """`None` while too little was observed."""
    congestion_since_s: float
    speed_mps: float
    """Mean over the vehicles in it, moving and stopped, of the last seconds; NaN where there was none."""
    free_flow_speed_mps: float
    """Free-flow speed: configured, learned, or the default of a city street."""
    queue_track_ids: frozenset[int]
    """The vehicles that wait at its stop line."""
    queue_length_m: float
    """From the stop line to the last of them, in the metres of `TrackKinematics`; 0 without a queue."""
    reaches_spillback: bool
    """Whether the queue reaches the spillback line."""
    length_m: float | None = None
    """Length along the road, configured or calibrated."""
    is_provisional: bool = False
    """Whether its level is preliminary, from little data."""
    visits: ZoneVisits = field(default_factory=ZoneVisits.none)
    """Presence, entries and exits."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One moment of a camera's traffic; N tracks, Z zones, media time in seconds."""

    at_s: float
    width_px: int
    height_px: int
    tracks: TrackKinematics
    inside: Bools
    """(N, Z): which tracks' bottom centres are in which of the camera's zones."""
    zones: tuple[ZoneState, ...]
    whole_frame: ZoneState | None = None
    """The state of the whole frame as one zone, where the camera has no zones."""
    crossings: tuple[Crossing, ...] = ()
    """Those that became known now, without their speeds."""
    movements: tuple[Movement, ...] = ()
    stitched: TrackLinks = ()
    """Pairs (lost track, new track) that became known as one vehicle now."""
    switched: tuple[int, ...] = ()
    """Tracks that switched to another vehicle now."""
    signals: Mapping[str, SignalNow] = field(default_factory=dict)
    """By the signal's id; signals of unknown state are left out."""
    road_objects: tuple[RoadObject, ...] = ()
    """Objects on the road that are no road users."""
    is_calibrated: bool = False
