"""Delivery to a real Redis: in order and without loss, while servers and workers are killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from tests.publishing.publishing_kit import crossing, ids_of, ids_once, kill, on_stream, settings, until
from vision.contracts import LineCrossing, SessionEnd, keys
from vision.publishing import EmbeddedRedis, RedisPublisher


def test_an_event_is_on_the_stream_within_milliseconds(redis_url: str, tmp_path: Path) -> None:
    publisher = RedisPublisher(settings(redis_url), tmp_path, "w")
    with redis.Redis.from_url(redis_url) as client:
        until(lambda: client.client_list() and publisher.status().trouble == "")
        latencies = []
        last = "0"
        for number in range(50):
            begun = time.monotonic()
            publisher.publish(crossing(number))
            answer = client.xread({keys.event_stream(0): last}, block=2000)
            latencies.append(time.monotonic() - begun)
            last = client.xinfo_stream(keys.event_stream(0))["last-generated-id"].decode()
            assert answer
    publisher.close()
    assert sorted(latencies)[len(latencies) // 2] < 0.02


def test_each_cameras_events_are_on_its_shard_in_order(redis_url: str, tmp_path: Path) -> None:
    publisher = RedisPublisher(settings(redis_url, event_shards=4), tmp_path, "w")
    cameras = [f"cam-{n}" for n in range(6)]
    for number in range(100):
        for camera in cameras:
            publisher.publish(crossing(number, camera))
    publisher.close()
    for camera in cameras:
        events = on_stream(redis_url, keys.shard_of(camera, 4))
        assert ids_of(events, camera) == [f"{camera}-{n}" for n in range(100)]


def test_a_closed_publisher_leaves_no_file(redis_url: str, tmp_path: Path) -> None:
    publisher = RedisPublisher(settings(redis_url), tmp_path, "w")
    publisher.publish(crossing(1))
    publisher.close()
    assert list(tmp_path.iterdir()) == []
    assert len(on_stream(redis_url)) == 1


def test_events_of_many_threads_all_arrive(redis_url: str, tmp_path: Path) -> None:
    publisher = RedisPublisher(settings(redis_url), tmp_path, "w")

    def work(camera: str) -> None:
        for number in range(200):
            publisher.publish(crossing(number, camera))

    threads = [threading.Thread(target=work, args=(f"cam-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    publisher.close()
    events = on_stream(redis_url)
    assert len(events) == 800
    assert all(ids_of(events, f"cam-{n}") == [f"cam-{n}-{i}" for i in range(200)] for n in range(4))


def test_killing_redis_twice_loses_no_event_and_keeps_the_order(tmp_path: Path) -> None:
    state = tmp_path / "redis"
    server = EmbeddedRedis(state)
    server.start()
    server = _on_the_same_port(server, state)
    publisher = RedisPublisher(settings(server.url), tmp_path / "outbox", "w")
    published = 0
    for _ in range(2):
        published = _publish_for(publisher, published, 0.4)
        kill(server.pid)
        published = _publish_for(publisher, published, 0.4)
        until(lambda: "NGATU_REDIS_URL" in publisher.status().trouble)
        assert publisher.status().size > 0
        server.stop()
        server.start()
    published = _publish_for(publisher, published, 0.2)
    publisher.close()
    events = on_stream(server.url)
    server.stop()
    for camera in ("cam-1", "cam-2"):
        assert ids_of(events, camera) == [f"{camera}-{n}" for n in range(published)]


def test_events_that_redis_acknowledged_and_lost_are_sent_again(tmp_path: Path) -> None:
    """A server whose files are deleted is one that died before it wrote them."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    server = _on_the_same_port(server, tmp_path / "redis")
    publisher = RedisPublisher(settings(server.url), tmp_path / "outbox", "w")
    for number in range(20):
        publisher.publish(crossing(number))
    until(lambda: len(on_stream(server.url)) == 20)
    kill(server.pid)
    server.stop()
    for file in (tmp_path / "redis").rglob("appendonly*"):
        if file.is_file():
            file.unlink()
    server.start()
    publisher.publish(crossing(20))
    until(lambda: len(ids_once(on_stream(server.url))) == 21)
    publisher.close()
    assert ids_once(on_stream(server.url)) == [f"cam-1-{n}" for n in range(21)]
    server.stop()


def test_events_repeated_after_a_killed_worker_have_the_same_id(redis_url: str, tmp_path: Path) -> None:
    """Killed after Redis has the events, before they are removed from the disk."""
    code = (
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from tests.publishing.publishing_kit import crossing, settings\n"
        "from vision.publishing import RedisPublisher\n"
        "publisher = RedisPublisher(settings(sys.argv[1]), Path(sys.argv[2]), 'w')\n"
        "for number in range(300):\n"
        "    publisher.publish(crossing(number))\n"
        "    if number == 200:\n"
        "        while publisher.status().delivered < 150: time.sleep(0.001)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    worker = subprocess.run(
        [sys.executable, "-c", code, redis_url, str(tmp_path)], cwd=Path(__file__).parents[2], timeout=30, check=False
    )
    assert worker.returncode == -9
    assert 150 <= len(on_stream(redis_url)) <= 300
    again = RedisPublisher(settings(redis_url), tmp_path, "w")
    again.publish(crossing(300))
    again.close()
    events = on_stream(redis_url)
    assert len(events) > 301
    assert ids_once(events) == [f"cam-1-{n}" for n in range(301)]


def test_the_events_of_a_dead_worker_are_delivered_by_another(redis_url: str, tmp_path: Path) -> None:
    dead = RedisPublisher(settings("redis://127.0.0.1:1"), tmp_path, "dead")
    for number in range(2500):
        dead.publish(crossing(number))
    dead.close(timeout_s=0)
    assert (tmp_path / "dead.outbox").exists()
    alive = RedisPublisher(settings(redis_url), tmp_path, "alive")
    alive.publish(crossing(2500))
    alive.close()
    assert [event.event_id for event in on_stream(redis_url)] == [f"cam-1-{n}" for n in range(2501)]
    assert list(tmp_path.iterdir()) == []


def test_the_outbox_of_a_worker_that_dies_later_is_adopted_without_a_restart(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vision.publishing.delivery._ADOPT_EVERY_S", 0.1)
    alive = RedisPublisher(settings(redis_url), tmp_path, "alive")
    dead = RedisPublisher(settings("redis://127.0.0.1:1"), tmp_path, "dead")
    dead.publish(crossing(7))
    time.sleep(1.2)
    assert on_stream(redis_url) == []
    dead.close(timeout_s=0)
    until(lambda: ids_once(on_stream(redis_url)) == ["cam-1-7"])
    alive.close()


def test_events_wait_without_redis_and_trouble_contains_no_password(tmp_path: Path) -> None:
    publisher = RedisPublisher(settings("redis://bob:hush@127.0.0.1:1"), tmp_path, "w")
    publisher.publish(crossing(1))
    until(lambda: publisher.status().trouble)
    status = publisher.status()
    assert (status.size, status.delivered) == (1, 0)
    assert status.oldest_s > 0
    assert "hush" not in status.trouble
    assert "NGATU_REDIS_URL" in status.trouble
    publisher.close(timeout_s=0.1)


def test_a_stream_is_bounded_by_length_and_by_time(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vision.publishing.delivery._TRIM_EVERY_S", 0.1)
    bounded = settings(redis_url, events_kept=1000, events_kept_hours=1)
    with redis.Redis.from_url(redis_url) as client:
        two_hours_ago = int((time.time() - 7200) * 1000)
        client.xadd(keys.event_stream(0), {"event": "old"}, id=f"{two_hours_ago}-0")
        store_all(client)
        publisher = RedisPublisher(bounded, tmp_path, "w")
        until(lambda: client.xlen(keys.event_stream(0)) == 0)
        for number in range(3000):
            publisher.publish(crossing(number))
        publisher.close()
        assert 1000 <= client.xlen(keys.event_stream(0)) <= 1100


def store_all(client: redis.Redis) -> None:
    """Read and acknowledge all entries, as the store does."""
    with suppress(redis.ResponseError):
        client.xgroup_create(keys.event_stream(0), keys.STORE_GROUP, id="0", mkstream=True)
    for _, entries in client.xreadgroup(keys.STORE_GROUP, "c", {keys.event_stream(0): ">"}) or ():
        client.xack(keys.event_stream(0), keys.STORE_GROUP, *(entry_id for entry_id, _ in entries))


@pytest.mark.parametrize("state", ["without a store", "unread", "pending"])
def test_what_the_store_has_not_is_kept_however_old(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr("vision.publishing.delivery._TRIM_EVERY_S", 0.05)
    stream = keys.event_stream(0)
    with redis.Redis.from_url(redis_url) as client:
        hours_ago = int((time.time() - 7200) * 1000)
        if state != "without a store":
            client.xadd(stream, {"event": "stored"}, id=f"{hours_ago}-0")
            store_all(client)
        client.xadd(stream, {"event": "old"}, id=f"{hours_ago}-1")
        if state == "pending":
            client.xreadgroup(keys.STORE_GROUP, "dead", {stream: ">"})
        publisher = RedisPublisher(settings(redis_url, events_kept_hours=1), tmp_path, "w")
        until(lambda: client.xlen(stream) == 1)
        time.sleep(0.3)
        assert [fields for _, fields in client.xrange(stream)] == [{b"event": b"old"}]
        publisher.close()


def test_a_full_redis_is_trimmed_of_what_is_stored_and_heals_by_itself(
    redis_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        for number in range(20_000):
            client.xadd(keys.event_stream(0), {"event": f"{number:<400}"})
        store_all(client)
        client.config_set("maxmemory", int(client.info("memory")["used_memory"]))
        try:
            publisher = RedisPublisher(settings(redis_url), tmp_path, "w")
            for number in range(10):
                publisher.publish(crossing(number))
            until(lambda: publisher.status().delivered == 10)
            assert publisher.status().trouble == ""
            publisher.close()
        finally:
            client.config_set("maxmemory", "0")
    said = capsys.readouterr().out
    assert said.count("events wait in the outbox") <= 1


def test_workers_write_to_the_streams_that_were_agreed_first(redis_url: str, tmp_path: Path) -> None:
    first = RedisPublisher(settings(redis_url, event_shards=2), tmp_path, "a")
    until(lambda: first.status().trouble == "" and agreed_shards(redis_url) == 2)
    other = RedisPublisher(settings(redis_url, event_shards=1), tmp_path, "b")
    cameras = [f"cam-{number}" for number in range(8)]
    for number, camera in enumerate(cameras):
        other.publish(crossing(number, camera))
    for publisher in (first, other):
        publisher.close()
    by_shard = [{event.camera_id for event in on_stream(redis_url, shard)} for shard in (0, 1)]
    assert by_shard == [{c for c in cameras if keys.shard_of(c, 2) == shard} for shard in (0, 1)]


def agreed_shards(url: str) -> int | None:
    with redis.Redis.from_url(url) as client:
        return keys.read_shards(client.get(keys.event_shards()))


def numbered(session: str, number: int) -> LineCrossing:
    return crossing(number).model_copy(update={"event_id": f"{session}-{number}", "session_id": session})


def test_a_session_ends_with_the_number_of_its_events(redis_url: str, tmp_path: Path) -> None:
    sessions = [f"s{number:012d}abcdef" for number in (1, 2)]
    publisher = RedisPublisher(settings(redis_url), tmp_path, "w")
    for session in sessions:
        for number in (1, 2, 3):
            publisher.publish(numbered(session, number))
    publisher.close()
    ends = [event for event in on_stream(redis_url) if isinstance(event, SessionEnd)]
    assert [(end.session_id, end.events) for end in ends] == [(session, 3) for session in sessions]


def test_the_next_worker_ends_the_session_of_a_killed_one(redis_url: str, tmp_path: Path) -> None:
    session = f"s{1:012d}abcdef"
    code = (
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from tests.publishing.publishing_kit import settings\n"
        "from tests.publishing.test_delivery import numbered\n"
        "from vision.publishing import RedisPublisher\n"
        "publisher = RedisPublisher(settings(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], settle_s=0.1)\n"
        "for number in range(1, 6):\n"
        "    publisher.publish(numbered(sys.argv[4], number))\n"
        "while publisher.status().size or publisher._settled < 5:\n"
        "    time.sleep(0.02)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    arguments = [redis_url, str(tmp_path), "dead", session]
    subprocess.run([sys.executable, "-c", code, *arguments], cwd=Path(__file__).parents[2], timeout=60, check=False)
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    RedisPublisher(settings(redis_url), tmp_path, "alive").close()
    assert [(e.session_id, e.events) for e in on_stream(redis_url) if isinstance(e, SessionEnd)] == [(session, 5)]


def test_a_hanging_redis_does_not_block_publishing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.publishing.delivery._TIMEOUT_S", 0.3)
    with EmbeddedRedis(tmp_path / "redis") as server:
        assert server.pid is not None
        publisher = RedisPublisher(settings(server.url), tmp_path / "outbox", "w")
        os.kill(server.pid, signal.SIGSTOP)
        begun = time.monotonic()
        for number in range(200):
            publisher.publish(crossing(number))
        assert time.monotonic() - begun < 1
        until(lambda: publisher.status().trouble)
        os.kill(server.pid, signal.SIGCONT)
        until(lambda: publisher.status().size == 0)
        publisher.close()
        assert ids_once(on_stream(server.url)) == [f"cam-1-{n}" for n in range(200)]


def test_events_wait_for_a_redis_that_refuses_writes(redis_url: str, tmp_path: Path) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", "1")
        publisher = RedisPublisher(settings(redis_url), tmp_path, "w")
        for number in range(10):
            publisher.publish(crossing(number))
        until(lambda: "maxmemory" in publisher.status().trouble)
        client.config_set("maxmemory", "0")
        until(lambda: publisher.status().size == 0)
        publisher.close()
    assert ids_once(on_stream(redis_url)) == [f"cam-1-{n}" for n in range(10)]


def test_two_running_workers_cannot_share_a_name(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vision.publishing.outbox._OPEN_WITHIN_S", 0.1)
    first = RedisPublisher(settings(redis_url), tmp_path, "w")
    with pytest.raises(Exception, match="another running process uses it; give each worker its own id"):
        RedisPublisher(settings(redis_url), tmp_path, "w")
    first.close()


def _on_the_same_port(server: EmbeddedRedis, state: Path) -> EmbeddedRedis:
    """Restart the server with a fixed port, so that the publisher finds it again."""
    server.stop()
    fixed = EmbeddedRedis(state, port=server.port)
    fixed.start()
    return fixed


def _publish_for(publisher: RedisPublisher, number: int, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for camera in ("cam-1", "cam-2"):
            publisher.publish(crossing(number, camera))
        number += 1
        time.sleep(0.005)
    return number
