"""Rows, lists and CSV columns follow the contracts: a field that is added to one must not be lost on the way."""

from typing import Any

import pytest
from pydantic import BaseModel

from api.history.schemas import CrossingOut, HealthChangeOut, MovementEventOut
from api.history.service import CROSSINGS, HEALTH_CHANGES, MOVEMENTS
from api.incidents.schemas import IncidentOut
from api.incidents.service import INCIDENTS
from api.measures.service import FLOW, LINES, ZONES
from api.pagination.csv_export import csv_columns
from api.pagination.pages import Listing
from api.storage.event_rows import TABLES, column_names, rows_of
from tests.api.api_kit import change, crossing, movement
from tests.api.measures_kit import incident, measured_report, zone_report
from vision.contracts import HealthChange, Incident, LineCrossing, Movement
from vision.contracts.events import AnyEvent

EVENTS = [crossing(), movement(), measured_report(), zone_report(), incident(), change()]
NOT_STORED = {"kind", "schema_version"}
HEADERS = {
    "crossings": (
        "event_id,camera_id,session_id,line_id,direction,object_class,track_id,crossed_at,captured_at,place_x,place_y,"
        "frame_index,confidence,speed_kmh"
    ),
    "movements": ("event_id,camera_id,session_id,movement_id,object_class,track_id,entered_at,left_at,captured_at"),
    "health-changes": "event_id,camera_id,session_id,state,previous,reason,at",
    "flow": (
        "event_id,camera_id,session_id,line_id,interval_start,interval_s,object_class,in,out,watched_s,blind_s,"
        "effective_fps,frames_dropped,picture,incomplete"
    ),
    "incidents": (
        "incident_id,camera_id,session_id,incident_kind,phase,sequence,started_at,at,ended_at,ended_because,zone_id,"
        "line_id,movement_id,place_x,place_y,track_ids,classes,confidence,reason"
    ),
}


def fields(value: Any) -> set[str]:
    """The names of a contract's fields; those of nested contracts are the event's own, a place has two columns."""
    names: set[str] = set()
    for name in type(value).model_fields:
        inner = getattr(value, name)
        if name in ("quality", "measures"):
            names |= fields(inner)
        elif name == "place":
            names |= {"place_x", "place_y"}
        elif not (isinstance(inner, tuple) and inner and isinstance(inner[0], BaseModel)):
            names.add(name)
    return names - NOT_STORED


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event.kind))
def test_every_field_of_a_contract_has_a_column_and_every_column_a_field(event: AnyEvent) -> None:
    assert set(column_names(TABLES[type(event)])) == fields(event)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event.kind))
def test_every_field_of_a_part_has_a_column_and_every_column_a_field(event: AnyEvent) -> None:
    for table, row in rows_of(event).parts:
        assert set(row) == set(column_names(table))
        optional = {column.name for column in table.__table__.columns if column.nullable}
        assert {name for name, value in row.items() if value is None} <= optional


@pytest.mark.parametrize(
    ("event", "item"),
    [
        (LineCrossing, CrossingOut),
        (Movement, MovementEventOut),
        (HealthChange, HealthChangeOut),
        (Incident, IncidentOut),
    ],
)
def test_an_item_has_every_field_of_its_event(event: type[BaseModel], item: type[BaseModel]) -> None:
    assert set(event.model_fields) - NOT_STORED <= set(item.model_fields)


@pytest.mark.parametrize("listing", [CROSSINGS, MOVEMENTS, HEALTH_CHANGES, FLOW, INCIDENTS], ids=lambda one: one.name)
def test_csv_headers_keep_their_order(listing: Listing[Any]) -> None:
    assert ",".join(listing.columns) == HEADERS[listing.name]


@pytest.mark.parametrize("listing", [LINES, ZONES], ids=lambda one: one.name)
def test_a_csv_of_measures_has_each_column_once(listing: Listing[Any]) -> None:
    assert len(set(listing.columns)) == len(listing.columns)
    assert {"speed_kmh_p85", "space_mean_speed_kmh", "watched_s"} <= set(listing.columns)


def test_a_new_field_of_a_crossing_appears_in_item_and_csv() -> None:
    class Measured(CrossingOut):
        lane: int | None = None

    assert csv_columns(Measured) == (*CROSSINGS.columns, "lane")
