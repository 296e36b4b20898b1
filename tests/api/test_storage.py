"""Events are stored once and read back unchanged, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text

from api.history.service import CROSSINGS
from api.measures.service import FLOW
from api.pagination.filters import Filter
from api.pagination.queries import Order
from api.pagination.store_reader import StoreReader
from api.storage import migrations
from api.storage.database import Database, DatabaseError
from api.storage.event_writer import EventWriter, UnstorableError, Written
from api.storage.tables import (
    FlowReportRow,
    HealthChangeRow,
    IncidentRow,
    IncidentUpdateRow,
    MovementRow,
    ZoneReportRow,
)
from tests.api.api_kit import NOON, change, crossing, movement, opened, report, row_count, stored
from tests.api.measures_kit import incident, measured_report, zone_report

pytest_plugins = ["tests.api.api_fixtures"]

OLD_REPORT = """
    INSERT INTO flow_reports (event_id, camera_id, session_id, line_id, interval_start, interval_s, watched_s, blind_s,
                              effective_fps, frames_dropped)
    VALUES ('report-1', 'nts-01', 'session-1', 'north', '2026-11-20 05:00:00', 60, 60, 0, 12, 0)
"""
OLD_INCIDENT_UPDATE = """
    INSERT INTO incident_words (event_id, camera_id, session_id, incident_id, incident_kind, phase, sequence,
                                started_at, at, track_ids, classes, confidence, reason, facts, captured_at)
    VALUES ('update-1', 'nts-01', 'session-1', 'incident-1', 'stopped_vehicle', 'raised', 0, '2026-11-20 05:00:00',
            '2026-11-20 05:00:00', '[7]', '["car"]', 0.9, 'stopped', '{}', '2026-11-20 05:00:00')
"""


async def test_each_kind_of_event_is_stored_once(database: Database) -> None:
    events = [crossing(), movement(), measured_report(), zone_report(), incident(), change()]
    writer = EventWriter(database)
    assert await writer.write([*events, events[0]]) == Written(new=6, duplicates=1)
    assert await writer.write([*events, crossing()]) == Written(new=1, duplicates=6)
    assert await row_count(database) == 2
    others = (MovementRow, FlowReportRow, ZoneReportRow, IncidentUpdateRow, IncidentRow, HealthChangeRow)
    assert [await row_count(database, table) for table in others] == [1] * 6


async def test_times_are_read_back_aware_and_in_utc(database: Database) -> None:
    hanoi = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=7)))
    await EventWriter(database).write([crossing(crossed_at=hanoi)])
    page = await StoreReader(database).page(CROSSINGS.source, Filter(), limit=1, order=Order.NEWEST_FIRST)
    crossed_at = page.rows[0]["crossed_at"]
    assert crossed_at == hanoi
    assert crossed_at.tzinfo is UTC


async def test_a_reports_counts_are_stored_once(database: Database) -> None:
    flow = report()
    for _ in range(2):
        await EventWriter(database).write([flow])
    page = await StoreReader(database).page(FLOW.source, Filter(), limit=5, order=Order.NEWEST_FIRST)
    assert page.rows[0]["counts"] == [
        {"object_class": "bus", "into": 0, "out": 1},
        {"object_class": "car", "into": 3, "out": 1},
    ]


async def test_a_batch_with_an_unstorable_value_stores_nothing(database: Database) -> None:
    with pytest.raises(UnstorableError):
        await EventWriter(database).write([crossing(), crossing().model_copy(update={"track_id": 2**70})])
    assert await stored(database) == []


async def test_a_crossings_speed_is_stored_or_null(database: Database) -> None:
    await EventWriter(database).write([crossing(speed_kmh=41.5, crossed_at=NOON), crossing()])
    page = await StoreReader(database).page(CROSSINGS.source, Filter(), limit=2, order=Order.OLDEST_FIRST)
    assert [row["speed_kmh"] for row in page.rows] == [41.5, None]


async def test_a_naive_time_is_rejected(database: Database) -> None:
    with pytest.raises(Exception, match="no time zone"):
        await StoreReader(database).page(
            CROSSINGS.source, Filter(since=NOON.replace(tzinfo=None)), limit=1, order=Order.NEWEST_FIRST
        )


async def test_the_migrated_tables_match_the_declared_ones(database: Database) -> None:
    async with database.reading() as connection:
        assert await connection.run_sync(migrations.differences) == []


async def test_rows_stored_before_measures_and_incidents_are_kept(database_url: str) -> None:
    database = Database(database_url)
    async with database.writing() as connection:
        await connection.run_sync(migrations.upgrade, "0001")
        await connection.execute(text(OLD_REPORT))
    await database.migrate()
    page = await StoreReader(database).page(FLOW.source, Filter(), limit=1, order=Order.NEWEST_FIRST)
    assert {name: page.rows[0][name] for name in ("watched_s", "picture", "pcu_table")} == {
        "watched_s": 60,
        "picture": [],
        "pcu_table": None,
    }
    await database.close()


async def test_incident_updates_stored_under_the_former_name_are_kept(database_url: str) -> None:
    database = Database(database_url)
    async with database.writing() as connection:
        await connection.run_sync(migrations.upgrade, "0002")
        await connection.execute(text(OLD_INCIDENT_UPDATE))
    await database.migrate()
    assert await stored(database, IncidentUpdateRow) == ["update-1"]
    assert await EventWriter(database).write([incident(event_id="update-2")]) == Written(new=1, duplicates=0)
    assert await stored(database, IncidentUpdateRow) == ["update-1", "update-2"]
    async with database.writing() as connection:
        await connection.run_sync(migrations.downgrade, "0002")
        ids = (await connection.scalars(text("SELECT event_id FROM incident_words ORDER BY id"))).all()
    assert ids == ["update-1", "update-2"]
    await database.close()


async def test_several_processes_may_migrate_at_once(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(4)]
    try:
        await asyncio.gather(*(one.migrate() for one in databases))
        await databases[0].check()
    finally:
        for one in databases:
            await one.close()


async def test_the_migrations_can_be_undone(database: Database) -> None:
    async with database.writing() as connection:
        await connection.run_sync(migrations.downgrade)
        assert (await connection.run_sync(migrations.trouble)).startswith("its tables are of version None")
        await connection.run_sync(migrations.upgrade)


async def test_tables_of_a_newer_version_are_left_alone(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="newer than this ngatu: update ngatu"):
        await database.migrate()
    with pytest.raises(DatabaseError, match="'9999'"):
        await database.check()


async def test_sqlite_has_a_wal_waits_for_locks_and_enforces_foreign_keys(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database, database.reading() as connection:
        pragmas = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000, "synchronous": 2}


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("mysql://root:hunter2@db/ngatu", "unknown kind 'mysql'; write sqlite:///"),
        ("sqlite://", "names no file"),
        ("nonsense", "cannot be read"),
    ],
)
def test_an_unknown_form_of_address_is_rejected_with_the_known_ones(address: str, text: str) -> None:
    with pytest.raises(DatabaseError, match=text) as refused:
        Database(address)
    assert "hunter2" not in str(refused.value)


async def test_an_unreachable_database_is_named_without_its_password() -> None:
    database = Database("postgresql://ngatu:hunter2@127.0.0.1:9/ngatu")
    with pytest.raises(DatabaseError, match=r"127\.0\.0\.1:9.*check that it runs") as refused:
        await database.migrate()
    await database.close()
    assert "hunter2" not in str(refused.value)
