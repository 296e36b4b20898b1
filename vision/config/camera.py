"""What one camera is: its stream, its lines, and how it is watched. One YAML file each."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, PlainSerializer, field_validator, model_validator

from vision.classes import CLASSES, VEHICLES, ObjectClass
from vision.config.base import Config, Duration, Fraction, Point, Slug, refuse

_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^${}]*)?\}")


class Transport(StrEnum):
    """How RTP travels: `tcp` inside the RTSP connection, `udp` beside it."""

    TCP = "tcp"
    UDP = "udp"


class RtspSource(Config):
    """A live camera."""

    kind: Literal["rtsp"] = Field("rtsp", title="Kind", description="A live camera.")
    url: str = Field(
        title="Stream address",
        description="rtsp:// or rtsps://. Write credentials as ${NAME}: they come from the environment.",
        pattern=r"^rtsps?://[^/\s]\S*$",
        max_length=2048,
        repr=False,
    )
    transport: Transport = Field(Transport.TCP, title="Transport", description="tcp loses nothing; udp lags less.")
    connect_timeout: Duration = Field(
        timedelta(seconds=5),
        title="Connect timeout",
        description="A camera that has not answered for this long counts as unreachable.",
        ge=timedelta(seconds=0.5),
        le=timedelta(minutes=1),
    )
    read_timeout: Duration = Field(
        timedelta(seconds=10),
        title="Read timeout",
        description="Without a packet for this long, the stream is opened anew.",
        ge=timedelta(seconds=0.5),
        le=timedelta(minutes=5),
    )
    frozen_after: Duration = Field(
        timedelta(seconds=20),
        title="Frozen after",
        description="The very same picture for this long means a frozen camera.",
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
    )
    retry_at_most: Duration = Field(
        timedelta(seconds=10),
        title="Longest wait between attempts",
        description="Waits start short and grow up to this while the camera stays away.",
        ge=timedelta(seconds=0.1),
        le=timedelta(minutes=10),
    )

    @field_validator("url")
    @classmethod
    def _variables_are_whole(cls, url: str) -> str:
        if "${" in _VARIABLE.sub("", url):
            raise ValueError("a `${` that is no variable: write ${NAME} or ${NAME:-default}")
        return url


class FileSource(Config):
    """A recording played as if it were a camera."""

    kind: Literal["file"] = Field("file", title="Kind", description="A recording.")
    path: str = Field(
        title="Video file",
        description="Relative paths start at the config file's folder.",
        min_length=1,
        max_length=4096,
    )
    loop: bool = Field(True, title="Loop", description="Start over at the end.")
    paced: bool = Field(True, title="Paced", description="Play at the recording's own speed; else as fast as possible.")


ClassSet = Annotated[
    frozenset[ObjectClass], PlainSerializer(lambda chosen: sorted(chosen, key=CLASSES.index), when_used="json")
]
"""Told in JSON in the order of `CLASSES`, so that a saved file does not change by chance."""

Source = Annotated[RtspSource | FileSource, Field(discriminator="kind")]


class Anchor(StrEnum):
    """The point of a vehicle's box that crosses a line."""

    CENTER = "center"
    BOTTOM_CENTER = "bottom_center"


class LineConfig(Config):
    """A directed counting line from `start` to `end`.

    Seen in the picture, standing at `start` and looking towards `end`, a vehicle that goes from the left-hand side to
    the right-hand side goes **in**; the other way is **out**.
    """

    id: Slug = Field(title="Id", description="Lower-case letters, digits, `-` and `_`. Counts are kept under it.")
    name: str = Field("", title="Name", description="What people call it.", max_length=120)
    start: Point = Field(title="Start", description="[x, y] as fractions of the picture's width and height.")
    end: Point = Field(title="End", description="[x, y] as fractions of the picture's width and height.")
    in_name: str = Field(
        "in",
        title="Name of the direction in",
        description="From the line's left-hand to its right-hand side.",
        max_length=60,
    )
    out_name: str = Field(
        "out",
        title="Name of the direction out",
        description="From the line's right-hand to its left-hand side.",
        max_length=60,
    )
    anchor: Anchor = Field(Anchor.CENTER, title="Anchor", description="The point of the box that must cross.")
    classes: ClassSet = Field(VEHICLES, title="Classes", description="What is counted.", min_length=1)

    @model_validator(mode="after")
    def _is_long_enough(self) -> Self:
        (x0, y0), (x1, y1) = self.start, self.end
        if (x1 - x0) ** 2 + (y1 - y0) ** 2 < 0.01**2:
            raise ValueError("start and end are less than 1 % of the picture apart: draw a longer line")
        return self


class MovementConfig(Config):
    """An origin and a destination: vehicles that cross `entry`, then `exit`."""

    id: Slug = Field(title="Id", description="Lower-case letters, digits, `-` and `_`. Counts are kept under it.")
    name: str = Field("", title="Name", description="What people call it.", max_length=120)
    entry: Slug = Field(title="Entry line", description="The id of the line that is crossed first.")
    exit: Slug = Field(title="Exit line", description="The id of the line that is crossed last.")
    within: Duration = Field(
        timedelta(minutes=2),
        title="Longest passage",
        description="A vehicle that needs longer from entry to exit is not counted.",
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
    )

    @model_validator(mode="after")
    def _joins_two_lines(self) -> Self:
        if self.entry == self.exit:
            raise ValueError(f"entry and exit are the same line {self.entry!r}: name two lines")
        return self


Identified = TypeVar("Identified", LineConfig, MovementConfig)


class DetectionConfig(Config):
    """How often, and how sure, vehicles are looked for."""

    fps: float = Field(
        12,
        title="Detection rate",
        description="Frames looked at a second; the stream's other frames are decoded and passed over.",
        ge=1,
        le=60,
    )
    confidence: Fraction = Field(
        0.1, title="Least confidence", description="Weaker detections are dropped before the tracker."
    )
    confidence_by_class: dict[ObjectClass, Fraction] = Field(
        default_factory=dict, title="Least confidence by class", description="Overrides the general one for a class."
    )


class TrackingConfig(Config):
    """How detections become vehicles that are followed."""

    activation: Fraction = Field(
        0.25, title="Activation", description="A track starts at a detection at least this sure."
    )
    minimum_iou: Fraction = Field(
        0.1,
        title="Minimum IoU",
        description="Boxes of one vehicle in successive frames, each widened by 30 %, overlap at least so much.",
    )
    confirm_after: int = Field(
        2, title="Confirm after", description="Detections in a row before a track is believed.", ge=1, le=30
    )
    lost_after: Duration = Field(
        timedelta(seconds=2),
        title="Lost after",
        description="A track unseen for this long is over.",
        ge=timedelta(seconds=0.1),
        le=timedelta(seconds=30),
    )


class CameraConfig(Config):
    """One camera: what its file in `camera_configs/` says."""

    id: Slug = Field(title="Id", description="The file's name without `.yaml`.")
    name: str = Field("", title="Name", description="What people call the place.", max_length=120)
    enabled: bool = Field(True, title="Enabled", description="Off: the file is kept, the camera is not watched.")
    source: Source = Field(title="Source", description="Where the pictures come from.")
    interval: Duration = Field(
        timedelta(seconds=60),
        title="Reporting interval",
        description="Flow is reported for intervals of this length, aligned to the clock.",
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
    )
    detection: DetectionConfig = Field(
        default_factory=DetectionConfig,
        title="Detection",
        description="How often, and how sure, vehicles are looked for.",
    )
    tracking: TrackingConfig = Field(
        default_factory=TrackingConfig,
        title="Tracking",
        description="How detections become vehicles that are followed.",
    )
    lines: tuple[LineConfig, ...] = Field(
        (), title="Counting lines", description="Where vehicles are counted.", max_length=64
    )
    movements: tuple[MovementConfig, ...] = Field(
        (), title="Movements", description="From which line to which vehicles are counted.", max_length=256
    )

    @field_validator("lines", "movements", mode="after")
    @classmethod
    def _ids_are_unique(cls, items: tuple[Identified, ...]) -> tuple[Identified, ...]:
        ids = [item.id for item in items]
        refuse(
            ((number, "id"), f"the id {item.id!r} is used twice: give each its own")
            for number, item in enumerate(items)
            if item.id in ids[:number]
        )
        return items

    @model_validator(mode="after")
    def _movements_name_lines(self) -> Self:
        known = {line.id for line in self.lines}
        names = ", ".join(sorted(known)) or "none"
        refuse(
            (("movements", number, end), f"there is no line {line!r}: the lines are {names}")
            for number, movement in enumerate(self.movements)
            for end, line in (("entry", movement.entry), ("exit", movement.exit))
            if line not in known
        )
        return self
