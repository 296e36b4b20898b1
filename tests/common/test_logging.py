"""Logs: for people on a terminal, JSON elsewhere, never a credential."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from vision.common.logging import configure_logging


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_elsewhere_each_line_is_json_and_names_the_process() -> None:
    sink = io.StringIO()
    configure_logging(sink, worker="worker-1")
    structlog.get_logger().info("camera failed", camera="c1")
    line = json.loads(sink.getvalue())
    assert line["event"] == "camera failed"
    assert (line["worker"], line["camera"], line["level"]) == ("worker-1", "c1", "info")
    assert "timestamp" in line


def test_on_a_terminal_lines_are_for_people() -> None:
    sink = Terminal()
    configure_logging(sink)
    structlog.get_logger().info("worker started", pid=5)
    assert "worker started" in sink.getvalue()
    assert "{" not in sink.getvalue()


@pytest.mark.parametrize("sink", [io.StringIO(), Terminal()])
def test_no_credential_reaches_the_log_not_even_in_a_traceback(sink: io.StringIO) -> None:
    configure_logging(sink)
    log = structlog.get_logger()
    try:
        int("rtsp://admin:hunter2@10.0.0.7/live")
    except ValueError as error:
        log.exception("failed", url="rtsp://admin:hunter2@10.0.0.7/live", error=str(error))
    assert "hunter2" not in sink.getvalue()
    assert "10.0.0.7" in sink.getvalue()
