"""The composition root: builds the services of one process, runs their tasks, and closes them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from redis.exceptions import RedisError

from api.cameras.board import HealthBoard
from api.cameras.schemas import CameraStatus
from api.cameras.service import CameraService
from api.dependencies import provide
from api.health.metrics import ServiceCollector
from api.health.service import HealthService
from api.live.feed import EventFeed, age_s
from api.live.latency import LatencyMeter
from api.live.messages import FeedMessage
from api.live.service import LiveService
from api.live.views import LiveHub
from api.pagination.store_reader import StoreReader
from api.settings import ServiceSettings
from api.signals.service import SignalService
from api.storage.camera_files import CameraFiles
from api.storage.consumer import StoreConsumer, StoreStats
from api.storage.database import Database
from api.storage.streams import agree_on_shards
from api.supervision import SupervisedTasks, cancel
from vision.config.bus import connect_async

STOP_TIMEOUT_S = 3.0
WATCH_SHARDS_S = 5.0


class Services:
    """All services of one process."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Build everything, but connect nowhere yet.

        Raises:
            BusError, DatabaseError: an address has no known form.
        """
        self.settings = settings
        self.database = Database(settings.database)
        self.redis = connect_async(settings.redis_url, timeout_s=5, retries=1)
        self.files = CameraFiles(settings.cameras, settings.state)
        self.reader = StoreReader(self.database)
        self.stats = StoreStats()
        self.tasks = SupervisedTasks()
        registry = CollectorRegistry()
        self.latency = LatencyMeter(registry)
        self.feed = EventFeed(
            self.redis, shards=settings.event_shards, queue=settings.queue, on_event=self._measure_latency
        )
        self.board = HealthBoard(self.redis, self.files, self._publish_health)
        self.hub = LiveHub(self.redis)
        self.live = LiveService(self.feed, self.hub, self.board, self.latency)
        self.cameras = CameraService(self.files, self.board, self.reader, settings.timezone)
        self.signals = SignalService(self.redis, self.files, settings)
        collector = ServiceCollector(self.board, self.stats, self.feed, self.hub, self.tasks)
        self.health = HealthService(
            settings,
            self.redis,
            self.database,
            stats=self.stats,
            tasks=self.tasks,
            registry=registry,
            collector=collector,
        )
        self._consumers = [self._consumer(shard) for shard in range(settings.event_shards)]

    def provide_to(self, app: FastAPI) -> None:
        """Make the services available to the app's routes."""
        provide(
            app,
            self.settings,
            self.redis,
            self.files,
            self.reader,
            self.board,
            self.cameras,
            self.live,
            self.latency,
            self.signals,
            self.health,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run all tasks while the block runs, then close all connections."""
        await self.files.refresh()
        shards = range(self.settings.event_shards)
        start = self.tasks.start
        consumers = [start(f"store {shard}", self._consumers[shard].run) for shard in shards]
        others = [
            *(start(f"feed {shard}", partial(self.feed.read, shard)) for shard in shards),
            start("streams", self._watch_shards),
            start("health", self.board.listen),
            start("camera files", self.files.watch),
            start("cameras", self.board.watch),
            start("live views", self.hub.relay),
        ]
        try:
            yield
        finally:
            self.live.close()
            for consumer in self._consumers:
                consumer.stop()
            await cancel(others)
            await asyncio.wait(consumers, timeout=STOP_TIMEOUT_S)
            await cancel(consumers)
            await self.redis.aclose()
            await self.database.close()

    def _consumer(self, shard: int) -> StoreConsumer:
        return StoreConsumer(
            self.redis,
            self.database,
            shard=shard,
            stats=self.stats,
            batch=self.settings.batch,
            claim_after_s=self.settings.claim_after_s,
        )

    async def _watch_shards(self) -> None:
        """Say so while workers write to another number of streams than this process reads."""
        while True:
            with suppress(RedisError, OSError):
                agreed = await agree_on_shards(self.redis, self.settings.event_shards)
                trouble = f"workers write to {agreed} event streams, this process reads {self.settings.event_shards}"
                self.stats.note("streams", "" if agreed == self.settings.event_shards else f"{trouble}: restart it")
            await asyncio.sleep(WATCH_SHARDS_S)

    def _measure_latency(self, captured_at: datetime) -> None:
        self.latency.received(age_s(captured_at))

    def _publish_health(self, status: CameraStatus) -> None:
        if self.feed.followers:
            self.feed.publish(FeedMessage("health", status.camera_id, status.model_dump_json()))
