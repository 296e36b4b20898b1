"""One reader of each event stream for the whole process, and its followers: they get all, in order, none twice.

Streams are read directly, not by way of the store, so that what is live does not wait for the database.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.live.positions import BEGINNING, EntryId, Position, Seen
from api.streams import Entry, entries, entries_read, payload
from vision.common.redaction import redact
from vision.contracts import EVENT, LineCrossing, Movement, keys

PAGE = 500
LOOK_BACK = 1_000
"""Entries before a starting point in which the first copy of an event that was sent twice is looked for."""
BLOCK_MS = 1_000
RETRY_S = 0.5

log = structlog.get_logger(__name__)
Kind = Literal["line_crossing", "movement", "flow_report", "zone_report", "incident", "health_change", "health"]


@dataclass(frozen=True, slots=True)
class Told:
    """One message for followers."""

    kind: str
    camera_id: str
    payload: str
    """JSON."""
    shard: int | None = None
    entry_id: EntryId | None = None
    """Its place in the stream; health has none."""
    captured_at: datetime | None = None
    """When the picture was taken that showed it."""

    def is_after(self, position: Position) -> bool:
        """Whether it is an event that lies beyond that place in its stream."""
        return self.shard is not None and self.entry_id is not None and self.entry_id > position[self.shard]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a follower asks for; empty: all."""

    cameras: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def takes(self, told: Told) -> bool:
        return (not self.cameras or told.camera_id in self.cameras) and (not self.kinds or told.kind in self.kinds)


@dataclass(eq=False, slots=True)
class Follower:
    """One client's queue, and how far it has come."""

    wanted: Wanted
    position: Position
    queue: asyncio.Queue[Told | None]
    offered: dict[int, EntryId] = field(default_factory=dict)
    over: bool = False

    def offer(self, told: Told) -> bool:
        """Queue what is wanted; `False` when the queue is full and the follower is to be sent off."""
        if told.shard is not None and told.entry_id is not None:
            if told.entry_id <= self.position[told.shard]:
                return True
            self.offered[told.shard] = told.entry_id
        if not self.wanted.takes(told):
            return True
        try:
            self.queue.put_nowait(told)
        except asyncio.QueueFull:
            return False
        return True

    def has_had(self, told: Told) -> None:
        """Move on: to this entry, and over what was not wanted once nothing waits."""
        position = list(self.position)
        if told.shard is not None and told.entry_id is not None:
            position[told.shard] = told.entry_id
        if self.queue.empty():
            for shard, entry_id in self.offered.items():
                position[shard] = max(position[shard], entry_id)
        self.position = tuple(position)


class EventFeed:
    """Reads all streams, and fans out."""

    def __init__(
        self, redis: Redis, *, shards: int, queue: int, on_event: Callable[[datetime], None] = lambda _: None
    ) -> None:
        """`on_event` is called with the capture time of each crossing and movement that comes in live."""
        self._redis = redis
        self._shards = shards
        self._queue = queue
        self._on_event = on_event
        self._at: list[EntryId | None] = [None] * shards
        self._known = asyncio.Event()
        self._seen = [Seen() for _ in range(shards)]
        self._followers: set[Follower] = set()
        self._closed = asyncio.Event()
        self.sent_off = 0
        """Followers that were too slow."""

    @property
    def followers(self) -> int:
        return len(self._followers)

    async def read(self, shard: int) -> None:
        """Read one stream; for ever, through Redis's absences."""
        away = False
        while True:
            try:
                if self._at[shard] is None:
                    await self._find_end(shard)
                await self._read_on(shard)
                if away:
                    log.info("events are live again", stream=keys.event_stream(shard))
                away = False
            except (RedisError, OSError) as error:
                if not away:
                    log.warning("events are not live", stream=keys.event_stream(shard), reason=redact(str(error)))
                away = True
                await asyncio.sleep(RETRY_S)

    def tell(self, told: Told) -> None:
        """Give a message to all followers who want it; those too slow are sent off, and may resume."""
        for follower in list(self._followers):
            if not follower.offer(told):
                self.sent_off += 1
                self._send_off(follower)

    def close(self) -> None:
        """End all followers' streams, for a shutdown."""
        self._closed.set()
        for follower in list(self._followers):
            self._send_off(follower)
        self._known.set()

    async def follow(self, wanted: Wanted, after: Position | None) -> AsyncIterator[tuple[Told, Position]]:
        """What comes, each with the position to resume after; from `after` on, else from now.

        Ends when the follower is too slow, when the service shuts down, or when Redis goes away while the past is read.
        """
        await self._known.wait()
        if self._closed.is_set():
            return
        position = after or self.position()
        try:
            async for told, reached in self._missed(wanted, position):
                position = reached
                if told is not None:
                    yield told, position
        except (RedisError, OSError):
            return
        if self._closed.is_set():
            return
        follower = Follower(wanted, position, asyncio.Queue(self._queue))
        self._followers.add(follower)
        try:
            while not follower.over and (told_now := await follower.queue.get()) is not None:
                follower.has_had(told_now)
                yield told_now, follower.position
        finally:
            self._followers.discard(follower)

    def position(self) -> Position:
        """How far the streams are read."""
        return tuple(entry_id or BEGINNING for entry_id in self._at)

    async def settled(self) -> Position:
        """`position`, once all streams' ends are known."""
        await self._known.wait()
        return self.position()

    async def _missed(self, wanted: Wanted, position: Position) -> AsyncIterator[tuple[Told | None, Position]]:
        """The streams' entries after `position` up to where the reader is when none is left; `None` for a page's end.

        Nothing is awaited between finding that none is left and the return.
        """
        seen = [await self._looking_back(shard, entry) for shard, entry in enumerate(position)]
        while behind := [s for s, entry in enumerate(position) if entry < self.position()[s]]:
            for shard in behind:
                end = self.position()[shard]
                start = f"({position[shard]}"
                page = await entries(self._redis.xrange(keys.event_stream(shard), start, str(end), PAGE))
                for told in _read(shard, page, seen[shard]):
                    if wanted.takes(told) and told.entry_id is not None:
                        position = _moved(position, shard, told.entry_id)
                        yield told, position
                last = EntryId.of(page[-1][0]) if len(page) == PAGE else end
                position = _moved(position, shard, last)
                yield None, position

    async def _looking_back(self, shard: int, entry: EntryId) -> Seen:
        seen = Seen()
        before = await entries(self._redis.xrevrange(keys.event_stream(shard), str(entry), count=LOOK_BACK))
        for _ in _read(shard, reversed(before), seen):
            pass
        return seen

    async def _find_end(self, shard: int) -> None:
        newest = await entries(self._redis.xrevrange(keys.event_stream(shard), count=LOOK_BACK))
        for _ in _read(shard, reversed(newest), self._seen[shard]):
            pass
        self._at[shard] = EntryId.of(newest[0][0]) if newest else BEGINNING
        if all(entry_id is not None for entry_id in self._at):
            self._known.set()

    async def _read_on(self, shard: int) -> None:
        after: dict[Any, Any] = {keys.event_stream(shard): str(self._at[shard])}
        page = await entries_read(self._redis.xread(after, count=PAGE, block=BLOCK_MS))
        for told in _read(shard, page, self._seen[shard]):
            if told.captured_at is not None:
                self._on_event(told.captured_at)
            self.tell(told)
        if page:
            self._at[shard] = EntryId.of(page[-1][0])

    def _send_off(self, follower: Follower) -> None:
        follower.over = True
        self._followers.discard(follower)
        if follower.queue.empty():
            follower.queue.put_nowait(None)


def _read(shard: int, page: Iterable[Entry], seen: Seen) -> Iterator[Told]:
    """The entries that can be read and bring something new; of the others the store tells."""
    for entry_id, fields in page:
        try:
            event = EVENT.validate_json(payload(fields))
        except ValidationError:
            continue
        place = EntryId.of(entry_id)
        if seen.is_new(event.event_id, place):
            captured_at = event.captured_at if isinstance(event, LineCrossing | Movement) else None
            yield Told(event.kind, event.camera_id, event.model_dump_json(), shard, place, captured_at)


def _moved(position: Position, shard: int, entry_id: EntryId) -> Position:
    return (*position[:shard], entry_id, *position[shard + 1 :])


def age_s(captured_at: datetime) -> float:
    """Seconds since a picture was taken."""
    return (datetime.now(UTC) - captured_at).total_seconds()
