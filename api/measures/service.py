"""Lists of interval reports: items of a report's row and its parts, and their CSV lines."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from api.measures.schemas import (
    BOTH_DIRECTIONS,
    ClassFlow,
    FlowOut,
    LineItem,
    LineMeasuresOut,
    PresenceOut,
    ZoneItem,
    ZoneMeasuresOut,
)
from api.pagination.csv_export import csv_columns
from api.pagination.pages import Listing
from api.pagination.store_reader import Parts, Source
from api.storage.event_rows import Row
from api.storage.tables import FlowCountRow, FlowDirectionRow, FlowReportRow, ZonePresenceRow, ZoneReportRow
from vision.common.object_class import CLASSES
from vision.contracts import (
    ClassCount,
    ClassPresence,
    Direction,
    DirectionFlow,
    DirectionMeasures,
    FlowQuality,
    QueueMeasures,
    ReportFields,
    Spread,
    ZoneFigures,
)

COUNTS = Parts("counts", FlowCountRow.report_event_id, FlowCountRow.object_class)
DIRECTIONS = Parts("directions", FlowDirectionRow.report_event_id, FlowDirectionRow.direction)
PRESENCE = Parts("presence", ZonePresenceRow.report_event_id, ZonePresenceRow.object_class)
COLUMN_OF = {Direction.IN: "into", Direction.OUT: "out"}

LINE_COLUMNS, ZONE_COLUMNS = (csv_columns(item, without=("incomplete",)) for item in (LineItem, ZoneItem))
QUALITY_COLUMNS = csv_columns(FlowQuality)
INTERVAL_COLUMNS = csv_columns(ReportFields, without=[f"quality_{name}" for name in QUALITY_COLUMNS])
FLOW_COLUMNS = csv_columns(DirectionFlow)
PRESENCE_COLUMNS = csv_columns(ClassPresence, without=("object_class",))
CLASS_COLUMNS = tuple(of.value for of in CLASSES)

Rate = Callable[[float], float | None]
"""Vehicles, to vehicles per hour over the seconds watched."""


def _quality(row: Row) -> FlowQuality:
    return FlowQuality.model_validate(row)


def _nested(row: Row, **schemas: type[BaseModel]) -> Row:
    """Columns of nested schemas (`queue_max_veh`), null where the row has none."""
    return {
        f"{name}_{part}": (row.get(name) or {}).get(part)
        for name, schema in schemas.items()
        for part in csv_columns(schema)
    }


def _flow(row: Row) -> FlowOut:
    vehicles = sum(c["into"] + c["out"] for c in row["counts"])
    quality = _quality(row)
    return FlowOut.model_validate(row | {"quality": quality, "flow_rate_veh_h": quality.flow_rate_veh_h(vehicles)})


def _flow_lines(row: Row) -> Iterator[Row]:
    """One line for each class; a report without vehicles has one line without a class."""
    for count in row["counts"] or [{"object_class": "", "into": 0, "out": 0}]:
        yield row | {"object_class": count["object_class"], "in": count["into"], "out": count["out"]}


def _line(row: Row) -> LineMeasuresOut:
    quality = _quality(row)
    rate = quality.flow_rate_veh_h
    directions = [_direction(row, direction, rate) for direction in BOTH_DIRECTIONS]
    return LineMeasuresOut.model_validate(
        row
        | {
            "quality": quality,
            "directions": directions,
            "classes": [_class_flow(count, rate) for count in row["counts"]],
            "flow_veh_h": rate(sum(one["vehicles"] for one in directions)),
            "pcu_h": _sum(directions, "pcu_h"),
            "mcu_h": _sum(directions, "mcu_h"),
        }
    )


def _direction(row: Row, direction: Direction, rate: Rate) -> Row:
    """The measures of a direction; of a report that only counts, its flow."""
    measured = next((d for d in row["directions"] if d["direction"] == direction.value), None)
    if measured is not None:
        return dict(measured)
    vehicles = sum(count[COLUMN_OF[direction]] for count in row["counts"])
    flow = rate(vehicles)
    units = flow if vehicles == 0 and row["pcu_table"] is not None else None
    return {"direction": direction, "vehicles": vehicles, "flow_veh_h": flow, "pcu_h": units, "mcu_h": units}


def _class_flow(count: Row, rate: Rate) -> ClassFlow:
    return ClassFlow.model_validate(count | {"in_veh_h": rate(count["into"]), "out_veh_h": rate(count["out"])})


def _sum(directions: Sequence[Row], name: str) -> float | None:
    parts = [one[name] for one in directions]
    return None if None in parts else sum(parts)


def _line_lines(row: Row) -> Iterator[Row]:
    """One line for each direction, with a column for each class."""
    rate = _quality(row).flow_rate_veh_h
    for direction in BOTH_DIRECTIONS:
        measured: Row = {"space_mean_speed_kmh": None} | _direction(row, direction, rate)
        by_class = {c["object_class"]: c[COLUMN_OF[direction]] for c in row["counts"]}
        yield (
            row
            | measured
            | {"direction": direction.value}
            | _nested(measured, headway_s=Spread, gap_s=Spread, speed_kmh=Spread)
            | {name: by_class.get(name, 0) for name in CLASS_COLUMNS}
        )


def _zone(row: Row) -> ZoneMeasuresOut:
    quality = _quality(row)
    rate = quality.flow_rate_veh_h
    entries, exits = (sum(part[name] for part in row["presence"]) for name in ("entries", "exits"))
    return ZoneMeasuresOut.model_validate(
        row
        | {"quality": quality, "classes": [_presence(part, rate) for part in row["presence"]]}
        | {"entries": entries, "exits": exits, "entries_veh_h": rate(entries), "exits_veh_h": rate(exits)}
    )


def _presence(part: Row, rate: Rate) -> PresenceOut:
    return PresenceOut.model_validate(
        part | {"entries_veh_h": rate(part["entries"]), "exits_veh_h": rate(part["exits"])}
    )


def _zone_lines(row: Row) -> Iterator[Row]:
    """One line, with columns for each class."""
    by_class: dict[str, Row] = {part["object_class"]: part for part in row["presence"]}
    classes: dict[str, Any] = {
        f"{name}_{part}": by_class.get(name, {}).get(part, 0) for name in CLASS_COLUMNS for part in PRESENCE_COLUMNS
    }
    yield row | _nested(row, speed_kmh=Spread, queue=QueueMeasures) | classes


FLOW = Listing(
    "flow",
    Source(FlowReportRow.interval_start, (COUNTS,), has_interval=True),
    _flow,
    (*LINE_COLUMNS, *INTERVAL_COLUMNS, *csv_columns(ClassCount), *QUALITY_COLUMNS, "incomplete"),
    _flow_lines,
)
LINES = Listing(
    "line-measures",
    Source(FlowReportRow.interval_start, (COUNTS, DIRECTIONS), has_interval=True),
    _line,
    (
        *LINE_COLUMNS, *INTERVAL_COLUMNS, *FLOW_COLUMNS, "pcu_table", "mcu_table", *CLASS_COLUMNS,
        *csv_columns(DirectionMeasures, without=FLOW_COLUMNS), "speeds_dropped", *QUALITY_COLUMNS,
        "incomplete",
    ),
    _line_lines,
)  # fmt: skip
ZONES = Listing(
    "zone-measures",
    Source(ZoneReportRow.interval_start, (PRESENCE,), has_interval=True),
    _zone,
    (
        *ZONE_COLUMNS, *INTERVAL_COLUMNS, *csv_columns(ZoneFigures, without=("speeds_dropped",)),
        *(f"{name}_{part}" for name in CLASS_COLUMNS for part in PRESENCE_COLUMNS), "speeds_dropped", *QUALITY_COLUMNS,
        "incomplete",
    ),
    _zone_lines,
)  # fmt: skip
