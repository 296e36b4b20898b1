"""Counting lines, and movements from one line or zone to another."""

from datetime import timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from vision.common.object_class import VEHICLES
from vision.config.base import Config, Duration, Point, Slug
from vision.config.values import ClassSet
from vision.contracts.measures import Direction


class Anchor(StrEnum):
    """The point of a vehicle's box that crosses a line."""

    CENTER = "center"
    BOTTOM_CENTER = "bottom_center"


class LineConfig(Config):
    """A directed counting line from `start` to `end`.

    In the picture, facing from `start` to `end`, a vehicle that crosses from the left-hand to the right-hand side goes
    **in**; in the opposite direction it goes **out**.

    Examples:
        >>> line = LineConfig(id="north", start=(0.1, 0.6), end=(0.9, 0.6))
        >>> line.anchor.value, line.in_name
        ('center', 'in')
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
    """A movement from origin to destination: vehicles that pass `entry`, then each of `via`, then `exit`.

    Each is a line that is crossed or a zone that is entered. A U-turn crosses one line twice, in both directions.
    """

    id: Slug = Field(title="Id", description="Lower-case letters, digits, `-` and `_`. Counts are kept under it.")
    name: str = Field("", title="Name", description="What people call it.", max_length=120)
    entry: Slug = Field(title="Entry", description="The id of the line or zone that is passed first.")
    exit: Slug = Field(title="Exit", description="The id of the line or zone that is passed last.")
    via: tuple[Slug, ...] = Field(
        (),
        title="Via",
        description="The ids of lines or zones that are passed in between, in order.",
        max_length=8,
    )
    entry_direction: Direction | None = Field(
        None, title="Direction of entry", description="`in` or `out` over the entry line. Unset: either."
    )
    exit_direction: Direction | None = Field(
        None, title="Direction of exit", description="`in` or `out` over the exit line. Unset: either."
    )
    banned: bool = Field(False, title="Banned", description="Each vehicle that makes this movement raises an incident.")
    within: Duration = Field(
        timedelta(minutes=2),
        title="Longest passage",
        description="A vehicle that needs longer from entry to exit is not counted.",
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
    )

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        turns = self.entry_direction and self.exit_direction and self.entry_direction is not self.exit_direction
        if self.entry == self.exit and not turns:
            raise ValueError(
                f"entry and exit are the same line {self.entry!r}: name two lines, or, for a U-turn, give "
                "entry_direction and exit_direction, one `in`, the other `out`"
            )
        return self
