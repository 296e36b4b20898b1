"""Zones: areas of the road that are measured and monitored, and the traffic lights that govern them."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from vision.common.object_class import CLASSES, VEHICLES, ObjectClass
from vision.config.base import Config, Duration, Point, Slug
from vision.config.values import ClassSet, doubled_area, is_simple

ZERO = timedelta()
MIN_PHASE = timedelta(seconds=1)
MAX_PHASE = timedelta(minutes=10)
MIN_AREA = 0.0002
"""Fraction of the picture. A smaller zone is a drawing mistake."""


class ZoneKind(StrEnum):
    """What an area is for. It determines which classes are allowed and which incident rules apply."""

    CARRIAGEWAY = "carriageway"
    """Where vehicles drive. To measure lanes separately, draw a zone for each."""
    BUS_LANE = "bus_lane"
    SHOULDER = "shoulder"
    """The hard shoulder: a stopped vehicle or a pedestrian there is an incident even in congestion."""
    PAVEMENT = "pavement"
    CROSSWALK = "crosswalk"
    """Pedestrians are allowed, whatever zone it overlaps."""


MAY_BE_IN: dict[ZoneKind, frozenset[ObjectClass]] = {
    ZoneKind.CARRIAGEWAY: VEHICLES,
    ZoneKind.BUS_LANE: frozenset({ObjectClass.BUS}),
    ZoneKind.SHOULDER: VEHICLES,
    ZoneKind.PAVEMENT: frozenset({ObjectClass.PERSON}),
    ZoneKind.CROSSWALK: frozenset(CLASSES),
}
"""Classes allowed in each kind of zone, unless the zone says otherwise."""


class RoadClass(StrEnum):
    """Urban street classes of the Highway Capacity Manual 2000, exhibit 15-2: I is fastest, IV slowest."""

    I = "I"  # noqa: E741  the manual's own name
    II = "II"
    III = "III"
    IV = "IV"


class DirectionConfig(Config):
    """The permitted direction of travel, as an arrow in the picture."""

    start: Point = Field(title="Start", description="[x, y] as fractions of the picture's width and height.")
    end: Point = Field(title="End", description="[x, y]; traffic goes from the start towards here.")

    @model_validator(mode="after")
    def _is_long_enough(self) -> Self:
        (x0, y0), (x1, y1) = self.start, self.end
        if (x1 - x0) ** 2 + (y1 - y0) ** 2 < 0.02**2:
            raise ValueError("start and end are less than 2 % of the picture apart: draw a longer arrow")
        return self


class ZoneConfig(Config):
    """An area of the road. A vehicle is in it when the middle of its box's lower edge is.

    Examples:
        >>> lane = ZoneConfig(id="lane", kind="bus_lane", polygon=((0.2, 0.2), (0.4, 0.2), (0.4, 0.9), (0.2, 0.9)))
        >>> [object_class.value for object_class in lane.may_be_in]
        ['bus']
    """

    id: Slug = Field(title="Id", description="Lower-case letters, digits, `-` and `_`. Measures are kept under it.")
    name: str = Field("", title="Name", description="What people call it.", max_length=120)
    kind: ZoneKind = Field(ZoneKind.CARRIAGEWAY, title="Kind", description="What the area is for.")
    polygon: tuple[Point, ...] = Field(
        title="Outline",
        description="Its corners in order, [x, y] as fractions of the picture's width and height.",
        max_length=64,
    )
    direction: DirectionConfig | None = Field(
        None, title="Direction of travel", description="Driving against it is wrong-way driving."
    )
    allowed: ClassSet | None = Field(
        None, title="Allowed classes", description="Other classes encroach. Unset: those of its kind."
    )
    stopping_banned: bool = Field(
        False,
        title="No stopping",
        description="A vehicle that stops here while traffic moves past it is an incident.",
    )
    lanes: int | None = Field(None, title="Lanes", description="For the density per lane.", ge=1, le=16)
    length_m: float | None = Field(
        None, title="Length in metres", description="Along the road. Unset: from the calibration.", ge=1, le=2000
    )
    stop_line: Slug | None = Field(
        None, title="Stop line", description="The line at which the queue begins: its id. Unset: no queue is measured."
    )
    spillback_line: Slug | None = Field(
        None, title="Spillback line", description="A queue that reaches back to this line spills back: its id."
    )
    signal: Slug | None = Field(
        None, title="Signal", description="The traffic light of the stop line. Crossing it at red is an incident."
    )
    speed_limit_kmh: float | None = Field(
        None, title="Speed limit in km/h", description="Enforced only where the camera is calibrated.", ge=5, le=200
    )
    road_class: RoadClass | None = Field(
        None, title="Urban street class", description="Of the Highway Capacity Manual 2000: gives a level of service."
    )

    @model_validator(mode="after")
    def _encloses_an_area(self) -> Self:
        if len(self.polygon) < 3:
            raise ValueError(f"a polygon needs 3 or more points, got {len(self.polygon)}")
        if not is_simple(self.polygon):
            raise ValueError("the outline crosses itself: give its corners in order, around the area")
        if doubled_area(self.polygon) < 2 * MIN_AREA:
            raise ValueError("the outline encloses next to nothing: draw a larger area")
        return self

    @property
    def may_be_in(self) -> frozenset[ObjectClass]:
        """Classes that are allowed here."""
        return MAY_BE_IN[self.kind] if self.allowed is None else self.allowed


class LampsConfig(Config):
    """A signal that is read from its lamps in the picture."""

    kind: Literal["lamps"] = Field("lamps", title="Kind", description="Read from the picture.")
    red: tuple[Point, Point] = Field(
        title="Red lamp", description="A box around it: upper left and lower right corner, fractions of the picture."
    )
    amber: tuple[Point, Point] | None = Field(
        None, title="Amber lamp", description="As the red one, where there is one."
    )
    green: tuple[Point, Point] = Field(title="Green lamp", description="As the red one.")

    @model_validator(mode="after")
    def _corners_are_ordered(self) -> Self:
        for name in ("red", "amber", "green"):
            box = getattr(self, name)
            if box is not None and (box[0][0] >= box[1][0] or box[0][1] >= box[1][1]):
                raise ValueError(f"{name}: the first corner must be above and left of the second")
        return self


class TimedConfig(Config):
    """A signal with a fixed plan: green, amber, red, from a known beginning of green."""

    kind: Literal["timed"] = Field("timed", title="Kind", description="By its plan.")
    green: Duration = Field(title="Green", description="How long green lasts.", ge=MIN_PHASE, le=MAX_PHASE)
    amber: Duration = Field(
        timedelta(seconds=3), title="Amber", description="How long amber lasts.", ge=ZERO, le=timedelta(seconds=30)
    )
    red: Duration = Field(title="Red", description="How long red lasts.", ge=MIN_PHASE, le=MAX_PHASE)
    offset: Duration = Field(
        ZERO,
        title="Offset",
        description="When green begins, in seconds of the Unix time, modulo the cycle.",
        ge=ZERO,
        le=2 * MAX_PHASE,
    )


class ControllerConfig(Config):
    """A signal with a controller that reports its state to the service."""

    kind: Literal["controller"] = Field(
        "controller", title="Kind", description="Reported by the controller through the service's API."
    )
    stale_after: Duration = Field(
        timedelta(seconds=5),
        title="Stale after",
        description="An older state is ignored.",
        ge=MIN_PHASE,
        le=MAX_PHASE,
    )


SignalState = Annotated[LampsConfig | TimedConfig | ControllerConfig, Field(discriminator="kind")]
FORMER_KINDS = {"told": "controller"}
"""Kinds of a signal's state in camera files of earlier versions, by today's."""


class SignalConfig(Config):
    """A traffic light."""

    id: Slug = Field(title="Id", description="Lower-case letters, digits, `-` and `_`. Zones refer to it.")
    name: str = Field("", title="Name", description="What people call it.", max_length=120)
    state: SignalState = Field(title="State", description="Where its state comes from.")
    grace: Duration = Field(
        timedelta(seconds=0.5),
        title="Grace",
        description="Crossings this soon after red began are not reported.",
        ge=ZERO,
        le=timedelta(seconds=10),
    )

    @field_validator("state", mode="before")
    @classmethod
    def _read_former_kind(cls, state: object) -> object:
        if isinstance(state, dict) and state.get("kind") in FORMER_KINDS:
            return state | {"kind": FORMER_KINDS[state["kind"]]}
        return state
