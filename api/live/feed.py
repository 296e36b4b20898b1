"""Fans the event streams out to followers: each gets all events, in order and without duplicates.

The feed reads the streams itself, so that live events do not wait for the database.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.live.positions import BEGINNING, EntryId, Position, RecentEvents
from api.storage.streams import Entry, payload, range_entries, read_entries
from vision.common.redaction import redact
from vision.contracts import EVENT, LineCrossing, Movement, SessionEnd, keys

PAGE = 500
LOOK_BACK = 1_000
"""Entries before a starting position that are searched for the first copy of an event sent twice."""
BLOCK_MS = 1_000
RETRY_S = 0.5

log = structlog.get_logger(__name__)
Kind = Literal["line_crossing", "movement", "flow_report", "zone_report", "incident", "health_change", "health"]


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """One message for followers."""

    kind: str
    camera_id: str
    payload: str
    """JSON."""
    shard: int | None = None
    entry_id: EntryId | None = None
    """The entry in the stream; `None` for health."""
    captured_at: datetime | None = None
    """Capture time of the frame that showed the event."""

    def is_after(self, position: Position) -> bool:
        """Whether it is an event beyond the position in its stream."""
        return self.shard is not None and self.entry_id is not None and self.entry_id > position[self.shard]


Stream = AsyncGenerator[tuple[FeedMessage, Position], None]
"""Messages, each with the position to resume after it."""


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """What a follower asks for; an empty set accepts all.

    Examples:
        >>> FeedFilter(cameras=frozenset({"nts-01"})).accepts(FeedMessage("health", "nts-02", "{}"))
        False
    """

    cameras: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def accepts(self, message: FeedMessage) -> bool:
        """Whether the follower wants the message."""
        return (not self.cameras or message.camera_id in self.cameras) and (
            not self.kinds or message.kind in self.kinds
        )


@dataclass(eq=False, slots=True)
class Follower:
    """One client's queue, and its position in the streams."""

    wanted: FeedFilter
    position: Position
    queue: asyncio.Queue[FeedMessage | None]
    offered: dict[int, EntryId] = field(default_factory=dict)
    over: bool = False

    def offer(self, message: FeedMessage) -> bool:
        """Queue the message if it is wanted; `False`: the queue is full, so the follower must be disconnected."""
        if message.shard is not None and message.entry_id is not None:
            if message.entry_id <= self.position[message.shard]:
                return True
            self.offered[message.shard] = message.entry_id
        if not self.wanted.accepts(message):
            return True
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            return False
        return True

    def advance(self, message: FeedMessage) -> None:
        """Move the position to a message taken from the queue; past unwanted entries too once the queue is empty."""
        position = list(self.position)
        if message.shard is not None and message.entry_id is not None:
            position[message.shard] = message.entry_id
        if self.queue.empty():
            for shard, entry_id in self.offered.items():
                position[shard] = max(position[shard], entry_id)
        self.position = tuple(position)


class EventFeed:
    """Reads each event stream once for the whole process, and passes its events to all followers."""

    def __init__(
        self, redis: Redis, *, shards: int, queue: int, on_event: Callable[[datetime], None] = lambda _: None
    ) -> None:
        """`queue` is the number of messages that may wait for one follower.

        `on_event` is called with the capture time of each crossing and movement that arrives live.
        """
        self._redis = redis
        self._shards = shards
        self._queue = queue
        self._on_event = on_event
        self._at: list[EntryId | None] = [None] * shards
        self._ends_known = asyncio.Event()
        self._recent = [RecentEvents() for _ in range(shards)]
        self._followers: set[Follower] = set()
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
        """Pass a message to all followers that want it; a follower that is too slow is disconnected, and may resume."""
        for follower in list(self._followers):
            if not follower.offer(message):
                self.disconnected += 1
                self._disconnect(follower)

    def close(self) -> None:
        """End all followers' streams, for a shutdown."""
        self._closed.set()
        for follower in list(self._followers):
            self._disconnect(follower)
        self._ends_known.set()

    async def follow(self, wanted: FeedFilter, after: Position | None) -> Stream:
        """Messages after a position, or from now on; each with the position to resume after it.

        Ends when the follower is too slow, when the service shuts down, or when Redis goes away while missed events
        are read.
        """
        await self._ends_known.wait()
        if self._closed.is_set():
            return
        position = after or self.position()
        try:
            async for message, reached in self._missed(wanted, position):
                position = reached
                if message is not None:
                    yield message, position
        except (RedisError, OSError):
            return
        if self._closed.is_set():
            return
        follower = Follower(wanted, position, asyncio.Queue(self._queue))
        self._followers.add(follower)
        try:
            while not follower.over and (live := await follower.queue.get()) is not None:
                follower.advance(live)
                yield live, follower.position
        finally:
            self._followers.discard(follower)

    def position(self) -> Position:
        """How far the streams have been read."""
        return tuple(entry_id or BEGINNING for entry_id in self._at)

    async def settled(self) -> Position:
        """`position`, once the ends of all streams are known."""
        await self._ends_known.wait()
        return self.position()

    async def _missed(
        self, wanted: FeedFilter, position: Position
    ) -> AsyncIterator[tuple[FeedMessage | None, Position]]:
        """Entries after the position, until it has caught up with the reader; `None` marks the end of a page.

        Nothing is awaited between the check that nothing is missing and the return.
        """
        recent = [await self._recent_before(shard, entry) for shard, entry in enumerate(position)]
        while behind := [s for s, entry in enumerate(position) if entry < self.position()[s]]:
            for shard in behind:
                end = self.position()[shard]
                start = f"({position[shard]}"
                page = await range_entries(self._redis.xrange(keys.event_stream(shard), start, str(end), PAGE))
                for message in _messages(shard, page, recent[shard]):
                    if wanted.accepts(message) and message.entry_id is not None:
                        position = _moved(position, shard, message.entry_id)
                        yield message, position
                last = EntryId.parse(page[-1][0]) if len(page) == PAGE else end
                position = _moved(position, shard, last)
                yield None, position

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
            self.publish(message)
        if page:
            self._at[shard] = EntryId.parse(page[-1][0])

    def _disconnect(self, follower: Follower) -> None:
        follower.over = True
        self._followers.discard(follower)
        if follower.queue.empty():
            follower.queue.put_nowait(None)


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
