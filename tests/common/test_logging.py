"""Logs: for people on a terminal, JSON elsewhere, never a credential."""

import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog

from vision.common.logging import configure_logging, route_library_logs


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


def test_what_libraries_log_has_the_same_form_and_no_credential() -> None:
    sink = io.StringIO()
    handlers = list(logging.getLogger().handlers)
    route_library_logs(sink, worker="worker-1")
    try:
        int("rtsp://admin:hunter2@10.0.0.7/live")
    except ValueError:
        logging.getLogger("library").exception("cannot open %s", "rtsp://admin:hunter2@10.0.0.7/live")
    logging.getLogger().handlers[:] = handlers
    line = json.loads(sink.getvalue())
    assert (line["worker"], line["event"]) == ("worker-1", "cannot open rtsp://***@10.0.0.7/live")
    assert "ValueError" in line["exception"]
    assert "hunter2" not in sink.getvalue()


def test_nested_values_and_objects_are_shown_without_credentials() -> None:
    sink = io.StringIO()
    configure_logging(sink)
    url = "rtsp://admin:hunter2@10.0.0.7/live"
    structlog.get_logger().info("failed", reason={"input": [url, ValueError(url)], url: 1}, count=3, ok=None)
    line = json.loads(sink.getvalue())
    assert (line["count"], line["ok"]) == (3, None)
    assert "hunter2" not in sink.getvalue()


def test_an_exception_that_nothing_catches_is_logged_without_credentials() -> None:
    sink = io.StringIO()
    handlers = list(logging.getLogger().handlers)
    route_library_logs(sink)
    thread = threading.Thread(target=int, args=("rtsp://admin:hunter2@10.0.0.7/live",))
    thread.start()
    thread.join()
    logging.getLogger().handlers[:] = handlers
    line = json.loads(sink.getvalue())
    assert (line["event"], line["level"]) == ("unexpected error", "critical")
    assert "ValueError" in line["exception"]
    assert "hunter2" not in sink.getvalue()
