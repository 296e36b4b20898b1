"""The cameras' live views, out of Redis to whoever watches: the newest only, and nothing while nobody does."""

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


class Watcher:
    """One viewer's place for the newest view; what it is too slow for is dropped."""

    def __init__(self) -> None:
        self._newest: bytes | None = None
        self._arrived = asyncio.Event()
        self.dropped = 0

    def put(self, view: bytes) -> None:
        self.dropped += self._newest is not None
        self._newest = view
        self._arrived.set()

    async def next(self) -> bytes:
        """The newest view that was not had yet."""
        while self._newest is None:
            self._arrived.clear()
            await self._arrived.wait()
        view, self._newest = self._newest, None
        return view


class LiveHub:
    """One subscription a watched camera, however many watch it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._watchers: dict[bytes, set[Watcher]] = {}
        self._somebody = asyncio.Event()
        self._pubsub: PubSub | None = None
        self._lock = asyncio.Lock()

    @property
    def watchers(self) -> int:
        return sum(len(watchers) for watchers in self._watchers.values())

    @asynccontextmanager
    async def watch(self, camera_id: str) -> AsyncIterator[Watcher]:
        """Views of one camera, for as long as the block lasts."""
        channel = keys.live_channel(camera_id).encode()
        watcher = Watcher()
        watchers = self._watchers.setdefault(channel, set())
        watchers.add(watcher)
        self._somebody.set()
        try:
            if len(watchers) == 1:
                await self._subscribe(channel)
            yield watcher
        finally:
            watchers.discard(watcher)
            if not watchers:
                self._watchers.pop(channel, None)
                await self._unsubscribe(channel)

    async def relay(self) -> None:
        """Hand on what is published; for ever, through Redis's absences."""
        while True:
            await self._somebody.wait()
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
            if self._watchers:
                await pubsub.subscribe(*self._watchers)
        while self._watchers:
            message = await pubsub.get_message(timeout=1.0)
            if message is not None:
                for watcher in self._watchers.get(message["channel"], ()):
                    watcher.put(message["data"])
        async with self._lock:
            self._pubsub = None
            if not self._watchers:
                self._somebody.clear()

    async def _subscribe(self, channel: bytes) -> None:
        """Should Redis be away, `relay` subscribes again when it is back."""
        async with self._lock:
            if self._pubsub is not None:
                with suppress(RedisError, OSError):
                    await self._pubsub.subscribe(channel)

    async def _unsubscribe(self, channel: bytes) -> None:
        async with self._lock:
            if self._pubsub is not None and channel not in self._watchers:
                with suppress(RedisError, OSError):
                    await self._pubsub.unsubscribe(channel)
