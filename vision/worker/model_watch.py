"""Loads a model that is promoted while the worker runs, in the background, and hands it over when it is ready."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from vision.common.redaction import redact
from vision.core import NgatuError
from vision.worker.context import DetectorProtocol

POLL_S = 2.0
"""How often the default model is read, from one small file."""
JOIN_S = 1.0
"""How long an ending worker waits for a model that is being loaded."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Promotion:
    """The promotion of a model; promoting the same name again is another promotion."""

    model: str
    stamp: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A detector that is ready to use."""

    detector: DetectorProtocol
    model: str
    provider: str
    max_batch: int
    """Images per batch at most."""


class ModelWatch:
    """Checks in a thread of its own which model is the default, and loads it when it changes.

    A model that cannot be loaded is rejected: it is logged once, and `trouble` says why until another is promoted. The
    worker keeps the model it has.
    """

    def __init__(
        self,
        running: Promotion,
        *,
        newest: Callable[[], Promotion],
        load: Callable[[str], LoadedModel],
        trouble: str = "",
        poll_s: float = POLL_S,
    ) -> None:
        """`running`: the model in use. `newest`: reads the newest promotion. `trouble`: of the first load, if any."""
        self._current = running
        self._newest = newest
        self._load = load
        self._poll_s = poll_s
        self._trouble = trouble
        self._ready: LoadedModel | None = None
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def take(self) -> LoadedModel | None:
        """The detector to use from now on, once; None when there is no new one. Never blocks."""
        with self._lock:
            ready, self._ready = self._ready, None
        return ready

    @property
    def trouble(self) -> str:
        """Why the default model is not in use; empty when all is well."""
        return self._trouble

    def close(self) -> None:
        """End the thread; a model that is being loaded is waited for `JOIN_S`."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        is_failing = False
        while not self._ending.wait(self._poll_s):
            try:
                wanted = self._newest()
            except Exception as error:  # noqa: BLE001 - the worker goes on; logged once
                if not is_failing:
                    log.error("default model not readable", reason=str(error))  # noqa: TRY400
                is_failing = True
                continue
            is_failing = False
            if wanted != self._current:
                self._current = wanted
                self._load_promoted(wanted)

    def _load_promoted(self, wanted: Promotion) -> None:
        try:
            loaded = self._load(wanted.model)
        except Exception as error:  # noqa: BLE001 - the old model stays in use
            self._reject(wanted.model, error)
            return
        log.info("promoted model ready", model=loaded.model, provider=loaded.provider)
        with self._lock:
            self._ready, self._trouble = loaded, ""

    def _reject(self, model: str, error: Exception) -> None:
        reason = redact(str(error) if isinstance(error, NgatuError) else f"{type(error).__name__}: {error}")
        self._trouble = f"model {model!r} was promoted but cannot be used, the previous one stays: {reason}"
        log.error("promoted model rejected", model=model, reason=reason)
