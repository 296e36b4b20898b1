"""Relays the cameras' live views from Redis to viewers: only the newest view, and only while somebody watches."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from vision.common.redaction import redact
from vision.contracts import keys

RETRY_S = 0.5
log = structlog.get_logger(__name__)


class Viewer:
    """Holds the newest view for one client; views that the client is too slow for are dropped."""

    def __init__(self) -> None:
        self._newest: bytes | None = None
        self._arrived = asyncio.Event()
        self.dropped = 0

    def put(self, view: bytes) -> None:
        """Replace the view that waits."""
        self.dropped += self._newest is not None
        self._newest = view
        self._arrived.set()

    async def next(self) -> bytes:
        """Wait for a view that was not returned yet."""
        while self._newest is None:
            self._arrived.clear()
            await self._arrived.wait()
        view, self._newest = self._newest, None
        return view


class LiveHub:
    """Subscribes to each watched camera once, however many clients watch it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._viewers: dict[bytes, set[Viewer]] = {}
        self._is_watched = asyncio.Event()
        self._pubsub: PubSub | None = None
        self._lock = asyncio.Lock()

    @property
    def viewers(self) -> int:
        """Number of viewers, over all cameras."""
        return sum(len(viewers) for viewers in self._viewers.values())

    @asynccontextmanager
    async def watch(self, camera_id: str) -> AsyncIterator[Viewer]:
        """A viewer of one camera, while the block runs."""
        channel = keys.live_channel(camera_id).encode()
        viewer = Viewer()
        viewers = self._viewers.setdefault(channel, set())
        viewers.add(viewer)
        self._is_watched.set()
        try:
            if len(viewers) == 1:
                await self._subscribe(channel)
            yield viewer
        finally:
            viewers.discard(viewer)
            if not viewers:
                self._viewers.pop(channel, None)
                await self._unsubscribe(channel)

    async def relay(self) -> None:
        """Pass views on for ever; retries while Redis is away."""
        while True:
            await self._is_watched.wait()
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await self._relay(pubsub)
            except (RedisError, OSError) as error:
                log.warning("live views are interrupted", reason=redact(str(error)))
                await asyncio.sleep(RETRY_S)
            finally:
                self._pubsub = None

    async def _relay(self, pubsub: PubSub) -> None:
        async with self._lock:
            self._pubsub = pubsub
            if self._viewers:
                await pubsub.subscribe(*self._viewers)
        while self._viewers:
            message = await pubsub.get_message(timeout=1.0)
            if message is not None:
                for viewer in self._viewers.get(message["channel"], ()):
                    viewer.put(message["data"])
        async with self._lock:
            self._pubsub = None
            if not self._viewers:
                self._is_watched.clear()

    async def _subscribe(self, channel: bytes) -> None:
        """Subscribe now if connected; otherwise `relay` does once Redis is back."""
        async with self._lock:
            if self._pubsub is not None:
                with suppress(RedisError, OSError):
                    await self._pubsub.subscribe(channel)

    async def _unsubscribe(self, channel: bytes) -> None:
        async with self._lock:
            if self._pubsub is not None and channel not in self._viewers:
                with suppress(RedisError, OSError):
                    await self._pubsub.unsubscribe(channel)
