"""Redis's answers about streams in one form; redis-py's types allow forms that never occur here."""

from collections.abc import Awaitable, Iterable
from contextlib import suppress
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from vision.contracts import keys

Entry = tuple[bytes, dict[bytes, bytes]]
"""An entry's id and its fields; a trimmed entry has no fields."""


async def range_entries(answer: Awaitable[Any]) -> list[Entry]:
    """Entries of an XRANGE or XREVRANGE."""
    return cast("list[Entry]", list(await answer or ()))


async def read_entries(answer: Awaitable[Any]) -> list[Entry]:
    """Entries of an XREAD or XREADGROUP of one stream; empty if it timed out."""
    streams = cast("list[tuple[bytes, Iterable[Entry]]]", await answer or [])
    return [entry for _, of_stream in streams for entry in of_stream]


def payload(fields: dict[bytes, bytes]) -> bytes:
    """The event's JSON; empty if the entry has none."""
    return fields.get(keys.EVENT_FIELD.encode(), b"")


async def agree_on_shards(redis: Redis, wanted: int) -> int:
    """The number of event streams that workers and services use: that of whichever came first, else `wanted`.

    Raises:
        redis.exceptions.RedisError, OSError: Redis is away.
    """
    with suppress(OutOfMemoryError):
        await redis.set(keys.event_shards(), wanted, nx=True)
    return keys.read_shards(await redis.get(keys.event_shards())) or wanted
