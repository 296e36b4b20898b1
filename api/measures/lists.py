"""The lists of measures: each item of a report's row and its parts, each line of CSV."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from api.history.lists import COUNTS, QUALITY_COLUMNS
from api.listing.pages import Listing
from api.listing.reading import Parts, Source
from api.measures.schemas import BOTH_WAYS, ClassFlow, LineMeasuresOut, PresenceOut, ZoneMeasuresOut
from api.storage.rows import Row
from api.storage.tables import FlowDirectionRow, FlowReportRow, ZonePresenceRow, ZoneReportRow
from vision.common.object_class import CLASSES
from vision.contracts import Direction, FlowQuality

DIRECTIONS = Parts("directions", FlowDirectionRow, "report_event_id", "direction")
PRESENCE = Parts("presence", ZonePresenceRow, "report_event_id", "object_class")
SPREAD = ("count", "mean", "median", "p15", "p85")
QUEUE = ("mean_veh", "max_veh", "max_length_m", "control_delay_s", "spillback_s")
COLUMN_OF = {Direction.IN: "into", Direction.OUT: "out"}

Rate = Callable[[int], float | None]
"""Vehicles, to vehicles an hour over the seconds watched."""


def _spread_columns(name: str) -> tuple[str, ...]:
    return tuple(f"{name}_{part}" for part in SPREAD)


def _flat(name: str, values: Row | None, parts: Sequence[str]) -> Row:
    return {f"{name}_{part}": (values or {}).get(part) for part in parts}


def _line(row: Row) -> LineMeasuresOut:
    quality = FlowQuality.model_validate(row)
    rate = quality.flow_rate_veh_h
    directions = [_direction(row, direction, rate) for direction in BOTH_WAYS]
    return LineMeasuresOut.model_validate(
        row
        | {
            "quality": quality,
            "directions": directions,
            "classes": [_class_flow(counted, rate) for counted in row["counts"]],
            "flow_veh_h": rate(sum(one_way["vehicles"] for one_way in directions)),
            "pcu_h": _both_ways(directions, "pcu_h"),
            "mcu_h": _both_ways(directions, "mcu_h"),
        }
    )


def _direction(row: Row, direction: Direction, rate: Rate) -> Row:
    """As it was measured; of a report that only counted, what the counts say."""
    measured = next((d for d in row["directions"] if d["direction"] == direction.value), None)
    if measured is not None:
        return dict(measured)
    vehicles = sum(counted[COLUMN_OF[direction]] for counted in row["counts"])
    flow = rate(vehicles)
    units = flow if vehicles == 0 and row["pcu_table"] is not None else None
    return {"direction": direction, "vehicles": vehicles, "flow_veh_h": flow, "pcu_h": units, "mcu_h": units}


def _class_flow(counted: Row, rate: Rate) -> ClassFlow:
    return ClassFlow.model_validate(counted | {"in_veh_h": rate(counted["into"]), "out_veh_h": rate(counted["out"])})


def _both_ways(directions: Sequence[Row], name: str) -> float | None:
    parts = [one_way[name] for one_way in directions]
    return None if None in parts else sum(parts)


def _line_lines(row: Row) -> Iterator[Row]:
    """One line a direction, the classes beside each other."""
    rate = FlowQuality.model_validate(row).flow_rate_veh_h
    for direction in BOTH_WAYS:
        measured: Row = {"space_mean_speed_kmh": None} | _direction(row, direction, rate)
        by_class = {c["object_class"]: c[COLUMN_OF[direction]] for c in row["counts"]}
        yield (
            row
            | measured
            | {"direction": direction.value}
            | _flat("headway_s", measured.get("headway_s"), SPREAD)
            | _flat("gap_s", measured.get("gap_s"), SPREAD)
            | _flat("speed_kmh", measured.get("speed_kmh"), SPREAD)
            | {of.value: by_class.get(of.value, 0) for of in CLASSES}
        )


def _zone(row: Row) -> ZoneMeasuresOut:
    quality = FlowQuality.model_validate(row)
    rate = quality.flow_rate_veh_h
    entries, exits = (sum(seen[name] for seen in row["presence"]) for name in ("entries", "exits"))
    return ZoneMeasuresOut.model_validate(
        row
        | {"quality": quality, "classes": [_presence(seen, rate) for seen in row["presence"]]}
        | {"entries": entries, "exits": exits, "entries_veh_h": rate(entries), "exits_veh_h": rate(exits)}
    )


def _presence(seen: Row, rate: Rate) -> PresenceOut:
    return PresenceOut.model_validate(
        seen | {"entries_veh_h": rate(seen["entries"]), "exits_veh_h": rate(seen["exits"])}
    )


def _zone_lines(row: Row) -> Iterator[Row]:
    """One line a report, the classes beside each other."""
    by_class: dict[str, Row] = {seen["object_class"]: seen for seen in row["presence"]}
    classes: dict[str, Any] = {
        f"{of.value}_{part}": by_class.get(of.value, {}).get(part, 0) for of in CLASSES for part in PRESENT
    }
    yield row | _flat("speed_kmh", row["speed_kmh"], SPREAD) | _flat("queue", row["queue"], QUEUE) | classes


PRESENT = ("mean_present", "entries", "exits")
LINES = Listing(
    "line-measures",
    Source(FlowReportRow, "interval_start", (COUNTS, DIRECTIONS)),
    _line,
    (
        "event_id", "camera_id", "session_id", "line_id", "interval_start", "interval_s", "direction", "vehicles",
        "flow_veh_h", "pcu_h", "mcu_h", "pcu_table", "mcu_table", *(of.value for of in CLASSES),
        *_spread_columns("headway_s"), *_spread_columns("gap_s"), *_spread_columns("speed_kmh"),
        "space_mean_speed_kmh", "speeds_dropped", *QUALITY_COLUMNS,
    ),
    _line_lines,
)  # fmt: skip
ZONES = Listing(
    "zone-measures",
    Source(ZoneReportRow, "interval_start", (PRESENCE,)),
    _zone,
    (
        "event_id", "camera_id", "session_id", "zone_id", "interval_start", "interval_s", "congestion",
        "level_of_service", "mean_present", "max_present", "time_occupancy_pct", "area_occupancy_pct",
        "density_veh_km_lane", "space_mean_speed_kmh", *_spread_columns("speed_kmh"), "relative_speed", "mean_stop_s",
        *(f"queue_{part}" for part in QUEUE), *(f"{of.value}_{part}" for of in CLASSES for part in PRESENT),
        "speeds_dropped", *QUALITY_COLUMNS,
    ),
    _zone_lines,
)  # fmt: skip
