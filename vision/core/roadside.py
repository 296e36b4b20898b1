"""What an image shows apart from road users: traffic lights, and objects on the road."""

from dataclasses import dataclass

from vision.common.traffic_light import Light


@dataclass(frozen=True, slots=True)
class SignalNow:
    """The known state of a traffic light."""

    light: Light
    since_s: float
    """When it changed to that light, media time."""


@dataclass(frozen=True, slots=True)
class RoadObject:
    """An object on the road, such as debris, that appeared, stays, and is no road user."""

    box_px: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels."""
    since_s: float
    """When it was first observed, media time."""
    confidence: float
    """0 to 1."""
    zone_id: str
    """The zone that it is in."""
