"""Fixtures of all tests: the data beside the checkout, and a real Redis."""

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import structlog
from hypothesis import settings

from tests.kit.shared_data import SHARED, needs
from tests.kit.spine_kit import Spine, spine
from vision.publishing.embedded import EmbeddedRedis

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Undo the logging configuration of a command under test."""
    hooks = sys.excepthook, threading.excepthook
    yield
    structlog.reset_defaults()
    sys.excepthook, threading.excepthook = hooks
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(handler)


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


@pytest.fixture(scope="session")
def _shared_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spine]:
    with spine(tmp_path_factory.mktemp("system"), ("c1", "c2"), "--workers", "2") as running:
        yield running


@pytest.fixture
def system(_shared_system: Spine) -> Spine:
    """Redis, two simulated cameras and `ngatu work` with a worker for each, all counting.

    It is started once; a test may stop, kill and change any part of it.
    """
    _shared_system.make_whole()
    return _shared_system
