"""A camera's live picture with what is known of it: one binary message, so that boxes and picture never part.

Lossy by intent: it goes by pub/sub, and is made only while somebody watches.
"""

import struct

from pydantic import NonNegativeInt

from vision.common.object_class import ObjectClass
from vision.contracts.base import Contract, Id, Place, UnitInterval, UtcTime
from vision.contracts.incidents import IncidentKind
from vision.contracts.measures import CongestionLevel

_LENGTH = struct.Struct(">I")


class LiveBox(Contract):
    """One tracked vehicle; its box in fractions of the picture."""

    track_id: int
    object_class: ObjectClass
    confidence: UnitInterval
    box: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    speed_kmh: float | None = None


class LiveLine(Contract):
    """A counting line and what crossed it since the session began."""

    line_id: Id
    start: tuple[float, float]
    end: tuple[float, float]
    into: NonNegativeInt
    out: NonNegativeInt


class LiveZone(Contract):
    """A zone and how its traffic moves."""

    zone_id: Id
    polygon: tuple[tuple[float, float], ...]
    congestion: CongestionLevel | None = None


class LiveIncident(Contract):
    """An incident that is going on in the picture."""

    incident_id: Id
    incident_kind: IncidentKind
    place: Place | None
    track_ids: tuple[int, ...] = ()


class LiveView(Contract):
    """What goes with one picture."""

    camera_id: Id
    frame_index: NonNegativeInt
    captured_at: UtcTime
    published_at: UtcTime
    boxes: tuple[LiveBox, ...]
    lines: tuple[LiveLine, ...]
    zones: tuple[LiveZone, ...] = ()
    incidents: tuple[LiveIncident, ...] = ()


def pack(view: LiveView, jpeg: bytes) -> bytes:
    """The length of the JSON (4 bytes, big-endian), the JSON, then the JPEG."""
    text = view.model_dump_json().encode()
    return _LENGTH.pack(len(text)) + text + jpeg


def unpack(message: bytes) -> tuple[LiveView, bytes]:
    """The view and the JPEG of a packed message.

    Raises:
        ValueError: the message is no packed view.
    """
    if len(message) < _LENGTH.size:
        raise ValueError("a live message has at least 4 bytes")
    (length,) = _LENGTH.unpack_from(message)
    body = memoryview(message)[_LENGTH.size :]
    return LiveView.model_validate_json(bytes(body[:length])), bytes(body[length:])
