"""Followers get all events in order and once: live, after a break, and when too slow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from api.live import feed as feed_module
from api.live.feed import EventFeed
from api.live.messages import FeedFilter, FeedMessage
from api.live.positions import EntryId, Position, RecentEvents, format_position, parse_position
from tests.api.api_kit import bus, crossing, eventually, movement, publish, report, task_of
from tests.api.measures_kit import incident, zone_report
from vision.contracts import keys

ALL = FeedFilter()
entry_ids = st.builds(EntryId, st.integers(0, 10**13), st.integers(0, 10**6))


@asynccontextmanager
async def feeding(url: str, *, shards: int = 1, queue: int = 100) -> AsyncIterator[EventFeed]:
    async with bus(url) as client:
        feed = EventFeed(client, shards=shards, queue=queue)
        async with task_of(asyncio.wait([asyncio.ensure_future(feed.read(s)) for s in range(shards)])):
            await feed.settled()
            yield feed


async def followed(
    feed: EventFeed, count: int, after: Position | None = None, wanted: FeedFilter = ALL
) -> tuple[list[str], Position]:
    """Event ids of the next `count` messages, and the position after them."""
    ids: list[str] = []
    position: Position = ()
    async with asyncio.timeout(10), aclosing(feed.follow(wanted, after)) as stream:
        async for batch in stream:
            taken = batch.messages[: count - len(ids)]
            ids += map(_id, taken)
            position = taken[-1].reached if taken else position
            if len(ids) == count:
                break
    return ids, position


def _id(message: FeedMessage) -> str:
    return message.payload.split('"event_id":"')[1].split('"')[0]


async def _joined(feed: EventFeed, count: int = 1) -> None:
    await eventually(lambda: feed.followers == count)


@given(st.lists(entry_ids, min_size=1, max_size=5))
def test_a_formatted_position_is_parsed_to_the_same(entries: list[EntryId]) -> None:
    assert parse_position(format_position(tuple(entries)), len(entries)) == tuple(entries)


@given(st.text(max_size=12))
def test_any_text_is_parsed_as_a_position_or_rejected(text: str) -> None:
    with suppress(ValueError):
        assert len(parse_position(text, 2)) == 2


def test_after_a_change_of_shards_all_streams_resume_at_the_earliest_entry() -> None:
    assert parse_position("30-1_20-7", 3) == (EntryId(20, 7),) * 3


def test_recent_events_drop_the_oldest_first() -> None:
    seen = RecentEvents(capacity=2)
    assert [seen.is_new(event, EntryId(i, 0)) for i, event in enumerate(["a", "b", "a", "c", "a"])] == [
        True, True, False, True, True,
    ]  # fmt: skip


async def test_all_followers_get_the_same_events_in_order(redis_url: str) -> None:
    async with feeding(redis_url) as feed:
        followers = [asyncio.ensure_future(followed(feed, 20)) for _ in range(3)]
        await _joined(feed, 3)
        events = [crossing() for _ in range(20)]
        publish(redis_url, *events)
        for ids, _ in await asyncio.gather(*followers):
            assert ids == [e.event_id for e in events]
        assert feed.followers == 0


@pytest.mark.parametrize("page", [2, 500])
async def test_a_resumed_follower_gets_each_event_once(
    redis_url: str, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", page)
    events = [crossing() for _ in range(30)]
    async with feeding(redis_url) as feed:
        first = asyncio.ensure_future(followed(feed, 7))
        await _joined(feed)
        publish(redis_url, *events[:10])
        ids, position = await first
        resumed = asyncio.ensure_future(followed(feed, 23, after=position))
        for event in events[10:]:
            publish(redis_url, event)
            await asyncio.sleep(0)
        more, _ = await resumed
    assert ids + more == [e.event_id for e in events]


async def test_a_follower_can_resume_at_another_process(redis_url: str) -> None:
    events = [crossing() for _ in range(10)]
    async with feeding(redis_url) as feed:
        first = asyncio.ensure_future(followed(feed, 4))
        await _joined(feed)
        publish(redis_url, *events)
        ids, position = await first
    async with feeding(redis_url) as other:
        more, _ = await followed(other, 6, after=position)
    assert ids + more == [e.event_id for e in events]


async def test_an_event_sent_twice_is_delivered_once(redis_url: str) -> None:
    events = [crossing() for _ in range(6)]
    async with feeding(redis_url) as feed:
        live = asyncio.ensure_future(followed(feed, 6))
        await _joined(feed)
        publish(redis_url, *events[:4], *events[1:4], *events[4:])
        ids, _ = await live
    assert ids == [e.event_id for e in events]


async def test_an_event_sent_again_after_a_break_is_not_delivered_again(redis_url: str) -> None:
    events = [crossing() for _ in range(6)]
    async with feeding(redis_url) as feed:
        live = asyncio.ensure_future(followed(feed, 4))
        await _joined(feed)
        publish(redis_url, *events[:4])
        ids, position = await live
    publish(redis_url, *events[1:4], *events[4:])
    async with feeding(redis_url) as other:
        more, _ = await followed(other, 2, after=position)
    assert ids + more == [e.event_id for e in events]


async def test_a_follower_gets_only_requested_cameras_and_kinds(redis_url: str) -> None:
    async with feeding(redis_url) as feed:
        wanted = FeedFilter(frozenset({"b"}), frozenset({"movement", "flow_report", "zone_report", "incident"}))
        pending = asyncio.ensure_future(followed(feed, 4, wanted=wanted))
        await _joined(feed)
        others = [event(camera_id="b") for event in (movement, report, zone_report, incident)]
        events = [movement(camera_id="a"), crossing(camera_id="b"), *others]
        publish(redis_url, *events)
        ids, position = await pending
        assert ids == [e.event_id for e in events[2:]]
        assert position == feed.position()


async def test_the_position_advances_past_unwanted_events(redis_url: str) -> None:
    async with (
        feeding(redis_url) as feed,
        aclosing(feed.follow(FeedFilter(kinds=frozenset({"health"})), None)) as stream,
    ):
        health = asyncio.ensure_future(anext(stream))
        await _joined(feed)
        publish(redis_url, crossing(), crossing())
        await eventually(lambda: feed.position()[0].ms > 0)
        feed.publish(FeedMessage("health", "a", "{}"))
        batch = await health
        while not batch.messages:
            batch = await anext(stream)
        assert batch.messages[-1].reached == feed.position()


async def test_a_slow_follower_is_disconnected_and_resumes_without_a_gap(redis_url: str) -> None:
    events = [crossing() for _ in range(50)]
    ids: list[str] = []
    async with feeding(redis_url, queue=10) as feed:
        stream = feed.follow(ALL, None)
        first = asyncio.ensure_future(anext(stream))
        await _joined(feed)
        publish(redis_url, events[0])
        batch = await first
        while not batch.messages:
            batch = await anext(stream)
        ids += map(_id, batch.messages)
        position = batch.messages[-1].reached
        publish(redis_url, *events[1:])
        await eventually(lambda: feed.disconnected == 1)
        async for late in stream:
            ids += map(_id, late.messages)
        assert len(ids) < 50
        more, _ = await followed(feed, 50 - len(ids), after=position)
    assert ids + more == [e.event_id for e in events]


async def test_several_streams_are_followed_and_resumed_together(redis_url: str) -> None:
    by_shard = [[crossing(camera_id=f"cam-{shard}") for _ in range(10)] for shard in range(3)]
    async with feeding(redis_url, shards=3) as feed:
        live = asyncio.ensure_future(followed(feed, 8))
        await _joined(feed)
        for shard, events in enumerate(by_shard):
            publish(redis_url, *events[:5], shard=shard)
        ids, position = await live
        for shard, events in enumerate(by_shard):
            publish(redis_url, *events[5:], shard=shard)
        more, _ = await followed(feed, 22, after=position)
    everything = ids + more
    assert len(everything) == len(set(everything)) == 30
    for events in by_shard:
        mine = [e.event_id for e in events]
        assert [i for i in everything if i in mine] == mine


async def test_closing_the_feed_ends_its_followers(redis_url: str) -> None:
    async with feeding(redis_url) as feed:
        pending = asyncio.ensure_future(followed(feed, 1))
        await _joined(feed)
        feed.close()
        assert await asyncio.wait_for(pending, 1) == ([], ())


async def test_an_invalid_entry_is_skipped(redis_url: str) -> None:
    async with feeding(redis_url) as feed:
        live = asyncio.ensure_future(followed(feed, 2))
        await _joined(feed)
        events = [crossing(), crossing()]
        publish(redis_url, events[0], b"{", events[1])
        assert (await live)[0] == [e.event_id for e in events]


async def test_following_continues_after_redis_is_emptied(redis_url: str) -> None:
    async with feeding(redis_url) as feed:
        live = asyncio.ensure_future(followed(feed, 2))
        await _joined(feed)
        publish(redis_url, crossing())
        await eventually(lambda: feed.position()[0].ms > 0)
        with redis.Redis.from_url(redis_url) as client:
            client.delete(keys.event_stream(0))
        publish(redis_url, crossing())
        assert len((await live)[0]) == 2
