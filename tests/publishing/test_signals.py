"""Signal states of traffic controllers reach the worker through a real Redis."""

import time
from datetime import UTC, datetime

import pytest
import redis
from pydantic import SecretStr

from vision.common.traffic_light import Light
from vision.config.settings import BusSettings
from vision.contracts import SignalUpdate, keys
from vision.publishing.embedded import EmbeddedRedis
from vision.publishing.signals import MAX_WAITING, SignalListener


def update(signal_id: str, light: Light | None = Light.RED) -> SignalUpdate:
    return SignalUpdate(camera_id="north", signal_id=signal_id, light=light, at=datetime.now(UTC))


def received(listener: SignalListener, client: redis.Redis, *texts: str) -> list[SignalUpdate]:
    """Publish repeatedly, since the listener subscribes at a time of its own, until something arrives."""
    deadline_s = time.monotonic() + 10
    while time.monotonic() < deadline_s:
        for text in texts:
            client.publish(keys.signal_channel("north"), text)
        time.sleep(0.1)
        if found := listener.take("north"):
            return found
    pytest.fail("nothing was received within 10 s")


def test_a_camera_receives_its_own_signal_updates_once_each(redis_url: str) -> None:
    listener = SignalListener(BusSettings(redis_url=SecretStr(redis_url)))
    with redis.Redis.from_url(redis_url) as client:
        assert listener.take("north") == []
        found = received(listener, client, update("lights").model_dump_json())
        assert {(t.camera_id, t.signal_id, t.light) for t in found} == {("north", "lights", Light.RED)}
        assert listener.take("south") == []
        time.sleep(0.7)
        listener.take("north")
        assert listener.take("north") == []
    listener.close()


def test_an_invalid_signal_message_is_ignored(redis_url: str) -> None:
    listener = SignalListener(BusSettings(redis_url=SecretStr(redis_url)))
    listener.take("north")
    with redis.Redis.from_url(redis_url) as client:
        assert received(listener, client, "{broken", update("lights").model_dump_json())
    listener.close()


def test_signal_updates_that_are_not_taken_are_bounded(redis_url: str) -> None:
    listener = SignalListener(BusSettings(redis_url=SecretStr(redis_url)))
    listener.take("north")
    with redis.Redis.from_url(redis_url) as client:
        received(listener, client, update("lights").model_dump_json())
        for _ in range(3 * MAX_WAITING):
            client.publish(keys.signal_channel("north"), update("lights").model_dump_json())
        time.sleep(1)
        assert len(listener.take("north")) <= MAX_WAITING
    listener.close()


def test_signal_updates_are_received_again_after_redis_was_lost(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("redis")
    with EmbeddedRedis(folder) as server:
        url, port = server.url, redis.connection.parse_url(server.url)["port"]
        listener = SignalListener(BusSettings(redis_url=SecretStr(url)))
        listener.take("north")
        with redis.Redis.from_url(url) as client:
            assert received(listener, client, update("lights").model_dump_json())
    with EmbeddedRedis(folder, port=port), redis.Redis.from_url(url) as client:
        assert received(listener, client, update("lights", Light.GREEN).model_dump_json())
    listener.close()
