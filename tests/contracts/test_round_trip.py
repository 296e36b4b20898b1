"""Messages are read back as written, and fields of newer senders are ignored."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from vision.common.object_class import ObjectClass
from vision.contracts import (
    EVENT,
    CameraHealth,
    CameraState,
    ClassCount,
    Direction,
    Event,
    FlowQuality,
    FlowReport,
    HealthChange,
    LineCrossing,
    LiveBox,
    LiveLine,
    LiveView,
    Movement,
    StreamStats,
    keys,
)
from vision.contracts.live import pack, unpack

ids = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=64)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001
fractions = st.floats(0, 1)
places = st.tuples(fractions, fractions)
amounts = st.integers(0, 2**40)
figures = st.floats(0, 1e9)
classes = st.sampled_from(ObjectClass)
message = {"event_id": ids, "camera_id": ids, "session_id": ids}

crossings = st.builds(
    LineCrossing,
    **message,
    line_id=ids,
    direction=st.sampled_from(Direction),
    object_class=classes,
    track_id=st.integers(-(2**63) + 1, 2**63 - 1),
    crossed_at=moments,
    place=places,
    captured_at=moments,
    frame_index=amounts,
    confidence=fractions,
)
movements = st.builds(
    Movement,
    **message,
    movement_id=ids,
    object_class=classes,
    track_id=st.integers(-(2**63) + 1, 2**63 - 1),
    entered_at=moments,
    left_at=moments,
    captured_at=moments,
)
qualities = st.builds(FlowQuality, watched_s=figures, blind_s=figures, effective_fps=figures, frames_dropped=amounts)
reports = st.builds(
    FlowReport,
    **message,
    line_id=ids,
    interval_start=moments,
    interval_s=st.floats(0.1, 1e6),
    counts=st.lists(st.builds(ClassCount, object_class=classes, into=amounts, out=amounts), max_size=4).map(tuple),
    quality=qualities,
)
states = st.sampled_from(CameraState)
changes = st.builds(
    HealthChange, **message, state=states, previous=st.none() | states, reason=st.text(max_size=100), at=moments
)
events = crossings | movements | reports | changes
healths = st.builds(
    CameraHealth,
    camera_id=ids,
    session_id=ids,
    worker_id=ids,
    state=states,
    since=moments,
    at=moments,
    outbox_size=amounts,
    stats=st.builds(StreamStats, received_fps=figures, frames_received=amounts, latency_ms=figures),
)
views = st.builds(
    LiveView,
    camera_id=ids,
    frame_index=amounts,
    captured_at=moments,
    published_at=moments,
    boxes=st.lists(
        st.builds(
            LiveBox,
            track_id=st.integers(-(2**63) + 1, 2**63 - 1),
            object_class=classes,
            confidence=fractions,
            box=st.tuples(fractions, fractions, fractions, fractions),
        ),
        max_size=4,
    ).map(tuple),
    lines=st.lists(
        st.builds(LiveLine, line_id=ids, start=places, end=places, into=amounts, out=amounts), max_size=3
    ).map(tuple),
)
additions = st.dictionaries(
    st.text(min_size=1).map(lambda name: f"new_{name}"), st.none() | st.integers() | st.lists(st.text()), max_size=3
)


@given(events)
@settings(deadline=None)
def test_events_round_trip(event: Event) -> None:
    assert EVENT.validate_json(event.model_dump_json()) == event


@given(healths)
def test_health_round_trips(health: CameraHealth) -> None:
    assert CameraHealth.model_validate_json(health.model_dump_json()) == health


@given(views, st.binary(max_size=2000))
def test_live_views_round_trip(view: LiveView, jpeg: bytes) -> None:
    assert unpack(pack(view, jpeg)) == (view, jpeg)


@given(events, additions)
@settings(deadline=None)
def test_unknown_fields_are_ignored_at_every_depth(event: Event, added: dict[str, Any]) -> None:
    assert EVENT.validate_python(_with(json.loads(event.model_dump_json()), added), strict=False) == event


@given(st.binary(max_size=300))
def test_invalid_live_messages_raise_value_errors(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(junk)


@given(crossings)
def test_times_are_converted_to_utc(crossing: LineCrossing) -> None:
    assert crossing.crossed_at.utcoffset() == timedelta(0)
    assert json.loads(crossing.model_dump_json())["crossed_at"].endswith("Z")


def test_a_naive_time_is_rejected() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        HealthChange(
            event_id="e",
            camera_id="c",
            session_id="s",
            state=CameraState.ONLINE,
            at=datetime(2026, 1, 1),  # noqa: DTZ001
        )


def test_an_unknown_kind_is_rejected() -> None:
    with pytest.raises(ValidationError, match="kind"):
        EVENT.validate_json('{"kind": "sunrise", "event_id": "e", "camera_id": "c", "session_id": "s"}')


def test_a_counts_directions_are_in_and_out_in_json() -> None:
    count = ClassCount(object_class=ObjectClass.CAR, into=3, out=4)
    assert json.loads(count.model_dump_json()) == {"object_class": "car", "in": 3, "out": 4}


def test_flow_rate_refers_to_the_time_watched_and_is_none_when_blind() -> None:
    def quality(watched_s: float) -> FlowQuality:
        return FlowQuality(watched_s=watched_s, blind_s=60 - watched_s, effective_fps=10, frames_dropped=0)

    assert quality(30).flow_rate_veh_h(8) == pytest.approx(960)
    assert quality(0).flow_rate_veh_h(8) is None


@given(ids, st.integers(1, 256))
def test_a_cameras_shard_is_constant(camera: str, shards: int) -> None:
    shard = keys.shard_of(camera, shards)
    assert 0 <= shard < shards
    assert keys.shard_of(camera, shards) == shard


@given(ids)
def test_all_keys_of_a_camera_share_a_cluster_slot(camera: str) -> None:
    tags = {key[key.index("{") :].split("}")[0] for key in (keys.health(camera), keys.live_channel(camera))}
    assert len(tags) == 1


def _with(value: Any, added: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _with(inner, added) for name, inner in value.items()} | added
    if isinstance(value, list):
        return [_with(inner, added) for inner in value]
    return value
