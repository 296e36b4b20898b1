"""A signal's controller tells what it shows, and the camera's worker hears it."""

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
    """These do not depend on the kind of database."""
    return sqlite_url


async def tell(running: Running, path: str = "nts-01/signals/lights", **body: Any) -> httpx.Response:
    return await running.client.post(f"/cameras/{path}", json={"light": "red"} | body)


async def test_what_a_signal_shows_is_heard_by_the_cameras_worker(running: Running, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client, client.pubsub(ignore_subscribe_messages=True) as worker:
        worker.subscribe(keys.signal_channel("nts-01"))
        await eventually(lambda: client.pubsub_numsub(keys.signal_channel("nts-01"))[0][1] == 1)
        before = datetime.now(UTC)
        answer = await tell(running)
        assert (answer.status_code, answer.json()["heard_by"]) == (202, 1)
        messages: list[Any] = []
        await eventually(lambda: bool(messages.append(worker.get_message()) or messages[-1]))
    told = SignalUpdate.model_validate_json(messages[-1]["data"])
    assert (told.camera_id, told.signal_id, told.light) == ("nts-01", "lights", Light.RED)
    assert before <= told.at <= datetime.now(UTC)


async def test_a_signal_that_is_off_and_a_controllers_own_time_are_handed_on(running: Running) -> None:
    at = datetime.now(UTC) - timedelta(seconds=1)
    answer = (await tell(running, light=None, at=at.isoformat())).json()
    assert answer["update"]["light"] is None
    assert datetime.fromisoformat(answer["update"]["at"]) == at
    assert answer["heard_by"] == 0


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("nts-9/signals/lights", {}, 404, "cameras: nts-01"),
        ("nts-01/signals/north", {}, 404, "camera 'nts-01' has no signal 'north'; signals: lights, plan"),
        ("nts-01/signals/plan", {}, 422, "the state of signal 'plan' is of the kind 'timed'; write `kind: controller`"),
        ("nts-01/signals/lights", {"light": "blue"}, 422, "'red', 'amber' or 'green'"),
        ("nts-01/signals/lights", {"color": "red"}, 422, "body.color: Extra inputs are not permitted"),
        ("nts-01/signals/lights", {"at": "2999-01-01T00:00:00Z"}, 422, "set the controller's clock"),
        ("nts-01/signals/lights", {"at": "2026-01-01T00:00:00"}, 422, "with its offset"),
    ],
)
async def test_what_cannot_be_handed_on_is_refused_with_the_remedy(
    running: Running, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    answer = await tell(running, path, **body)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


async def test_pages_of_other_sites_cannot_tell(running: Running) -> None:
    headers = {"origin": "https://elsewhere.example"}
    answer = await running.client.post("/cameras/nts-01/signals/lights", json={"light": "red"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:ngatu:problem:other-origin")
