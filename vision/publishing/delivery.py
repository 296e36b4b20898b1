"""Delivers events from the outbox to Redis Streams, in order and at least once.

An acknowledgement is not enough: a Redis that dies may lose the last second or two that its append-only file had not
written, and a failover may lose what the replica had not received. So events stay in the outbox for a while after they
are acknowledged, and are sent again whenever the connection was lost. A reader may see an event twice, with the same
`event_id`, but never misses one.
"""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import redis
import structlog

from vision.common.backoff import Backoff
from vision.config.bus import connect, explain
from vision.config.settings import BusSettings
from vision.contracts import Event, keys
from vision.publishing.open_sessions import OpenSessions, ends_of
from vision.publishing.outbox import Outbox
from vision.publishing.outbox_file import Entry

log = structlog.get_logger(__name__)

_BATCH = 500
_TICK_S = 1.0
_TRIM_EVERY_S = 60.0
_ADOPT_EVERY_S = 5.0
_TIMEOUT_S = 3.0
_FIRST_RETRY_S = 0.04
_LONGEST_RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """The state of delivery."""

    size: int
    """Events that wait for Redis."""
    oldest_s: float
    """How long the oldest of them has waited, in seconds."""
    delivered: int
    """Events that Redis has acknowledged since the start; one that is sent again counts again."""
    dropped: int
    """Events lost because the outbox was full."""
    trouble: str
    """What is wrong, and the remedy; empty when all is well."""


class RedisPublisher:
    """Publishes to Redis Streams through an outbox on the local disk.

    `publish` costs one small write to the disk cache. A thread of its own delivers within milliseconds while Redis is
    reachable, and otherwise as soon as it is back. Events that a dead process left in the same folder are delivered
    too: at the start, before any new one, and later whenever some are found.
    """

    def __init__(
        self, settings: BusSettings, folder: Path, owner: str, *, kept: int = 200_000, settle_s: float = 5.0
    ) -> None:
        """Returns at once, whether or not Redis is reachable.

        Args:
            settings: where Redis is, and how long it keeps events.
            folder: the outboxes of all processes of this machine, on a local disk.
            owner: this process's name there; no other running process may have it.
            kept: the largest number of waiting events; beyond it the oldest are dropped.
            settle_s: how long an acknowledged event is kept to be sent again.

        Raises:
            OutboxError: another running process uses the name.
            BusError: the address has no known form.
        """
        self._settings = settings
        self._settle_s = settle_s
        self._client = connect(settings.redis_url, timeout_s=_TIMEOUT_S, retries=0, on_connect=self._connected)
        self._may_connect = False
        self._is_connected = False
        self._outbox = Outbox(folder, owner, kept=kept)
        self._sessions = OpenSessions()
        self._lock = threading.Lock()
        self._sent = self._settled = 0
        self._acknowledged: deque[tuple[int, float]] = deque()
        self._delivered = 0
        self._backoff = Backoff(first_s=_FIRST_RETRY_S, longest_s=_LONGEST_RETRY_S, jitter=0.5)
        self._redis_trouble = ""
        self._next_trim = self._next_adoption = self._next_settling = 0.0
        self._confirmed = False
        self._closing = threading.Event()
        self._deadline = float("inf")
        self._append_ends(self._outbox.newest())
        self._append_ends(self._outbox.adopt())
        self._shards = settings.event_shards
        self._thread = threading.Thread(target=self._run, name=f"outbox-{owner}", daemon=True)
        self._thread.start()

    def publish(self, event: Event) -> None:
        """Append the event to the outbox; the thread delivers it."""
        with self._lock:
            ended = self._sessions.add(event)
            for each in (ended, event):
                if each is not None:
                    self._outbox.append(each.camera_id, each.model_dump_json())

    def status(self) -> OutboxStatus:
        """The state of delivery now, from any thread."""
        size = self._outbox.size(self._sent)
        oldest = self._outbox.waiting_since(self._sent)
        return OutboxStatus(
            size=size,
            oldest_s=0.0 if oldest is None else max(0.0, time.time() - oldest),
            delivered=self._delivered,
            dropped=self._outbox.dropped,
            trouble="; ".join(filter(None, (self._redis_trouble, self._outbox.trouble))),
        )

    def close(self, timeout_s: float = 10.0) -> None:
        """Deliver what waits, for at most `timeout_s`; the rest stays on disk for the next start."""
        self._deadline = time.monotonic() + timeout_s
        with self._lock:
            for end in self._sessions.close():
                self._outbox.append(end.camera_id, end.model_dump_json())
        self._closing.set()
        self._outbox.wake()
        self._thread.join(timeout_s + 2 * _TIMEOUT_S)
        if not self._thread.is_alive():
            self._client.close()

    def _append_ends(self, newest: Mapping[str, str]) -> None:
        """Tell the store how many events the sessions of a dead process have."""
        for end in ends_of(newest):
            self._outbox.append(end.camera_id, end.model_dump_json())

    def _run(self) -> None:
        while not self._confirmed and time.monotonic() < self._deadline:
            try:
                self._deliver()
            except redis.OutOfMemoryError as error:
                self._on_full_memory(error)
            except redis.RedisError as error:
                self._on_failure(explain(error, self._settings.redis_url))
            except (sqlite3.Error, OSError) as error:
                self._on_failure(f"outbox: {error}; check its disk")
            except Exception as error:
                if not self._redis_trouble:
                    log.exception("events cannot be delivered")
                self._on_failure(f"delivery: {type(error).__name__}: {error}; the worker's log has the details")
        if self._confirmed:
            self._outbox.remove(self._sent)
        else:
            log.warning("events wait on disk for the next start", events=self._outbox.size(self._sent))
        self._outbox.close()

    def _deliver(self) -> None:
        self._outbox.wait(self._sent, 0 if self._closing.is_set() else _TICK_S)
        self._ensure_connected()
        entries = self._outbox.after(self._sent, _BATCH)
        if entries:
            self._send(entries)
        self._on_success()
        if not entries and self._closing.is_set():
            self._client.ping()
            self._confirmed = True
        self._maintain()

    def _connected(self) -> None:
        if not self._may_connect:
            raise redis.ConnectionError("the connection was lost")

    def _ensure_connected(self) -> None:
        """Connect, and rewind to the events that a Redis that died may have lost.

        The client must not reconnect by itself within a batch: that batch would overtake the lost events.
        """
        if self._is_connected:
            return
        self._may_connect = True
        try:
            self._client.ping()
        finally:
            self._may_connect = False
        self._shards = self._agreed_shards()
        self._sent = self._settled
        self._acknowledged.clear()
        self._is_connected = True

    def _agreed_shards(self) -> int:
        """The number of streams that the first worker or service has set: the service reads what workers write."""
        wanted = self._settings.event_shards
        with suppress(redis.OutOfMemoryError):
            self._client.set(keys.event_shards(), wanted, nx=True)
        agreed = keys.read_shards(self._client.get(keys.event_shards())) or wanted
        if agreed not in (wanted, self._shards):
            log.warning("another number of event streams is agreed on in Redis", wanted=wanted, used=agreed)
        return agreed

    def _on_success(self) -> None:
        """Events were taken, or none waits."""
        if self._redis_trouble:
            log.info("events are delivered again", waiting=self._outbox.size(self._sent))
        self._backoff.reset()
        self._redis_trouble = ""

    def _send(self, entries: list[Entry]) -> None:
        def shard(entry: Entry) -> int:
            return keys.shard_of(entry.camera_id, self._shards)

        for number, batch in groupby(sorted(entries, key=shard), key=shard):
            self._add(keys.event_stream(number), list(batch))
        self._sent = entries[-1].position
        self._delivered += len(entries)
        self._acknowledged.append((self._sent, time.monotonic()))

    def _add(self, stream: str, entries: list[Entry]) -> None:
        """Add all or none, so that no later event of a camera can overtake one that Redis refused."""
        with self._client.pipeline(transaction=True) as pipe:
            for entry in entries:
                pipe.xadd(stream, {keys.EVENT_FIELD: entry.payload}, maxlen=self._settings.events_kept)
            pipe.execute()

    def _on_full_memory(self, error: redis.OutOfMemoryError) -> None:
        """Redis refuses writes: make room by trimming what is stored, which it still allows."""
        with suppress(redis.RedisError):
            self._trim(keep_hours=0)
        self._wait_after(explain(error, self._settings.redis_url))

    def _on_failure(self, reason: str) -> None:
        self._is_connected = False
        self._wait_after(reason)

    def _wait_after(self, reason: str) -> None:
        if not self._redis_trouble:
            log.warning("events wait in the outbox", reason=reason)
        self._redis_trouble = reason
        pause = self._backoff.next_wait_s()
        if self._closing.is_set():
            time.sleep(min(pause, 0.2))
        else:
            self._closing.wait(pause)

    def _maintain(self) -> None:
        now = time.monotonic()
        if now >= self._next_settling:
            self._next_settling = now + _TICK_S
            self._client.ping()
            self._settle(now - self._settle_s)
        if now >= self._next_adoption:
            self._next_adoption = now + _ADOPT_EVERY_S
            self._outbox.adopt()
        if now >= self._next_trim:
            self._next_trim = now + _TRIM_EVERY_S
            self._trim()

    def _settle(self, before: float) -> None:
        settled = self._settled
        while self._acknowledged and self._acknowledged[0][1] <= before:
            settled, _ = self._acknowledged.popleft()
        if settled > self._settled:
            self._settled = settled
            self._outbox.remove(settled)

    def _trim(self, keep_hours: float | None = None) -> None:
        """Remove entries that the store has and that are older than `keep_hours`, by default `events_kept_hours`."""
        hours = self._settings.events_kept_hours if keep_hours is None else keep_hours
        seconds, _ = self._client.time()
        by_age = (max(0, int((seconds - hours * 3600) * 1000)), 0)
        for shard in range(self._shards):
            stream = keys.event_stream(shard)
            milliseconds, number = min(by_age, _oldest_unstored(self._client, stream))
            self._client.xtrim(stream, minid=f"{milliseconds}-{number}", approximate=False)


def _oldest_unstored(client: redis.Redis, stream: str) -> tuple[int, int]:
    """The id from which on the store has not acknowledged all entries, as milliseconds and number."""
    try:
        groups = client.xinfo_groups(stream)
    except redis.ResponseError:
        return (0, 0)
    for group in groups:
        if group["name"] == keys.STORE_GROUP.encode():
            if group["pending"]:
                return _parts(client.xpending(stream, keys.STORE_GROUP)["min"])
            milliseconds, number = _parts(group["last-delivered-id"])
            return milliseconds, number + 1
    return (0, 0)


def _parts(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number)
