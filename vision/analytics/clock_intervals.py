"""Intervals that follow the wall clock: with 5 minutes, 10:00, 10:05, 10:10, whenever measuring began."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime.fromtimestamp(0, UTC)


def floor_to_interval(moment: datetime, length: timedelta) -> datetime:
    """When the interval of this length that holds a moment began; aligned to UTC."""
    return EPOCH + (moment - EPOCH) // length * length
