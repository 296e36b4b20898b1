"""What controllers tell of their signals reaches the worker through the real Redis."""

import time
from datetime import UTC, datetime

import pytest
import redis
from pydantic import SecretStr

from vision.common.traffic_light import Light
from vision.config.settings import BusSettings
from vision.contracts import SignalUpdate, keys
from vision.publishing.embedded import EmbeddedRedis
from vision.publishing.signals import MOST_WAITING, SignalListener


def told(signal_id: str, light: Light | None = Light.RED) -> SignalUpdate:
    return SignalUpdate(camera_id="north", signal_id=signal_id, light=light, at=datetime.now(UTC))


def heard(listener: SignalListener, client: redis.Redis, *texts: str) -> list[SignalUpdate]:
    """Publish, again and again since it begins to listen at its own time, until something is heard."""
    deadline_s = time.monotonic() + 10
    while time.monotonic() < deadline_s:
        for text in texts:
            client.publish(keys.signal_channel("north"), text)
        time.sleep(0.1)
        if found := listener.take("north"):
            return found
    pytest.fail("nothing was heard within 10 s")


def test_a_camera_hears_of_its_own_signals_and_each_once(redis_url: str) -> None:
    listener = SignalListener(BusSettings(redis_url=SecretStr(redis_url)))
    with redis.Redis.from_url(redis_url) as client:
        assert listener.take("north") == []
        found = heard(listener, client, told("lights").model_dump_json())
        assert {(t.camera_id, t.signal_id, t.light) for t in found} == {("north", "lights", Light.RED)}
        assert listener.take("south") == []
        time.sleep(0.7)
        listener.take("north")
        assert listener.take("north") == []
    listener.close()


def test_what_is_no_signal_is_passed_over(redis_url: str) -> None:
    listener = SignalListener(BusSettings(redis_url=SecretStr(redis_url)))
    listener.take("north")
    with redis.Redis.from_url(redis_url) as client:
        assert heard(listener, client, "{broken", told("lights").model_dump_json())
    listener.close()


def test_what_nobody_asks_for_does_not_pile_up(redis_url: str) -> None:
    listener = SignalListener(BusSettings(redis_url=SecretStr(redis_url)))
    listener.take("north")
    with redis.Redis.from_url(redis_url) as client:
        heard(listener, client, told("lights").model_dump_json())
        for _ in range(3 * MOST_WAITING):
            client.publish(keys.signal_channel("north"), told("lights").model_dump_json())
        time.sleep(1)
        assert len(listener.take("north")) <= MOST_WAITING
    listener.close()


def test_signals_are_heard_again_after_redis_was_away(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("redis")
    with EmbeddedRedis(folder) as server:
        url, port = server.url, redis.connection.parse_url(server.url)["port"]
        listener = SignalListener(BusSettings(redis_url=SecretStr(url)))
        listener.take("north")
        with redis.Redis.from_url(url) as client:
            assert heard(listener, client, told("lights").model_dump_json())
    with EmbeddedRedis(folder, port=port), redis.Redis.from_url(url) as client:
        assert heard(listener, client, told("lights", Light.GREEN).model_dump_json())
    listener.close()
