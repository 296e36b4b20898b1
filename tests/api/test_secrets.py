"""No part of a password of a camera's address leaves the service, by whatever route it is asked."""

from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from tests.api.api_kit import Running, health, report_health
from vision.config.files import folder

pytest_plugins = ["tests.api.api_fixtures"]

URLS = {
    "hash": '"rtsp://Kw7xQ:Zq9vJ#Hb4mT@192.0.2.10/s"',
    "slash": '"rtsp://Kw7xQ:Zq9vJ/Hb4mT@192.0.2.10/s"',
    "digits": '"rtsp://Kw7xQ:12#Hb4mT@192.0.2.10/s"',
    "question": '"rtsp://Kw7xQ:Zq9vJ?Hb4mT@camera/s"',
    "bracket": '"rtsp://Kw7xQ:Zq9vJ@[::1"',
    "bare": '"Kw7xQ:Zq9vJ@192.0.2.10/s"',
    "key": '{"rtsp://Kw7xQ:Zq9vJ#Hb4mT@192.0.2.10/s": 1}',
    "plain": '"rtsp://Kw7xQ:Zq9vJ%23Hb4mT@192.0.2.10:554/s?channel=1&token=Hb4mT"',
    "xmeye": '"rtsp://192.0.2.10:554/user=Kw7xQ_password=Zq9vJ_channel=1_stream=0.sdp"',
    "default": '"rtsp://${NO_USER:-Kw7xQ}:${NO_PASSWORD:-Zq9vJ}@${NO_HOST:-192.0.2.10}/s"',
}
PATHS = {"file": '"rtsp://Kw7xQ:Zq9vJ@192.0.2.10"', "name": '"Kw7xQ:Zq9vJ@192.0.2.10"'}
SECRETS = ("Kw7xQ", "Zq9vJ", "Hb4mT")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: these tests do not depend on it."""
    return sqlite_url


async def answers(running: Running) -> dict[str, str]:
    """The text of each answer that describes cameras."""
    paths = [*(f"/cameras/{name}" for name in [*URLS, *PATHS]), "/cameras", "/cameras/nothere", "/health"]
    root = ("http://ngatu.test/metrics", "http://ngatu.test/readyz")
    return {path: (await running.client.get(path)).text for path in [*paths, *root]}


async def test_no_answer_and_no_log_line_has_a_part_of_a_cameras_password(
    running: Running, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "GRACE_S", 0.1)
    for name, url in URLS.items():
        (running.cameras / f"{name}.yaml").write_text(f"id: {name}\nsource: {{kind: rtsp, url: {url}}}\n")
    for name, path in PATHS.items():
        (running.cameras / f"{name}.yaml").write_text(f"id: {name}\nsource: {{kind: file, path: {path}}}\n")
    structlog.reset_defaults()
    with capture_logs() as lines:
        await running.services.files.refresh()
        await running.services.files.refresh()
    now = running.services.files.now
    assert {*now.cameras, *now.problems} >= URLS.keys()
    report_health(redis_url, health("plain"))
    texts: dict[str, Any] = await answers(running) | {"log": str(lines)}
    for where, text in texts.items():
        assert not [secret for secret in SECRETS if secret in text], where
    addresses = {
        c["id"]: c["source"]["address"] for c in (await running.client.get("/cameras")).json()["cameras"] if c["source"]
    }
    assert addresses["plain"] == "rtsp://192.0.2.10:554/s"
    assert addresses["xmeye"] == "rtsp://192.0.2.10:554/user=***"
    assert addresses["default"] == "rtsp://${NO_HOST}/s"
