"""Configures logging: readable on a terminal, JSON lines elsewhere, never with credentials."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from vision.common.redaction import redact


def configure_logging(stream: TextIO | None = None, *, level: int = logging.INFO, **bound: str) -> None:
    """Send this process's log to `stream` (default: standard error); every line contains the `bound` values."""
    sink = stream or sys.stderr
    readable = sink.isatty()
    last: Processor = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(default=str)
    structlog.configure(
        processors=[
            _binding(bound),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
            structlog.processors.format_exc_info,
            redacted,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sink),
        cache_logger_on_first_use=False,
    )


def redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove credentials from every text of a line, tracebacks included."""
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _binding(bound: dict[str, str]) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**bound, **event}

    return add
