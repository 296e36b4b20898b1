"""Asks Redis and the database how they are, and how far the store is behind."""

import asyncio
from collections.abc import Awaitable

from redis.exceptions import RedisError

from api.dependencies import Services
from api.health.schemas import Check, Ready, StoreCheck
from api.storage.database import DatabaseError
from api.storage.lag import Lag, lag_of
from vision.config.bus import explain

ANSWER_WITHIN_S = 2.0


async def readiness(services: Services) -> Ready:
    """Each need checked anew, at most `ANSWER_WITHIN_S`."""
    redis, database, store = await asyncio.gather(_redis(services), _database(services), _store(services))
    return Ready(ready=redis.ok and database.ok and store.ok, redis=redis, database=database, store=store)


async def lags(services: Services) -> list[Lag]:
    """Each stream's.

    Raises:
        redis.exceptions.RedisError, TimeoutError: Redis is away.
    """
    shards = range(services.settings.event_shards)
    async with asyncio.timeout(ANSWER_WITHIN_S):
        return list(await asyncio.gather(*(lag_of(services.redis, shard) for shard in shards)))


async def _redis(services: Services) -> Check:
    async def ping() -> None:
        await services.redis.ping()

    return await _within_time(ping(), f"Redis does not answer within {ANSWER_WITHIN_S:g} s", services)


async def _database(services: Services) -> Check:
    silent = f"database {services.database.name} does not answer within {ANSWER_WITHIN_S:g} s"
    return await _within_time(services.database.check(), silent, services)


async def _within_time(asked: Awaitable[None], silent: str, services: Services) -> Check:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await asked
    except TimeoutError:
        return Check(ok=False, reason=f"{silent}; check that it runs and is not overloaded")
    except RedisError as error:
        return Check(ok=False, reason=explain(error, services.settings.redis_url))
    except DatabaseError as error:
        return Check(ok=False, reason=str(error))
    return Check(ok=True)


async def _store(services: Services) -> StoreCheck:
    stats = services.store
    so_far = StoreCheck(ok=True, stored=stats.stored, duplicates=stats.duplicates, dead_letters=stats.dead_letters)
    trouble = "; ".join(sorted(set(stats.trouble.values())))
    try:
        all_lags = await lags(services)
    except (RedisError, TimeoutError):
        reason = trouble or "Redis is away, so the lag is not known"
        return so_far.model_copy(update={"ok": False, "reason": reason})
    lag_s, pending = max(lag.seconds for lag in all_lags), sum(lag.pending for lag in all_lags)
    at_most_s = services.settings.lag_at_most_s
    if lag_s > at_most_s and not trouble:
        trouble = f"the store is {lag_s:.0f} s behind, more than {at_most_s:g} s: start another `ngatu serve` beside it"
    return so_far.model_copy(
        update={"ok": not trouble, "reason": trouble, "lag_s": round(lag_s, 3), "pending": pending}
    )
