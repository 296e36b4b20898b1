"""Events get from Redis's streams into the database exactly once, whatever fails on the way."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from api.storage import database as database_module
from api.storage.consumer import StoreConsumer, StoreStats
from api.storage.database import Database
from api.storage.lag import stream_lag
from tests.api.api_kit import bus, crossing, eventually, movement, opened, publish, stored, task_of
from vision.contracts import keys
from vision.publishing.embedded import EmbeddedRedis

pytest_plugins = ["tests.api.api_fixtures"]

STREAM = keys.event_stream(0)


@asynccontextmanager
async def consuming(url: str, database: Database, **options: Any) -> AsyncIterator[StoreStats]:
    stats = StoreStats()
    settings = {"claim_after_s": 0.2} | options
    async with bus(url) as client:
        consumer = StoreConsumer(client, database, shard=0, stats=stats, **settings)
        async with task_of(consumer.run()) as running:
            yield stats
            consumer.stop()
            await asyncio.wait([running], timeout=3)


def pending(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.xpending(STREAM, keys.STORE_GROUP)["pending"])


async def test_events_before_and_after_its_start_are_stored_and_acknowledged(
    redis_url: str, database: Database
) -> None:
    before, during = [crossing() for _ in range(7)], [crossing() for _ in range(7)]
    publish(redis_url, *before)
    async with consuming(redis_url, database, batch=3) as stats:
        await eventually(lambda: stats.stored == 7)
        publish(redis_url, *during, movement())
        await eventually(lambda: stats.stored == 15)
        await eventually(lambda: pending(redis_url) == 0)
    assert await stored(database) == [e.event_id for e in [*before, *during]]


async def test_an_event_sent_twice_is_stored_once_and_counted_as_a_duplicate(
    redis_url: str, database: Database
) -> None:
    again = crossing()
    publish(redis_url, again, crossing(), again)
    async with consuming(redis_url, database) as stats:
        await eventually(lambda: (stats.stored, stats.duplicates) == (2, 1))


async def test_an_invalid_entry_becomes_a_dead_letter_and_blocks_nothing(redis_url: str, database: Database) -> None:
    publish(redis_url, crossing(), b"{", b'{"kind": "volcano"}', b"\xff\xfe", crossing(schema_version=1))
    with redis.Redis.from_url(redis_url) as client:
        client.xadd(STREAM, {"not-the-field": "x"})
        async with consuming(redis_url, database) as stats:
            await eventually(lambda: (stats.stored, stats.dead_letters) == (2, 4))
            await eventually(lambda: pending(redis_url) == 0)
        letters = [fields for _, fields in client.xrange(keys.dead_letters(0))]
    assert [letter[b"event"] for letter in letters] == [b"{", b'{"kind": "volcano"}', b"\xff\xfe", b""]
    assert b"volcano" in letters[1][b"reason"]


async def test_an_unstorable_event_becomes_a_dead_letter_and_the_others_are_stored(
    redis_url: str, database: Database
) -> None:
    good = [crossing() for _ in range(6)]
    publish(redis_url, *good[:3], crossing().model_copy(update={"track_id": 2**70}), *good[3:])
    async with consuming(redis_url, database) as stats:
        await eventually(lambda: (stats.stored, stats.dead_letters) == (6, 1))
    assert sorted(await stored(database)) == sorted(e.event_id for e in good)


async def test_entries_of_a_dead_consumer_are_claimed(redis_url: str, database: Database) -> None:
    events = [crossing() for _ in range(5)]
    publish(redis_url, *events)
    with redis.Redis.from_url(redis_url) as client:
        client.xgroup_create(STREAM, keys.STORE_GROUP, id="0")
        client.xreadgroup(keys.STORE_GROUP, "dead", {STREAM: ">"}, count=3)
    async with consuming(redis_url, database, batch=2) as stats:
        await eventually(lambda: stats.stored == 5)
        await eventually(lambda: pending(redis_url) == 0)
    assert sorted(await stored(database)) == sorted(e.event_id for e in events)


async def test_events_trimmed_before_storage_are_counted_and_block_nothing(redis_url: str, database: Database) -> None:
    entries = publish(redis_url, *(crossing() for _ in range(4)))
    with redis.Redis.from_url(redis_url) as client:
        client.xgroup_create(STREAM, keys.STORE_GROUP, id="0")
        client.xreadgroup(keys.STORE_GROUP, "dead", {STREAM: ">"}, count=4)
        client.xdel(STREAM, *entries[:2])
        server = int(str(client.info("server")["redis_version"]).split(".")[0])
    async with consuming(redis_url, database) as stats:
        await eventually(lambda: stats.stored == 2)
        await eventually(lambda: pending(redis_url) == 0)
    # From version 7 on, Redis drops them from the group by itself.
    assert stats.lost == (2 if server < 7 else 0)


async def test_several_consumers_store_each_event_once(redis_url: str, database_url: str) -> None:
    events = [crossing() for _ in range(300)]
    async with opened(database_url) as one, opened(database_url) as other:
        async with consuming(redis_url, one, batch=10) as stats, consuming(redis_url, other, batch=10) as others:
            publish(redis_url, *events)
            await eventually(lambda: stats.stored + others.stored == 300)
        assert sorted(await stored(one)) == sorted(e.event_id for e in events)


async def test_the_consumer_group_is_created_again_after_redis_is_emptied(redis_url: str, database: Database) -> None:
    async with consuming(redis_url, database) as stats:
        publish(redis_url, crossing())
        await eventually(lambda: stats.stored == 1)
        with redis.Redis.from_url(redis_url) as client:
            client.flushall()
        publish(redis_url, crossing())
        await eventually(lambda: stats.stored == 2)


async def test_a_stopped_consumer_leaves_the_group(redis_url: str, database: Database) -> None:
    publish(redis_url, crossing())
    async with consuming(redis_url, database) as stats:
        await eventually(lambda: stats.stored == 1)
    with redis.Redis.from_url(redis_url) as client:
        assert client.xinfo_consumers(STREAM, keys.STORE_GROUP) == []


async def test_after_a_redis_outage_with_its_reason_reported_nothing_is_missing(
    tmp_path: Path, database: Database
) -> None:
    with EmbeddedRedis(tmp_path / "redis") as server:
        url, port = server.url, server.port
        async with consuming(url, database) as stats:
            publish(url, crossing())
            await eventually(lambda: stats.stored == 1)
            server.stop()
            await eventually(lambda: STREAM in stats.trouble)
            assert stats.trouble[STREAM].startswith("Redis")
            with EmbeddedRedis(tmp_path / "redis", port):
                publish(url, crossing())
                await eventually(lambda: stats.stored == 2)
                await eventually(lambda: not stats.trouble)
    assert len(await stored(database)) == 2


async def test_while_sqlite_is_locked_nothing_is_acknowledged_or_lost(
    redis_url: str, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_S", 0.05)
    async with opened(sqlite_url) as database, consuming(redis_url, database) as stats:
        await _held_up(redis_url, database, stats)


@pytest.mark.postgres
async def test_while_postgresql_is_down_nothing_is_acknowledged_or_lost(redis_url: str, postgres_server: Any) -> None:
    async with opened(postgres_server.new()) as database, consuming(redis_url, database) as stats:
        publish(redis_url, crossing())
        await eventually(lambda: stats.stored == 1)
        postgres_server.stop()
        try:
            publish(redis_url, *(crossing() for _ in range(3)))
            await eventually(lambda: STREAM in stats.trouble)
            assert "hunter2" not in stats.trouble[STREAM]
            assert pending(redis_url) >= 1
        finally:
            postgres_server.start()
        await eventually(lambda: stats.stored == 4)
        await eventually(lambda: pending(redis_url) == 0)
        assert not stats.trouble


async def _held_up(redis_url: str, database: Database, stats: StoreStats) -> None:
    lock = sqlite3.connect(str(database.url.database), isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    publish(redis_url, *(crossing() for _ in range(3)))
    await eventually(lambda: STREAM in stats.trouble)
    assert "locked" in stats.trouble[STREAM]
    assert pending(redis_url) >= 1
    lock.rollback()
    lock.close()
    await eventually(lambda: stats.stored == 3)
    await eventually(lambda: pending(redis_url) == 0)


async def test_the_lag_is_the_age_of_the_oldest_event_not_stored(redis_url: str) -> None:
    async with bus(redis_url) as client:
        assert (await stream_lag(client, 0)).seconds == 0
        publish(redis_url, crossing(), crossing())
        await asyncio.sleep(0.2)
        assert 0.15 < (await stream_lag(client, 0)).seconds < 5
        await client.xgroup_create(STREAM, keys.STORE_GROUP, id="0")
        ((_, ((first, _),)),) = await client.xreadgroup(keys.STORE_GROUP, "one", {STREAM: ">"}, count=1)
        assert (await stream_lag(client, 0)).pending == 1
        assert (await stream_lag(client, 0)).seconds > 0.15
        await client.xack(STREAM, keys.STORE_GROUP, first)
        ((_, ((second, _),)),) = await client.xreadgroup(keys.STORE_GROUP, "one", {STREAM: ">"}, count=1)
        await client.xack(STREAM, keys.STORE_GROUP, second)
        lag = await stream_lag(client, 0)
        assert (lag.seconds, lag.pending) == (0, 0)
