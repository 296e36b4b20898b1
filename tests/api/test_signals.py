"""Signal updates from controllers reach the cameras' workers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import redis

from tests.api.api_kit import Running, eventually
from vision.contracts import Light, SignalUpdate, keys

pytest_plugins = ["tests.api.api_fixtures"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: these tests do not depend on it."""
    return sqlite_url


async def report(running: Running, path: str = "nts-01/signals/lights", **body: Any) -> httpx.Response:
    return await running.client.post(f"/cameras/{path}", json={"light": "red"} | body)


async def test_a_signal_update_reaches_the_cameras_worker(running: Running, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client, client.pubsub(ignore_subscribe_messages=True) as worker:
        worker.subscribe(keys.signal_channel("nts-01"))
        await eventually(lambda: client.pubsub_numsub(keys.signal_channel("nts-01"))[0][1] == 1)
        before = datetime.now(UTC)
        answer = await report(running)
        assert (answer.status_code, answer.json()["heard_by"]) == (202, 1)
        messages: list[Any] = []
        await eventually(lambda: bool(messages.append(worker.get_message()) or messages[-1]))
    update = SignalUpdate.model_validate_json(messages[-1]["data"])
    assert (update.camera_id, update.signal_id, update.light) == ("nts-01", "lights", Light.RED)
    assert before <= update.at <= datetime.now(UTC)


async def test_an_update_may_be_without_light_and_with_its_own_time(running: Running) -> None:
    at = datetime.now(UTC) - timedelta(seconds=1)
    answer = (await report(running, light=None, at=at.isoformat())).json()
    assert answer["update"]["light"] is None
    assert datetime.fromisoformat(answer["update"]["at"]) == at
    assert answer["heard_by"] == 0


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("nts-9/signals/lights", {}, 404, "cameras: nts-01"),
        ("nts-01/signals/north", {}, 404, "camera 'nts-01' has no signal 'north'; signals: lights, plan"),
        ("nts-01/signals/plan", {}, 422, "the state of signal 'plan' is of the kind 'timed'; write `kind: controller`"),
        ("nts-01/signals/lights", {"light": "blue"}, 422, "'red', 'amber' or 'green'"),
        ("nts-01/signals/lights", {"color": "red"}, 422, "body.color: Extra inputs are not permitted"),
        ("nts-01/signals/lights", {"at": "2100-01-01T00:00:00Z"}, 422, "set the controller's clock"),
        ("nts-01/signals/lights", {"at": "2026-01-01T00:00:00"}, 422, "with its offset"),
    ],
)
async def test_an_invalid_update_is_rejected_with_a_remedy(
    running: Running, path: str, body: dict[str, Any], status: int, text: str
) -> None:
    answer = await report(running, path, **body)
    assert answer.status_code == status
    assert text in answer.json()["detail"]


async def test_other_sites_pages_cannot_report_signals(running: Running) -> None:
    headers = {"origin": "https://elsewhere.example"}
    answer = await running.client.post("/cameras/nts-01/signals/lights", json={"light": "red"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:ngatu:problem:other-origin")
