"""Rows of the tables, derived from the events' contracts by column name."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from api.storage.tables import (
    Base,
    EventRow,
    FlowCountRow,
    FlowDirectionRow,
    FlowReportRow,
    HealthChangeRow,
    IncidentUpdateRow,
    LineCrossingRow,
    MovementRow,
    ZonePresenceRow,
    ZoneReportRow,
)
from vision.contracts import FlowReport, HealthChange, Incident, LineCrossing, Movement, ZoneReport
from vision.contracts.events import AnyEvent

Row = dict[str, Any]

TABLES: Mapping[type[AnyEvent], type[EventRow]] = {
    LineCrossing: LineCrossingRow,
    Movement: MovementRow,
    FlowReport: FlowReportRow,
    ZoneReport: ZoneReportRow,
    Incident: IncidentUpdateRow,
    HealthChange: HealthChangeRow,
}
"""The table of each kind of event."""
PART_TABLES: Mapping[type[EventRow], Mapping[str, type[Base]]] = {
    FlowReportRow: {"counts": FlowCountRow, "directions": FlowDirectionRow},
    ZoneReportRow: {"presence": ZonePresenceRow},
}
"""Tables of the lists within an event, by the list's field."""
INLINED = ("quality", "measures")
"""Nested contracts whose fields are columns of the event's own row."""


@dataclass(frozen=True, slots=True)
class EventRows:
    """An event's row, and the rows of its parts."""

    table: type[EventRow]
    row: Row
    parts: tuple[tuple[type[Base], Row], ...] = ()


def rows_of(event: AnyEvent) -> EventRows:
    """The rows that store an event: each column takes the contract's field of the same name."""
    table = TABLES[type(event)]
    values = _flat(event)
    parts = tuple(
        (part_table, _row(part_table, part | {"report_event_id": event.event_id}))
        for name, part_table in PART_TABLES.get(table, {}).items()
        for part in values.get(name, ())
    )
    return EventRows(table, _row(table, values), parts)


def with_place(row: Row) -> Row:
    """A stored row with its `place`, which the table holds as `place_x` and `place_y`."""
    return row | {"place": None if row["place_x"] is None else (row["place_x"], row["place_y"])}


@cache
def column_names(table: type[Base]) -> tuple[str, ...]:
    """The columns that an event fills: all but the row's id."""
    return tuple(column.name for column in table.__table__.columns if column.name != "id")


def _flat(event: AnyEvent) -> Row:
    values: Row = _plain(event.model_dump(by_alias=False))
    for name in INLINED:
        values |= values.pop(name, None) or {}
    values["place_x"], values["place_y"] = values.pop("place", None) or (None, None)
    return values


def _plain(value: Any) -> Any:
    """What both databases take: enums as their values, tuples as lists."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _row(table: type[Base], values: Row) -> Row:
    return {name: values.get(name) for name in column_names(table)}
