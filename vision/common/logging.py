"""Configures logging: readable on a terminal, JSON lines elsewhere, never with credentials."""

import logging
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from vision.common.redaction import redact


def configure_logging(stream: TextIO | None = None, *, level: int = logging.INFO, **bound: str) -> None:
    """Send this process's log to `stream` (default: standard error); every line contains the `bound` values."""
    sink = stream or sys.stderr
    structlog.configure(
        processors=[_binding(bound), *_processors(sink)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sink),
        cache_logger_on_first_use=False,
    )


def route_library_logs(stream: TextIO | None = None, *, level: int = logging.WARNING, **bound: str) -> None:
    """Write what libraries log by Python's `logging` as `configure_logging` does: one form, without credentials.

    The same holds for exceptions that nothing catches, in any thread. For processes that are wholly this program's,
    since it replaces the root logger's handlers and Python's hooks.
    """
    sink = stream or sys.stderr
    handler = logging.StreamHandler(sink)
    chain: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _binding(bound)]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[*chain, *_processors(sink)]))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda failed: _log_uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _log_uncaught(kind: type[BaseException], error: BaseException | None, at: TracebackType | None) -> None:
    if error is not None and not issubclass(kind, SystemExit):
        logging.getLogger("uncaught").critical("unexpected error", exc_info=(kind, error, at))


def redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove credentials from every value of a line, tracebacks and nested values included."""
    return {redact(str(key)): _shown(value) for key, value in event.items()}


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {redact(str(key)): _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(item) for item in value]
    return redact(str(value))


def _processors(sink: TextIO) -> list[Processor]:
    """What turns an event into a line: readable on a terminal, else JSON."""
    readable = sink.isatty()
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
        structlog.processors.format_exc_info,
        redacted,
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(default=str),
    ]


def _binding(bound: dict[str, str]) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**bound, **event}

    return add
