"""Measures of lines and zones as lists and CSV, with rates over the seconds watched."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from api.storage.event_writer import EventWriter
from tests.api.api_kit import NOON, Running, eventually, movement, report, write_camera
from tests.api.measures_kit import HEADWAYS, measured_report, zone_report
from vision.common.object_class import ObjectClass
from vision.contracts import CongestionLevel, FlowQuality, ZoneMeasures

pytest_plugins = ["tests.api.api_fixtures"]
LATER = NOON + timedelta(minutes=1)


async def get(running: Running, path: str, **params: Any) -> Any:
    answer = await running.client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def lines_of(running: Running, path: str) -> list[dict[str, str]]:
    answer = await running.client.get(path, params={"order": "asc"}, headers={"accept": "text/csv"})
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.fixture
async def stored(running: Running) -> Running:
    quiet = ZoneMeasures(
        presence=(), mean_present=0, max_present=0, time_occupancy_pct=0, area_occupancy_pct=0, congestion=None
    )
    events = [
        measured_report(),
        report(interval_start=LATER),
        zone_report(),
        zone_report(zone_id="shoulder", interval_start=LATER, measures=quiet),
    ]
    await EventWriter(running.services.database).write(events)
    return running


async def test_measures_of_a_line_have_directions_classes_tables_and_quality(stored: Running) -> None:
    (item,) = (await get(stored, "/measures/lines", to=LATER.isoformat()))["items"]
    into, out = item["directions"]
    assert (into["direction"], into["vehicles"], into["flow_veh_h"], into["pcu_h"]) == ("in", 7, 840, 300)
    assert into["headway_s"] == HEADWAYS.model_dump()
    assert (into["speed_kmh"]["p85"], into["space_mean_speed_kmh"]) == (38, 29.5)
    assert (out["mcu_h"], out["headway_s"]) == (408, None)
    assert item["classes"] == [
        {"object_class": "car", "in": 1, "out": 1, "in_veh_h": 120, "out_veh_h": 120},
        {"object_class": "motorcycle", "in": 6, "out": 0, "in_veh_h": 720, "out_veh_h": 0},
    ]
    assert (item["flow_veh_h"], item["pcu_h"], item["mcu_h"]) == (960, 420, 1536)
    assert (item["pcu_table"], item["mcu_table"]) == ("tcxdvn-104-2007-30", "hanoi-mcu-2012")
    assert item["speeds_dropped"] == 1
    assert (item["quality"]["blind_s"], item["quality"]["picture"]) == (30, ["night", "rain"])


async def test_a_report_with_counts_only_has_flow_and_no_units(stored: Running) -> None:
    (item,) = (await get(stored, "/measures/lines", **{"from": LATER.isoformat()}))["items"]
    assert [(one["vehicles"], one["flow_veh_h"], one["pcu_h"]) for one in item["directions"]] == [
        (3, 360, None),
        (2, 240, None),
    ]
    assert (item["flow_veh_h"], item["pcu_h"], item["pcu_table"]) == (600, None, None)


async def test_flow_is_null_if_nothing_was_watched(running: Running) -> None:
    blind = FlowQuality(watched_s=0, blind_s=60, effective_fps=0, frames_dropped=0)
    await EventWriter(running.services.database).write(
        [report(counts=(), quality=blind), zone_report(quality=blind, interval_start=LATER)]
    )
    (line,) = (await get(running, "/measures/lines"))["items"]
    assert (line["flow_veh_h"], line["directions"][0]["flow_veh_h"]) == (None, None)
    (zone,) = (await get(running, "/measures/zones"))["items"]
    assert (zone["entries"], zone["entries_veh_h"], zone["classes"][0]["exits_veh_h"]) == (21, None, None)


async def test_measures_of_a_zone_have_rates_by_class(stored: Running) -> None:
    (item,) = (await get(stored, "/measures/zones", zone="approach"))["items"]
    published = zone_report().measures.model_dump(mode="json", exclude={"presence"})
    assert {name: item[name] for name in published} == published
    assert (item["entries"], item["exits"], item["entries_veh_h"]) == (21, 18, 1260)
    assert item["classes"][1] == {
        "object_class": "motorcycle",
        "mean_present": 11.5,
        "entries": 20,
        "exits": 18,
        "entries_veh_h": 1200,
        "exits_veh_h": 1080,
    }
    assert item["quality"]["watched_s"] == 60


async def test_zones_are_filtered_by_camera_zone_level_and_time(stored: Running) -> None:
    async def zones(**params: Any) -> list[str]:
        return [item["zone_id"] for item in (await get(stored, "/measures/zones", **params))["items"]]

    assert await zones() == ["shoulder", "approach"]
    assert await zones(level=["congested", "jammed"]) == ["approach"]
    write_camera(stored.cameras, "nts-02")
    await eventually(lambda: "nts-02" in stored.services.files.now.cameras)
    assert await zones(camera="nts-02") == []
    assert await zones(**{"from": LATER.isoformat()}) == ["shoulder"]
    page = await get(stored, "/measures/zones", limit=1)
    assert await zones(limit=1, cursor=page["next_cursor"]) == ["approach"]


async def test_a_csv_of_lines_has_a_row_for_each_direction(stored: Running) -> None:
    rows = await lines_of(stored, "/measures/lines")
    assert [(row["direction"], row["vehicles"], row["motorcycle"], row["car"], row["bus"]) for row in rows] == [
        ("in", "7", "6", "1", "0"),
        ("out", "1", "0", "1", "0"),
        ("in", "3", "0", "3", "0"),
        ("out", "2", "0", "1", "1"),
    ]
    assert (rows[0]["headway_s_median"], rows[0]["pcu_table"], rows[0]["picture"]) == (
        "2.25", "tcxdvn-104-2007-30", "night rain",
    )  # fmt: skip
    assert (rows[2]["headway_s_median"], rows[2]["pcu_h"], rows[2]["space_mean_speed_kmh"]) == ("", "", "")


async def test_a_csv_of_zones_has_columns_for_each_class(stored: Running) -> None:
    busy, quiet = await lines_of(stored, "/measures/zones")
    assert (busy["motorcycle_mean_present"], busy["bus_entries"], busy["car_exits"]) == ("11.5", "1", "0")
    assert (busy["queue_max_veh"], busy["queue_max_length_m"], busy["congestion"]) == ("12", "", "congested")
    assert (quiet["congestion"], quiet["queue_mean_veh"]) == ("", "")


async def test_an_unknown_level_is_rejected_with_the_known_ones(running: Running) -> None:
    answer = await running.client.get("/measures/zones", params={"level": "stuck"})
    assert answer.status_code == 422
    for level in CongestionLevel:
        assert level.value in answer.json()["detail"]


def turned(minute: int, of: ObjectClass, movement_id: str = "north-east") -> Any:
    return movement(movement_id=movement_id, object_class=of, left_at=NOON + timedelta(minutes=minute))


async def test_the_turning_table_counts_movements_by_class_and_interval(running: Running) -> None:
    events = [
        turned(0, ObjectClass.MOTORCYCLE),
        turned(1, ObjectClass.MOTORCYCLE),
        turned(2, ObjectClass.CAR),
        turned(16, ObjectClass.MOTORCYCLE),
        turned(17, ObjectClass.BUS, "north-west"),
    ]
    await EventWriter(running.services.database).write(events)
    table = await get(running, "/movements/table", interval="15m")
    assert [(r["start"], r["movement_id"], r["object_class"], r["vehicles"]) for r in table["rows"]] == [
        ("2026-11-20T05:00:00Z", "north-east", "car", 1),
        ("2026-11-20T05:00:00Z", "north-east", "motorcycle", 2),
        ("2026-11-20T05:15:00Z", "north-east", "motorcycle", 1),
        ("2026-11-20T05:15:00Z", "north-west", "bus", 1),
    ]
    assert table["movements"] == [
        {
            "camera_id": "nts-01",
            "movement_id": "north-east",
            "name": "rẽ trái",
            "entry": "north",
            "exit": "approach",
            "vehicles": 4,
            "by_class": {"car": 1, "motorcycle": 3},
        },
        {
            "camera_id": "nts-01",
            "movement_id": "north-west",
            "name": "",
            "entry": None,
            "exit": None,
            "vehicles": 1,
            "by_class": {"bus": 1},
        },
    ]
    rows = list(csv.DictReader(io.StringIO((await running.client.get("/movements/table?format=csv")).text)))
    assert [(row["movement_id"], row["object_class"], row["vehicles"]) for row in rows] == [
        ("north-east", "car", "1"),
        ("north-east", "motorcycle", "3"),
        ("north-west", "bus", "1"),
    ]


async def test_a_configured_movement_without_vehicles_is_in_the_table_with_zero(running: Running) -> None:
    table = await get(running, "/movements/table")
    assert [(m["movement_id"], m["vehicles"]) for m in table["movements"]] == [("north-east", 0)]
    assert (await get(running, "/movements/table", movement="other"))["movements"] == []
