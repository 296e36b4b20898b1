"""Counts and how far to trust them."""

from pydantic import ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from vision.common.object_class import ObjectClass
from vision.contracts.base import Contract
from vision.contracts.measures import PictureCondition


class ClassCount(Contract):
    """Vehicles of one class in both directions of a line."""

    object_class: ObjectClass
    into: NonNegativeInt = Field(alias="in")
    out: NonNegativeInt

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class FlowQuality(Contract):
    """How much of an interval was seen: a low count behind a blind camera is not low traffic."""

    watched_s: NonNegativeFloat
    """Seconds of the interval during which the camera was looked at."""
    blind_s: NonNegativeFloat
    """Seconds without a usable picture: offline, frozen, or not yet started."""
    effective_fps: NonNegativeFloat
    """Frames looked at a second, over the seconds watched."""
    frames_dropped: NonNegativeInt
    """Frames due for detection that were overtaken by newer ones."""
    picture: tuple[PictureCondition, ...] = ()
    """What kept the camera from seeing well for a good part of the time watched."""

    def flow_rate_veh_h(self, vehicles: float) -> float | None:
        """Vehicles (or units of them) an hour over the time watched, where so many were counted; `None`: blind."""
        return vehicles * 3600 / self.watched_s if self.watched_s > 0 else None
