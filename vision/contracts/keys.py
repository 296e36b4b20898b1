"""The names of everything in Redis. No other module spells one.

Keys carry a hash tag in braces, and no command touches two cameras' keys, so that a cluster can spread them.
"""

from zlib import crc32

EVENT_FIELD = "event"
"""The field of a stream entry that holds an event's JSON."""

STORE_GROUP = "store"
"""The consumer group that writes events into the database."""


def event_stream(shard: int) -> str:
    """The stream of one shard's cameras."""
    return f"ngatu:{{events-{shard}}}"


def shard_of(camera_id: str, shards: int) -> int:
    """Which stream a camera's events go to: always the same one, so that they keep their order."""
    return crc32(camera_id.encode()) % shards


def health(camera_id: str) -> str:
    """The key that holds a camera's `CameraHealth`, with an expiry."""
    return f"ngatu:{{{camera_id}}}:health"


def health_channel(camera_id: str) -> str:
    """Where each `CameraHealth` is told as it is written. Subscribe to all by `health_channel('*')`."""
    return f"ngatu:{{{camera_id}}}:health-told"


def live_channel(camera_id: str) -> str:
    """Where a camera's packed live views go, while somebody is subscribed."""
    return f"ngatu:{{{camera_id}}}:live"


def signal_channel(camera_id: str) -> str:
    """Where each `SignalUpdate` about a camera's signals goes. Nothing is kept: controllers repeat what they show."""
    return f"ngatu:{{{camera_id}}}:signals-told"


def dead_letters(shard: int) -> str:
    """Where entries of a shard's stream go that are no event, or that the database can never take."""
    return f"{event_stream(shard)}:dead"
