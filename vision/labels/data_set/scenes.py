"""Scenes: pictures of one camera within one hour show the same road in the same light, and belong on one side."""

import re
from datetime import UTC, datetime

SEPARATOR = "_"
"""What comes before the first one in a picture's name is its scene."""


def picture_name(camera_id: str, captured_at: datetime) -> str:
    """The file's name: `north-gate-20261124T06_3125417.jpg` is of 06:31:25.417 UTC."""
    at = captured_at.astimezone(UTC)
    camera = re.sub(r"[^a-z0-9-]", "-", camera_id)
    return f"{camera}-{at:%Y%m%dT%H}{SEPARATOR}{at:%M%S}{at.microsecond // 1000:03d}.jpg"


def scene_of(name: str) -> str:
    """The scene that a picture's name tells; a name without a separator is a scene of its own."""
    return (name.rpartition(".")[0] or name).partition(SEPARATOR)[0]
