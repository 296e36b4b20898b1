"""What all tests share: the data beside the checkout, a real Redis, free ports."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from vision.publishing.embedded import EmbeddedRedis

SHARED = Path(__file__).resolve().parents[2] / "shared"
IN_CI = os.environ.get("CI") == "true"


def needs(reason: str) -> None:
    """Skip with a clear word on a newcomer's machine; fail in CI, where nothing may be absent."""
    if IN_CI:
        pytest.fail(f"CI must have this: {reason}")
    pytest.skip(reason)


def free_port() -> int:
    """A TCP port on loopback that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of weights and clips."""
    if not (SHARED / "models").is_dir():
        needs("the weights and clips of ../shared are absent")
    return SHARED


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A real redis-server on loopback, started once."""
    with EmbeddedRedis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """The address of a real, empty Redis."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url
