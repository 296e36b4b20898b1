"""A camera's live view: one frame as JPEG with its tracks, lines, zones and incidents, in one binary message.

Views go by pub/sub and only while somebody watches; a lost view is not repeated.
"""

import struct

from vision.common.object_class import ObjectClass
from vision.contracts.base import Contract, Count, Id, Integer, Place, UnitInterval, UtcTime
from vision.contracts.incidents import IncidentKind
from vision.contracts.measures import CongestionLevel

_LENGTH = struct.Struct(">I")


class LiveBox(Contract):
    """One tracked vehicle or person."""

    track_id: Integer
    object_class: ObjectClass
    confidence: UnitInterval
    """Confidence of the detection, 0 to 1."""
    box: tuple[float, float, float, float]
    """Left, top, right, bottom; fractions of the frame."""
    speed_kmh: float | None = None
    """km/h; null: the camera is not calibrated, or the speed is not known yet."""


class LiveLine(Contract):
    """A counting line and its counts since the session began."""

    line_id: Id
    start: tuple[float, float]
    end: tuple[float, float]
    into: Count
    out: Count


class LiveZone(Contract):
    """A zone and its congestion level."""

    zone_id: Id
    polygon: tuple[tuple[float, float], ...]
    congestion: CongestionLevel | None = None
    """null: not known yet."""


class LiveIncident(Contract):
    """An open incident that the frame shows."""

    incident_id: Id
    incident_kind: IncidentKind
    place: Place | None
    """Fractions of the frame; null: it has no place."""
    track_ids: tuple[int, ...] = ()


class LiveView(Contract):
    """What a live view says about its frame."""

    camera_id: Id
    frame_index: Count
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
