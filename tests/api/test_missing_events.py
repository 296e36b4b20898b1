"""Events that were published and never stored are found by the numbers of their session, and reported."""

from collections.abc import Sequence as Several
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api.storage.database import Database
from api.storage.event_writer import EventWriter
from api.storage.sequences import Missing, Sequence
from api.storage.tables import MissingEventsRow
from tests.api.api_kit import Running, crossing, eventually, opened, publish, report
from vision.contracts import FlowReport, LineCrossing, SessionEnd

pytest_plugins = ["tests.api.api_fixtures"]

SESSION = f"s{7:012d}c0ffee"
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def at(number: int) -> datetime:
    return NOON + timedelta(seconds=number)


def numbered(number: int) -> LineCrossing:
    """A crossing that is event `number` of the session, a second after the one before."""
    return crossing(event_id=f"{SESSION}-{number}", session_id=SESSION, crossed_at=at(number), captured_at=at(number))


def end(events: int) -> SessionEnd:
    return SessionEnd(
        event_id=f"{SESSION}-end", camera_id="nts-01", session_id=SESSION, events=events, at=at(events + 1)
    )


def ranges(numbers: Several[int]) -> list[tuple[int, int]]:
    """Runs of consecutive numbers, as (first, last)."""
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return [(run[0], run[-1]) for run in runs]


@given(st.lists(st.lists(st.integers(1, 30), max_size=8), max_size=8), st.integers(0, 35))
def test_what_is_missing_is_what_was_not_seen_in_any_order_and_with_repetitions(
    batches: list[list[int]], published: int
) -> None:
    sequence = Sequence()
    for batch in batches:
        sequence = sequence.with_seen({number: at(number) for number in batch})
    sequence = sequence.up_to(published, at(published))
    seen = {number for batch in batches for number in batch}
    highest = max([*seen, published])
    expected = ranges([number for number in range(1, highest + 1) if number not in seen])
    assert sorted((gap.first, gap.last) for gap in sequence.missing) == expected
    assert all(gap.since <= gap.until for gap in sequence.missing)


def test_a_gap_lies_between_its_neighbours_times() -> None:
    sequence = Sequence().with_seen({1: at(1), 9: at(9)}).with_seen({5: at(5)})
    assert sequence.missing == (Missing(2, 4, at(1), at(5)), Missing(6, 8, at(5), at(9)))


async def missing(running: Running) -> list[tuple[int, int, int]]:
    items = (await running.client.get("/missing-events", params={"order": "asc"})).json()["items"]
    return [(item["first"], item["last"], item["events"]) for item in items]


async def test_a_gap_is_listed_stamped_and_counted_until_it_is_filled(running: Running, redis_url: str) -> None:
    publish(redis_url, *(numbered(n) for n in (1, 2, 6, 9)))
    await eventually(lambda: running.services.stats.stored == 4)
    assert await missing(running) == [(3, 5, 3), (7, 8, 2)]
    ready = await running.client.get("http://ngatu.test/readyz")
    assert (ready.status_code, ready.json()["store"]["missing"]) == (200, 5)
    assert "ngatu_store_missing 5.0" in (await running.client.get("http://ngatu.test/metrics")).text
    counts = (await running.client.get("/counts", params={"interval": "1m", "by": "camera"})).json()
    assert [row["incomplete"] for row in counts["rows"]] == [True]
    assert counts["totals"]["incomplete"]

    publish(redis_url, *(numbered(n) for n in (8, 3, 7, 5, 4)))
    await eventually(lambda: running.services.stats.stored == 9)
    assert await missing(running) == []
    assert (await running.client.get("http://ngatu.test/readyz")).json()["store"]["missing"] == 0
    counts = (await running.client.get("/counts", params={"interval": "1m"})).json()
    assert not any(row["incomplete"] for row in counts["rows"])
    assert not counts["totals"]["incomplete"]


async def test_the_end_of_a_session_reveals_that_its_last_events_are_missing(running: Running, redis_url: str) -> None:
    publish(redis_url, numbered(1), end(4))
    await eventually(lambda: running.services.stats.stored == 1)

    async def listed() -> bool:
        return await missing(running) == [(2, 4, 3)]

    await eventually(listed)
    assert running.services.stats.dead_letters == 0


async def test_only_reports_of_the_gaps_time_and_camera_are_incomplete(running: Running, redis_url: str) -> None:
    reports: list[FlowReport] = [
        report(event_id=f"r-{camera}-{minute}", camera_id=camera, interval_start=NOON + timedelta(minutes=minute))
        for camera in ("nts-01", "other")
        for minute in (0, 1, 5)
    ]
    publish(redis_url, numbered(10), numbered(100), *reports)
    await eventually(lambda: running.services.stats.stored == 8)
    for path in ("/flow", "/measures/lines"):
        items = (await running.client.get(path, params={"order": "asc"})).json()["items"]
        found = {(item["camera_id"], item["interval_start"][14:16]): item["incomplete"] for item in items}
        assert {key for key, incomplete in found.items() if incomplete} == {("nts-01", "00"), ("nts-01", "01")}


async def test_several_processes_account_for_one_session_together(database_url: str) -> None:
    async with opened(database_url) as one, opened(database_url) as two:
        writers = [EventWriter(one), EventWriter(two)]
        for turn, numbers in enumerate(([1, 4], [2, 6], [5], [3, 3])):
            await writers[turn % 2].write([numbered(number) for number in numbers])
        assert await gaps(one) == []


async def gaps(database: Database) -> list[tuple[int, int]]:
    async with database.reading() as connection:
        rows = await connection.execute(select(MissingEventsRow.first, MissingEventsRow.last))
        return [(first, last) for first, last in rows]


@pytest.mark.parametrize("event_id", ["event-7", f"{SESSION}-x", "019a4c2f7d3e0123456789ab-7"])
async def test_ids_of_another_form_are_stored_and_not_accounted_for(database: Database, event_id: str) -> None:
    await EventWriter(database).write([crossing(event_id=event_id)])
    assert await gaps(database) == []
