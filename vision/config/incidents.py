"""Which incidents are detected, and how long their conditions must last."""

from datetime import timedelta
from typing import Any

from pydantic import Field

from vision.config.base import Config, Duration, Fraction

MAX_DURATION = timedelta(hours=1)


def _duration(seconds: float, title: str, description: str) -> Any:
    return Field(timedelta(seconds=seconds), title=title, description=description, ge=timedelta(), le=MAX_DURATION)


def _confirm_after(seconds: float) -> Any:
    return _duration(seconds, "Raised after", "A condition that lasts at least this long is an incident.")


def _clear_after(seconds: float) -> Any:
    return _duration(seconds, "Ended after", "An incident that is not observed for this long ends.")


def _cool_down(seconds: float) -> Any:
    return _duration(
        seconds, "Quiet after", "After its end, the same incident at the same place is not raised again for this long."
    )


class RuleConfig(Config):
    """Settings that every kind of incident has."""

    enabled: bool = Field(True, title="Enabled", description="Off: this kind is not detected.")
    confirm_after: Duration = _confirm_after(2)
    clear_after: Duration = _clear_after(5)
    cool_down: Duration = _cool_down(30)


class StoppedVehicleConfig(RuleConfig):
    """A vehicle that stops on the road although traffic there is neither queued nor jammed."""

    confirm_after: Duration = _confirm_after(6)
    clear_after: Duration = _clear_after(10)
    cool_down: Duration = _cool_down(60)


class WrongWayConfig(RuleConfig):
    """A vehicle that drives against its zone's direction of travel."""

    confirm_after: Duration = _confirm_after(1)
    against_by_deg: float = Field(
        120, title="Against by degrees", description="Its course and the zone's differ by at least this.", ge=90, le=180
    )


class PedestrianConfig(RuleConfig):
    """A pedestrian where none is allowed."""

    confirm_after: Duration = _confirm_after(1.5)
    clear_after: Duration = _clear_after(6)


class IllegalStoppingConfig(RuleConfig):
    """A vehicle that stops where stopping is banned."""

    confirm_after: Duration = _confirm_after(8)
    clear_after: Duration = _clear_after(10)
    cool_down: Duration = _cool_down(60)


class LaneEncroachmentConfig(RuleConfig):
    """A road user in a zone where its class is not allowed."""


class BannedMovementConfig(RuleConfig):
    """A banned turn or U-turn."""

    confirm_after: Duration = _confirm_after(0)
    clear_after: Duration = _clear_after(1)
    cool_down: Duration = _cool_down(0)


class SpeedingConfig(RuleConfig):
    """A vehicle faster than its zone's limit. Only where the camera is calibrated."""

    confirm_after: Duration = _confirm_after(0.5)
    over_by_kmh: float = Field(
        10, title="Over by km/h", description="The limit is exceeded by at least this much.", ge=0, le=100
    )


class SuddenSlowdownConfig(RuleConfig):
    """Traffic that slows down suddenly."""

    confirm_after: Duration = _confirm_after(3)
    clear_after: Duration = _clear_after(20)
    cool_down: Duration = _cool_down(120)
    drop: Fraction = Field(0.5, title="Drop", description="The fraction of its speed that traffic loses.")
    within: Duration = _duration(10, "Within", "The drop happens within this time.")


class QueueSpillbackConfig(RuleConfig):
    """A queue that reaches back to its zone's spillback line.

    At a traffic light it recedes with each green and returns with each red. It ends when it has not returned for a
    whole cycle: two or three minutes at a large junction.
    """

    confirm_after: Duration = _confirm_after(5)
    clear_after: Duration = _clear_after(150)
    cool_down: Duration = _cool_down(0)


class CongestionIncidentConfig(RuleConfig):
    """A zone that becomes congested or jammed, once its level has lasted for `measures.congestion.rise_after`."""

    confirm_after: Duration = _confirm_after(0)
    clear_after: Duration = _clear_after(0)
    cool_down: Duration = _cool_down(120)


class CollisionConfig(RuleConfig):
    """Vehicles that touch and stop suddenly where traffic flows."""

    confirm_after: Duration = _confirm_after(8)
    clear_after: Duration = _clear_after(20)
    cool_down: Duration = _cool_down(120)
    least_confidence: Fraction = Field(0.6, title="Minimum confidence", description="Confidence of all cues together.")


class ObjectOnRoadConfig(RuleConfig):
    """An object left on the road that is no road user."""

    confirm_after: Duration = _confirm_after(8)
    clear_after: Duration = _clear_after(10)
    cool_down: Duration = _cool_down(120)


class RedLightConfig(RuleConfig):
    """A vehicle that crosses the stop line at red."""

    confirm_after: Duration = _confirm_after(0)
    clear_after: Duration = _clear_after(1)
    cool_down: Duration = _cool_down(0)


class CameraTroubleConfig(RuleConfig):
    """A camera that is offline, frozen, obscured, dark, defocused or moved."""

    confirm_after: Duration = _confirm_after(10)
    clear_after: Duration = _clear_after(10)
    cool_down: Duration = _cool_down(60)


class IncidentsConfig(Config):
    """Settings of each kind of incident."""

    stopped_vehicle: StoppedVehicleConfig = Field(
        default_factory=StoppedVehicleConfig,
        title="Stopped vehicle",
        description="A vehicle stopped while traffic flows.",
    )
    wrong_way: WrongWayConfig = Field(
        default_factory=WrongWayConfig, title="Wrong way", description="Against a zone's direction of travel."
    )
    pedestrian: PedestrianConfig = Field(
        default_factory=PedestrianConfig, title="Pedestrian", description="A person on the carriageway or shoulder."
    )
    illegal_stopping: IllegalStoppingConfig = Field(
        default_factory=IllegalStoppingConfig,
        title="Illegal stopping",
        description="A vehicle stopped where it is banned.",
    )
    lane_encroachment: LaneEncroachmentConfig = Field(
        default_factory=LaneEncroachmentConfig,
        title="Lane encroachment",
        description="A class where it is not allowed.",
    )
    banned_movement: BannedMovementConfig = Field(
        default_factory=BannedMovementConfig, title="Banned movement", description="A banned turn or U-turn."
    )
    speeding: SpeedingConfig = Field(
        default_factory=SpeedingConfig, title="Speeding", description="Faster than a zone's limit."
    )
    sudden_slowdown: SuddenSlowdownConfig = Field(
        default_factory=SuddenSlowdownConfig, title="Sudden slowdown", description="Traffic that slows suddenly."
    )
    queue_spillback: QueueSpillbackConfig = Field(
        default_factory=QueueSpillbackConfig, title="Queue spillback", description="A queue that reaches its line."
    )
    congestion: CongestionIncidentConfig = Field(
        default_factory=CongestionIncidentConfig, title="Congestion", description="A zone congested or jammed."
    )
    collision: CollisionConfig = Field(
        default_factory=CollisionConfig, title="Suspected collision", description="Several cues together."
    )
    object_on_road: ObjectOnRoadConfig = Field(
        default_factory=ObjectOnRoadConfig, title="Object on the road", description="Debris or another object."
    )
    red_light: RedLightConfig = Field(
        default_factory=RedLightConfig, title="Red light", description="Crossing the stop line at red."
    )
    camera_trouble: CameraTroubleConfig = Field(
        default_factory=CameraTroubleConfig, title="Camera trouble", description="Offline, frozen, obscured, moved …"
    )
