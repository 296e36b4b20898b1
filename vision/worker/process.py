"""A worker as a process of its own: told what to do on standard input, giving signs of life on standard output."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import structlog

from vision.common.logging import configure_logging
from vision.config.settings import WorkerSettings
from vision.core import NgatuError, SystemClock
from vision.publishing.signals import SignalListener
from vision.sources import open_source
from vision.worker.assignment import EXIT_HOPELESS, Assignment, Orders
from vision.worker.event_sink import RedisEventSink
from vision.worker.model_watch import ModelWatch
from vision.worker.models import load, load_default
from vision.worker.state_store import FOLDER, StateStore
from vision.worker.worker import BrokenDetectorError, Worker

DRAIN_S = 15.0
"""How long a process whose supervisor is gone may take to end."""

log = structlog.get_logger(__name__)


def main(worker_id: str) -> int:
    """Serve until standard input ends or a SIGTERM comes. Returns the exit code."""
    configure_logging(worker=worker_id)
    beat = _beats(_take_over_stdout())
    stop, orders = threading.Event(), Orders()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_listen, args=(orders, stop), name="orders", daemon=True).start()
    try:
        _serve(worker_id, WorkerSettings(), orders, stop, beat)
    except NgatuError as error:
        log.error("worker cannot work", reason=str(error))  # noqa: TRY400 - the reason says it all
        return EXIT_HOPELESS
    except BrokenDetectorError:
        log.exception("detector failed for every camera")
        return 1
    return 0


def _serve(
    worker_id: str, settings: WorkerSettings, orders: Orders, stop: threading.Event, beat: Callable[[], None]
) -> None:
    loaded, watch = (load(settings.model, settings), None) if settings.model else load_default(settings)
    with RedisEventSink(settings, worker_id) as outlet, _watching(watch), closing(SignalListener(settings)) as signals:
        worker = Worker(
            worker_id,
            loaded.looks,
            outlet,
            orders,
            open_source=open_source,
            model=loaded.model,
            provider=loaded.provider,
            max_batch=loaded.max_batch,
            clock=SystemClock(),
            model_watch=watch,
            learnt=StateStore(settings.state / FOLDER),
            signals=signals.take,
        )
        worker.run(stop, beat)


@contextmanager
def _watching(watch: ModelWatch | None) -> Iterator[None]:
    """The watch of promoted models runs for as long as the worker; there is none where a model was named."""
    if watch is None:
        yield
        return
    watch.start()
    try:
        yield
    finally:
        watch.close()


def _listen(orders: Orders, stop: threading.Event) -> None:
    """Take orders until the supervisor closes the line or is gone; then end, by force if need be."""
    for line in _lines(sys.stdin.fileno()):
        orders.put(Assignment.model_validate_json(line))
    stop.set()
    time.sleep(DRAIN_S)
    log.error("worker did not end in time")
    os._exit(1)


def _lines(descriptor: int) -> Iterator[bytes]:
    """Whole lines, without a buffered reader: one that waits in a daemon thread aborts the interpreter's end."""
    rest = b""
    while chunk := os.read(descriptor, 1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines


def _take_over_stdout() -> int:
    """Keep standard output for signs of life: whatever else is printed goes to standard error."""
    own = os.dup(1)
    os.set_blocking(own, False)
    os.dup2(2, 1)
    return own


def _beats(line: int) -> Callable[[], None]:
    def beat() -> None:
        with suppress(BrokenPipeError, BlockingIOError):
            os.write(line, b".")

    return beat
