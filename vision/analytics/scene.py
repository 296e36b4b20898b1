"""What the rules look at: one moment of one camera's traffic, with the state of its zones and signals."""

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
    """How the traffic of one zone is just now."""

    zone: ZoneConfig
    congestion: CongestionLevel | None
    """`None`: too little was seen to say."""
    congestion_since_s: float
    speed_mps: float
    """Mean of the moving and standing vehicles in it, over the last seconds; NaN where there was none."""
    free_flow_speed_mps: float
    """The pace of its free flow: learnt, configured, or that of a city street."""
    queue_track_ids: frozenset[int]
    """The vehicles that wait at its stop line, nearest first or not."""
    queue_length_m: float
    """From the stop line to the last of them, in the metres of `Motion.pace_mps`; 0 without a queue."""
    reaches_spillback: bool
    """Whether the queue reaches its spillback line."""
    length_m: float | None = None
    """Its length along the road, told or calibrated."""
    is_provisional: bool = False
    """Whether its level is a first one, which may soon become another."""
    visits: ZoneVisits = field(default_factory=ZoneVisits.none)
    """Who is in it, who came and who left."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One moment. Media time in seconds; tracks in the order of `tracks`."""

    at_s: float
    width_px: int
    height_px: int
    tracks: TrackKinematics
    inside: Bools
    """(N, Z): which tracks' feet are in which zones, in the order of the camera's zones."""
    zones: tuple[ZoneState, ...]
    whole_frame: ZoneState | None = None
    """The whole picture's state, where the camera has no zones."""
    crossings: tuple[Crossing, ...] = ()
    """What became known with this moment, but for how fast they are."""
    movements: tuple[Movement, ...] = ()
    stitched: TrackLinks = ()
    """Which tracks are ones that were just lost, under another id."""
    switched: tuple[int, ...] = ()
    """Tracks that come back to sight, and are another vehicle's."""
    signals: Mapping[str, SignalNow] = field(default_factory=dict)
    """By the signal's id; one whose state is not known is missing."""
    road_objects: tuple[RoadObject, ...] = ()
    """What lies on the road."""
    is_calibrated: bool = False
