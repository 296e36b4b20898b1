"""What no database, clock or page can take is refused or shortened at the contract, from any sender."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from vision.contracts import EVENT, HealthChange

CHANGE: dict[str, Any] = {
    "kind": "health_change",
    "event_id": "s-1",
    "camera_id": "nts-01",
    "session_id": "s",
    "state": "online",
    "at": "2026-12-01T00:00:00Z",
}
CROSSING: dict[str, Any] = {
    "kind": "line_crossing",
    "event_id": "s-1",
    "camera_id": "nts-01",
    "session_id": "s",
    "line_id": "north",
    "direction": "in",
    "object_class": "car",
    "track_id": 1,
    "crossed_at": "2026-12-01T00:00:00Z",
    "captured_at": "2026-12-01T00:00:00Z",
    "place": [0.5, 0.5],
    "frame_index": 1,
    "confidence": 0.9,
}


def read(fields: dict[str, Any]) -> Any:
    return EVENT.validate_json(json.dumps(fields))


@given(st.integers(1, 9999), st.integers(-23 * 60 - 59, 23 * 60 + 59))
@example(9999, -12 * 60)
@example(1, 14 * 60)
def test_a_time_of_any_year_and_offset_is_in_range_or_refused(year: int, offset_min: int) -> None:
    sign, minutes = "-" if offset_min < 0 else "+", abs(offset_min)
    at = f"{year:04d}-12-31T23:59:59{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    try:
        event = read(CHANGE | {"at": at})
    except ValidationError:
        assert not 1970 <= year < 2199
    else:
        assert datetime(1970, 1, 1, tzinfo=UTC) <= event.at <= datetime(2200, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "poison",
    [
        {"track_id": 2**63},
        {"frame_index": 2**63},
        {"confidence": float("nan")},
        {"speed_kmh": float("inf")},
        {"speed_kmh": "nan"},
        {"camera_id": "\0"},
        {"line_id": "\ud800"},
        {"event_id": "x" * 65},
        {"crossed_at": "9999-12-31T23:59:59-12:00"},
    ],
    ids=str,
)
def test_a_value_that_no_database_takes_is_refused(poison: dict[str, Any]) -> None:
    assert read(CROSSING)
    with pytest.raises(ValidationError):
        read(CROSSING | poison)


def test_a_long_text_is_shortened_and_nul_is_replaced() -> None:
    event = read(CHANGE | {"reason": "\0" + "x" * 1_000_000})
    assert isinstance(event, HealthChange)
    assert len(event.reason) == 1000
    assert event.reason.startswith("\N{REPLACEMENT CHARACTER}x")
    assert event.reason.endswith("x…")
