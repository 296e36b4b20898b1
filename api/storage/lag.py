"""How far the database is behind the event streams, from what Redis 6.2 reports."""

import time
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from api.storage.streams import range_entries
from vision.contracts import keys


@dataclass(frozen=True, slots=True)
class Lag:
    """One stream's lag, over all processes."""

    seconds: float
    """Age of the oldest event that is not stored."""
    pending: int
    """Events that a process has taken and not acknowledged."""


async def stream_lag(redis: Redis, shard: int) -> Lag:
    """The database's lag behind one shard's stream.

    Raises:
        redis.exceptions.RedisError: Redis is away.
    """
    stream = keys.event_stream(shard)
    try:
        groups: list[dict[str, Any]] = await redis.xinfo_groups(stream)
    except ResponseError:
        return Lag(seconds=0, pending=0)
    group = next((g for g in groups if g["name"] == keys.STORE_GROUP.encode()), None)
    delivered = group["last-delivered-id"].decode() if group else "0-0"
    pending = int(group["pending"]) if group else 0
    oldest: bytes | None = None
    if pending:
        summary: dict[str, Any] = await redis.xpending(stream, keys.STORE_GROUP)
        oldest = summary["min"]
    if oldest is None:
        waiting = await range_entries(redis.xrange(stream, min=f"({delivered}", count=1))
        oldest = waiting[0][0] if waiting else None
    return Lag(seconds=_age_s(oldest), pending=pending)


def _age_s(entry_id: bytes | None) -> float:
    """Seconds by the entry's id, which begins with Redis's clock in milliseconds."""
    return max(0.0, time.time() - int(entry_id.split(b"-")[0]) / 1000) if entry_id else 0.0
