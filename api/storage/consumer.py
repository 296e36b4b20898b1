"""Takes events out of Redis and stores them: each at least once from the stream, exactly once into the tables.

An entry is acknowledged only after its transaction has been committed. What a process took and did not acknowledge,
because it or the database died, is taken over by whichever process sees it first.
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

from api.storage.database import Database, explain
from api.storage.writing import EventWriter, UnstorableError
from api.streams import Entry, entries_read, payload
from vision.common.backoff import Backoff
from vision.common.redaction import redact
from vision.contracts import EVENT, keys
from vision.contracts.events import AnyEvent

BLOCK_MS = 200
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 5.0
FORGET_CONSUMER_AFTER_MS = 3_600_000
DEAD_LETTERS_KEPT = 10_000

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class StoreStats:
    """What one process has stored since it began, and what holds it up."""

    stored: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    lost: int = 0
    """Entries that Redis trimmed before anyone had stored them."""
    trouble: dict[str, str] = field(default_factory=dict)
    """Stream to the reason why it is not being stored just now."""


@dataclass(frozen=True, slots=True)
class Poison:
    """An entry that is no event, or that the database can never take."""

    entry_id: bytes
    payload: bytes
    reason: str


class StoreConsumer:
    """One stream's reader in this process; runs until it is told to stop."""

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
        """End `run` after the batch in hand."""
        self._stopping.set()

    async def run(self) -> None:
        """Store what comes; through Redis's and the database's absences."""
        backoff = Backoff(first_s=FIRST_WAIT_S, longest_s=LONGEST_WAIT_S)
        while not self._stopping.is_set():
            try:
                await self._join_group()
                self._all_is_well()
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
                await self._take_over()
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
        """New entries (`>`), or this consumer's own that were never acknowledged (`0`)."""
        return await entries_read(
            self._redis.xreadgroup(
                keys.STORE_GROUP, self.name, {self._stream: after}, count=self._batch, block=BLOCK_MS
            )
        )

    async def _take_over(self) -> None:
        """Store what somebody has taken and left lying; this consumer's own included."""
        idle_ms = int(self._claim_after_s * 1000)
        while not self._stopping.is_set():
            # JUSTID, because Redis 6.2 answers for trimmed entries with nothing, not even their ids.
            claimed = await self._redis.xautoclaim(
                self._stream, keys.STORE_GROUP, self.name, idle_ms, start_id="0-0", count=self._batch, justid=True
            )
            left_lying = await self._read("0")
            if not left_lying:
                return
            log.info("events taken over", stream=self._stream, claimed=len(claimed), events=len(left_lying))
            await self._store(left_lying)

    async def _store(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        events, poison = self._sorted_out(entries)
        poison += await self._write(events)
        for letter in poison:
            await self._put_aside(letter)
        await self._redis.xack(self._stream, keys.STORE_GROUP, *(entry_id for entry_id, _ in entries))

    def _sorted_out(self, entries: Sequence[Entry]) -> tuple[list[tuple[bytes, AnyEvent]], list[Poison]]:
        events: list[tuple[bytes, AnyEvent]] = []
        poison: list[Poison] = []
        for entry_id, fields in entries:
            if not fields:
                self._stats.lost += 1
                log.error("event trimmed before it was stored", stream=self._stream, entry=entry_id.decode())
                continue
            try:
                events.append((entry_id, EVENT.validate_json(payload(fields))))
            except ValidationError as error:
                poison.append(Poison(entry_id, payload(fields), _first_fault(error)))
        return events, poison

    async def _write(self, events: Sequence[tuple[bytes, AnyEvent]]) -> list[Poison]:
        """Keep trying until the database has taken the batch; an event that it never can is handed back."""
        if not events:
            return []
        backoff = Backoff(first_s=FIRST_WAIT_S, longest_s=LONGEST_WAIT_S)
        while True:
            try:
                written = await self._writer.write([event for _, event in events])
            except UnstorableError as error:
                return await self._write_singly(events, error)
            except (SQLAlchemyError, OSError) as error:
                self._report(explain(error, self._database.name))
                await asyncio.sleep(backoff.next_wait_s())
                continue
            self._stats.stored += written.new
            self._stats.duplicates += written.duplicates
            self._all_is_well()
            return []

    async def _write_singly(self, events: Sequence[tuple[bytes, AnyEvent]], error: UnstorableError) -> list[Poison]:
        if len(events) == 1:
            entry_id, event = events[0]
            return [Poison(entry_id, event.model_dump_json().encode(), str(error))]
        middle = len(events) // 2
        return await self._write(events[:middle]) + await self._write(events[middle:])

    async def _put_aside(self, letter: Poison) -> None:
        self._stats.dead_letters += 1
        entry = letter.entry_id.decode()
        log.error("event put aside", stream=self._stream, entry=entry, to=self._dead_letters, reason=letter.reason)
        fields: dict[Any, Any] = {keys.EVENT_FIELD: letter.payload, "entry": entry, "reason": letter.reason}
        await self._redis.xadd(self._dead_letters, fields, maxlen=DEAD_LETTERS_KEPT)

    async def _join_group(self) -> None:
        try:
            await self._redis.xgroup_create(self._stream, keys.STORE_GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        await self._forget_dead_consumers()

    async def _forget_dead_consumers(self) -> None:
        for consumer in await self._redis.xinfo_consumers(self._stream, keys.STORE_GROUP):
            if consumer["pending"] == 0 and consumer["idle"] > FORGET_CONSUMER_AFTER_MS:
                await self._redis.xgroup_delconsumer(self._stream, keys.STORE_GROUP, consumer["name"])

    async def _leave_group(self) -> None:
        if not await self._redis.xpending_range(self._stream, keys.STORE_GROUP, "-", "+", 1, self.name):
            await self._redis.xgroup_delconsumer(self._stream, keys.STORE_GROUP, self.name)

    async def _pause(self, wait_s: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), wait_s)

    def _report(self, trouble: str) -> None:
        if self._stream not in self._stats.trouble:
            log.warning("events wait in Redis", stream=self._stream, reason=trouble)
        self._stats.trouble[self._stream] = trouble

    def _all_is_well(self) -> None:
        if self._stats.trouble.pop(self._stream, None):
            log.info("events are stored again", stream=self._stream)


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place}: {fault['msg']}" if place else fault["msg"]
