"""The states of a traffic light."""

from enum import StrEnum


class Light(StrEnum):
    """The effective lamp. Red with amber counts as red: vehicles must still wait."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
