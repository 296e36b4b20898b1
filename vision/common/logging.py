"""How a process writes its log: for people on a terminal, as JSON lines elsewhere, never with a credential."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from vision.common.redaction import redact


def configure_logging(stream: TextIO | None = None, *, level: int = logging.INFO, **bound: str) -> None:
    """Send this process's log to `stream` (standard error by default); every line also says what is `bound`."""
    sink = stream or sys.stderr
    readable = sink.isatty()
    last: Processor = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(default=str)
    structlog.configure(
        processors=[
            _saying(bound),
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
    """Hide the credentials in every text of a line, a traceback's included."""
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _saying(bound: dict[str, str]) -> Processor:
    def say(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**bound, **event}

    return say
