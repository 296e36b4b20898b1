"""Incidents have the state of their newest update in any order, and end when no worker watches them."""

import asyncio
import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from api.incidents.service import INCIDENTS
from api.pagination.filters import Filter
from api.pagination.queries import Order
from api.pagination.store_reader import StoreReader
from api.storage.database import Database
from api.storage.event_writer import EventWriter, Written
from api.storage.tables import IncidentRow, IncidentUpdateRow
from tests.api.api_kit import NOON, Running, change, crossing, eventually, movement, opened, publish, report, row_count
from tests.api.measures_kit import ended, incident, zone_report
from vision.contracts import IncidentKind

pytest_plugins = ["tests.api.api_fixtures"]


async def incidents(database: Database) -> list[dict[str, Any]]:
    page = await StoreReader(database).page(INCIDENTS.source, Filter(), limit=100, order=Order.OLDEST_FIRST)
    return page.rows


async def only_incident(database: Database) -> dict[str, Any]:
    """The only incident, without its row id."""
    (row,) = await incidents(database)
    return {name: value for name, value in row.items() if name != "id"}


async def write_singly(database: Database, events: Sequence[Any]) -> None:
    """Write each event with a new writer, as separate processes do."""
    for event in events:
        await EventWriter(database).write([event])


async def test_an_incident_has_the_state_of_its_newest_update(database: Database) -> None:
    updates = [incident(0), incident(1), ended(2)]
    assert await EventWriter(database).write(updates) == Written(new=3, duplicates=0)
    row = await only_incident(database)
    assert (row["phase"], row["sequence"], row["ended_because"]) == ("ended", 2, "cleared")
    assert (row["started_at"], row["ended_at"]) == (NOON, updates[2].ended_at)
    assert row["facts"] == {"standing_s": 28.0, "class": "car"}
    assert await row_count(database, IncidentUpdateRow) == 3


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_updates_in_any_order_or_repeated_give_the_same_state(sqlite_url: str, order: tuple[int, ...]) -> None:
    updates = [incident(0), incident(1), incident(2), ended(3)]
    async with opened(sqlite_url) as database:
        await write_singly(database, [updates[i] for i in (*order, order[0])])
        row = await only_incident(database)
        assert (row["event_id"], row["phase"]) == (updates[3].event_id, "ended")
        assert await row_count(database, IncidentUpdateRow) == 4


@pytest.mark.parametrize(
    "event",
    [crossing, movement, report, zone_report, change, lambda **changed: incident(incident_id="incident-2", **changed)],
    ids=["crossing", "movement", "report", "zone report", "health change", "incident"],
)
async def test_any_event_of_a_newer_session_ends_open_incidents_of_older_ones(database: Database, event: Any) -> None:
    last = incident(1)
    await EventWriter(database).write([last])
    await EventWriter(database).write([event(session_id="session-2")])
    row = (await incidents(database))[0]
    assert (row["phase"], row["ended_because"], row["ended_at"]) == ("ended", "unwatched", last.at)
    assert (row["facts"], row["reason"], row["sequence"]) == (last.facts, last.reason, 1)


async def test_a_newer_session_changes_no_other_incidents(database: Database) -> None:
    await EventWriter(database).write(
        [
            incident(0, incident_id="other-camera", camera_id="nts-02"),
            incident(0, incident_id="newest-session", session_id="session-2"),
            ended(1, incident_id="ended"),
            change(session_id="session-2"),
        ]
    )
    because = {row["incident_id"]: row["ended_because"] for row in await incidents(database)}
    assert because == {"other-camera": None, "newest-session": None, "ended": "cleared"}


async def test_a_late_event_of_an_older_session_ends_nothing(database: Database) -> None:
    await EventWriter(database).write([incident(0, session_id="session-2"), crossing(session_id="session-1")])
    assert (await only_incident(database))["phase"] == "raised"


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_the_end_of_a_dead_sessions_incident_does_not_depend_on_order(
    sqlite_url: str, order: tuple[int, ...]
) -> None:
    events = [incident(0), incident(1), crossing(session_id="session-2"), change(session_id="session-3")]
    async with opened(sqlite_url) as database:
        await write_singly(database, [events[i] for i in order])
        row = await only_incident(database)
    assert (row["event_id"], row["phase"], row["ended_because"]) == (events[1].event_id, "ended", "unwatched")
    assert row["ended_at"] == incident(1).at


async def test_a_late_end_from_a_dead_worker_replaces_unwatched(database: Database) -> None:
    last = ended(2)
    await write_singly(database, [incident(0), change(session_id="session-2"), last])
    row = await only_incident(database)
    assert (row["ended_because"], row["ended_at"]) == ("cleared", last.ended_at)


async def test_a_late_update_of_a_dead_session_is_ended_at_once(database: Database) -> None:
    writer = EventWriter(database)
    await writer.write([crossing(session_id="session-2")])
    await writer.write([incident(0, session_id="session-1")])
    assert (await only_incident(database))["ended_because"] == "unwatched"


@pytest.mark.postgres
async def test_concurrent_processes_end_unwatched_incidents(postgres_server: Any) -> None:
    async with opened(postgres_server.new()) as database:
        for number in range(20):
            camera = {"camera_id": f"camera-{number}"}
            stored_update = incident(0, incident_id=f"incident-{number}", **camera)
            newer = crossing(session_id="session-2", **camera)
            await asyncio.gather(EventWriter(database).write([stored_update]), EventWriter(database).write([newer]))
        assert [row["ended_because"] for row in await incidents(database)] == ["unwatched"] * 20


@pytest.mark.postgres
async def test_concurrent_writers_of_many_incidents_do_not_deadlock(postgres_server: Any) -> None:
    batches = [
        [
            incident(sequence, incident_id=f"{camera}-{number}", camera_id=f"camera-{camera}")
            for camera in range(4)
            for number in range(5)
        ]
        for sequence in range(8)
    ]
    async with opened(postgres_server.new()) as database:
        writes = [EventWriter(database).write(batch[:: (-1) ** n]) for n, batch in enumerate(batches)]
        await asyncio.gather(*writes)
        assert {row["sequence"] for row in await incidents(database)} == {7}
        assert await row_count(database, IncidentRow) == 20


async def test_published_updates_reach_the_list_of_incidents_once(running: Running, redis_url: str) -> None:
    updates = [incident(0), incident(1), zone_report()]
    publish(redis_url, *updates, *updates[:2])
    await eventually(lambda: (running.services.stats.stored, running.services.stats.duplicates) == (3, 2))
    (item,) = (await running.client.get("/incidents", params={"open": "true"})).json()["items"]
    assert (item["phase"], item["reason"]) == ("updated", "a car has stopped for 18 s while traffic flows")


@pytest.fixture
async def stored(running: Running) -> Running:
    """Five incidents, an hour apart: one cleared, one unwatched, three open."""

    def started(number: int, **changed: Any) -> Any:
        start = NOON + timedelta(hours=number)
        return incident(0, incident_id=f"incident-{number}", started_at=start, **changed)

    events = [
        started(0),
        started(1),
        ended(1, incident_id="incident-1", started_at=NOON + timedelta(hours=1)),
        started(2, camera_id="nts-02", incident_kind=IncidentKind.WRONG_WAY, session_id="session-2"),
        started(3, zone_id="shoulder", session_id="session-2", place=None),
        started(4, session_id="session-2", incident_kind=IncidentKind.CAMERA_MOVED, zone_id=None),
    ]
    await EventWriter(running.services.database).write(events)
    return running


async def ids(running: Running, **params: Any) -> list[str]:
    answer = await running.client.get("/incidents", params=params)
    assert answer.status_code == 200, answer.text
    return [item["incident_id"].removeprefix("incident-") for item in answer.json()["items"]]


async def test_incidents_are_filtered_by_camera_kind_phase_zone_and_start(stored: Running) -> None:
    assert await ids(stored) == ["4", "3", "2", "1", "0"]
    assert await ids(stored, open="true") == ["4", "3", "2"]
    assert await ids(stored, open="false") == ["1", "0"]
    assert await ids(stored, phase="raised", open="true") == ["4", "3", "2"]
    assert await ids(stored, phase="updated") == []
    assert await ids(stored, phase="ended", open="true") == []
    assert await ids(stored, camera="nts-02") == ["2"]
    assert await ids(stored, kind=["wrong_way", "camera_moved"]) == ["4", "2"]
    assert await ids(stored, zone="shoulder") == ["3"]
    assert await ids(stored, **{"from": "2026-11-20T06:00:00Z", "to": "2026-11-20T08:00:00Z"}) == ["2", "1"]
    page = (await stored.client.get("/incidents", params={"limit": 2, "order": "asc"})).json()
    assert await ids(stored, limit=2, order="asc", cursor=page["next_cursor"]) == ["2", "3"]


async def test_an_incidents_history_has_all_updates(stored: Running) -> None:
    answer = (await stored.client.get("/incidents/incident-1")).json()
    assert (answer["incident"]["phase"], answer["incident"]["ended_because"]) == ("ended", "cleared")
    assert answer["incident"]["place"] == [0.4, 0.6]
    assert [(update["sequence"], update["phase"]) for update in answer["updates"]] == [(0, "raised"), (1, "ended")]
    assert answer["updates"][0]["facts"] == {"standing_s": 8.0, "class": "car"}


async def test_an_unknown_incident_is_not_found(stored: Running) -> None:
    answer = await stored.client.get("/incidents/incident-9")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:ngatu:problem:unknown-incident"
    assert "GET /api/v1/incidents lists the stored ones" in answer.json()["detail"]


async def test_incidents_are_exported_as_csv(stored: Running) -> None:
    answer = await stored.client.get("/incidents", params={"format": "csv", "order": "asc"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["incident_id"] for row in rows] == [f"incident-{n}" for n in range(5)]
    assert (rows[0]["ended_because"], rows[0]["track_ids"], rows[0]["place_x"]) == ("unwatched", "7", "0.4")
    assert rows[3]["place_x"] == ""
