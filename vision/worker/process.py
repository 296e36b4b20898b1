"""The worker process: reads assignments from standard input, writes heartbeats to standard output."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

import structlog

from vision.common.logging import configure_logging, route_library_logs
from vision.config.settings import WorkerSettings
from vision.core import Clock, NgatuError, SystemClock
from vision.publishing.redis_clock import RedisClock
from vision.publishing.session_numbers import SessionNumbers
from vision.publishing.signals import SignalListener
from vision.sources import open_source
from vision.worker.assignment import EXIT_MISCONFIGURED, Assignment, AssignmentSlot
from vision.worker.camera.state_store import FOLDER, StateStore
from vision.worker.context import ClockSkew, OpenSource
from vision.worker.event_sink import RedisEventSink
from vision.worker.model_watch import LoadedModel, ModelWatch
from vision.worker.models import load, load_default
from vision.worker.worker import BrokenDetectorError, Worker

DRAIN_S = 15.0
"""How long a worker may take to end once its supervisor is gone."""

log = structlog.get_logger(__name__)


def load_model(settings: WorkerSettings) -> tuple[LoadedModel, ModelWatch | None]:
    """The detector that the settings name, or the default one with a watch of later promotions.

    Raises:
        ModelError: it cannot be loaded.
    """
    return (load(settings.model, settings), None) if settings.model else load_default(settings)


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a worker process sees with and publishes by; benchmarks replace some of it by computed traffic."""

    load_model: Callable[[WorkerSettings], tuple[LoadedModel, ModelWatch | None]] = load_model
    open_source: OpenSource = open_source
    open_sink: Callable[[WorkerSettings, str], RedisEventSink] = RedisEventSink
    clock: Clock = field(default_factory=SystemClock)


def main(worker_id: str, parts: WorkerParts = WorkerParts()) -> int:
    """Serve until standard input ends or a SIGTERM comes. Returns the exit code."""
    configure_logging(worker=worker_id)
    route_library_logs(worker=worker_id)
    heartbeat = _heartbeat_to(_take_over_stdout())
    stop, assignments = threading.Event(), AssignmentSlot()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_read_assignments, args=(assignments, stop), name="assignments", daemon=True).start()
    try:
        _serve(worker_id, parts, assignments, stop, heartbeat)
    except NgatuError as error:
        log.error("worker cannot start", reason=str(error))  # noqa: TRY400 - the reason is enough
        return EXIT_MISCONFIGURED
    except BrokenDetectorError:
        log.exception("detector failed for every camera")
        return 1
    return 0


def _serve(
    worker_id: str,
    parts: WorkerParts,
    assignments: AssignmentSlot,
    stop: threading.Event,
    heartbeat: Callable[[], None],
) -> None:
    settings = WorkerSettings()
    loaded, watch = parts.load_model(settings)
    with (
        parts.open_sink(settings, worker_id) as sink,
        _running(watch),
        closing(SignalListener(settings)) as signals,
        closing(SessionNumbers(settings, settings.state)) as numbers,
        closing(RedisClock(settings, parts.clock)) as clock,
    ):
        worker = Worker(
            worker_id,
            loaded.detector,
            sink,
            assignments,
            open_source=parts.open_source,
            model=loaded.model,
            provider=loaded.provider,
            max_batch=loaded.max_batch,
            clock=clock,
            clock_skew=lambda: ClockSkew(clock.skew_s, clock.trouble),
            model_watch=watch,
            state_store=StateStore(settings.state / FOLDER),
            session_number=numbers.next,
            signals=signals.take,
        )
        worker.run(stop, heartbeat)


@contextmanager
def _running(watch: ModelWatch | None) -> Iterator[None]:
    """Run the watch of promoted models during the block; there is none where the settings name a model."""
    if watch is None:
        yield
        return
    watch.start()
    try:
        yield
    finally:
        watch.close()


def _read_assignments(assignments: AssignmentSlot, stop: threading.Event) -> None:
    """Read assignments until the supervisor closes the pipe or is gone; then end, by force after `DRAIN_S`."""
    for line in _lines(sys.stdin.fileno()):
        assignments.put(Assignment.model_validate_json(line))
    stop.set()
    time.sleep(DRAIN_S)
    log.error("worker did not end in time")
    os._exit(1)


def _lines(descriptor: int) -> Iterator[bytes]:
    """Whole lines, read without a buffer: a buffered reader in a daemon thread aborts the interpreter at its end."""
    rest = b""
    while chunk := os.read(descriptor, 1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines


def _take_over_stdout() -> int:
    """Reserve standard output for heartbeats; whatever else is printed goes to standard error."""
    own = os.dup(1)
    os.set_blocking(own, False)
    os.dup2(2, 1)
    return own


def _heartbeat_to(pipe: int) -> Callable[[], None]:
    def heartbeat() -> None:
        with suppress(BrokenPipeError, BlockingIOError):
            os.write(pipe, b".")

    return heartbeat
