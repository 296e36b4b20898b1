"""Checks Redis, the database, and how far the database is behind the event streams."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api.health.metrics import ServiceCollector
from api.health.schemas import Check, Ready, StoreCheck
from api.settings import ServiceSettings
from api.storage.consumer import StoreStats
from api.storage.database import Database, DatabaseError
from api.storage.lag import Lag, stream_lag
from api.storage.missing_events import count_missing
from api.supervision import SupervisedTasks
from vision.config.bus import explain

TIMEOUT_S = 2.0
MISSING_WITHIN = timedelta(hours=24)


class HealthService:
    """The health of this process and of what it depends on."""

    def __init__(
        self,
        settings: ServiceSettings,
        redis: Redis,
        database: Database,
        *,
        stats: StoreStats,
        tasks: SupervisedTasks,
        registry: CollectorRegistry,
        collector: ServiceCollector,
    ) -> None:
        self._settings = settings
        self._redis = redis
        self._database = database
        self._stats = stats
        self._tasks = tasks
        self._registry = registry
        self._collector = collector

    async def readiness(self) -> Ready:
        """Check everything; takes at most `TIMEOUT_S`."""
        redis, database, store = await asyncio.gather(self._check_redis(), self._check_database(), self._check_store())
        tasks = self._check_tasks()
        ready = redis.ok and database.ok and store.ok and tasks.ok
        return Ready(ready=ready, redis=redis, database=database, store=store, tasks=tasks)

    async def metrics(self) -> bytes:
        """This process's and all cameras' metrics in Prometheus's text format."""
        collector = replace(self._collector, missing=await self.missing())
        with suppress(RedisError, TimeoutError):
            collector = replace(collector, lags=await self._lags())
        return generate_latest(self._registry) + generate_latest(collector)

    async def missing(self) -> int | None:
        """Events that were published and are not stored, found within `MISSING_WITHIN`; None: the database is away."""
        try:
            async with asyncio.timeout(TIMEOUT_S), self._database.reading() as connection:
                return await count_missing(connection, datetime.now(UTC) - MISSING_WITHIN)
        except (SQLAlchemyError, OSError, TimeoutError):
            return None

    async def _lags(self) -> list[Lag]:
        """Each stream's lag.

        Raises:
            redis.exceptions.RedisError, TimeoutError: Redis is away.
        """
        shards = range(self._settings.event_shards)
        async with asyncio.timeout(TIMEOUT_S):
            return list(await asyncio.gather(*(stream_lag(self._redis, shard) for shard in shards)))

    async def _check_redis(self) -> Check:
        async def ping() -> None:
            await self._redis.ping()

        return await self._check(ping(), f"Redis does not respond within {TIMEOUT_S:g} s")

    async def _check_database(self) -> Check:
        silent = f"database {self._database.name} does not respond within {TIMEOUT_S:g} s"
        return await self._check(self._database.check(), silent)

    async def _check(self, request: Awaitable[None], silent: str) -> Check:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await request
        except TimeoutError:
            return Check(ok=False, reason=f"{silent}; check that it runs and is not overloaded")
        except RedisError as error:
            return Check(ok=False, reason=explain(error, self._settings.redis_url))
        except DatabaseError as error:
            return Check(ok=False, reason=str(error))
        return Check(ok=True)

    def _check_tasks(self) -> Check:
        troubles = self._tasks.troubles()
        reason = "; ".join(f"background task {name!r} fails: {text}" for name, text in sorted(troubles.items()))
        return Check(ok=not troubles, reason=reason and f"{reason}; the service's log has the details")

    async def _check_store(self) -> StoreCheck:
        stats = self._stats
        check = StoreCheck(
            ok=True,
            stored=stats.stored,
            duplicates=stats.duplicates,
            dead_letters=stats.dead_letters,
            missing=await self.missing(),
        )
        trouble = "; ".join(sorted(set(stats.trouble.values())))
        try:
            lags = await self._lags()
        except (RedisError, TimeoutError):
            reason = trouble or "Redis is away, so the lag is not known"
            return check.model_copy(update={"ok": False, "reason": reason})
        lag_s, pending = max(lag.seconds for lag in lags), sum(lag.pending for lag in lags)
        max_lag_s = self._settings.lag_at_most_s
        if lag_s > max_lag_s and not trouble:
            remedy = "start another `ngatu serve` beside it"
            trouble = f"the database is {lag_s:.0f} s behind, more than {max_lag_s:g} s: {remedy}"
        return check.model_copy(
            update={"ok": not trouble, "reason": trouble, "lag_s": round(lag_s, 3), "pending": pending}
        )
