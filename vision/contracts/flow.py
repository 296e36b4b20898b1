"""Counts by class, and how far to trust an interval's figures."""

from pydantic import ConfigDict, Field, NonNegativeFloat

from vision.common.object_class import ObjectClass
from vision.contracts.base import Contract, Count
from vision.contracts.measures import PictureCondition


class ClassCount(Contract):
    """Vehicles of one class in both directions of a line.

    Examples:
        >>> ClassCount(object_class=ObjectClass.CAR, into=3, out=1).model_dump_json()
        '{"object_class":"car","in":3,"out":1}'
    """

    object_class: ObjectClass
    into: Count = Field(alias="in")
    out: Count

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class FlowQuality(Contract):
    """How much of an interval was seen: a low count behind a blind camera is not low traffic."""

    watched_s: NonNegativeFloat
    """Seconds of the interval during which frames were analysed."""
    blind_s: NonNegativeFloat
    """Seconds without a usable picture: offline, frozen, or not yet started."""
    effective_fps: NonNegativeFloat
    """Analysed frames per second, over the seconds watched."""
    frames_dropped: Count
    """Frames due for detection that newer ones replaced."""
    picture: tuple[PictureCondition, ...] = ()
    """Conditions that impaired the view for a considerable part of the time watched."""

    def flow_rate_veh_h(self, vehicles: float) -> float | None:
        """Vehicles (or equivalent units) per hour over the time watched; `None` if nothing was watched.

        Examples:
            >>> quality = FlowQuality(watched_s=30, blind_s=30, effective_fps=10, frames_dropped=0)
            >>> quality.flow_rate_veh_h(5)
            600.0
        """
        return vehicles * 3600 / self.watched_s if self.watched_s > 0 else None
