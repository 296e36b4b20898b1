"""Fans the event streams out to followers: each gets all events, in order and without duplicates.

The feed reads the streams itself, so that live events do not wait for the database.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.live.messages import Batch, FeedFilter, FeedMessage, MessageLog
from api.live.positions import BEGINNING, EntryId, Position, RecentEvents
from api.storage.streams import Entry, payload, range_entries, read_entries
from vision.common.redaction import redact
from vision.contracts import EVENT, LineCrossing, Movement, SessionEnd, keys

PAGE = 500
LOOK_BACK = 1_000
"""Entries before a starting position that are searched for the first copy of an event sent twice."""
BLOCK_MS = 1_000
RETRY_S = 0.5
FLUSH_S = 0.05
"""Messages are collected this long, so that each follower is written to at most 20 times a second."""
PING_S = 15.0
NOTHING, PING = Batch((), b""), Batch((), b": ping\n\n")

log = structlog.get_logger(__name__)
Kind = Literal["line_crossing", "movement", "flow_report", "zone_report", "incident", "health_change", "health"]


Stream = AsyncGenerator[Batch, None]
"""Batches of messages; an empty one only keeps the connection alive."""


@dataclass(eq=False, slots=True)
class Follower:
    """One client: the number of the next message that it has not taken from the log."""

    next: int
    is_over: bool = False


class EventFeed:
    """Reads each event stream once for the whole process, and passes its events to all followers.

    Messages that arrive within `FLUSH_S` go out together, encoded once for all followers: the cost of a follower is
    that of a write to its connection, however many events there are.
    """

    def __init__(
        self, redis: Redis, *, shards: int, queue: int, on_event: Callable[[datetime], None] = lambda _: None
    ) -> None:
        """`queue` is the number of messages by which a follower may be late.

        `on_event` is called with the capture time of each crossing and movement that arrives live.
        """
        self._redis = redis
        self._shards = shards
        self._on_event = on_event
        self._at: list[EntryId | None] = [None] * shards
        self._ends_known = asyncio.Event()
        self._recent = [RecentEvents() for _ in range(shards)]
        self._log = MessageLog(queue)
        self._followers: set[Follower] = set()
        self._news = asyncio.Event()
        self._flushed_at_s = float("-inf")
        self._is_flush_due = False
        self._closed = asyncio.Event()
        self.disconnected = 0
        """Followers that were disconnected because they were too slow."""

    @property
    def followers(self) -> int:
        """Number of followers."""
        return len(self._followers)

    async def read(self, shard: int) -> None:
        """Read one stream for ever; retries while Redis is away."""
        away = False
        while True:
            try:
                if self._at[shard] is None:
                    await self._find_end(shard)
                await self._read_page(shard)
                if away:
                    log.info("events are live again", stream=keys.event_stream(shard))
                away = False
            except (RedisError, OSError) as error:
                if not away:
                    log.warning("events are not live", stream=keys.event_stream(shard), reason=redact(str(error)))
                away = True
                await asyncio.sleep(RETRY_S)

    def publish(self, message: FeedMessage) -> None:
        """Pass a message to all followers that want it; one that is too slow is disconnected, and may resume."""
        self._log.extend([message.at(self.position())])
        if not self._is_flush_due:
            self._is_flush_due = True
            loop = asyncio.get_running_loop()
            loop.call_at(max(loop.time(), self._flushed_at_s + FLUSH_S), self._flush)

    def close(self) -> None:
        """End all followers' streams, for a shutdown."""
        self._closed.set()
        self._ends_known.set()
        for follower in self._followers:
            follower.is_over = True
        self._wake()

    async def follow(self, wanted: FeedFilter, after: Position | None) -> Stream:
        """Messages after a position, or from now on, in batches.

        Ends when the follower is too slow, when the service shuts down, or when Redis goes away while missed events
        are read.
        """
        await self._ends_known.wait()
        if self._closed.is_set():
            return
        position = after or self.position()
        try:
            async for page, reached in self._missed(wanted, position):
                position = reached
                if page:
                    yield Batch.of(page)
        except (RedisError, OSError):
            return
        if self._closed.is_set():
            return
        follower = Follower(self._log.end)
        self._followers.add(follower)
        try:
            async for batch in self._live(follower):
                yield _wanted_of(batch, wanted, position)
        finally:
            self._followers.discard(follower)

    async def _live(self, follower: Follower) -> AsyncIterator[Batch]:
        """What is published, until the follower is too slow or the feed is closed."""
        while not follower.is_over:
            if follower.next == self._log.end:
                yield await self._wait_for_news()
                continue
            batch = self._log.since(follower.next)
            if batch is None:
                return
            follower.next = self._log.end
            yield batch

    async def _wait_for_news(self) -> Batch:
        """An empty batch at the next flush; after `PING_S`, a comment that keeps the connection alive."""
        try:
            async with asyncio.timeout(PING_S):
                await self._news.wait()
        except TimeoutError:
            return PING
        return NOTHING

    def _flush(self) -> None:
        self._is_flush_due = False
        self._flushed_at_s = asyncio.get_running_loop().time()
        for follower in [f for f in self._followers if not self._log.holds(f.next)]:
            self.disconnected += 1
            follower.is_over = True
            self._followers.discard(follower)
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def position(self) -> Position:
        """How far the streams have been read."""
        return tuple(entry_id or BEGINNING for entry_id in self._at)

    async def settled(self) -> Position:
        """`position`, once the ends of all streams are known."""
        await self._ends_known.wait()
        return self.position()

    async def _missed(
        self, wanted: FeedFilter, position: Position
    ) -> AsyncIterator[tuple[list[FeedMessage], Position]]:
        """Pages of entries after the position, until it has caught up with the reader.

        Nothing is awaited between the check that nothing is missing and the return.
        """
        recent = [await self._recent_before(shard, entry) for shard, entry in enumerate(position)]
        while behind := [s for s, entry in enumerate(position) if entry < self.position()[s]]:
            for shard in behind:
                end = self.position()[shard]
                start = f"({position[shard]}"
                page = await range_entries(self._redis.xrange(keys.event_stream(shard), start, str(end), PAGE))
                messages = [
                    message.at(_moved(position, shard, message.entry_id))
                    for message in _messages(shard, page, recent[shard])
                    if wanted.accepts(message) and message.entry_id is not None
                ]
                last = EntryId.parse(page[-1][0]) if len(page) == PAGE else end
                position = _moved(position, shard, last)
                yield messages, position

    async def _recent_before(self, shard: int, entry: EntryId) -> RecentEvents:
        recent = RecentEvents()
        before = await range_entries(self._redis.xrevrange(keys.event_stream(shard), str(entry), count=LOOK_BACK))
        for _ in _messages(shard, reversed(before), recent):
            pass
        return recent

    async def _find_end(self, shard: int) -> None:
        newest = await range_entries(self._redis.xrevrange(keys.event_stream(shard), count=LOOK_BACK))
        for _ in _messages(shard, reversed(newest), self._recent[shard]):
            pass
        self._at[shard] = EntryId.parse(newest[0][0]) if newest else BEGINNING
        if all(entry_id is not None for entry_id in self._at):
            self._ends_known.set()

    async def _read_page(self, shard: int) -> None:
        after: dict[Any, Any] = {keys.event_stream(shard): str(self._at[shard])}
        page = await read_entries(self._redis.xread(after, count=PAGE, block=BLOCK_MS))
        for message in _messages(shard, page, self._recent[shard]):
            if message.captured_at is not None:
                self._on_event(message.captured_at)
            self._at[shard] = message.entry_id
            self.publish(message)
        if page:
            self._at[shard] = EntryId.parse(page[-1][0])


def _wanted_of(batch: Batch, wanted: FeedFilter, after: Position) -> Batch:
    """What a follower wants of a batch, without events that it had already when it resumed here."""
    newest = batch.messages[-1].reached if batch.messages else after
    if wanted.accepts_all and all(had <= reached for had, reached in zip(after, newest, strict=True)):
        return batch
    return Batch.of([m for m in batch.messages if wanted.accepts(m) and (m.shard is None or m.is_after(after))])


def _messages(shard: int, page: Iterable[Entry], recent: RecentEvents) -> Iterator[FeedMessage]:
    """The page's new events; the consumer reports invalid entries."""
    for entry_id, fields in page:
        try:
            event = EVENT.validate_json(payload(fields))
        except Exception:  # noqa: BLE001, S112 - the entry's boundary; the consumer says what is wrong with it
            continue
        if isinstance(event, SessionEnd):
            continue
        entry = EntryId.parse(entry_id)
        if recent.is_new(event.event_id, entry):
            captured_at = event.captured_at if isinstance(event, LineCrossing | Movement) else None
            yield FeedMessage(event.kind, event.camera_id, event.model_dump_json(), shard, entry, captured_at)


def _moved(position: Position, shard: int, entry_id: EntryId) -> Position:
    return (*position[:shard], entry_id, *position[shard + 1 :])


def age_s(captured_at: datetime) -> float:
    """Seconds since a frame was captured."""
    return (datetime.now(UTC) - captured_at).total_seconds()
