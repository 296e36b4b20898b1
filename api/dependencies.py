"""What routes work with: one `Services` a process, made at start, closed at the end."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from prometheus_client import CollectorRegistry
from starlette.requests import HTTPConnection

from api.cameras.board import HealthBoard
from api.cameras.files import CameraFiles
from api.cameras.schemas import CameraStatus
from api.cameras.service import CameraService
from api.errors import unknown_camera
from api.listing.reading import StoreReader
from api.live.feed import EventFeed, Told, age_s
from api.live.latency import LatencyMeter
from api.live.views import LiveHub
from api.settings import ServiceSettings
from api.storage.consumer import StoreConsumer, StoreStats
from api.storage.database import Database
from vision.config.bus import connect_async

STOP_WAIT_S = 3.0
CANCEL_AGAIN_S = 0.2


class Services:
    """Everything that one process runs."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Connects nowhere yet.

        Raises:
            BusError, DatabaseError: an address has no known form.
        """
        self.settings = settings
        self.database = Database(settings.database)
        self.redis = connect_async(settings.redis_url, timeout_s=5, retries=1)
        self.registry = CollectorRegistry()
        self.latency = LatencyMeter(self.registry)
        self.files = CameraFiles(settings.cameras)
        self.feed = EventFeed(
            self.redis,
            shards=settings.event_shards,
            queue=settings.queue,
            on_event=lambda captured_at: self.latency.received(age_s(captured_at)),
        )
        self.board = HealthBoard(self.redis, self.files, self._tell_health)
        self.hub = LiveHub(self.redis)
        self.reader = StoreReader(self.database)
        self.cameras = CameraService(self.files, self.board, self.reader, settings.timezone)
        self.store = StoreStats()
        self.closing = asyncio.Event()
        self._consumers = [self._consumer(shard) for shard in range(settings.event_shards)]

    def require_camera(self, camera_id: str) -> str:
        """The id, if there is such a camera; else the 404."""
        known = self.board.ids()
        if camera_id not in known:
            raise unknown_camera(camera_id, known)
        return camera_id

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reads, stores and listens while the block runs."""
        await self.files.refresh()
        shards = range(self.settings.event_shards)
        stores = [_task(consumer.run()) for consumer in self._consumers]
        others = [
            *(_task(self.feed.read(shard)) for shard in shards),
            _task(self.board.listen()),
            _task(self.board.watch()),
            _task(self.hub.relay()),
        ]
        try:
            yield
        finally:
            self.end_streams()
            for consumer in self._consumers:
                consumer.stop()
            await _end(others)
            await asyncio.wait(stores, timeout=STOP_WAIT_S)
            await _end(stores)
            await self.redis.aclose()
            await self.database.close()

    def end_streams(self) -> None:
        """Let followers and viewers go, so that a shutdown need not wait for them."""
        self.closing.set()
        self.feed.close()

    def _consumer(self, shard: int) -> StoreConsumer:
        return StoreConsumer(
            self.redis,
            self.database,
            shard=shard,
            stats=self.store,
            batch=self.settings.batch,
            claim_after_s=self.settings.claim_after_s,
        )

    def _tell_health(self, status: CameraStatus) -> None:
        if self.feed.followers:
            self.feed.tell(Told("health", status.camera_id, status.model_dump_json()))


def _task(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    return asyncio.create_task(work)


async def _end(tasks: "Iterable[asyncio.Task[None]]") -> None:
    """Cancel until they are over: `asyncio.wait_for` before Python 3.12 can lose a cancellation."""
    unfinished = {task for task in tasks if not task.done()}
    while unfinished:
        for task in unfinished:
            task.cancel()
        _, unfinished = await asyncio.wait(unfinished, timeout=CANCEL_AGAIN_S)


def services_of(connection: HTTPConnection) -> Services:
    """The process's services, from a request or a WebSocket."""
    services = connection.app.state.services
    assert isinstance(services, Services)  # noqa: S101
    return services


def _services(request: Request) -> Services:
    return services_of(request)


ServicesDep = Annotated[Services, Depends(_services)]


def _known_camera(
    services: ServicesDep, camera_id: Annotated[str, Path(description="A camera's id.", examples=["nts-01"])]
) -> str:
    return services.require_camera(camera_id)


KnownCamera = Annotated[str, Depends(_known_camera)]
