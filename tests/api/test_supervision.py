"""A background task that raises is logged once, counted, reported and started again; poison stops nothing."""

import json

import pytest
import redis
import structlog

from api.supervision import SupervisedTasks, cancel
from tests.api.api_kit import Running, crossing, eventually, health, publish
from vision.contracts import keys

pytest_plugins = ["tests.api.api_fixtures"]


async def test_a_task_that_raises_goes_on_and_says_why_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.supervision.FIRST_WAIT_S", 0.001)
    runs = 0

    async def fails_twice() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise OverflowError("date value out of range")

    tasks = SupervisedTasks()
    with structlog.testing.capture_logs() as logs:
        await tasks.start("store 0", fails_twice)
    assert tasks.failures == {"store 0": 2}
    assert tasks.troubles() == {"store 0": "OverflowError: date value out of range"}
    assert [(line["log_level"], line["task"]) for line in logs] == [("error", "store 0")]


async def test_a_task_is_well_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.supervision.HEALTHY_AFTER_S", 0.05)

    async def fails() -> None:
        raise ValueError("once")

    tasks = SupervisedTasks()
    task = tasks.start("feed 0", fails)
    await eventually(lambda: bool(tasks.troubles()))
    await cancel([task])
    await eventually(lambda: not tasks.troubles())


async def test_readiness_names_the_task_that_fails(running: Running) -> None:
    async def fails() -> None:
        raise RuntimeError("out of order")

    task = running.services.tasks.start("store 7", fails)
    await eventually(lambda: bool(running.services.tasks.troubles()))
    answer = await running.client.get("http://ngatu.test/readyz")
    assert answer.status_code == 503
    assert "'store 7' fails: RuntimeError: out of order" in answer.json()["tasks"]["reason"]
    assert "ngatu_tasks_failing 1.0" in (await running.client.get("http://ngatu.test/metrics")).text
    await cancel([task])


POISON = (
    json.dumps(crossing().model_dump(mode="json") | {"crossed_at": "9999-12-31T23:59:59-12:00"}).encode(),
    json.dumps(crossing().model_dump(mode="json") | {"track_id": 2**80}).encode(),
    json.dumps(crossing().model_dump(mode="json") | {"camera_id": "\0"}).encode(),
    b"[" * 100_000,
    b"",
)


async def test_poisoned_entries_stop_neither_storing_nor_the_feed(running: Running, redis_url: str) -> None:
    publish(redis_url, *POISON, crossing())
    await eventually(lambda: running.services.stats.stored == 1)
    await eventually(lambda: running.services.stats.dead_letters == len(POISON))
    assert not running.services.tasks.failures
    assert (await running.client.get("http://ngatu.test/readyz")).json()["store"]["dead_letters"] == len(POISON)


async def test_poisoned_health_freezes_no_camera(running: Running, redis_url: str) -> None:
    board = running.services.board
    with redis.Redis.from_url(redis_url) as client:
        report = health("nts-01")
        client.set(keys.health("nts-01"), report.model_dump_json(), ex=1)
        await eventually(lambda: board.status("nts-01").state == "online")
        bad = report.model_dump(mode="json") | {"at": "9999-12-31T23:59:59-12:00"}
        client.set(keys.health("nts-01"), json.dumps(bad))
        client.publish(keys.health_channel("nts-01"), b"\xff")
        client.rpush(keys.health("nts-02"), "a list")
        await eventually(lambda: board.status("nts-01").state == "lost", within_s=6)
        client.set(keys.health("nts-01"), report.model_dump_json())
        await eventually(lambda: board.status("nts-01").state == "online")
    assert board.invalid >= 2
    assert not running.services.tasks.failures
