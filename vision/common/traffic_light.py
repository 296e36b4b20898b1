"""What a traffic light shows."""

from enum import StrEnum


class Light(StrEnum):
    """The lamp that governs. Red and amber together count as red: nobody may go yet."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
