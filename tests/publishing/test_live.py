"""Health and live views with a real Redis, and without one."""

import time

import redis

from tests.publishing.publishing_kit import health, next_message, settings, subscribed, until, view
from vision.contracts import CameraHealth, keys
from vision.contracts.live import unpack
from vision.publishing import HEALTH_KEPT_S, EmbeddedRedis, LivePublisher


def test_health_is_stored_with_an_expiry_and_published(redis_url: str) -> None:
    live = LivePublisher(settings(redis_url))
    with subscribed(redis_url, keys.health_channel("cam-1")) as subscription:
        published = health()
        live.publish_health(published)
        assert CameraHealth.model_validate_json(next_message(subscription)) == published
    with redis.Redis.from_url(redis_url) as client:
        kept = client.get(keys.health("cam-1"))
        assert CameraHealth.model_validate_json(kept) == published
        assert 0 < client.ttl(keys.health("cam-1")) <= HEALTH_KEPT_S
    live.close()


def test_a_live_view_reaches_its_subscribers(redis_url: str) -> None:
    live = LivePublisher(settings(redis_url))
    with subscribed(redis_url, keys.live_channel("cam-1")) as subscription:
        shown = view()
        live.publish_view(shown, b"jpeg")
        assert unpack(next_message(subscription)) == (shown, b"jpeg")
    live.close()


def test_a_camera_is_watched_while_somebody_is_subscribed(redis_url: str) -> None:
    live = LivePublisher(settings(redis_url))
    assert not live.is_watched("cam-1")
    with subscribed(redis_url, keys.live_channel("cam-1")):
        until(lambda: live.is_watched("cam-1"), 2.5)
        assert not live.is_watched("cam-2")
    until(lambda: not live.is_watched("cam-1"), 2.5)
    live.close()


def test_is_watched_makes_no_request_to_redis(redis_url: str) -> None:
    live = LivePublisher(settings(redis_url))
    cameras = [f"cam-{n}" for n in range(50)]
    for camera in cameras:
        live.is_watched(camera)
    begun = time.monotonic()
    for _ in range(100):
        for camera in cameras:
            live.is_watched(camera)
    assert (time.monotonic() - begun) / 5000 < 0.0005
    live.close()


def test_a_camera_that_is_no_longer_asked_for_is_discarded(redis_url: str, monkeypatch) -> None:
    monkeypatch.setattr("vision.publishing.live._INTEREST_KEPT_S", 0.1)
    monkeypatch.setattr("vision.publishing.live._WATCHERS_EVERY_S", 0.1)
    live = LivePublisher(settings(redis_url))
    live.is_watched("cam-1")
    until(lambda: not live._interest)
    live.close()


def test_without_redis_nothing_blocks_or_raises_and_it_is_logged_once(tmp_path, capsys) -> None:
    live = LivePublisher(settings("redis://bob:hush@127.0.0.1:1"))
    begun = time.monotonic()
    for _ in range(100):
        live.publish_health(health())
        live.publish_view(view(), b"jpeg")
        assert not live.is_watched("cam-1")
    assert time.monotonic() - begun < 0.5
    time.sleep(1.5)
    live.close()
    log = capsys.readouterr().out
    assert log.count("not published") == 1
    assert "hush" not in log


def test_the_newest_health_is_published_when_redis_is_back(tmp_path) -> None:
    server = EmbeddedRedis(tmp_path)
    server.start()
    port = server.port
    server.stop()
    live = LivePublisher(settings(server.url))
    live.publish_health(health(worker="before"))
    time.sleep(0.3)
    with EmbeddedRedis(tmp_path, port=port) as server, redis.Redis.from_url(server.url) as client:
        live.publish_health(health(worker="after"))
        until(lambda: client.get(keys.health("cam-1")))
        assert b'"after"' in client.get(keys.health("cam-1"))
        live.close()
