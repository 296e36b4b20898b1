"""Helpers for publishing tests: events, reading streams back, killing servers."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import redis

from vision.common.object_class import ObjectClass
from vision.config.settings import BusSettings
from vision.contracts import EVENT, CameraHealth, CameraState, Direction, Event, LineCrossing, LiveView, keys

SESSION = "session-1"


def crossing(number: int, camera: str = "cam-1") -> LineCrossing:
    now = datetime.now(UTC)
    return LineCrossing(
        event_id=f"{camera}-{number}",
        camera_id=camera,
        session_id=SESSION,
        line_id="north",
        direction=Direction.IN,
        object_class=ObjectClass.CAR,
        track_id=number,
        crossed_at=now,
        place=(0.25, 0.5),
        captured_at=now,
        frame_index=number,
        confidence=0.5,
    )


def health(camera: str = "cam-1", worker: str = "worker-1") -> CameraHealth:
    now = datetime.now(UTC)
    return CameraHealth(
        camera_id=camera, session_id=SESSION, worker_id=worker, state=CameraState.ONLINE, since=now, at=now
    )


def view(camera: str = "cam-1") -> LiveView:
    now = datetime.now(UTC)
    return LiveView(camera_id=camera, frame_index=1, captured_at=now, published_at=now, boxes=(), lines=())


def settings(url: str, **more: object) -> BusSettings:
    return BusSettings.model_validate({"redis_url": url, **more})


def on_stream(url: str, shard: int = 0) -> list[Event]:
    """The events on a shard's stream in order, duplicates included."""
    with redis.Redis.from_url(url) as client:
        entries = client.xrange(keys.event_stream(shard))
    return [EVENT.validate_json(fields[keys.EVENT_FIELD.encode()]) for _, fields in entries]


def ids_once(events: list[Event]) -> list[str]:
    """The ids in the order of first arrival: what a consumer that is idempotent by id stores."""
    return list(dict.fromkeys(event.event_id for event in events))


def ids_of(events: list[Event], camera: str) -> list[str]:
    return ids_once([event for event in events if event.camera_id == camera])


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


@contextmanager
def subscribed(url: str, channel: str) -> Iterator[redis.client.PubSub]:
    with redis.Redis.from_url(url) as client, client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(channel)
        subscription.get_message(timeout=1)
        yield subscription


def next_message(subscription: redis.client.PubSub, seconds: float = 5.0) -> bytes:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        message = subscription.get_message(timeout=0.1)
        if message is not None:
            return bytes(message["data"])
    raise AssertionError("no message arrived")
