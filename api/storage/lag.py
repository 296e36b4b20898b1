"""How far the store is behind the streams; by what Redis 6.2 can tell."""

import time
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from api.streams import entries
from vision.contracts import keys


@dataclass(frozen=True, slots=True)
class Lag:
    """One stream's, over all processes."""

    seconds: float
    """Age of the oldest event that is not stored."""
    pending: int
    """Events taken by some process, and not acknowledged."""


async def lag_of(redis: Redis, shard: int) -> Lag:
    """The store's lag behind one shard's stream.

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
        waiting = await entries(redis.xrange(stream, min=f"({delivered}", count=1))
        oldest = waiting[0][0] if waiting else None
    return Lag(seconds=_age_s(oldest), pending=pending)


def _age_s(entry_id: bytes | None) -> float:
    """By the entry's id, which begins with Redis's clock in milliseconds."""
    return max(0.0, time.time() - int(entry_id.split(b"-")[0]) / 1000) if entry_id else 0.0
