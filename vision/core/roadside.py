"""What a picture shows beside its road users: what the signals show, and what lies on the road."""

from dataclasses import dataclass

from vision.common.traffic_light import Light


@dataclass(frozen=True, slots=True)
class SignalNow:
    """A signal whose state is known."""

    light: Light
    since_s: float
    """When it began to show it, media time."""


@dataclass(frozen=True, slots=True)
class RoadObject:
    """Something on the road that was not there before, stays, and is no road user."""

    box_px: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels."""
    since_s: float
    """When it was seen there first, media time."""
    confidence: float
    """0 to 1."""
    zone_id: str
    """The zone of the road that it lies in."""
