"""Scenes: pictures of one camera in one hour show the same road in the same light, so they share a split."""

import re
from datetime import UTC, datetime

SEPARATOR = "_"
"""The part of a picture's name before the first one is its scene."""


def picture_name(camera_id: str, captured_at: datetime) -> str:
    """The file name of a picture, with its time in UTC.

    >>> picture_name("north-gate", datetime(2026, 11, 24, 6, 31, 25, 417_000, tzinfo=UTC))
    'north-gate-20261124T06_3125417.jpg'
    """
    at = captured_at.astimezone(UTC)
    camera = re.sub(r"[^a-z0-9-]", "-", camera_id)
    return f"{camera}-{at:%Y%m%dT%H}{SEPARATOR}{at:%M%S}{at.microsecond // 1000:03d}.jpg"


def scene_of(name: str) -> str:
    """The scene of a picture name; a name without a separator is a scene of its own.

    >>> scene_of("north-gate-20261124T06_3125417.jpg")
    'north-gate-20261124T06'
    """
    return (name.rpartition(".")[0] or name).partition(SEPARATOR)[0]
