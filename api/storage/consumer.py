"""Stores the events of the Redis streams: read at least once, stored exactly once.

An entry is acknowledged only after its transaction has been committed. Entries that a process took and did not
acknowledge, because it or the database died, are claimed by the first process that sees them.
"""

import asyncio
import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy.exc import SQLAlchemyError

from api.storage.database import Database
from api.storage.event_writer import EventWriter, UnstorableError
from api.storage.streams import Entry, payload, read_entries
from vision.common.backoff import Backoff
from vision.common.redaction import redact
from vision.contracts import EVENT, keys
from vision.contracts.events import AnyEvent

BLOCK_MS = 200
MIN_RETRY_S, MAX_RETRY_S = 0.1, 5.0
REMOVE_CONSUMER_AFTER_MS = 3_600_000
MAX_DEAD_LETTERS = 10_000

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class StoreStats:
    """What one process has stored since it started, and why streams are not stored."""

    stored: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    lost: int = 0
    """Entries that Redis trimmed before they were stored."""
    trouble: dict[str, str] = field(default_factory=dict)
    """Why a stream is not being stored just now, by stream."""

    def note(self, stream: str, trouble: str) -> None:
        """Log a trouble when it begins and when it ends; empty: there is none."""
        if trouble and stream not in self.trouble:
            log.warning("events are not stored", stream=stream, reason=trouble)
        if not trouble and stream in self.trouble:
            log.info("events are stored again", stream=stream)
        self.trouble.pop(stream, None)
        if trouble:
            self.trouble[stream] = trouble


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An entry that is no event, or that the database can never store."""

    entry_id: bytes
    payload: bytes
    reason: str


class StoreConsumer:
    """Reads one stream in this process until `stop` is called."""

    def __init__(
        self,
        redis: Redis,
        database: Database,
        *,
        shard: int,
        stats: StoreStats,
        batch: int = 500,
        claim_after_s: float = 5,
    ) -> None:
        self._redis = redis
        self._database = database
        self._writer = EventWriter(database)
        self._stream = keys.event_stream(shard)
        self._dead_letters = keys.dead_letters(shard)
        self._stats = stats
        self._batch = batch
        self._claim_after_s = claim_after_s
        self._stopping = asyncio.Event()
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"

    def stop(self) -> None:
        """End `run` after the current batch."""
        self._stopping.set()

    async def run(self) -> None:
        """Store events; retries while Redis or the database is away."""
        backoff = Backoff(first_s=MIN_RETRY_S, longest_s=MAX_RETRY_S)
        while not self._stopping.is_set():
            try:
                await self._join_group()
                self._report_recovery()
                backoff.reset()
                await self._consume()
            except (RedisError, OSError) as error:
                self._report(f"Redis: {redact(str(error))}")
                await self._pause(backoff.next_wait_s())
        with suppress(RedisError, OSError):
            await self._leave_group()

    async def _consume(self) -> None:
        next_claim = 0.0
        while not self._stopping.is_set():
            if time.monotonic() >= next_claim:
                await self._claim()
                next_claim = time.monotonic() + self._claim_after_s
            try:
                entries = await self._read(">")
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                await self._join_group()
                continue
            await self._store(entries)

    async def _read(self, after: str) -> list[Entry]:
        """New entries (`>`), or this consumer's unacknowledged ones (`0`)."""
        return await read_entries(
            self._redis.xreadgroup(
                keys.STORE_GROUP, self.name, {self._stream: after}, count=self._batch, block=BLOCK_MS
            )
        )

    async def _claim(self) -> None:
        """Store entries that a consumer, this one included, has taken and not acknowledged."""
        idle_ms = int(self._claim_after_s * 1000)
        while not self._stopping.is_set():
            # JUSTID, because Redis 6.2 leaves trimmed entries out of the full answer, ids included.
            claimed = await self._redis.xautoclaim(
                self._stream, keys.STORE_GROUP, self.name, idle_ms, start_id="0-0", count=self._batch, justid=True
            )
            unacknowledged = await self._read("0")
            if not unacknowledged:
                return
            log.info("events claimed", stream=self._stream, claimed=len(claimed), events=len(unacknowledged))
            await self._store(unacknowledged)

    async def _store(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        events, letters = self._parse(entries)
        letters += await self._write(events)
        for letter in letters:
            await self._put_aside(letter)
        await self._redis.xack(self._stream, keys.STORE_GROUP, *(entry_id for entry_id, _ in entries))

    def _parse(self, entries: Sequence[Entry]) -> tuple[list[tuple[bytes, AnyEvent]], list[DeadLetter]]:
        events: list[tuple[bytes, AnyEvent]] = []
        letters: list[DeadLetter] = []
        for entry_id, fields in entries:
            if not fields:
                self._stats.lost += 1
                log.error("event trimmed before it was stored", stream=self._stream, entry=entry_id.decode())
                continue
            try:
                events.append((entry_id, EVENT.validate_json(payload(fields))))
            except Exception as error:  # noqa: BLE001 - the entry's boundary
                letters.append(DeadLetter(entry_id, payload(fields), _reason(error)))
        return events, letters

    async def _write(self, events: Sequence[tuple[bytes, AnyEvent]]) -> list[DeadLetter]:
        """Retry until the database has stored the batch; returns the events that it can never store."""
        if not events:
            return []
        backoff = Backoff(first_s=MIN_RETRY_S, longest_s=MAX_RETRY_S)
        while True:
            try:
                written = await self._writer.write([event for _, event in events])
            except UnstorableError as error:
                return await self._write_singly(events, error)
            except (SQLAlchemyError, OSError) as error:
                self._report(self._database.explain(error))
                await asyncio.sleep(backoff.next_wait_s())
                continue
            self._stats.stored += written.new
            self._stats.duplicates += written.duplicates
            self._report_recovery()
            return []

    async def _write_singly(self, events: Sequence[tuple[bytes, AnyEvent]], error: UnstorableError) -> list[DeadLetter]:
        if len(events) == 1:
            entry_id, event = events[0]
            return [DeadLetter(entry_id, event.model_dump_json().encode(), str(error))]
        middle = len(events) // 2
        return await self._write(events[:middle]) + await self._write(events[middle:])

    async def _put_aside(self, letter: DeadLetter) -> None:
        self._stats.dead_letters += 1
        entry = letter.entry_id.decode()
        log.error("event put aside", stream=self._stream, entry=entry, to=self._dead_letters, reason=letter.reason)
        fields: dict[Any, Any] = {keys.EVENT_FIELD: letter.payload, "entry": entry, "reason": letter.reason}
        await self._redis.xadd(self._dead_letters, fields, maxlen=MAX_DEAD_LETTERS)

    async def _join_group(self) -> None:
        try:
            await self._redis.xgroup_create(self._stream, keys.STORE_GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        await self._remove_dead_consumers()

    async def _remove_dead_consumers(self) -> None:
        for consumer in await self._redis.xinfo_consumers(self._stream, keys.STORE_GROUP):
            if consumer["pending"] == 0 and consumer["idle"] > REMOVE_CONSUMER_AFTER_MS:
                await self._redis.xgroup_delconsumer(self._stream, keys.STORE_GROUP, consumer["name"])

    async def _leave_group(self) -> None:
        if not await self._redis.xpending_range(self._stream, keys.STORE_GROUP, "-", "+", 1, self.name):
            await self._redis.xgroup_delconsumer(self._stream, keys.STORE_GROUP, self.name)

    async def _pause(self, wait_s: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), wait_s)

    def _report(self, trouble: str) -> None:
        self._stats.note(self._stream, trouble)

    def _report_recovery(self) -> None:
        self._stats.note(self._stream, "")


def _reason(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{type(error).__name__}: {error}"
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"{field}: {first['msg']}" if field else first["msg"]
