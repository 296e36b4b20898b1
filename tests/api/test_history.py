"""Stored events as lists with pages, as counts by interval, and as CSV, on both databases."""

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pagination import buckets
from api.pagination.filters import Filter
from api.storage.event_writer import EventWriter
from tests.api.api_kit import NOON, Running, change, crossing, eventually, movement, publish, report
from vision.common.object_class import ObjectClass
from vision.contracts import Direction

pytest_plugins = ["tests.api.api_fixtures"]


def traffic() -> list[Any]:
    """24 crossings, one every 5 minutes from noon: two cameras, two lines, three classes, both directions."""
    classes = [ObjectClass.MOTORCYCLE, ObjectClass.CAR, ObjectClass.BUS]
    return [
        crossing(
            event_id=f"event-{n:02}",
            camera_id=("nts-01", "nts-02")[n % 2],
            line_id=("north", "south")[n // 2 % 2],
            object_class=classes[n % 3],
            direction=(Direction.IN, Direction.OUT)[n // 4 % 2],
            crossed_at=NOON + timedelta(minutes=5 * n),
        )
        for n in range(24)
    ]


@pytest.fixture
async def stored(running: Running) -> Running:
    """A service whose database holds `traffic` and one event of each other kind."""
    await EventWriter(running.services.database).write([*traffic(), movement(), report(), change()])
    return running


async def get(running: Running, path: str, **params: Any) -> Any:
    names = {"since": "from", "until": "to", "object_class": "class"}
    answer = await running.client.get(path, params={names.get(k, k): v for k, v in params.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def pages(running: Running, **params: Any) -> list[str]:
    """Event ids of all pages."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await get(running, "/crossings", **params, **cursor)
        ids += [item["event_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return ids
        cursor = {"cursor": page["next_cursor"]}


async def test_pages_of_crossings_have_no_gaps_and_no_duplicates_in_both_orders(stored: Running) -> None:
    all_ids = [e.event_id for e in traffic()]
    assert await pages(stored, limit=7) == all_ids[::-1]
    assert await pages(stored, limit=7, order="asc") == all_ids
    assert await pages(stored, limit=24) == all_ids[::-1]


async def test_crossings_at_the_same_time_are_paged_too(running: Running) -> None:
    events = [crossing(event_id=f"event-{n}", crossed_at=NOON) for n in range(9)]
    await EventWriter(running.services.database).write(events)
    assert sorted(await pages(running, limit=2)) == [e.event_id for e in events]


async def test_new_rows_do_not_shift_or_repeat_later_pages(stored: Running) -> None:
    first = await get(stored, "/crossings", limit=10)
    await EventWriter(stored.services.database).write([crossing(crossed_at=NOON + timedelta(days=1))])
    second = await get(stored, "/crossings", limit=100, cursor=first["next_cursor"])
    ids = [item["event_id"] for item in first["items"] + second["items"]]
    assert ids == [e.event_id for e in traffic()][::-1]


async def test_crossings_are_filtered_by_camera_line_class_direction_and_time(stored: Running) -> None:
    def matching(**expected: Any) -> list[str]:
        return [e.event_id for e in traffic() if all(getattr(e, k) == v for k, v in expected.items())]

    assert await pages(stored, camera="nts-02", order="asc") == matching(camera_id="nts-02")
    assert await pages(stored, line="south", order="asc") == matching(line_id="south")
    assert await pages(stored, object_class="bus", order="asc") == matching(object_class=ObjectClass.BUS)
    assert await pages(stored, direction="out", camera="nts-01", order="asc") == matching(
        direction=Direction.OUT, camera_id="nts-01"
    )
    assert len(await pages(stored, object_class=["bus", "car"])) == 16
    span = {"since": "2026-11-20T12:10:00+07:00", "until": "2026-11-20T05:20:00Z"}
    assert await pages(stored, order="asc", **span) == ["event-02", "event-03"]


async def test_a_crossing_has_all_fields_of_its_event(stored: Running) -> None:
    item = (await get(stored, "/crossings", limit=1, order="asc"))["items"][0]
    assert item == {
        "event_id": "event-00",
        "camera_id": "nts-01",
        "session_id": "session-1",
        "line_id": "north",
        "direction": "in",
        "object_class": "motorcycle",
        "track_id": 7,
        "crossed_at": "2026-11-20T05:00:00Z",
        "captured_at": item["captured_at"],
        "place": [0.25, 0.5],
        "frame_index": 3,
        "confidence": 0.5,
        "speed_kmh": None,
    }


async def test_movements_flow_and_health_changes_are_listed(stored: Running) -> None:
    (moved,) = (await get(stored, "/movements", movement="north-east", object_class="bus"))["items"]
    assert (moved["entered_at"], moved["left_at"]) == ("2026-11-20T05:00:00Z", "2026-11-20T05:00:09Z")
    (flow,) = (await get(stored, "/flow", line="north"))["items"]
    assert flow["counts"] == [
        {"object_class": "bus", "in": 0, "out": 1},
        {"object_class": "car", "in": 3, "out": 1},
    ]
    assert flow["flow_rate_veh_h"] == 600
    assert flow["quality"] == {
        "watched_s": 30,
        "blind_s": 30,
        "effective_fps": 11.5,
        "frames_dropped": 2,
        "picture": [],
    }
    (changed,) = (await get(stored, "/health-changes", state="unreachable"))["items"]
    assert (changed["previous"], changed["reason"]) == ("online", "no answer")
    assert (await get(stored, "/movements", movement="other"))["items"] == []


@pytest.mark.parametrize("interval", ["1m", "5m", "15m", "30m", "1h", "1d", "total"])
async def test_counts_of_any_interval_add_up_to_the_crossings(stored: Running, interval: str) -> None:
    counts = await get(stored, "/counts", interval=interval)
    expected = Counter(e.direction.value for e in traffic())
    for direction in ("in", "out"):
        assert sum(row[direction] for row in counts["rows"]) == expected[direction]
        assert counts["totals"][direction] == expected[direction]
    assert counts["totals"]["total"] == 24
    assert sum(c["in"] + c["out"] for c in counts["totals"]["by_class"].values()) == 24


async def test_buckets_start_at_whole_intervals(stored: Running) -> None:
    counts = await get(stored, "/counts", interval="15m", by="camera", camera="nts-01")
    assert [(row["start"], row["end"], row["total"]) for row in counts["rows"][:3]] == [
        ("2026-11-20T05:00:00Z", "2026-11-20T05:15:00Z", 2),
        ("2026-11-20T05:15:00Z", "2026-11-20T05:30:00Z", 1),
        ("2026-11-20T05:30:00Z", "2026-11-20T05:45:00Z", 2),
    ]
    assert {(row["camera_id"], row["line_id"], row["object_class"]) for row in counts["rows"]} == {
        ("nts-01", None, None)
    }


async def test_a_day_begins_at_midnight_of_the_requested_time_zone(running: Running) -> None:
    late = [crossing(crossed_at=f"2026-11-20T{hour}:30:00Z") for hour in ("16", "17", "23")]
    await EventWriter(running.services.database).write(late)

    async def days(**params: str) -> list[tuple[str, int]]:
        counts = await get(running, "/counts", interval="1d", by="line", **params)
        return [(row["start"], row["in"]) for row in counts["rows"]]

    assert await days() == [("2026-11-19T17:00:00Z", 1), ("2026-11-20T17:00:00Z", 2)]
    assert await days(tz="UTC") == [("2026-11-20T00:00:00Z", 3)]


@pytest.mark.parametrize(("begin", "end"), [("2026-01-01", "2027-01-01"), ("2026-06-01", "2026-09-01")])
async def test_a_day_is_the_local_one_whatever_the_range(
    running: Running, redis_url: str, begin: str, end: str
) -> None:
    publish(redis_url, crossing(crossed_at=datetime(2026, 6, 30, 22, 30, tzinfo=UTC)))
    await eventually(lambda: running.services.stats.stored == 1)
    params = {"interval": "1d", "tz": "Europe/Berlin", "from": f"{begin}T00:00:00Z", "to": f"{end}T00:00:00Z"}
    [row] = (await running.client.get("/counts", params=params)).json()["rows"]
    assert (row["start"], row["end"]) == ("2026-06-30T22:00:00Z", "2026-07-01T22:00:00Z")


async def test_days_of_23_and_25_hours_are_whole(running: Running, redis_url: str) -> None:
    hours = [
        datetime(2026, month, day, hour, 30, tzinfo=UTC)
        for month, day in ((3, 28), (3, 29), (10, 24), (10, 25))
        for hour in range(24)
    ]
    publish(redis_url, *(crossing(crossed_at=at) for at in hours))
    await eventually(lambda: running.services.stats.stored == len(hours))
    params = {
        "interval": "1d",
        "tz": "Europe/Berlin",
        "by": "camera",
        "from": "2026-03-01T00:00:00Z",
        "to": "2026-11-01T00:00:00Z",
    }
    rows = (await running.client.get("/counts", params=params)).json()["rows"]
    zone = ZoneInfo("Europe/Berlin")
    expected = Counter(at.astimezone(zone).date() for at in hours)
    days = {datetime.fromisoformat(row["start"]).astimezone(zone).date(): row for row in rows}
    assert {day: row["total"] for day, row in days.items()} == expected
    lengths = {
        day: datetime.fromisoformat(row["end"]) - datetime.fromisoformat(row["start"]) for day, row in days.items()
    }
    assert lengths[date(2026, 3, 29)] == timedelta(hours=23)
    assert lengths[date(2026, 10, 25)] == timedelta(hours=25)


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Ho_Chi_Minh", "Australia/Lord_Howe", "Africa/Cairo"]),
    st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.integers(1, 500),
)
def test_within_a_stretch_the_offset_is_the_same(name: str, begin: datetime, days: int) -> None:
    zone, since = ZoneInfo(name), begin.replace(tzinfo=UTC)
    until = since + timedelta(days=days)
    parts = list(buckets.stretches(Filter(since, until), zone))
    assert (parts[0][0], parts[-1][1]) == (since, until)
    assert all(one[1] == other[0] for one, other in pairwise(parts))
    for start, end, offset in parts:
        for moment in (start, start + (end - start) / 2, end - timedelta(microseconds=1)):
            assert moment.astimezone(zone).utcoffset() == offset


async def test_counts_without_crossings_are_zero(running: Running) -> None:
    counts = await get(running, "/counts", interval="1h")
    assert (counts["rows"], counts["totals"]) == (
        [],
        {"in": 0, "out": 0, "total": 0, "by_class": {}, "incomplete": False},
    )


async def test_too_many_rows_are_rejected_with_a_remedy(stored: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "MAX_ROWS", 3)
    answer = await stored.client.get("/counts", params={"interval": "5m"})
    assert answer.status_code == 422
    assert "choose a longer interval" in answer.json()["detail"]


async def test_a_csv_has_all_crossings(stored: Running) -> None:
    answer = await stored.client.get("/crossings", params={"format": "csv", "order": "asc", "limit": 5})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="crossings.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["event_id"] for row in rows] == [e.event_id for e in traffic()]
    assert rows[0]["crossed_at"] == "2026-11-20T05:00:00Z"


async def test_counts_movements_health_changes_and_flow_are_exported_as_csv(stored: Running) -> None:
    wanted = {"accept": "text/csv"}
    counts = await stored.client.get("/counts", params={"interval": "1h"}, headers=wanted)
    rows = list(csv.DictReader(io.StringIO(counts.text)))
    assert sum(int(row["total"]) for row in rows) == 24
    assert rows[0].keys() == {
        "start",
        "end",
        "camera_id",
        "line_id",
        "object_class",
        "in",
        "out",
        "total",
        "incomplete",
    }
    for path in ("/movements", "/health-changes"):
        assert len((await stored.client.get(path, headers=wanted)).text.splitlines()) == 2
    flow = list(csv.DictReader(io.StringIO((await stored.client.get("/flow", headers=wanted)).text)))
    assert [(row["object_class"], row["in"], row["blind_s"]) for row in flow] == [
        ("bus", "0", "30.0"),
        ("car", "3", "30.0"),
    ]
