"""The names of all Redis keys, streams and channels; no other module spells one.

Keys carry a hash tag in braces, and no command touches two cameras' keys, so that a cluster can spread them.
"""

from zlib import crc32

EVENT_FIELD = "event"
"""The field of a stream entry that holds an event's JSON."""

STORE_GROUP = "store"
"""The consumer group that writes events into the database."""


MAX_SHARDS = 256


def event_stream(shard: int) -> str:
    """The stream of one shard's cameras."""
    return f"ngatu:{{events-{shard}}}"


def shard_of(camera_id: str, shards: int) -> int:
    """The stream of a camera's events: always the same one, so that they keep their order.

    Examples:
        >>> shard_of("nts-01", 4) == shard_of("nts-01", 4)
        True
    """
    return crc32(camera_id.encode()) % shards


def session_counter(camera_id: str) -> str:
    """The key that holds the number of a camera's newest session."""
    return f"ngatu:{{{camera_id}}}:sessions"


def event_shards() -> str:
    """The key that holds the number of event streams, on which workers and services agree."""
    return "ngatu:event-shards"


def read_shards(value: bytes | str | None) -> int | None:
    """The number under `event_shards`; None: there is none, or it is no number of streams.

    Examples:
        >>> read_shards(b"4"), read_shards(b"many"), read_shards(None)
        (4, None, None)
    """
    return int(value) if value is not None and value.isdigit() and 1 <= int(value) <= MAX_SHARDS else None


def health(camera_id: str) -> str:
    """The key that holds a camera's `CameraHealth`, with an expiry."""
    return f"ngatu:{{{camera_id}}}:health"


def health_channel(camera_id: str) -> str:
    """The channel of a camera's `CameraHealth` updates. `health_channel('*')` matches all cameras."""
    return f"ngatu:{{{camera_id}}}:health-told"


def live_channel(camera_id: str) -> str:
    """The channel of a camera's packed live views, used while somebody is subscribed."""
    return f"ngatu:{{{camera_id}}}:live"


def signal_channel(camera_id: str) -> str:
    """The channel of `SignalUpdate`s for a camera. Nothing is stored: controllers repeat their state."""
    return f"ngatu:{{{camera_id}}}:signals-told"


def dead_letters(shard: int) -> str:
    """The stream of a shard's entries that are no event, or that the database rejects for good."""
    return f"{event_stream(shard)}:dead"
