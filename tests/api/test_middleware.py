"""Requests for other hosts, large or half-sent bodies and unknown parameters are refused; HEAD is answered."""

import asyncio
import socket

import httpx
import pytest

from api.middleware import MAX_BODY_BYTES, host_names
from tests.api.api_kit import Running

pytest_plugins = ["tests.api.api_fixtures"]

SIGNAL = "/cameras/nts-01/signals/lights"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[::2]", "a@b"])
async def test_another_host_is_refused_with_the_remedy(running: Running, host: str) -> None:
    answer = await running.client.get("http://ngatu.test/api/v1/cameras", headers={"Host": host})
    assert answer.status_code == 421
    assert "NGATU_HOSTS" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "NGATU.test", socket.gethostname()])
async def test_the_services_own_names_are_allowed(running: Running, host: str) -> None:
    assert (await running.client.get("/cameras", headers={"Host": host})).status_code == 200


def test_the_bound_address_and_named_hosts_are_allowed() -> None:
    assert {"10.0.0.7", "centre.example", "localhost"} <= host_names("10.0.0.7", ["Centre.example"])


async def test_a_large_body_is_refused_whether_announced_or_not(running: Running) -> None:
    async def unannounced() -> object:
        for _ in range(3):
            yield b"x" * (MAX_BODY_BYTES // 2)

    for content in (b"x" * (MAX_BODY_BYTES + 1), unannounced()):
        answer = await running.client.post(SIGNAL, content=content)
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:ngatu:problem:large-request"


async def test_a_body_that_does_not_arrive_is_given_up(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.middleware.BODY_WITHIN_S", 0.05)

    async def endless() -> object:
        yield b"{"
        await asyncio.sleep(2)
        yield b"}"

    answer = await running.client.post(SIGNAL, content=endless())
    assert answer.status_code == 408


@pytest.mark.parametrize(
    "path", ["/cameras", "/crossings", "/counts", "/events", "http://ngatu.test/readyz", "http://ngatu.test/metrics"]
)
async def test_head_is_answered_without_a_body(running: Running, path: str) -> None:
    async with asyncio.timeout(5):
        answer = await running.client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/crossings?camra=nts-01", "did you mean 'camera'?"),
        ("/counts?intervals=1h", "did you mean 'interval'?"),
        ("/cameras?x=1", "known: none"),
        ("/events?kinds=movement", "did you mean 'kind'?"),
        ("/crossings?camera=a%00b", "NUL"),
        ("/counts?tz=Mars/Olympus&interval=1h", "unknown time zone 'Mars/Olympus'"),
        ("/movements/table?tz=Europe", "unknown time zone 'Europe'"),
        ("/counts?interval=1m&from=1971-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "intervals in the range"),
        ("/crossings?from=9999-12-31T23:59:59-12:00", "not between 1970 and 2200"),
    ],
)
async def test_an_odd_parameter_is_refused_by_name(running: Running, path: str, detail: str) -> None:
    answer = await running.client.get(path)
    assert answer.status_code == 422
    assert detail in answer.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/crossings", "/counts", "/incidents", "/measures/zones", "/events", "/missing-events"]
)
async def test_an_unknown_camera_is_a_404_that_names_the_known_ones(running: Running, path: str) -> None:
    answer = await running.client.get(path, params={"camera": "nts-1"})
    assert answer.status_code == 404
    assert "there is no camera 'nts-1'; cameras: nts-01" in answer.json()["detail"]


async def test_docs_lead_to_the_description(running: Running) -> None:
    answer = await running.client.get("http://ngatu.test/docs")
    assert (answer.status_code, answer.headers["location"]) == (307, "/api/v1/openapi.json")


async def test_nul_in_a_path_is_no_error_of_the_service(running: Running) -> None:
    answer = await running.client.get("/incidents/a%00b")
    assert answer.status_code == 404
    assert isinstance(answer, httpx.Response)
