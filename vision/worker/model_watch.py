"""Takes up a detector that was promoted while the worker works: loaded and warmed beside the work, then handed over."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from vision.common.redaction import redact
from vision.core import NgatuError
from vision.worker.context import DetectorProtocol

POLL_S = 2.0
"""How often the watch asks which model is the default: it reads one small file."""
JOIN_S = 1.0
"""How long an ending worker waits for a model that is being loaded."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Promotion:
    """A model's promotion: the same name promoted once more is another promotion."""

    model: str
    stamp: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A detector that is ready to work."""

    looks: DetectorProtocol
    model: str
    provider: str
    max_batch: int
    """How many pictures go through it at once."""


class ModelWatch:
    """Asks in a thread of its own which model is the default, and loads another one when there is one.

    A model that cannot be loaded is refused: said once in the log, and by `trouble` until another is promoted. The
    worker goes on with the one it has.
    """

    def __init__(
        self,
        running: Promotion,
        *,
        ask: Callable[[], Promotion],
        load: Callable[[str], Loaded],
        trouble: str = "",
        poll_s: float = POLL_S,
    ) -> None:
        """`running` is what the worker has now; `trouble` is what went wrong when it was loaded."""
        self._known = running
        self._ask = ask
        self._load = load
        self._poll_s = poll_s
        self._trouble = trouble
        self._ready: Loaded | None = None
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def take(self) -> Loaded | None:
        """The detector to work with from now on, once; None when nothing changed. Never waits."""
        with self._lock:
            ready, self._ready = self._ready, None
        return ready

    @property
    def trouble(self) -> str:
        """Why the default model is not the one at work, for people; empty when all is well."""
        return self._trouble

    def close(self) -> None:
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        is_blind = False
        while not self._ending.wait(self._poll_s):
            try:
                wanted = self._ask()
            except Exception as error:  # noqa: BLE001 - the work goes on without knowing, and it is said once
                if not is_blind:
                    log.error("the default model is not known", reason=str(error))  # noqa: TRY400
                is_blind = True
                continue
            is_blind = False
            if wanted != self._known:
                self._known = wanted
                self._take_up(wanted)

    def _take_up(self, wanted: Promotion) -> None:
        try:
            loaded = self._load(wanted.model)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the new model, the old one goes on
            self._refuse(wanted.model, error)
            return
        log.info("promoted model is ready", model=loaded.model, provider=loaded.provider)
        with self._lock:
            self._ready, self._trouble = loaded, ""

    def _refuse(self, model: str, error: Exception) -> None:
        why = redact(str(error) if isinstance(error, NgatuError) else f"{type(error).__name__}: {error}")
        self._trouble = f"model {model!r} was promoted and is not used, the one before goes on: {why}"
        log.error("promoted model refused", model=model, reason=why)
