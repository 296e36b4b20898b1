"""The lists of what was counted: where each comes from, its items, its CSV."""

from collections.abc import Iterator

from api.history.schemas import CrossingOut, FlowOut, HealthChangeOut, MovementEventOut
from api.listing.pages import Listing
from api.listing.reading import Parts, Source
from api.storage.rows import Row
from api.storage.tables import FlowCountRow, FlowReportRow, HealthChangeRow, LineCrossingRow, MovementRow
from vision.contracts import FlowQuality

QUALITY_COLUMNS = ("watched_s", "blind_s", "effective_fps", "frames_dropped", "picture")
COUNTS = Parts("counts", FlowCountRow, "report_event_id", "object_class")


def _crossing(row: Row) -> CrossingOut:
    return CrossingOut.model_validate(row | {"place": (row["place_x"], row["place_y"])})


def _flow(row: Row) -> FlowOut:
    vehicles = sum(c["into"] + c["out"] for c in row["counts"])
    quality = FlowQuality.model_validate(row)
    return FlowOut.model_validate(row | {"quality": quality, "flow_rate_veh_h": quality.flow_rate_veh_h(vehicles)})


def _flow_lines(report: Row) -> Iterator[Row]:
    """One line a class; a report without vehicles has one line, its class empty."""
    for counted in report["counts"] or [{"object_class": "", "into": 0, "out": 0}]:
        yield report | {"object_class": counted["object_class"], "in": counted["into"], "out": counted["out"]}


CROSSINGS = Listing(
    "crossings",
    Source(LineCrossingRow, "crossed_at"),
    _crossing,
    (
        "event_id", "camera_id", "session_id", "line_id", "direction", "object_class", "track_id", "crossed_at",
        "captured_at", "place_x", "place_y", "frame_index", "confidence", "speed_kmh",
    ),
)  # fmt: skip
MOVEMENTS = Listing(
    "movements",
    Source(MovementRow, "left_at"),
    MovementEventOut.model_validate,
    (
        "event_id", "camera_id", "session_id", "movement_id", "object_class", "track_id", "entered_at", "left_at",
        "captured_at",
    ),
)  # fmt: skip
FLOW = Listing(
    "flow",
    Source(FlowReportRow, "interval_start", (COUNTS,)),
    _flow,
    (
        "event_id", "camera_id", "session_id", "line_id", "interval_start", "interval_s", "object_class", "in", "out",
        *QUALITY_COLUMNS,
    ),
    _flow_lines,
)  # fmt: skip
HEALTH_CHANGES = Listing(
    "health-changes",
    Source(HealthChangeRow, "at"),
    HealthChangeOut.model_validate,
    ("event_id", "camera_id", "session_id", "state", "previous", "reason", "at"),
)
