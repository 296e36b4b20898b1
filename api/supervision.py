"""Keeps the service's background tasks running, and says which of them fail."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import structlog

from vision.common.backoff import Backoff
from vision.common.redaction import redact

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0
HEALTHY_AFTER_S = 30.0
"""A task that has run this long without an exception is well again."""
CANCEL_AGAIN_S = 0.2

log = structlog.get_logger(__name__)


class SupervisedTasks:
    """Background tasks that never die in silence: one that raises is logged, counted and started again.

    The same exception is logged once until the task is well again.

    Examples:
        >>> async def main() -> Counter[str]:
        ...     tasks = SupervisedTasks()
        ...     task = tasks.start("store", lambda: asyncio.sleep(0))
        ...     await task
        ...     return tasks.failures
        >>> asyncio.run(main())
        Counter()
    """

    def __init__(self) -> None:
        self.failures: Counter[str] = Counter()
        """How often each task has raised."""
        self._troubles: dict[str, tuple[str, float]] = {}

    def start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> "asyncio.Task[None]":
        """Run `work()` until it returns; again after a wait whenever it raises."""
        return asyncio.create_task(self._run(name, work), name=name)

    def troubles(self) -> dict[str, str]:
        """Why tasks failed within the last `HEALTHY_AFTER_S`, by their names."""
        since_s = time.monotonic() - HEALTHY_AFTER_S
        return {name: text for name, (text, at_s) in self._troubles.items() if at_s > since_s}

    async def _run(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        backoff = Backoff(first_s=FIRST_WAIT_S, longest_s=LONGEST_WAIT_S)
        while True:
            began_s = time.monotonic()
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - the task's boundary
                if time.monotonic() - began_s > HEALTHY_AFTER_S:
                    backoff.reset()
                self._note(name, error)
            else:
                return
            await asyncio.sleep(backoff.next_wait_s())

    def _note(self, name: str, error: Exception) -> None:
        text = redact(f"{type(error).__name__}: {error}")
        if self.troubles().get(name) != text:
            log.error("background task failed, it is started again", task=name, reason=text, exc_info=error)
        self.failures[name] += 1
        self._troubles[name] = (text, time.monotonic())


async def cancel(tasks: "Iterable[asyncio.Task[None]]") -> None:
    """Cancel tasks until they are done: `asyncio.wait_for` before Python 3.12 can lose a cancellation."""
    unfinished = {task for task in tasks if not task.done()}
    while unfinished:
        for task in unfinished:
            task.cancel()
        _, unfinished = await asyncio.wait(unfinished, timeout=CANCEL_AGAIN_S)
